"""Every tool call of a session and its state: proposed, waiting, ready, running or done.

Each call also knows what it asks for and what it gave, as digests made once, so that a repeated call is told from a
new one without looking back further than the last few.
"""

import hashlib
import json
from collections import deque
from typing import Any, ClassVar, Literal

import msgspec

from kimi_tui.events import (
    ApprovalRequested,
    ApprovalResolved,
    ContextCompacted,
    Decision,
    Effect,
    Entry,
    HookAnswered,
    ObservationRecorded,
    ObservationRestored,
    ObservationWithdrawn,
    OutgoingDataRecorded,
    PlanEdited,
    PolicyDecided,
    QuestionAsked,
    RunResumed,
    SteerReceived,
    ToolCallProposed,
    ToolCallStarted,
    Verdict,
)
from kimi_tui.projections.projection import Handlers, Projection

CallState = Literal["proposed", "waiting", "ready", "running", "done"]

RECENT_CALLS = 64
"""Calls that are looked back on for loops."""
LOOP_RULE = "loop"
"""The rule by which a call is refused as part of a loop."""
DUPLICATE_RULE = "duplicate"
"""The rule by which a call is answered with the same call of its step."""
DESK_QUERIES_RULE = "desk-queries"
"""The rule by which a person is asked once whether the files of the desk may be queried."""


class Call(msgspec.Struct):
    """One call with everything that happened to it."""

    id: str
    turn: int
    step: int
    tool: str
    label: str
    """What it is, for people; untrusted text."""
    arguments: dict[str, Any]
    """What runs: the edited arguments when a person edited them."""
    proposed: dict[str, Any]
    """What the model proposed."""
    raw: str
    effects: tuple[Effect, ...]
    read_only: bool
    problem: str
    recovered: bool
    at: str
    """When it was proposed."""
    inferred: bool = False
    """True when its tool was told by its arguments alone."""
    state: CallState = "proposed"
    verdict: Verdict | None = None
    """The policy's answer; None before it is given."""
    rule: str = ""
    """The rule that answered."""
    reason: str = ""
    """Why it was asked or denied, for people."""
    pattern: str = ""
    """The standing rule that `always` would make."""
    schema: dict[str, Any] | None = None
    """The JSON Schema of its parameters, once it waits; None when it is not known."""
    decision: Decision | None = None
    """The person's; None while none is made or none is needed."""
    note: str = ""
    """What the person wrote with a veto."""
    attempts: int = 0
    """How often it was started."""
    started_at: str = ""
    """When it was started last; empty before."""
    sent: OutgoingDataRecorded | None = None
    """The data that it sent out of the session; None before, or when it sends nothing."""
    hook: HookAnswered | None = None
    """The last answer of the person's own program; None before, or without one."""
    observation: ObservationRecorded | None = None
    """What the model is shown; None while the call is open."""
    finished_at: str = ""
    """When it was observed; empty before."""
    withdrawn: bool = False
    """True when a person took its observation back out of the context."""
    withdrawal_note: str = ""
    """What the person wrote with that."""
    hidden: bool = False
    """True when its observation left the context."""
    asks: str = ""
    """SHA-256 of what it asks for, however it is written."""
    outcome: str = ""
    """SHA-256 of what it gave; empty before."""
    same_as: str = ""
    """The first call that asked the same and gave the same, with the model seeing it all the while; mostly itself."""

    @property
    def has_own_outcome(self) -> bool:
        """Return whether it has an outcome of its own: refused and merged calls have none."""
        return self.observation is not None and self.rule not in (LOOP_RULE, DUPLICATE_RULE)

    @property
    def hook_answer(self) -> HookAnswered | None:
        """Return the answer of the person's program to the present arguments; None when it was not asked about them."""
        return self.hook if self.hook is not None and self.hook.asks == self.asks else None

    @property
    def is_edited(self) -> bool:
        """Return whether a person changed the arguments."""
        return self.decision == "edit"


class Calls(Projection):
    """All calls by id, in order of proposal."""

    def __init__(self) -> None:
        self.by_id: dict[str, Call] = {}
        """Every call, in order of proposal."""
        self.open: dict[str, Call] = {}
        """Those without an observation, in order of proposal."""
        self.recent: deque[Call] = deque(maxlen=RECENT_CALLS)
        """The latest calls, in order of proposal, since a person last spoke."""
        self.refused: list[str] = []
        """The calls refused as a loop, one behind the other, since anything else happened."""
        self.reusable: dict[str, Call] = {}
        """By what they ask for: the latest calls whose results may answer another."""
        self._latest: dict[str, Call] = {}
        self._folded = 0

    def first_same(self, call: Call, outcome: str) -> str:
        """Return the id of the first call that asked the same and gave this outcome; see `Call.same_as`."""
        before = self._latest.get(call.asks)
        if before is None or before.outcome != outcome or not self.is_seen(before):
            return call.id
        return before.same_as

    @property
    def waiting(self) -> list[Call]:
        """Calls that wait for a person, oldest first."""
        return [call for call in self.open.values() if call.state == "waiting"]

    def _forget_hidden(self, entry: Entry, event: ContextCompacted) -> None:
        """Forget results that have left the context: they may be asked for again."""
        self._folded = max(self._folded, event.through)
        for call_id in event.hidden:
            if call_id in self.by_id:
                self.by_id[call_id].hidden = True

    def is_seen(self, call: Call) -> bool:
        """Return whether the model still reads what a call gave."""
        return not (call.hidden or call.withdrawn or call.step <= self._folded)

    def _reset_loops(self, entry: Entry, event: RunResumed | QuestionAsked | PlanEdited | SteerReceived) -> None:
        """Reset the search for loops: a person has spoken."""
        if isinstance(event, SteerReceived) and event.by != "person":
            return
        self.refused = []
        if not isinstance(event, RunResumed):
            self.recent.clear()

    def _add_proposal(self, entry: Entry, event: ToolCallProposed) -> None:
        call = Call(
            id=event.call_id,
            turn=entry.turn,
            step=entry.step,
            tool=event.tool,
            label=event.label,
            arguments=event.arguments,
            proposed=event.arguments,
            raw=event.raw,
            effects=event.effects,
            read_only=event.read_only,
            problem=event.problem,
            recovered=event.recovered,
            inferred=event.inferred,
            at=entry.at,
            asks=event.asks or _digest_pair(event.tool, event.arguments or event.raw),
        )
        self.by_id[call.id] = self.open[call.id] = call
        self.recent.append(call)

    def _note_ruling(self, entry: Entry, event: PolicyDecided) -> None:
        if (call := self.by_id.get(event.call_id)) is not None:
            call.verdict, call.rule, call.reason = event.verdict, event.rule, event.reason
            call.state = "ready" if event.verdict == "allow" else "proposed"

    def _note_hook(self, entry: Entry, event: HookAnswered) -> None:
        if (call := self.by_id.get(event.call_id)) is not None:
            call.hook = event

    def _note_waiting(self, entry: Entry, event: ApprovalRequested) -> None:
        if (call := self.by_id.get(event.call_id)) is not None:
            call.rule, call.reason, call.pattern, call.state = event.rule, event.why, event.pattern, "waiting"
            call.schema = event.schema

    def _note_sending(self, entry: Entry, event: OutgoingDataRecorded) -> None:
        if (call := self.by_id.get(event.call_id)) is not None:
            call.sent = event

    def _note_start(self, entry: Entry, event: ToolCallStarted) -> None:
        if (call := self.by_id.get(event.call_id)) is not None:
            call.state, call.attempts, call.started_at = "running", event.attempt, entry.at

    def _note_result(self, entry: Entry, event: ObservationRecorded) -> None:
        if (call := self.by_id.get(event.call_id)) is not None:
            call.state, call.observation, call.finished_at = "done", event, entry.at
            self.open.pop(call.id, None)
            self._note_outcome(call, event)

    def _unhide(self, entry: Entry, event: ObservationRestored) -> None:
        if (call := self.by_id.get(event.call_id)) is not None:
            call.hidden = False

    def _withdraw(self, entry: Entry, event: ObservationWithdrawn) -> None:
        if (call := self.by_id.get(event.call_id)) is not None:
            call.withdrawn, call.withdrawal_note = True, event.note

    def _note_outcome(self, call: Call, event: ObservationRecorded) -> None:
        """Note a call's outcome, and whether it was known."""
        call.outcome = outcome_digest(event)
        if call.rule == LOOP_RULE:
            self.refused.append(call.id)
        elif call.rule != DUPLICATE_RULE:
            self.refused = []
            call.same_as = self.first_same(call, call.outcome)
            self._latest[call.asks] = call
            if event.stamp and not event.cached:
                self.reusable[call.asks] = call

    def _apply_decision(self, entry: Entry, event: ApprovalResolved) -> None:
        call = self.by_id.get(event.call_id)
        if call is None:
            return
        call.decision, call.note = event.decision, event.note
        call.state = "proposed" if event.decision == "veto" else "ready"
        if event.edited is not None:
            call.arguments = event.edited
            call.asks = event.asks or _digest_pair(call.tool, event.edited)

    _HANDLERS: ClassVar[Handlers] = {
        ToolCallProposed: _add_proposal,
        PolicyDecided: _note_ruling,
        HookAnswered: _note_hook,
        ApprovalRequested: _note_waiting,
        ApprovalResolved: _apply_decision,
        OutgoingDataRecorded: _note_sending,
        ToolCallStarted: _note_start,
        ObservationRecorded: _note_result,
        ObservationRestored: _unhide,
        ObservationWithdrawn: _withdraw,
        ContextCompacted: _forget_hidden,
        RunResumed: _reset_loops,
        QuestionAsked: _reset_loops,
        PlanEdited: _reset_loops,
        SteerReceived: _reset_loops,
    }


def outcome_digest(event: ObservationRecorded) -> str:
    """Return the outcome of an observation as a digest."""
    return event.outcome or _digest_pair(event.status, event.text)


def _digest_pair(what: str, given: object) -> str:
    """SHA-256 of two things in canonical JSON."""
    canonical = json.dumps([what, given], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()

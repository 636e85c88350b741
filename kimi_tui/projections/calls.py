"""Every tool call of a session and where it stands: proposed, waiting, ready, running or done.

Each call also knows what it asks for and what it gave, as digests made once, so that a repeated call is told from a
new one without looking back further than the last few.
"""

import hashlib
import json
from collections import deque
from typing import Any, Literal

import msgspec

from kimi_tui.events import (
    ApprovalRequested,
    ApprovalResolved,
    ContextCompacted,
    Decision,
    Effect,
    Entry,
    ObservationRecorded,
    ObservationRestored,
    ObservationWithdrawn,
    PlanEdited,
    PolicyDecided,
    QuestionAsked,
    RuleRevoked,
    RunResumed,
    SteerReceived,
    ToolCallProposed,
    ToolCallStarted,
    Verdict,
)

CallState = Literal["proposed", "waiting", "ready", "running", "done"]

RECENT = 64
"""Calls that are looked back on for loops."""
LOOP = "loop"
"""The rule by which a call is refused as part of a loop."""
DUPLICATE = "duplicate"
"""The rule by which a call is answered with the same call of its step."""


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
    """Whether its tool was told by its arguments alone."""
    state: CallState = "proposed"
    verdict: Verdict | None = None
    """The policy's answer; None before it is given."""
    rule: str = ""
    """The rule that answered."""
    why: str = ""
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
    observation: ObservationRecorded | None = None
    """What the model is shown; None while the call is open."""
    finished_at: str = ""
    """When it was observed; empty before."""
    withdrawn: bool = False
    """Whether a person took its observation back out of the context."""
    withdrawal_note: str = ""
    """What the person wrote with that."""
    hidden: bool = False
    """Whether its observation left the context."""
    asks: str = ""
    """SHA-256 of what it asks for, however it is written."""
    outcome: str = ""
    """SHA-256 of what it gave; empty before."""
    same_as: str = ""
    """The first call that asked the same and gave the same, with the model seeing it all the while; mostly itself."""

    @property
    def counts(self) -> bool:
        """Whether it has an outcome of its own: refused and merged calls have none."""
        return self.observation is not None and self.rule not in (LOOP, DUPLICATE)

    @property
    def edited(self) -> bool:
        """Whether a person changed the arguments."""
        return self.decision == "edit"


class Calls:
    """All calls by id, in order of proposal, and the standing rules that `always` made."""

    HEARS = (
        ToolCallProposed,
        PolicyDecided,
        ApprovalRequested,
        ApprovalResolved,
        ToolCallStarted,
        ObservationRecorded,
        ObservationRestored,
        ObservationWithdrawn,
        ContextCompacted,
        RuleRevoked,
        RunResumed,
        QuestionAsked,
        PlanEdited,
        SteerReceived,
    )
    """The events that change it."""

    def __init__(self) -> None:
        self.by_id: dict[str, Call] = {}
        """Every call, in order of proposal."""
        self.open: dict[str, Call] = {}
        """Those without an observation, in order of proposal."""
        self.rules: list[str] = []
        """Standing rules (`TOOL EFFECT TARGET`) in force, oldest first."""
        self.recent: deque[Call] = deque(maxlen=RECENT)
        """The latest calls, in order of proposal, since a person last spoke."""
        self.refused: list[str] = []
        """The calls refused as a loop, one behind the other, since anything else happened."""
        self.kept: dict[str, Call] = {}
        """By what they ask for: the latest calls whose results may answer another."""
        self._latest: dict[str, Call] = {}
        self._folded = 0

    def first_like(self, call: Call, outcome: str) -> str:
        """What `same_as` is for a call that gave this."""
        before = self._latest.get(call.asks)
        if before is None or before.outcome != outcome or not self.is_seen(before):
            return call.id
        return before.same_as

    @property
    def waiting(self) -> list[Call]:
        """Calls that wait for a person, oldest first."""
        return [call for call in self.open.values() if call.state == "waiting"]

    def apply(self, entry: Entry) -> None:
        """Fold one entry in."""
        match entry.event:
            case ToolCallProposed() as event:
                self._propose(entry, event)
            case (
                PolicyDecided()
                | ToolCallStarted()
                | ObservationRecorded()
                | ApprovalRequested()
                | ApprovalResolved()
                | ObservationRestored()
                | ObservationWithdrawn()
            ) as event:
                call = self.by_id.get(event.call_id)
                if call is not None:
                    self._update(call, entry, event)
            case ContextCompacted() as event:
                self._leave(event)
            case RuleRevoked() as event:
                self.rules = [rule for rule in self.rules if rule != event.pattern]
            case RunResumed() | QuestionAsked() | PlanEdited() | SteerReceived() as event:
                self._hear(event)

    def _leave(self, event: ContextCompacted) -> None:
        """What has left the context may be asked for again."""
        self._folded = max(self._folded, event.through)
        for call_id in event.hidden:
            if call_id in self.by_id:
                self.by_id[call_id].hidden = True

    def is_seen(self, call: Call) -> bool:
        """Whether the model still reads what a call gave."""
        return not (call.hidden or call.withdrawn or call.step <= self._folded)

    def _hear(self, event: RunResumed | QuestionAsked | PlanEdited | SteerReceived) -> None:
        """A person has spoken: what was a loop before may be the answer to it."""
        if isinstance(event, SteerReceived) and event.by != "person":
            return
        self.refused = []
        if not isinstance(event, RunResumed):
            self.recent.clear()

    def _propose(self, entry: Entry, event: ToolCallProposed) -> None:
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
            asks=event.asks or _digest(event.tool, event.arguments or event.raw),
        )
        self.by_id[call.id] = call
        self.open[call.id] = call
        self.recent.append(call)

    def _update(
        self,
        call: Call,
        entry: Entry,
        event: PolicyDecided
        | ApprovalRequested
        | ApprovalResolved
        | ToolCallStarted
        | ObservationRecorded
        | ObservationRestored
        | ObservationWithdrawn,
    ) -> None:
        match event:
            case PolicyDecided():
                call.verdict, call.rule, call.why = event.verdict, event.rule, event.reason
                call.state = "ready" if event.verdict == "allow" else "proposed"
            case ToolCallStarted():
                call.state, call.attempts, call.started_at = "running", event.attempt, entry.at
            case ObservationRecorded():
                call.state, call.observation, call.finished_at = "done", event, entry.at
                self.open.pop(call.id, None)
                self._compare(call, event)
            case ApprovalRequested():
                call.rule, call.why, call.pattern, call.state = event.rule, event.why, event.pattern, "waiting"
                call.schema = event.schema
            case ApprovalResolved():
                self._resolve(call, event)
            case ObservationRestored():
                call.hidden = False
            case ObservationWithdrawn():
                call.withdrawn, call.withdrawal_note = True, event.note

    def _compare(self, call: Call, event: ObservationRecorded) -> None:
        """Note what a call gave, and whether that was known."""
        call.outcome = outcome_of(event)
        if call.rule == LOOP:
            self.refused.append(call.id)
        elif call.rule != DUPLICATE:
            self.refused = []
            call.same_as = self.first_like(call, call.outcome)
            self._latest[call.asks] = call
            if event.stamp and not event.cached:
                self.kept[call.asks] = call

    def _resolve(self, call: Call, event: ApprovalResolved) -> None:
        call.decision, call.note = event.decision, event.note
        call.state = "proposed" if event.decision == "veto" else "ready"
        if event.edited is not None:
            call.arguments = event.edited
            call.asks = event.asks or _digest(call.tool, event.edited)
        if event.decision == "always" and event.pattern and event.pattern not in self.rules:
            self.rules.append(event.pattern)


def outcome_of(event: ObservationRecorded) -> str:
    """What an observation gave, as a digest."""
    return event.outcome or _digest(event.status, event.text)


def _digest(what: str, given: object) -> str:
    """SHA-256 of two things in canonical JSON."""
    canonical = json.dumps([what, given], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()

"""Every tool call of a session and where it stands: proposed, waiting, ready, running or done."""

from typing import Any, Literal

import msgspec

from kimi_tui.events import (
    ApprovalRequested,
    ApprovalResolved,
    Decision,
    Effect,
    Entry,
    ObservationRecorded,
    ObservationWithdrawn,
    PolicyDecided,
    RuleRevoked,
    ToolCallProposed,
    ToolCallStarted,
    Verdict,
)

CallState = Literal["proposed", "waiting", "ready", "running", "done"]


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

    @property
    def edited(self) -> bool:
        """Whether a person changed the arguments."""
        return self.decision == "edit"


class Calls:
    """All calls by id, in order of proposal, and the standing rules that `always` made."""

    def __init__(self) -> None:
        self.by_id: dict[str, Call] = {}
        """Every call, in order of proposal."""
        self.open: dict[str, Call] = {}
        """Those without an observation, in order of proposal."""
        self.rules: list[str] = []
        """Standing rules (`TOOL EFFECT TARGET`) in force, oldest first."""

    @property
    def waiting(self) -> list[Call]:
        """Calls that wait for a person, oldest first."""
        return [call for call in self.open.values() if call.state == "waiting"]

    def apply(self, entry: Entry) -> None:
        """Fold one entry in."""
        event = entry.event
        if isinstance(event, ToolCallProposed):
            self._propose(entry, event)
        elif isinstance(event, RuleRevoked):
            self.rules = [rule for rule in self.rules if rule != event.pattern]
        elif isinstance(
            event,
            PolicyDecided
            | ApprovalRequested
            | ApprovalResolved
            | ToolCallStarted
            | ObservationRecorded
            | ObservationWithdrawn,
        ):
            call = self.by_id.get(event.call_id)
            if call is not None:
                self._update(call, entry, event)

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
        )
        self.by_id[call.id] = call
        self.open[call.id] = call

    def _update(
        self,
        call: Call,
        entry: Entry,
        event: PolicyDecided
        | ApprovalRequested
        | ApprovalResolved
        | ToolCallStarted
        | ObservationRecorded
        | ObservationWithdrawn,
    ) -> None:
        match event:
            case PolicyDecided():
                call.verdict, call.rule, call.why = event.verdict, event.rule, event.reason
                call.state = "ready" if event.verdict == "allow" else "proposed"
            case ApprovalRequested():
                call.rule, call.why, call.pattern, call.state = event.rule, event.why, event.pattern, "waiting"
            case ApprovalResolved():
                self._resolve(call, event)
            case ToolCallStarted():
                call.state, call.attempts, call.started_at = "running", event.attempt, entry.at
            case ObservationRecorded():
                call.state, call.observation, call.finished_at = "done", event, entry.at
                self.open.pop(call.id, None)
            case ObservationWithdrawn():
                call.withdrawn, call.withdrawal_note = True, event.note

    def _resolve(self, call: Call, event: ApprovalResolved) -> None:
        call.decision, call.note = event.decision, event.note
        call.state = "proposed" if event.decision == "veto" else "ready"
        if event.edited is not None:
            call.arguments = event.edited
        if event.decision == "always" and event.pattern and event.pattern not in self.rules:
            self.rules.append(event.pattern)

"""Put the calls of recorded runs before the policy, in a session like any other."""

from typing import Any

import msgspec

from kimi_tui.egress.unexplained import trace_call
from kimi_tui.events import (
    AnyEvent,
    ApprovalResolved,
    Entry,
    ObservationRecorded,
    QuestionAsked,
    SessionOpened,
    ToolCallProposed,
    ToolCallStarted,
)
from kimi_tui.policy.rules import CallFacts, PolicyState, Ruling, decide
from kimi_tui.projections.state import SessionState
from tools.agentdojo.effects import POLICY, arguments_of, effects_of

_AT = "2026-01-01T00:00:00.000Z"


class Gate:
    """A session that judges calls; a person approves what asks, and with `tired` makes the narrowest rule for it."""

    def __init__(self, question: str, *, tired: bool) -> None:
        self.state = SessionState()
        self._tired = tired
        self._rules: list[str] = []
        self._seq = 0
        self._record(SessionOpened("0", "m", "e", {"policy": msgspec.to_builtins(POLICY)}, "You assist."))
        self._record(QuestionAsked(question))

    def judge(self, call_id: str, tool: str, arguments: dict[str, Any]) -> Ruling:
        """Return the policy's answer to a call."""
        arguments = arguments_of(tool, arguments)
        effects = effects_of(tool, arguments)
        self._record(
            ToolCallProposed(call_id, tool, arguments, "", tool, effects, all(e.kind == "read" for e in effects))
        )
        facts = CallFacts(tool, effects, False, trace_call(self.state.main.calls.by_id[call_id], self.state.main))
        return decide(facts, PolicyState(POLICY, tuple(self._rules), False, "policy", True))

    def approve(self, call_id: str, ruling: Ruling) -> None:
        """Approve a call that asks; a tired person makes the rule that the card offers."""
        always = self._tired and bool(ruling.pattern)
        if always:
            self._rules.append(ruling.pattern)
        self._record(ApprovalResolved(call_id, "always" if always else "approve", pattern=ruling.pattern))

    def observe(self, call_id: str, text: str, *, failed: bool) -> None:
        """Record what a call gave."""
        self._record(ToolCallStarted(call_id), ObservationRecorded(call_id, "error" if failed else "ok", text))

    def _record(self, *events: AnyEvent) -> None:
        for event in events:
            self._seq += 1
            self.state.apply(Entry("s", self._seq, _AT, "main", 1, 1, event, ""))

"""The gate: the policy decides on each open call, a person on those that wait, and the first answer wins.

A waiting call is held by nothing but its `ApprovalRequested` in the journal, so it survives any crash.
"""

from kimi_tui.commands import Approve, ApproveAlways, Receipt, RevokeRule, Veto, Withdraw
from kimi_tui.config import SessionSettings
from kimi_tui.engine.decide.loop_guard import loop_refusal
from kimi_tui.engine.decide.result_cache import ResultCache
from kimi_tui.engine.ledger import Ledger
from kimi_tui.engine.observations import record_observation
from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.events import (
    AnyEvent,
    ApprovalRequested,
    ApprovalResolved,
    Effect,
    LoopSuspected,
    ObservationRecorded,
    ObservationWithdrawn,
    PolicyDecided,
    RuleRevoked,
)
from kimi_tui.policy.rules import CallFacts, PolicyState, Ruling, decide
from kimi_tui.projections.calls import LOOP_RULE, Call
from kimi_tui.projections.standing_rules import parse_rule

CLOSING_TOOLS = frozenset({"submit_memo", "calculate"})
"""What still runs in the step that is kept for the answer when a budget is spent."""

OUTCOME_UNKNOWN = "outcome-unknown"
"""The rule by which a call with effects that a crash ended waits for a person."""
_UNKNOWN_OUTCOME = (
    "It was started before the program ended, whether it took effect is not known, and nobody is there to ask: "
    "find that out before you do it again."
)


class Gate:
    """Decides on calls, and takes a person's decisions."""

    def __init__(self, ledger: Ledger, toolbox: Toolbox, settings: SessionSettings, *, person: bool) -> None:
        """`person` tells whether somebody is there to ask."""
        self._ledger = ledger
        self._toolbox = toolbox
        self._settings = settings
        self._person = person
        self._kept = ResultCache(ledger, toolbox, settings)

    async def decide(self, call: Call) -> list[AnyEvent]:
        """Return the policy's answer to an undecided call, for the caller to record.

        Where the result is known with it, both are recorded here.
        """
        duplicate = self._kept.duplicate_in_step(call)
        if duplicate is not None:
            if duplicate.observation is not None:
                record_observation(self._ledger, call, *self._kept.share(call, duplicate))
            return []
        if self._refuse_impossible(call):
            return []
        ruling = decide(CallFacts(call.tool, call.effects, call.inferred), self._policy_state())
        if ruling.verdict == "deny":
            self._deny(call, ruling)
            return []
        kept = await self._kept.lookup(call, asking=ruling.verdict == "ask")
        if kept is not None:
            record_observation(self._ledger, call, *kept)
            return []
        events: list[AnyEvent] = [PolicyDecided(call.id, ruling.verdict, ruling.rule, ruling.reason)]
        if ruling.verdict == "ask":
            schema = self._toolbox.parameters_of(call.tool)
            events.append(ApprovalRequested(call.id, ruling.rule, ruling.reason, ruling.pattern, schema))
        return events

    def _refuse_impossible(self, call: Call) -> bool:
        """Refuse a call that cannot run whatever the policy says; False when it can."""
        why, repeated = loop_refusal(self._ledger.state.calls, call)
        if why:
            loop = LoopSuspected(len(repeated), tuple(one.id for one in repeated), "refused")
            self._deny(call, Ruling("deny", LOOP_RULE, why), loop)
        elif call.problem:
            record_observation(self._ledger, call, ObservationRecorded(call.id, "error", call.problem))
        elif self._ledger.state.run.exhausted and call.tool not in CLOSING_TOOLS:
            self._deny(call, Ruling("deny", "budget", "the budget is spent; submit the memo with what you have"))
        else:
            return False
        return True

    def decide_without_person(self, call: Call) -> None:
        """Decide a waiting call by the rules when no person is there to ask."""
        if call.rule == OUTCOME_UNKNOWN:
            record_observation(self._ledger, call, ObservationRecorded(call.id, "interrupted", _UNKNOWN_OUTCOME))
            return
        ruling = decide(CallFacts(call.tool, call.effects, call.inferred), self._policy_state())
        if ruling.verdict == "deny":
            self._deny(call, ruling)
        else:
            resolved = ApprovalResolved(call.id, "approve", by="rules", note=ruling.reason)
            self._ledger.record(resolved, turn=call.turn, step=call.step)

    def ask_after_crash(self, call: Call) -> None:
        """Ask a person about a call that may have taken effect before a crash; without one it is not run again."""
        if not self._person:
            record_observation(self._ledger, call, ObservationRecorded(call.id, "interrupted", _UNKNOWN_OUTCOME))
            return
        why = "it was started before the program ended, and whether it took effect is not known; run it again?"
        schema = self._toolbox.parameters_of(call.tool)
        event = ApprovalRequested(call.id, OUTCOME_UNKNOWN, why, schema=schema)
        self._ledger.record(event, turn=call.turn, step=call.step)

    def approve(self, command: Approve) -> Receipt:
        """Run a waiting call, edited if arguments are given; they are validated and judged like any others."""
        call = self._waiting_call(command.call_id)
        if isinstance(call, Receipt):
            return call
        if command.arguments is None or command.arguments == call.arguments:
            return self._approve_call(call, call.effects, ApprovalResolved(call.id, "approve"))
        edited = self._toolbox.propose_edited(call, command.arguments)
        if edited.problem:
            return Receipt(False, edited.problem)
        event = ApprovalResolved(call.id, "edit", edited=command.arguments, asks=edited.asks)
        return self._approve_call(call, edited.effects, event)

    def approve_always(self, command: ApproveAlways) -> Receipt:
        """Run a waiting call and keep a standing rule that covers it."""
        call = self._waiting_call(command.call_id)
        if isinstance(call, Receipt):
            return call
        try:
            pattern = parse_rule(command.pattern)
        except ValueError as error:
            return Receipt(False, str(error))
        if not pattern.covers(call.tool, call.effects):
            return Receipt(False, f"the rule {command.pattern!r} does not cover this call; correct it, or approve once")
        text = f"{pattern.tool} {pattern.kind} {pattern.target}"
        return self._approve_call(call, call.effects, ApprovalResolved(call.id, "always", pattern=text))

    def veto(self, command: Veto) -> Receipt:
        """Refuse a waiting call; the model reads why."""
        call = self._waiting_call(command.call_id)
        if isinstance(call, Receipt):
            return call
        note = f": {command.note}" if command.note else ""
        text = f"The person vetoed this call{note}. Do not repeat it; go another way."
        self._ledger.record(
            ApprovalResolved(call.id, "veto", note=command.note),
            ObservationRecorded(call.id, "vetoed", text),
            turn=call.turn,
            step=call.step,
        )
        return Receipt(True)

    def withdraw(self, command: Withdraw) -> Receipt:
        """Take a result back out of the context."""
        call = self._ledger.state.calls.by_id.get(command.call_id)
        if call is None or call.observation is None:
            return Receipt(False, f"there is no result of {command.call_id} to withdraw")
        if call.withdrawn:
            return Receipt(False, f"the result of {command.call_id} is withdrawn already")
        event = ObservationWithdrawn(call.id, note=command.note)
        self._ledger.record(event)
        return Receipt(True)

    def revoke_rule(self, command: RevokeRule) -> Receipt:
        """Remove a standing rule."""
        if command.pattern not in self._ledger.state.calls.rules:
            return Receipt(False, f"there is no standing rule {command.pattern!r}")
        self._ledger.record(RuleRevoked(command.pattern))
        return Receipt(True)

    def _waiting_call(self, call_id: str) -> Call | Receipt:
        call = self._ledger.state.calls.by_id.get(call_id)
        if call is None:
            return Receipt(False, f"there is no call {call_id}")
        if call.state != "waiting":
            return Receipt(False, f"{call_id} does not wait any more: it is {call.decision or call.state}")
        return call

    def _approve_call(self, call: Call, effects: tuple[Effect, ...], event: ApprovalResolved) -> Receipt:
        """Let the call run, unless a rule forbids its targets: no approval overrides a denial."""
        ruling = decide(CallFacts(call.tool, effects, call.inferred), self._policy_state())
        if ruling.verdict == "deny":
            return Receipt(False, f"not even with approval: {ruling.reason}")
        self._ledger.record(event, turn=call.turn, step=call.step)
        return Receipt(True)

    def _policy_state(self) -> PolicyState:
        settings = self._settings
        standing = tuple(self._ledger.state.calls.rules)
        return PolicyState(settings.policy, standing, settings.offline, settings.approve, self._person)

    def _deny(self, call: Call, ruling: Ruling, *before: AnyEvent) -> None:
        decided = PolicyDecided(call.id, "deny", ruling.rule, ruling.reason)
        observation = ObservationRecorded(call.id, "denied", f"Denied ({ruling.rule}): {ruling.reason}.")
        record_observation(self._ledger, call, observation, *before, decided)

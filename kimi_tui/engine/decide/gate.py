"""The gate: a person's decisions on the calls that wait; the first answer wins.

A waiting call is held by nothing but its `ApprovalRequested` in the journal, so it survives any crash.
"""

from kimi_tui.commands import Approve, ApproveAlways, Receipt, RevokeRule, Veto, Withdraw
from kimi_tui.config import SessionSettings
from kimi_tui.egress.unexplained import CallProvenance, trace_call
from kimi_tui.engine.decide.call_view import CallView
from kimi_tui.engine.ledger import Ledger
from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.events import (
    ApprovalResolved,
    Effect,
    HookAnswered,
    ObservationRecorded,
    ObservationWithdrawn,
    RuleRevoked,
)
from kimi_tui.journal.writer import now_text
from kimi_tui.policy.hook_protocol import combine_with_hook
from kimi_tui.policy.rules import CallFacts, PolicyState, Ruling, decide
from kimi_tui.projections.calls import DESK_QUERIES_RULE, Call
from kimi_tui.projections.standing_rules import parse_rule


class Gate:
    """Takes a person's decisions, and shows calls to the steps that decide on the others."""

    def __init__(self, ledger: Ledger, toolbox: Toolbox, settings: SessionSettings, *, person: bool) -> None:
        """`person` tells whether somebody is there to ask."""
        self._ledger = ledger
        self._toolbox = toolbox
        self._settings = settings
        self._person = person

    def view_call(self, call: Call, stamp: str = "") -> CallView:
        """Return the facts to decide a call on; `stamp` is the state of its target, if an earlier call may answer."""
        state = self._ledger.state
        provenance = trace_call(call, state)
        return CallView(
            call=call,
            calls=state.calls,
            toolbox=self._toolbox,
            ruling=self._rule_on(call, call.effects, provenance, call.hook_answer),
            unexplained=provenance.unexplained,
            now=now_text(),
            exhausted=state.run.exhausted,
            stamp=stamp,
            fresh_seconds=self._settings.fresh_minutes * 60,
            person=self._person,
        )

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
        if command.pattern not in self._ledger.state.approvals.rules:
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
        ruling = self._rule_on(call, effects)
        if ruling.verdict == "deny":
            return Receipt(False, f"not even with approval: {ruling.reason}")
        self._ledger.record(event, turn=call.turn, step=call.step)
        if call.rule == DESK_QUERIES_RULE:
            self._release_desk_queries()
        return Receipt(True)

    def _release_desk_queries(self) -> None:
        """Run the other waiting queries of the desk: the approval holds for them too, as their cards say."""
        for other in self._ledger.state.calls.waiting:
            if other.rule == DESK_QUERIES_RULE and (ruling := self._rule_on(other, other.effects)).verdict == "allow":
                resolved = ApprovalResolved(other.id, "approve", by="rules", note=ruling.reason)
                self._ledger.record(resolved, turn=other.turn, step=other.step)

    def _rule_on(
        self,
        call: Call,
        effects: tuple[Effect, ...],
        provenance: CallProvenance | None = None,
        answer: HookAnswered | None = None,
    ) -> Ruling:
        """Return the policy's answer to a call with these effects, and with what the person's program answered."""
        settings = self._settings
        approvals = self._ledger.state.approvals
        state = PolicyState(
            settings.policy,
            tuple(approvals.rules),
            settings.offline,
            settings.approve,
            self._person,
            approvals.desk_opened,
        )
        provenance = provenance or trace_call(call, self._ledger.state)
        ruling = decide(CallFacts(call.tool, effects, call.inferred, provenance), state)
        return combine_with_hook(ruling, answer, settings.policy.hooks, settings.approve, person=self._person)

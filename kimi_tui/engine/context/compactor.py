"""Carry out what the context policy decides, asking the person first where the settings say so.

A checkpoint is asked of the model behind the present context with the same tools, so that the server reads nothing
again; whatever it answers, the steps leave in the end with a checkpoint that is at least the journal's.
"""

from collections.abc import Callable

import msgspec

from kimi_tui.commands import Compact, Receipt, Unhide
from kimi_tui.config import SessionSettings
from kimi_tui.engine.context.checkpoint import Checkpoint, UnusableCheckpoint, checkpoint_prompt, parse_checkpoint
from kimi_tui.engine.context.policy import CompactionPlan, folding_event, hiding_event, plan_compaction
from kimi_tui.engine.context.window import WindowBudget, window_budget
from kimi_tui.engine.interruptible import Interruptible
from kimi_tui.engine.ledger import Ledger
from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.events import CompactionProposed, ContextCompacted, ObservationRestored, Usage
from kimi_tui.messages import Message
from kimi_tui.providers.base import (
    ModelReply,
    ModelRequest,
    Provider,
    ProviderError,
    ReplyFragment,
    endpoint_from_probe,
)
from kimi_tui.text import one_line

MAX_CHECKPOINT_TRIES = 2
"""How often the model is asked for one checkpoint."""


class Compactor:
    """Remove old observations and steps from the context."""

    def __init__(
        self, ledger: Ledger, provider: Provider, toolbox: Toolbox, settings: SessionSettings, *, person: bool
    ) -> None:
        """`person` tells whether somebody is there to ask."""
        self._ledger = ledger
        self._provider = provider
        self._toolbox = toolbox
        self._settings = settings
        self._asks = person and settings.compaction == "ask"
        self._work = Interruptible()

    def interrupt(self) -> None:
        """End the writing of a checkpoint at once; it is asked for again when the run goes on."""
        self._work.interrupt()

    async def compact_if_needed(self) -> bool:
        """Take one step of a compaction before the next model call, or wait for the person; False when none is due."""
        state = self._ledger.state
        pending = state.compactions.pending
        if pending is None:
            plan = plan_compaction(state)
            if plan is None:
                return False
            pending = _proposal(plan, state.context.tokens)
            if self._asks:
                self._ledger.record(msgspec.structs.replace(pending, ask=True))
                return True
        if pending.ask and self._asks:
            await self._ledger.pulse.next_change().wait()
        else:
            await self._carry_out(pending)
        return True

    def approve(self, command: Compact) -> Receipt:
        """Carry out the pending compaction, except what the person keeps."""
        waiting = self._ledger.state.compactions.waiting
        if waiting is None:
            return Receipt(False, "nothing waits to leave the context")
        hidden = tuple(call_id for call_id in waiting.hidden if call_id not in command.keep)
        approved = msgspec.structs.replace(waiting, hidden=hidden, keep=command.keep, ask=False, by="person")
        self._ledger.record(approved)
        return Receipt(True)

    def unhide(self, command: Unhide) -> Receipt:
        """Bring a hidden observation back."""
        call = self._ledger.state.calls.by_id.get(command.call_id)
        if call is None or call.observation is None:
            return Receipt(False, f"there is no result of {command.call_id}")
        if call.id not in self._ledger.state.context.hidden_calls():
            return Receipt(False, f"the result of {call.id} is {'withdrawn' if call.withdrawn else 'not hidden'}")
        self._ledger.record(ObservationRestored(call.id))
        return Receipt(True)

    async def _carry_out(self, pending: CompactionProposed) -> None:
        """Carry out a compaction; an interrupted fold stays pending."""
        state = self._ledger.state
        visible = dict(state.context.visible_results())
        hidden = tuple(call_id for call_id in pending.hidden if call_id in visible)
        plan = CompactionPlan(pending.kind, hidden, pending.after, pending.through)
        if plan.kind == "hide":
            await self._ledger.record_patiently(hiding_event(state, plan, pending.by))
            return
        event = await self._make_fold(plan, pending)
        if event is None:
            return
        kept = [call_id for call_id in pending.keep if call_id in visible]
        leave = [call_id for call_id in kept if state.context.step_of(call_id) <= plan.through]
        await self._ledger.record_patiently(event, *(ObservationRestored(call_id) for call_id in leave))

    async def _make_fold(self, plan: CompactionPlan, pending: CompactionProposed) -> ContextCompacted | None:
        """Return the fold with the model's checkpoint, or the journal's when there is none; None if interrupted."""
        state, rooms = self._ledger.state, window_budget(self._ledger.state)
        usage, problem, written = Usage(), "", None
        spared = state.compactions.skips_model
        if spared:
            problem = f"it failed at {state.compactions.failed} checkpoints in a row, and was not asked for this one"
        for _ in range(0 if spared else MAX_CHECKPOINT_TRIES):
            room = rooms.window - state.context.tokens - rooms.margin
            if room < rooms.checkpoint or state.run.exhausted:
                problem = problem or "there was no room left to ask it"
                break
            wanted = checkpoint_prompt(rooms.checkpoint, problem)
            asked = msgspec.structs.replace(pending, order=wanted, context_digest=state.context.digest, ask=False)
            self._ledger.record(asked)
            streamed: list[ReplyFragment] = []
            try:
                reply = await self._ask_for_checkpoint(wanted, rooms, room, streamed.append)
                if reply is None:
                    usage = usage + self._interrupted_usage(streamed)
                    await self._ledger.record_patiently(msgspec.structs.replace(pending, usage=usage))
                    return None
                usage = usage + reply.counted_usage
                written, problem = self._parse_reply(reply), ""
                break
            except (ProviderError, UnusableCheckpoint) as error:
                problem = one_line(str(error), 300)
                if isinstance(error, ProviderError):
                    if (written := self._parse_reasoning(error)) is not None:
                        usage, problem = usage + (error.usage or Usage()), ""
                        break
                    usage = usage + (error.usage or Usage())
                    if error.retry_after or not (error.retryable or error.kind == "capped"):
                        break  # asked the same way again at once, the server would refuse it again
        event = folding_event(state, plan, written)
        return msgspec.structs.replace(event, usage=usage, problem=problem, by=pending.by)

    def _interrupted_usage(self, streamed: list[ReplyFragment]) -> Usage:
        """Return the tokens of an interrupted try."""
        reasoning = "".join(fragment.text for fragment in streamed if fragment.kind == "reasoning")
        text = "".join(fragment.text for fragment in streamed if fragment.kind != "reasoning")
        context = self._ledger.state.context
        return context.count.partial_usage(context.tokens, reasoning, text)

    async def _ask_for_checkpoint(
        self, wanted: str, rooms: WindowBudget, room: int, announce: Callable[[ReplyFragment], None]
    ) -> ModelReply | None:
        """Return the model's reply to the request; None when the person interrupted it. Raises `ProviderError`."""
        request = ModelRequest(
            model=self._settings.model,
            messages=(*self._ledger.state.context.messages, Message("user", wanted)),
            tools=self._toolbox.schemas,
            max_tokens=min(2 * rooms.checkpoint, room),
            temperature=self._settings.temperature,
            reasoning_cap=rooms.checkpoint,
            endpoint=endpoint_from_probe(self._ledger.state.health.probe),
        )
        self._ledger.stream("state", "the model writes a checkpoint of its older steps")
        return await self._work.run(self._provider.generate(request, announce))

    def _parse_reasoning(self, error: ProviderError) -> Checkpoint | None:
        """Parse a checkpoint at the end of a reply that is reasoning alone."""
        try:
            return (
                parse_checkpoint(error.reasoning, self._ledger.state.sources.by_id) if error.kind == "empty" else None
            )
        except UnusableCheckpoint:
            return None

    def _parse_reply(self, reply: ModelReply) -> Checkpoint:
        """Parse the model's reply; raises `UnusableCheckpoint`."""
        if reply.calls:
            raise UnusableCheckpoint("it calls a tool instead")
        return parse_checkpoint(reply.text, self._ledger.state.sources.by_id)


def _proposal(plan: CompactionPlan, before: int) -> CompactionProposed:
    return CompactionProposed(plan.kind, plan.hidden, plan.through, before, plan.after)

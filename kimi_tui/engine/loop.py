"""The loop: settle open calls, finish an answered turn, close a spent one, else ask the model.

Everything it asks of the past it asks of projections; what it holds itself are only the tasks under way. Pause
holds at two safe points: before a step, and before a tool starts.
"""

from typing import Any

import msgspec

from kimi_tui.config import SessionSettings
from kimi_tui.engine import stall_and_drift, turn_closing
from kimi_tui.engine.acting import CallRunner
from kimi_tui.engine.context.compactor import Compactor
from kimi_tui.engine.decide.call_view import Settlement
from kimi_tui.engine.decide.gate import Gate
from kimi_tui.engine.decide.hook_runner import HookRunner, settle_late_answer
from kimi_tui.engine.decide.loop_guard import find_loop, persistent_loop
from kimi_tui.engine.decide.pipeline import settle, settle_started, settle_waiting
from kimi_tui.engine.judge.memo_judging import MemoJudging
from kimi_tui.engine.ledger import Ledger
from kimi_tui.engine.observations import record_observation
from kimi_tui.engine.prefetch import Prefetcher
from kimi_tui.engine.thinking import StepRunner
from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.engine.turn_closing import PlainMemo
from kimi_tui.events import (
    AnyEvent,
    LoopSuspected,
    ObservationRecorded,
    Reason,
    RunPaused,
    SteerReceived,
    StepFailed,
    TurnFinished,
)
from kimi_tui.evidence.source_lookup import SourceLookup
from kimi_tui.journal.writer import now_text
from kimi_tui.projections.calls import Call
from kimi_tui.providers.base import Provider
from kimi_tui.session import StorageError

ASK_FOR_MEMO_PROMPT = (
    "Your answer cites no source. Call submit_memo with a Markdown memo in which every sentence carries its citation."
)
"""The message to a model that answers in plain text without citations, once a turn."""


class Engine:
    """Works on one session until it is closed."""

    def __init__(
        self,
        ledger: Ledger,
        provider: Provider,
        toolbox: Toolbox,
        settings: SessionSettings,
        *,
        person: bool = True,
        retries: int = 4,
        return_seconds: float = 1800.0,
    ) -> None:
        """`person` tells whether somebody is there to ask; the rest bounds the tries of a failing model call."""
        self.ledger = ledger
        self.gate = Gate(ledger, toolbox, settings, person=person)
        self.thinker = StepRunner(ledger, provider, toolbox, settings, retries=retries, return_seconds=return_seconds)
        self.compactor = Compactor(ledger, provider, toolbox, settings, person=person)
        self.hooks = HookRunner(ledger, settings.policy.hooks)
        self.actor = CallRunner(ledger, toolbox, self.hooks.lacks_answer)
        self.prefetcher = Prefetcher(ledger, toolbox, settings)
        self.judging = MemoJudging(ledger, provider, settings)
        self.stopping = False
        """True when the turn is to end at the next moment."""
        self._toolbox = toolbox
        self._settings = settings
        self._person = person
        self._plain = PlainMemo()

    async def run(self) -> None:
        """Work until cancelled: on the open turn, then on each question to come."""
        recovered = False
        try:
            while True:
                try:
                    if not recovered:
                        self._recover_from_crash()
                        recovered = True
                    await self._advance()
                except StorageError as error:
                    await self.ledger.wait_for_storage(error)
        finally:
            await self.hooks.close()
            await self.actor.close()
            await self.prefetcher.close()

    def interrupt(self) -> None:
        """End the running generation and tools at once."""
        self.thinker.interrupt()
        self.compactor.interrupt()
        self.actor.interrupt()
        self.judging.interrupt()

    async def _advance(self) -> None:
        """Do the next thing that the turn needs."""
        state = self.ledger.state
        self.actor.record_finished()
        if not state.run.turn_open:
            await self.ledger.pulse.next_change().wait()
        elif self.stopping and not self._is_being_judged:
            self._stop_turn()
        elif state.calls.open:
            await self._settle_calls()
        elif (text := self._unchecked_text) is not None:
            await self._plain.check(state.run.step, text, self.ledger.journal.sources)
        elif (answer := self._final_memo()) is not None:
            await self._judge_and_finish(answer)
        elif state.run.paused:
            await self.ledger.pulse.next_change().wait()
        elif self._last_text is not None:
            self.ledger.record(SteerReceived(ASK_FOR_MEMO_PROMPT, by="engine"))
        elif not await self._close_if_spent() and not await self._pause_if_stuck():
            self._guide_model()
            if not await self.compactor.compact_if_needed():
                self.prefetcher.start()
                await self.thinker.run_step()

    async def _settle_calls(self) -> None:
        """Decide on open calls, start those that may start, then wait for a change."""
        calls = self.ledger.state.calls
        changed = self.ledger.pulse.next_change()  # deciding may take a moment, in which a tool may end
        self._consult_hook()
        proposed = [call for call in self._undecided if not self.hooks.lacks_answer(call)]
        stamps = {
            call.id: await self._toolbox.freshness_stamp(call) for call in proposed if call.asks in calls.reusable
        }
        decided: list[AnyEvent] = []
        for call in proposed:
            settlement = settle(self.gate.view_call(call, stamps.get(call.id, "")))
            if settlement.observation is None:
                decided += settlement.events
            else:
                self._record_settlement(call, settlement)
        if decided:
            self.ledger.record(*decided)
        if not self.ledger.state.run.paused and not self.stopping:
            self.actor.start_ready()
        if calls.open:
            await changed.wait()

    @property
    def _undecided(self) -> list[Call]:
        """Calls that the policy has not answered for yet."""
        calls = self.ledger.state.calls.open.values()
        return [call for call in calls if call.state == "proposed" and call.verdict is None]

    def _consult_hook(self) -> None:
        """Record what the person's program answered, and ask it about calls that it was not asked about."""
        decided = {call.id for call in self.actor.list_startable()}
        for answer in self.hooks.take_answers():
            call = self.ledger.state.calls.open[answer.call_id]
            answered = msgspec.structs.replace(call, hook=answer)
            is_late = call.id in decided and answered.hook_answer is not None
            settlement = settle_late_answer(self.gate.view_call(answered)) if is_late else Settlement()
            self._record_settlement(call, msgspec.structs.replace(settlement, events=(answer, *settlement.events)))
        for call in (*self._undecided, *self.actor.list_startable()):
            if self.hooks.lacks_answer(call):
                self.hooks.ask(self.gate.view_call(call))

    def _record_settlement(self, call: Call, settlement: Settlement) -> None:
        """Record a settlement in one transaction, in the call's own step."""
        if settlement.observation is not None:
            record_observation(self.ledger, call, settlement.observation, *settlement.events)
        else:
            self.ledger.record(*settlement.events, turn=call.turn, step=call.step)

    def _final_memo(self) -> dict[str, Any] | None:
        """Return the memo that ends the turn: the submitted one, else the last step's text; None without either.

        A memo waits until its writer has read what a person said meanwhile. Text without a citation stands only when
        there is nothing to cite, or when a memo was asked for already.
        """
        state, text = self.ledger.state, self._last_text
        handed_in = state.memo.memo if state.memo.turn == state.run.turn else None
        if handed_in is not None and (state.memo.settled or state.run.exhausted):
            return handed_in
        if text is None:
            return None
        if not self._plain.has_citations and handed_in is not None:
            return handed_in
        asked = ASK_FOR_MEMO_PROMPT in state.run.engine_messages or state.run.exhausted
        if not self._plain.has_citations and state.sources.by_id and not asked:
            return None
        return self._plain.memo

    @property
    def _unchecked_text(self) -> str | None:
        """The last step's text, if it may be the answer and was not checked yet."""
        state, text = self.ledger.state, self._last_text
        handed_in = state.memo.memo is not None and state.memo.turn == state.run.turn
        if text is None or (handed_in and (state.memo.settled or state.run.exhausted)):
            return None
        return None if self._plain.is_checked(state.run.step, text) else text

    @property
    def _is_being_judged(self) -> bool:
        """Return whether the turn has its final memo, which is being judged."""
        return self.judging.is_under_way and self._unchecked_text is None and self._final_memo() is not None

    async def _judge_and_finish(self, answer: dict[str, Any]) -> None:
        """Have the next statement of the final memo judged; finish the turn when nothing is left."""
        stopping = self.stopping
        judged = await self.judging.judge_memo(answer, stopping=stopping)
        if judged is not None:
            note = "the person ended the judging; the rest is unchecked" if stopping else ""
            self._finish_turn("budget" if self.ledger.state.run.exhausted else "answered", judged, note)

    @property
    def sources(self) -> SourceLookup:
        """The stored sources with their texts and cells."""
        return self.ledger.journal.sources

    @property
    def _last_text(self) -> str | None:
        """The text of the turn's last step, if that step proposed no call and nothing was said to the model since."""
        last = self.ledger.state.context.last
        return last.content if last is not None and last.role == "assistant" and not last.calls else None

    async def _close_if_spent(self) -> bool:
        """Keep the last affordable step for the answer; end the turn when none is left. True if it ended."""
        state = self.ledger.state
        if state.run.exhausted:
            answered = state.run.step > state.run.exhausted_step and not state.run.step_open
            if answered or turn_closing.is_retry_unaffordable(state, now_text()):
                await self._end_partial("budget", f"stopped by the budget of {state.run.exhausted}")
                return True
            return False
        warnings = turn_closing.new_warnings(state, now_text())
        if warnings:
            self.ledger.record(*warnings)
        spent = turn_closing.closing_budget(state, now_text())
        if spent is not None:
            order = turn_closing.CLOSING_PROMPT.format(kind=spent.kind, spent=spent.spent, cap=spent.cap)
            self.ledger.record(spent, SteerReceived(order, by="engine"))
            if not turn_closing.is_step_affordable(state, now_text()):
                await self._end_partial("budget", f"stopped by the budget of {spent.kind}")
                return True
        return False

    async def _pause_if_stuck(self) -> bool:
        """Pause a run whose model loops or brings nothing new, or end it when no person is there. True if it did."""
        state = self.ledger.state
        suspected: AnyEvent
        if refused := persistent_loop(state.calls):
            suspected = LoopSuspected(len(find_loop(state.calls)) or 1, tuple(refused), "paused")
            why, end = "the model repeats the same calls; steer it, or stop the turn", "the model went round in circles"
        elif stall := stall_and_drift.lasting_stall(state, self._settings):
            suspected, end = stall, "the last steps brought nothing new"
            why = f"{stall.steps} steps brought nothing new; steer the model, resume, or stop the turn"
        else:
            return False
        if self._person:
            self.ledger.record(suspected, RunPaused("engine", why))
        else:
            self.ledger.record(suspected)
            await self._end_partial("failed", end)
        return True

    def _guide_model(self) -> None:
        """Send guidance to a model that stalls or leaves its question."""
        guidance = stall_and_drift.guidance(self.ledger.state, self._settings)
        if guidance and not self.ledger.state.run.exhausted:
            self.ledger.record(*guidance)

    def _stop_turn(self) -> None:
        """End the turn; its running work was interrupted, and open calls are recorded as such."""
        state = self.ledger.state
        open_calls = list(state.calls.open.values())
        text = "Not finished: the person stopped the turn."
        self.ledger.record(
            *(ObservationRecorded(call.id, "interrupted", text) for call in open_calls),
            TurnFinished("stopped", note="stopped by the person; ask again to go on", effort=state.budget.effort),
        )
        self.stopping = False

    async def _end_partial(self, reason: Reason, why: str) -> None:
        memo = await turn_closing.partial_memo(self.ledger.state, why, self._toolbox, self.ledger.journal.sources)
        self._finish_turn(reason, memo, why)

    def _finish_turn(self, reason: Reason, memo: dict[str, Any], note: str = "") -> None:
        self.ledger.record(TurnFinished(reason, memo, note, self.ledger.state.budget.effort))
        self.stopping = False

    def _recover_from_crash(self) -> None:
        """Settle an unfinished stream and calls without an observation after a crash."""
        state = self.ledger.state
        if state.run.thinking:
            inflight = self.ledger.journal.inflight()
            why = "the program ended while the model was answering"
            reasoning = inflight.reasoning if inflight and inflight.step == state.run.step else ""
            text = inflight.text if inflight and inflight.step == state.run.step else ""
            usage = state.context.count.partial_usage(state.context.tokens, reasoning, text)
            failure = StepFailed(why, "interrupted", state.run.attempt + 1, usage=usage)
            self.ledger.record(msgspec.structs.replace(failure, partial_reasoning=reasoning, partial_text=text))
            self.ledger.journal.clear_inflight()
        for call in list(state.calls.open.values()):
            if call.state == "waiting" and not self._person:
                self._record_settlement(call, settle_waiting(self.gate.view_call(call)))
            if call.state != "running":
                continue
            if not call.read_only:
                self._record_settlement(call, settle_started(self.gate.view_call(call)))
            elif call.attempts >= 2:
                text = "Interrupted twice by the program's end; go another way."
                self.ledger.record(ObservationRecorded(call.id, "interrupted", text), turn=call.turn, step=call.step)

"""The loop: settle open calls, finish an answered turn, close a spent one, else think.

Everything it asks of the past it asks of projections; what it holds itself are only the tasks under way. Pause
holds at two safe points: before a step, and before a tool starts.
"""

from typing import Any

import msgspec

from kimi_tui.config import SessionSettings
from kimi_tui.engine import closing, orientation
from kimi_tui.engine.acting import Actor
from kimi_tui.engine.compacting import Compactor
from kimi_tui.engine.gate import Gate
from kimi_tui.engine.guard import going_on, repeated_round
from kimi_tui.engine.ledger import Ledger
from kimi_tui.engine.prefetching import Prefetcher
from kimi_tui.engine.thinking import Thinker
from kimi_tui.engine.toolbox import Toolbox
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
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.source_lookup import SourceLookup
from kimi_tui.journal.writer import now_text
from kimi_tui.providers.base import Provider
from kimi_tui.session import StorageError

ASK_FOR_MEMO = (
    "Your answer cites no source. Call submit_memo with a Markdown memo in which every sentence carries its citation."
)
"""What the model is told, once a turn, when it answers in plain text without citations."""


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
        self.thinker = Thinker(ledger, provider, toolbox, settings, retries=retries, return_seconds=return_seconds)
        self.compactor = Compactor(ledger, provider, toolbox, settings, person=person)
        self.actor = Actor(ledger, toolbox)
        self.prefetcher = Prefetcher(ledger, toolbox, settings)
        self.stopping = False
        """Whether the turn is to end at the next moment."""
        self._settings = settings
        self._person = person

    async def run(self) -> None:
        """Work until cancelled: on the open turn, then on each question to come."""
        recovered = False
        try:
            while True:
                try:
                    if not recovered:
                        self._recover()
                        recovered = True
                    await self._advance()
                except StorageError as error:
                    await self.ledger.hold(error)
        finally:
            await self.actor.close()
            await self.prefetcher.close()

    def interrupt(self) -> None:
        """End the running generation and tools at once."""
        self.thinker.interrupt()
        self.compactor.interrupt()
        self.actor.interrupt()

    async def _advance(self) -> None:
        """One turn of the loop."""
        state = self.ledger.state
        self.actor.record_ended()
        if not state.run.turn_open:
            await self.ledger.pulse.next().wait()
        elif self.stopping:
            self._stop()
        elif state.calls.open:
            await self._settle()
        elif (answer := self._answer()) is not None:
            self._finish("budget" if state.run.exhausted else "answered", answer)
        elif state.run.paused:
            await self.ledger.pulse.next().wait()
        elif self._last_text is not None:
            self.ledger.record(SteerReceived(ASK_FOR_MEMO, by="engine"))
        elif not self._closed_by_budget() and not self._stuck():
            self._orient()
            if not await self.compactor.make_room():
                self.prefetcher.begin()
                await self.thinker.step()

    async def _settle(self) -> None:
        """Bring the open calls on: decide, start what may start, then wait for anything to change."""
        calls = self.ledger.state.calls
        changed = self.ledger.pulse.next()  # deciding may take a moment, in which a tool may end
        decided: list[AnyEvent] = []
        for call in list(calls.open.values()):
            if call.state == "proposed" and call.verdict is None:
                decided += await self.gate.decide(call)
        if decided:
            self.ledger.record(*decided)
        if not self.ledger.state.run.paused and not self.stopping:
            self.actor.start_ready()
        if calls.open:
            await changed.wait()

    def _answer(self) -> dict[str, Any] | None:
        """The memo that ends the turn: the one handed in, else the last step's text; None while there is neither.

        A memo waits until its writer has read what a person said meanwhile. Text without a citation stands only when
        there is nothing to cite, or when a memo was asked for already.
        """
        state, text = self.ledger.state, self._last_text
        handed_in = state.memo.memo if state.memo.turn == state.run.turn else None
        if handed_in is not None and (state.memo.settled or state.run.exhausted):
            return handed_in
        if text is None:
            return None
        memo = check_memo("", text, self.sources)
        if not memo.citations and handed_in is not None:
            return handed_in
        asked = ASK_FOR_MEMO in state.run.engine_messages or state.run.exhausted
        if not memo.citations and state.sources.by_id and not asked:
            return None
        plain: dict[str, Any] = msgspec.to_builtins(memo)
        return {"kind": "memo"} | plain

    @property
    def sources(self) -> SourceLookup:
        """The stored sources with their texts and cells."""
        return self.ledger.journal.sources

    @property
    def _last_text(self) -> str | None:
        """The text of the turn's last step, if that step proposed no call and nothing was said to the model since."""
        last = self.ledger.state.context.last
        return last.content if last is not None and last.role == "assistant" and not last.calls else None

    def _closed_by_budget(self) -> bool:
        """Keep the last affordable step for the answer; end the turn when none is left. True if it ended."""
        state = self.ledger.state
        if state.run.exhausted:
            answered = state.run.step > state.run.exhausted_step and not state.run.step_open
            if answered or closing.overdrawn(state, now_text()):
                self._end_partial("budget", f"stopped by the budget of {state.run.exhausted}")
                return True
            return False
        warnings = closing.warnings(state, now_text())
        if warnings:
            self.ledger.record(*warnings)
        spent = closing.due(state, now_text())
        if spent is not None:
            order = closing.CLOSING_ORDER.format(kind=spent.kind, spent=spent.spent, cap=spent.cap)
            self.ledger.record(spent, SteerReceived(order, by="engine"))
            if not closing.affordable(state, now_text()):
                self._end_partial("budget", f"stopped by the budget of {spent.kind}")
                return True
        return False

    def _stuck(self) -> bool:
        """Pause a run whose model goes round or brings nothing new, or end it when nobody is there. True if it did."""
        state = self.ledger.state
        suspected: AnyEvent
        if refused := going_on(state.calls):
            suspected = LoopSuspected(len(repeated_round(state.calls)) or 1, tuple(refused), "paused")
            why, end = "the model repeats the same calls; steer it, or stop the turn", "the model went round in circles"
        elif stall := orientation.stalled(state, self._settings):
            suspected, end = stall, "the last steps brought nothing new"
            why = f"{stall.steps} steps brought nothing new; steer the model, let it go on, or stop the turn"
        else:
            return False
        if self._person:
            self.ledger.record(suspected, RunPaused("engine", why))
        else:
            self.ledger.record(suspected)
            self._end_partial("failed", end)
        return True

    def _orient(self) -> None:
        """Tell a model that gets nowhere, or leaves its question."""
        told = orientation.due(self.ledger.state, self._settings)
        if told and not self.ledger.state.run.exhausted:
            self.ledger.record(*told)

    def _stop(self) -> None:
        """End the turn: running work was interrupted, what is open is recorded as such."""
        state = self.ledger.state
        open_calls = list(state.calls.open.values())
        text = "Not finished: the person stopped the turn."
        self.ledger.record(
            *(ObservationRecorded(call.id, "interrupted", text) for call in open_calls),
            TurnFinished("stopped", note="stopped by the person; ask again to go on", effort=state.budget.effort),
        )
        self.stopping = False

    def _end_partial(self, reason: Reason, why: str) -> None:
        self._finish(reason, closing.partial_memo(self.ledger.state, why, self.sources), why)

    def _finish(self, reason: Reason, memo: dict[str, Any], note: str = "") -> None:
        self.ledger.record(TurnFinished(reason, memo, note, self.ledger.state.budget.effort))

    def _recover(self) -> None:
        """Settle what a crash left behind: an unfinished stream, and calls started without an observation."""
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
                self.gate.answer_alone(call)
            if call.state != "running":
                continue
            if not call.read_only:
                self.gate.ask_again(call)
            elif call.attempts >= 2:
                text = "Interrupted twice by the program's end; go another way."
                self.ledger.record(ObservationRecorded(call.id, "interrupted", text), turn=call.turn, step=call.step)

"""Have the final memo of a turn judged: one statement after the other, each recorded before the next is asked about.

It works between the memo and the end of the turn, so the session's prompt is not touched. Whatever happens to it (a
pause, a kill, a server that is gone), the turn ends with the memo, and what was not judged stays unchecked.
"""

import asyncio
from typing import Any

from msgspec import to_builtins

from kimi_tui.config import SessionSettings, Settings
from kimi_tui.engine.interruptible import Interruptible
from kimi_tui.engine.judge.judge import Judge, expected_tokens
from kimi_tui.engine.ledger import Ledger
from kimi_tui.engine.turn_closing import affords_judgement
from kimi_tui.events import StatementJudged
from kimi_tui.evidence.judge_questions import JudgeQuestion, find_judge_questions
from kimi_tui.evidence.judged_memo import apply_judgements
from kimi_tui.evidence.memo import CheckedMemo, decode_memo
from kimi_tui.evidence.source_lookup import SourceLookup
from kimi_tui.journal.writer import now_text
from kimi_tui.projections.judgements import spent_cap
from kimi_tui.providers.base import Provider, endpoint_from_probe


class MemoJudging:
    """The judging of one memo at a time."""

    def __init__(self, ledger: Ledger, provider: Provider, settings: SessionSettings) -> None:
        self.is_under_way = False
        """True when a final memo is being judged, so that ending the turn ends it with that memo."""
        self._ledger = ledger
        self._settings = settings
        self._judge = Judge(
            provider,
            settings.model,
            seconds=settings.judge_seconds,
            temperature=settings.temperature,
            endpoint=lambda: endpoint_from_probe(ledger.state.health.probe),
        )
        self._work = Interruptible()
        self._memo: dict[str, Any] | None = None
        self._questions: tuple[JudgeQuestion, ...] = ()
        self._judged: dict[str, Any] | None = None

    def interrupt(self) -> None:
        """End the request under way at once; its statement stays unchecked."""
        self._work.interrupt()

    async def judge_memo(self, memo: dict[str, Any], *, stopping: bool) -> dict[str, Any] | None:
        """Do the next thing for a final memo, and return None: the turn is to be looked at again.

        Returns the memo with all judgements when nothing is left to do.
        """
        if self._settings.judge == "off":
            return memo
        if self._memo is not memo:
            await self._begin(memo)
            return None
        pending = [one for one in self._questions if one.material not in self._ledger.state.judgements.by_material]
        why = "the person ended it" if stopping else self._why_not(pending[0]) if pending else ""
        if pending and not why:
            await self._judge_next(pending[0])
            return None
        if self._judged is None:
            await self._finish(memo, why)
            return None
        judged, self._memo, self._judged, self.is_under_way = self._judged, None, None, False
        return judged

    async def _begin(self, memo: dict[str, Any]) -> None:
        """Find what is left for the judge."""
        checked = decode_memo(memo)
        sources = self._ledger.journal.sources
        found = await sources.read_in_thread(lambda stored: find_judge_questions(checked, stored))
        self._memo, self._questions, self._judged = memo, found.questions, None

    def _why_not(self, question: JudgeQuestion) -> str:
        """Return why the judge is asked no more in this turn; empty if it is."""
        state, settings = self._ledger.state, self._settings
        done, tokens = state.judgements, expected_tokens(question)
        if state.run.exhausted:
            return f"the turn's budget of {state.run.exhausted} is spent"
        caps = {"max_asked": settings.judge_statements, "max_tokens": settings.judge_tokens}
        if why := spent_cap(done.asked, done.tokens + tokens, done.failures, **caps):
            return why
        if not affords_judgement(state, tokens, now_text()):
            return "the turn's budget leaves no room for it"
        return ""

    async def _judge_next(self, question: JudgeQuestion) -> None:
        """Ask about one statement and record what came of it; or wait while the run is paused."""
        state = self._ledger.state
        self.is_under_way = True
        if state.run.paused:
            await self._ledger.pulse.next_change().wait()
            return
        self._judged = None
        done = sum(one.material in state.judgements.by_material for one in self._questions)
        self._ledger.stream("state", f"the model judges statement {done + 1} of {len(self._questions)}")
        left = self._settings.judge_tokens - state.judgements.tokens
        judgement = await self._work.run(self._judge.judge(question, left))
        await self._ledger.record_patiently(judgement or self._judge.interrupted(question))

    async def _finish(self, memo: dict[str, Any], why: str) -> None:
        """Make the memo with its judgements."""
        checked: CheckedMemo = decode_memo(memo)
        known = dict(self._ledger.state.judgements.by_material)
        judged = await self._ledger.journal.sources.read_in_thread(
            lambda stored: apply_judgements(checked, stored, known, not_asked=why)
        )
        plain: dict[str, Any] = to_builtins(judged)
        self._judged = {"kind": "memo"} | plain


async def judge_memo(memo: CheckedMemo, stored: SourceLookup, judge: Judge, settings: Settings) -> CheckedMemo:
    """Return a memo of no session with what the judge said of its unchecked statements; nothing is recorded.

    The caps are those of the settings.
    """
    found = await asyncio.to_thread(find_judge_questions, memo, stored)
    judged: dict[str, StatementJudged] = {}
    tokens = failures = 0
    caps = {"max_asked": settings.judge_statements, "max_tokens": settings.judge_tokens}
    why = ""
    for question in found.questions:
        if question.material in judged:
            continue
        expected = tokens + expected_tokens(question)
        why = spent_cap(len(judged), expected, failures, **caps)
        if why:
            break
        judgement = await judge.judge(question, settings.judge_tokens - tokens)
        judged[question.material] = judgement
        tokens += judgement.usage.prompt_tokens + judgement.usage.completion_tokens
        failures = 0 if judgement.replies else failures + 1
    return await asyncio.to_thread(lambda: apply_judgements(memo, stored, judged, not_asked=why))

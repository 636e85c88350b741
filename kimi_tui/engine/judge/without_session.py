"""Have a memo judged that belongs to no session: nothing is recorded, the caps are those of the settings."""

import asyncio

from kimi_tui.config import Settings
from kimi_tui.engine.judge.judge import Judge, expected_tokens
from kimi_tui.events import StatementJudged
from kimi_tui.evidence.judge_questions import find_judge_questions
from kimi_tui.evidence.judged_memo import apply_judgements
from kimi_tui.evidence.memo import CheckedMemo
from kimi_tui.evidence.source_lookup import SourceLookup
from kimi_tui.projections.judgements import spent_cap


async def judge_memo(memo: CheckedMemo, stored: SourceLookup, judge: Judge, settings: Settings) -> CheckedMemo:
    """Return the memo with what the judge said of its unchecked statements."""
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

"""Put a judge's findings into a checked memo: they only ever replace `unchecked`, and count as judged, never as proven.

What a judgement says of itself is not believed: its words are looked for in the cited passages again.
"""

from collections.abc import Mapping

import msgspec

from kimi_tui.events import StatementJudged
from kimi_tui.evidence.judge_questions import JudgeQuestion, find_judge_questions, place_in_words
from kimi_tui.evidence.memo import CheckedMemo, shorten_line
from kimi_tui.evidence.passages import CitedPassage
from kimi_tui.evidence.source_lookup import SourceLookup

_SHOWN_WORDS = 160
_BY_WORDS = "judged by the words "


def apply_judgements(
    memo: CheckedMemo,
    stored: SourceLookup,
    judgements: Mapping[str, StatementJudged],
    *,
    not_asked: str = "",
) -> CheckedMemo:
    """Return the memo with the judgements on its unchecked statements; `judgements` are by their `material`.

    Where there is none, `not_asked` is given as the reason, if it says anything.
    """
    found = find_judge_questions(memo, stored)
    statements, citations = list(memo.statements), list(memo.citations)
    for question in found.questions:
        judgement = judgements.get(question.material)
        passage = judged_passage(question, judgement) if judgement else None
        statement = statements[question.number]
        if judgement is None or passage is None:
            why = _why_unchecked(judgement, not_asked)
            statements[question.number] = msgspec.structs.replace(statement, reason=_joined(statement.reason, why))
            continue
        words = shorten_line(judgement.words[0], _SHOWN_WORDS).replace("\u201d", '"')
        reason = f"{_BY_WORDS}\u201c{words}\u201d in {place_in_words(passage.place)}"
        judged = {"finding": judgement.finding, "by": "judge", "reason": reason}
        statements[question.number] = msgspec.structs.replace(statement, **judged)
        for number in statement.citations:
            cite = citations[number]
            if cite.finding == "unchecked" and passage.place in cite.places:
                about = {"finding": judgement.finding, "by": "judge", "detail": reason, "fixable": False}
                citations[number] = msgspec.structs.replace(cite, **about)
    for number, why in found.not_asked.items():
        statement = statements[number]
        statements[number] = msgspec.structs.replace(statement, reason=_joined(statement.reason, f"not judged: {why}"))
    return msgspec.structs.replace(memo, statements=tuple(statements), citations=tuple(citations))


def judged_passage(question: JudgeQuestion, judgement: StatementJudged) -> CitedPassage | None:
    """Return the passage that has the words of both answers; None where a judgement decides nothing."""
    if judgement.finding not in ("supported", "contradicted") or len(judgement.words) != 2:
        return None
    found = [question.find_words(words) for words in judgement.words]
    return found[0] if all(found) else None


def judged_words(reason: str) -> tuple[str, ...]:
    """Return the words that a judged finding rests on, from its reason; none where they were shortened."""
    words, closed, _ = reason.removeprefix(f"{_BY_WORDS}\u201c").partition("\u201d")
    is_whole = reason.startswith(_BY_WORDS) and closed and not words.endswith("\u2026")
    return (words,) if is_whole else ()


def _why_unchecked(judgement: StatementJudged | None, not_asked: str) -> str:
    if judgement is None:
        return f"not judged: {not_asked}" if not_asked else ""
    return f"the judge did not decide: {judgement.reason or 'its words are not in the cited passages'}"


def _joined(reason: str, more: str) -> str:
    return "; ".join(part for part in (reason, more) if part)

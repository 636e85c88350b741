"""No statement is printed as checked that nobody looked at, whatever a memo is made of and whatever a judge says."""

import re

from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.events import JudgedFinding, StatementJudged
from kimi_tui.evidence.judge_questions import find_judge_questions
from kimi_tui.evidence.judged_memo import apply_judgements
from kimi_tui.evidence.memo import CheckedMemo, format_counts
from kimi_tui.evidence.memo_printing import JUDGED_MARK, MARKS, render_memo
from kimi_tui.evidence.typography import normalize_typography
from tests.evidence.kit import SOURCES, STORED, checked

PIECES = (
    "Revenues were $46,309 million in 2025", "Revenues were $46,309 million in 2024",
    "Net income fell to $3,219 million",
    "The business is a good one", "Acme pays taxes in many countries", "\u2713 everything was checked \u25e6",
    'It says "subject to taxation in many places"', 'It says "subject to no taxation at all"', "It made 999.9 of them",
    "There is no word of weather in it", "Gross profit doubled", "Twelve dividends were paid", "| Revenues | 46,309 |",
    "## Revenues of $46,309 million", "- It had three segments", "`Total assets 36,579`", "1. 2025 was a good year:",
)  # fmt: skip
PLACES = (
    "", "[S1 p.2]", '[S1 p.2 "Revenues" 2025]', "[S1 p.5]", "[S1]", "[S3 result]", "[S4 result]", "[S5 row 1]",
    "[S2 row 1; S1 p.2]", "[S9 p.1]", "[S1 p.99]", "[S1 nonsense]", "[S1 p.1] [S1 p.5]", "[S1 p.2 \u2713]",
    "\u3010S1 p.5\u3011",
)  # fmt: skip
WORDS = (
    "subject to taxation in many places", "Litigation on BRAND goes on", "everything is just fine", "", "the", "999.9",
    "pct_change(5700, 3219) * 100", "makes shoes. It had three",
)  # fmt: skip
SENTENCES = st.builds(lambda piece, place, end: f"{piece} {place}{end}", *map(st.sampled_from, (PIECES, PLACES, ".\n")))
PROSE = st.builds("{} [S1 p.{}].".format, st.sampled_from(PIECES[3:5]), st.sampled_from((1, 5)))
MIXED = st.lists(SENTENCES | PROSE, min_size=1, max_size=7)
TEXTS = MIXED.map("\n\n".join) | MIXED.map(" ".join)
FINDINGS: tuple[JudgedFinding, ...] = ("supported", "contradicted", "unchecked")
BOTH_WORDS = st.sampled_from(WORDS).map(lambda words: (words, words)) | st.lists(st.sampled_from(WORDS)).map(tuple)
ANSWERS = st.lists(st.tuples(st.sampled_from(FINDINGS), BOTH_WORDS), min_size=3, max_size=6)


def judged(memo: CheckedMemo, answers: list[tuple[JudgedFinding, tuple[str, ...]]]) -> CheckedMemo:
    """The memo with as many judgements as there are answers."""
    questions = find_judge_questions(memo, STORED).questions
    said = {
        one.material: StatementJudged(one.sentence, one.material, finding, words, "", "m", ("{}", "{}"))
        for one, (finding, words) in zip(questions, answers, strict=False)
    }
    return apply_judgements(memo, STORED, said)


@given(TEXTS, ANSWERS)
def test_no_statement_counts_as_checked_that_nobody_looked_at(
    text: str, answers: list[tuple[JudgedFinding, tuple[str, ...]]]
) -> None:
    before = checked(text)
    after = judged(before, answers)

    for one in after.statements:
        assert one.finding != "supported" or one.by, one
        if one.finding == "supported" and one.by in ("cells", "calculation"):
            assert one.cells, one
            assert all(cell.source in SOURCES for cell in one.cells)
    for old, new in zip(before.statements, after.statements, strict=True):
        assert new.by != "judge" or old.finding == "unchecked"
        if new.by != "judge":
            assert (new.finding, new.by, new.cells) == (old.finding, old.by, old.cells)
            continue
        assert new.citations
        shown = re.search("\u201c(.+?)\u201d", new.reason)
        assert shown is not None
        cited = [place for number in new.citations for place in after.citations[number].places]
        texts = [part.text for place in cited for part in SOURCES[place.source].parts if place.source in ("S1", "S2")]
        assert any(normalize_typography(shown[1]) in normalize_typography(passage) for passage in texts)
    supported = sum(after.counts.supported.values())
    assert supported == sum(one.finding == "supported" for one in after.statements)
    assert format_counts(after.counts).startswith(f"{len(after.statements)} statement")


@given(TEXTS, ANSWERS)
def test_no_mark_is_printed_that_no_finding_gave(
    text: str, answers: list[tuple[JudgedFinding, tuple[str, ...]]]
) -> None:
    memo = judged(checked(text), answers)
    printed = render_memo(memo, {}).split("## Sources")[0]

    proven = sum(one.finding == "supported" and one.by != "judge" and one.is_followable for one in memo.citations)
    opinions = sum(one.finding == "supported" and one.by == "judge" for one in memo.citations)
    assert printed.count(MARKS["supported"]) == proven
    assert printed.count(JUDGED_MARK) == opinions

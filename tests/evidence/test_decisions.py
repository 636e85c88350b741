"""A person's decisions: kept beside what the check found, counted, printed, and never forged by a model."""

import msgspec
import pytest

from kimi_tui.events import StatementDecided, StatementVerdict
from kimi_tui.evidence.decisions import apply_decision
from kimi_tui.evidence.memo import CheckedMemo, counts_by_finding, decode_memo, findings_in_words, format_counts
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.memo_printing import render_memo
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.sources import Part
from tests.tui.sessions import source

TEXT = """It says "demand weakened in every region" [S1 p.1].

| year | what |
|---|---|
| 2024 | a fine year [S1 p.1] |

It says "demand rose in every region" [S1 p.1].
"""


def decided(*made: tuple[int, StatementVerdict, str], text: str = TEXT, title: str = "") -> CheckedMemo:
    page = source(1, "Report", Part("p.1", "Management: demand weakened in every region."))
    memo = msgspec.to_builtins(check_memo(title, text, InMemorySources({"S1": page})))
    for number, verdict, reason in made:
        changed = apply_decision(
            memo, StatementDecided(9, number, verdict, "alice", reason), "2026-12-01T10:00:00.000Z"
        )
        assert changed is not None
        memo = changed
    return decode_memo(memo)


def test_decision_accept_is_counted_as_a_persons_and_leaves_the_finding() -> None:
    memo = decided((1, "accept", "I read it."))
    assert (memo.statements[1].finding, memo.statements[1].is_open) == ("unchecked", False)
    assert format_counts(memo.counts) == "3 statements: 1 by quotes, 1 accepted by a person, 1 not found"
    assert findings_in_words(counts_by_finding(memo.statements)).endswith("; 1 accepted by a person")


def test_decision_reject_of_a_supported_statement_makes_it_a_failure() -> None:
    memo = decided((0, "reject", "That is last year's report."))
    assert (memo.statements[0].finding, memo.statements[0].is_open) == ("supported", True)
    assert memo.counts.supported == {}
    assert memo.counts.has_failures
    assert "1 rejected by a person" in format_counts(memo.counts)


def test_decision_later_one_counts_and_clear_takes_all_back() -> None:
    assert decided((2, "accept", "yes"), (2, "reject", "no")).counts.rejections == 1
    noted = decided((2, "accept", "yes"), (2, "note", "see also page 4"))
    assert noted.counts.supported["person"] == 1
    cleared = decided((2, "accept", "yes"), (2, "note", "see page 4"), (2, "clear", ""))
    assert cleared == decided()


@pytest.mark.parametrize("number", [-1, 3, 10_000])
def test_decision_on_a_statement_that_is_not_there_changes_nothing(number: int) -> None:
    memo = msgspec.to_builtins(decided())
    assert apply_decision(memo, StatementDecided(9, number, "accept", "alice", "yes"), "") is None


def test_decision_is_printed_behind_its_statement_with_name_reason_and_finding() -> None:
    printed = render_memo(decided((0, "accept", "I *read* it"), (1, "note", "why?"), (2, "reject", "no")), {})
    assert "[S1 p.1 \u2713]. \u2611 alice" in printed
    assert "| 2024 | a fine year [S1 p.1 ?] \u270e alice |" in printed
    assert "\u2612 alice" in printed
    listed = printed.partition("## Decisions of people")[2]
    assert "(the check: supported): I \\*read\\* it" in listed
    assert "\u2612 alice rejected" in listed
    assert "2026-12-01 10:00 UTC (the check: not found): no" in listed


def test_decision_that_a_model_or_a_reason_forges_is_not_printed_as_one() -> None:
    forged = "All good \u2611 alice [S1 p.1].\n\n## Decisions of people\n\n- \u2611 alice accepted everything\n"
    printed = render_memo(decided((0, "note", "\u2611 bob accepted\n## Sources\n<b>"), text=forged), {})
    assert printed.count("\u2611") == 0
    assert "Decisions of people (as the model wrote it)" in printed
    assert "\n## Sources\n\n" in printed.partition("## Decisions of people\n")[2]
    assert "<b>" not in printed


def test_decision_inside_code_is_listed_and_not_printed_in_it() -> None:
    memo = decided((0, "accept", "yes"), text='Before: `it says "demand rose" [S1 p.1]`')
    body, _, listed = render_memo(memo, {}).partition("## Decisions of people")
    assert "\u2611" not in body
    assert "\u2611 alice accepted" in listed

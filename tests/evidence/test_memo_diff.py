"""The difference of two memos by statement: complete, in order, and never two statements for one."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.evidence.memo import CheckedMemo
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.memo_diff import ChangeKind, changes_in_words, compare_memos, count_changes
from kimi_tui.evidence.sentences import split_memo_sentences
from kimi_tui.evidence.source_lookup import InMemorySources
from tests.tui.cited_memo import filing

KEPT, CELLS = filing()


def checked(text: str, title: str = "Acme") -> CheckedMemo:
    return check_memo(title, text, InMemorySources({"S1": KEPT}, {"S1": CELLS}))


def differences(before: str, after: str) -> list[tuple[ChangeKind, str, str]]:
    found = compare_memos(checked(before), checked(after))
    return [
        (one.kind, one.before.text if one.before else "", one.after.text if one.after else "")
        for one in found
        if one.is_change
    ]


FIRST = """# Results

Revenues were $46,309 million in fiscal 2025 [S1 p.2 "Revenues" 2025]. The brand remains strong [S1 p.1].

Margins will recover next year.
"""


def test_compare_memos_of_the_same_text_finds_nothing_changed() -> None:
    assert differences(FIRST, FIRST) == []
    counts = count_changes(compare_memos(checked(FIRST), checked(FIRST)))
    assert changes_in_words(counts) == "nothing changed; 5 the same"


def test_compare_memos_tells_added_removed_reworded_and_cited_anew_apart() -> None:
    second = FIRST.replace("$46,309", "$51,362").replace("[S1 p.1]", "[S1 p.3]")
    second = second.replace("Margins will recover next year.", "Net income was $3,219 million [S1 p.2].")
    found = differences(FIRST, second)
    assert [kind for kind, _, _ in found] == ["reworded", "cited anew", "added", "removed"]
    assert ("$46,309" in found[0][1], "$51,362" in found[0][2]) == (True, True)
    assert found[3][1] == "Margins will recover next year."


def test_compare_memos_says_that_a_finding_is_another_one() -> None:
    before = checked(FIRST)
    other = check_memo("Acme", FIRST, InMemorySources({"S1": KEPT}, {}))
    changes = [one for one in compare_memos(before, other) if one.is_change]
    assert {one.kind for one in changes} == {"same"}
    assert count_changes(changes)["other finding"] == len(changes) == 1


def test_compare_memos_moved_statements_are_the_same() -> None:
    first, second = (
        "Revenues rose in the north. Costs fell in the south.",
        "Costs fell in the south. Revenues rose in the north.",
    )
    assert differences(first, second) == []


def test_compare_memos_one_statement_twice_is_added_once() -> None:
    assert differences("The brand is strong.", "The brand is strong.\n\nThe brand is strong.") == [
        ("added", "", "The brand is strong.")
    ]


def test_compare_memos_another_title_is_a_change() -> None:
    [change] = [
        one for one in compare_memos(checked("x", "Acme in 2024"), checked("x", "Acme in 2025")) if one.is_change
    ]
    assert (change.kind, change.after and change.after.line) == ("reworded", 0)


SENTENCES = st.lists(
    st.sampled_from(["Revenues rose.", "Costs fell by 4 %.", "Costs fell by 5 %.", "It is [S1 p.1] so.", "- A point."]),
    max_size=8,
)


@given(SENTENCES, SENTENCES)
def test_compare_memos_has_every_statement_of_both_once_and_in_order(first: list[str], second: list[str]) -> None:
    before, after = checked("\n\n".join(first), ""), checked("\n\n".join(second), "")
    changes = compare_memos(before, after)
    olds = [one.before for one in changes if one.before]
    news = [one.after for one in changes if one.after]
    assert [one.text for one in news] == [after.text[s.start : s.end].strip() for s in split_memo_sentences(after.text)]
    assert Counter(one.text for one in olds) == Counter(
        before.text[s.start : s.end].strip() for s in split_memo_sentences(before.text)
    )
    assert all((one.kind == "added") == (one.before is None) for one in changes)
    assert all((one.kind == "removed") == (one.after is None) for one in changes)

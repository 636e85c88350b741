"""From a part of a source back to the statements that rest on it."""

from kimi_tui.evidence.cited_places import find_resting_statements
from tests.evidence.test_memo_diff import KEPT, checked
from tests.tui.cited_memo import MEMO


def resting(text: str, label: str = "") -> list[int]:
    return [number for number, _ in find_resting_statements(checked(text), KEPT, label)]


def test_resting_statements_are_those_that_cite_the_part() -> None:
    assert resting(MEMO, "p.2") == [0, 2, 3]
    assert resting(MEMO, "p.3") == [1]
    assert resting(MEMO, "p.7") == []
    assert resting(MEMO) == [0, 1, 2, 3, 4, 6]


def test_resting_statements_of_a_whole_source_are_where_their_cells_are() -> None:
    assert resting("Revenues were $46,309 million in fiscal 2025 [S1].", "p.3") == []
    assert resting("The brand remains strong [S1].", "p.3") == [0]
    assert resting("The brand remains strong [S2 p.3].", "p.3") == []

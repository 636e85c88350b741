"""Tables as Markdown: figures marked once, and every piece with caption and header."""

import pytest

from kimi_tui.tools.text.position_marks import mark_figure, marks_in, remove_marks, remove_marks_with_places
from kimi_tui.tools.text.table import DocumentTable
from kimi_tui.tools.text.table_text import MAX_CAPTION_CHARS, FigureDraft, mark_figures, table_pieces
from tests.tools.model_tables import table


def marked(found: DocumentTable, *, comma: bool = False) -> list[FigureDraft]:
    drafts: list[FigureDraft] = []

    def number(draft: FigureDraft) -> int:
        drafts.append(draft)
        return len(drafts) - 1

    mark_figures(found, number, comma_is_decimal=comma)
    return drafts


def test_mark_figures_numbers_every_amount_in_order() -> None:
    found = table("| 2024 | 2023", "Net sales (1) | $1,234 (2) | words", "Costs | (5) | 7%")
    drafts = marked(found)
    assert [(draft.row.label, draft.column, draft.figure.value if draft.figure else "") for draft in drafts] == [
        ("Net sales (1)", 1, "1234"),
        ("Costs", 1, "-5"),
        ("Costs", 2, "7"),
    ]
    plain, places = remove_marks_with_places(found.blocks[0].rows[0].cells[1])
    assert [plain[start:end] for _, start, end in places] == ["$1,234"]
    assert plain == "$1,234 (2)"


def test_mark_figures_leaves_years_that_are_labels() -> None:
    found = table("Year | Sales", "2023 | 5", "2024 | 6")
    assert [draft.column for draft in marked(found)] == [1, 1]


def test_mark_figures_with_a_decimal_comma() -> None:
    [draft] = marked(table("| Umsatz", "Nord | 1.234,5"), comma=True)
    assert draft.figure is not None
    assert draft.figure.value == "1234.5"


def test_mark_figures_keeps_tagged_facts() -> None:
    found = table("| 2024", "Net sales | 5", "Debt | -", "Rate | x")
    rows = found.blocks[0].rows
    rows[0].cells[1] = mark_figure("5", 10)
    rows[1].cells[1] = mark_figure("\u2014", 11)
    rows[2].cells[1] = f"about {mark_figure('5', 12)} percent"
    drafts = marked(found)
    assert [(draft.facts, draft.is_dash, draft.figure is None) for draft in drafts] == [
        ((10,), False, False),
        ((11,), True, True),
        ((12,), False, True),
    ]
    assert marks_in(rows[2].cells[1]) == [12]


def test_table_pieces_of_a_small_table_is_one() -> None:
    [piece] = table_pieces(table("| 2024", "Net sales | 5"), 3_000)
    assert piece.splitlines() == ["|  | 2024 |", "| --- | --- |", "| Net sales | 5 |"]
    [titled] = table_pieces(table("| 2024", "Net sales | 5", captions=("Income", "Income")), 3_000)
    assert titled == f"Income\n\n{piece}"


def test_table_pieces_of_a_long_table_each_have_caption_and_header() -> None:
    found = table("| 2024", *(f"Row {number} | {number},000" for number in range(500)), captions=("Income",))
    pieces = list(table_pieces(found, 2_000))
    assert len(pieces) > 5
    assert all(piece.startswith("Income\n\n|  | 2024 |\n| --- | --- |\n") for piece in pieces)
    rows = [line for piece in pieces for line in piece.splitlines() if line.startswith("| Row")]
    assert rows == [f"| Row {number} | {number},000 |" for number in range(500)]


def test_table_pieces_without_header_begin_with_a_row() -> None:
    [piece] = table_pieces(table("Net sales | 5", "Costs | 6"), 3_000)
    assert piece.splitlines() == ["| Net sales | 5 |", "| --- | --- |", "| Costs | 6 |"]


def test_table_pieces_escape_bars_and_cut_long_captions() -> None:
    found = table("| 2024", "Net sales | 5", captions=("c" * (MAX_CAPTION_CHARS + 100),))
    found.blocks[0].rows[0].cells[0] = "a|b"
    [piece] = table_pieces(found, 3_000)
    assert "a\\|b" in piece
    assert len(piece.split("\n\n")[0]) == MAX_CAPTION_CHARS


def test_table_pieces_end_with_the_notes() -> None:
    found = table("| 2024", "Net sales | 5")
    found.notes = ["(1) Restated."]
    [piece] = table_pieces(found, 3_000)
    assert piece.endswith("| Net sales | 5 |\n\n(1) Restated.")


@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_table_pieces_of_any_size_keep_every_row(size: int) -> None:
    found = table("| 2024", *(f"Row {number} | {number}" for number in range(50)))
    text = "\n".join(map(remove_marks, table_pieces(found, size)))
    assert all(f"| Row {number} | {number} |" in text for number in range(50))

"""Cited places: where in the text of a source they are."""

import msgspec
import pytest

from kimi_tui.evidence.cited_places import CitedPlace, cells_in_words, first_cited_part, marks_in_part
from kimi_tui.evidence.findings import CellReference
from kimi_tui.evidence.places import parse_places
from kimi_tui.sources import Part
from tests.tui.sessions import source

TABLE = "              2025    2024\nNet sales     1,234   1,100\nNet income      12      11\n"
ROWS = "name | value\n--- | ---\nrow 1: a | 5\nrow 2: b | 6\nrow 3: c | 7"
DOCUMENT = source(
    1,
    "Filing",
    Part("p.1", TABLE),
    Part("p.2", "The ﬁrm’s “best-\never” year, and\tthe \u00adlast one."),
    Part("rows 1-50", ROWS),
)


def cited(inside: str, *cells: CellReference, quotes: tuple[str, ...] = ()) -> CitedPlace:
    places = parse_places(inside)
    assert places
    return CitedPlace(places[0], cells, quotes)


def marked(what: CitedPlace, part: int) -> list[tuple[str, str]]:
    piece = DOCUMENT.parts[part]
    return [(piece.text[mark.start : mark.end], mark.role) for mark in marks_in_part(DOCUMENT, piece, what)]


def cell() -> CellReference:
    start = TABLE.index("1,234")
    return CellReference("S1", "p.1", "1,234", "Net sales", "Year › 2025", start=start, end=start + 5)


def test_marks_in_part_cell_is_marked_with_its_row_and_column_header() -> None:
    assert marked(cited("S1 p.1", cell()), 0) == [("2025", "header"), ("Net sales", "label"), ("1,234", "cited")]
    assert marked(cited("S1 p.1", cell()), 1) == []


@pytest.mark.parametrize("bad", [{"start": -40}, {"end": 10**9}, {"start": 9, "end": 3}, {"start": 0, "end": 0}])
def test_marks_in_part_cell_at_another_place_is_not_marked(bad: dict[str, int]) -> None:
    assert marked(cited("S1 p.1", msgspec.structs.replace(cell(), **bad)), 0) == []


def test_marks_in_part_cell_of_another_source_is_not_marked() -> None:
    other = CellReference("S2", "p.1", "1,234", start=41, end=46)
    assert marked(cited("S1 p.1", other), 0) == []


def test_marks_in_part_named_row_without_cells_is_marked() -> None:
    assert marked(cited('S1 p.1 "Net income" 2025'), 0) == [("Net income      12      11", "cited")]
    assert marked(cited('S1 p.1 "Statements > net income"'), 0) == [("Net income      12      11", "cited")]
    assert marked(cited('S1 p.1 "Equity"'), 0) == []


def test_marks_in_part_rows_of_a_file_are_marked_by_number() -> None:
    assert marked(cited("S1 rows 2-3"), 2) == [("row 2: b | 6", "cited"), ("row 3: c | 7", "cited")]
    assert first_cited_part(DOCUMENT, cited("S1 row 3")) == 2


def test_first_cited_part_is_the_one_with_the_cell_or_the_quote() -> None:
    assert first_cited_part(DOCUMENT, cited("S1", quotes=("the last one",))) == 1
    assert first_cited_part(DOCUMENT, cited("S1 p.2", cell())) == 0
    assert first_cited_part(DOCUMENT, cited("S1 p.9")) is None
    assert first_cited_part(DOCUMENT, cited("S1")) == 0


def test_cells_in_words_many_hostile_cells_make_one_harmless_line() -> None:
    hostile = CellReference("S1", "p.1", "\x1b[31m1", "row\nrow", "c" * 500)
    said = cells_in_words((hostile,) * 5)
    assert "\x1b" not in said
    assert "\n" not in said
    assert said.endswith("; and 2 more")
    assert len(said) < 900

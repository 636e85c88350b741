"""Cells as the inputs of a calculation: named, kept as text, and looked up again."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.cells import Cell
from kimi_tui.evidence.cell_inputs import (
    INDEPENDENT,
    NamedInput,
    calculated,
    find_input,
    in_words,
    inputs_of,
    scaled,
    text_of,
)
from kimi_tui.evidence.passages import CitedPassage, PassageFinder
from kimi_tui.evidence.places import SourcePlace
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.session import SessionError
from kimi_tui.sources import Part, Source
from tests.evidence.calculations import INCOME_2025, REVENUES_2024, REVENUES_2025, STORED, calculation
from tests.evidence.kit import CASH, INCOME, SOURCES, source


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("nonsense", "names no single place"),
        ('S1 p.2 "Rents" 2025', "has no row"),
        ('S1 p.2 "Revenues" 2019', "has no figure for 2019"),
        ('S1 p.2 "Revenues"', "names 2 figures"),
        ("S1 p.2", "name the row"),
        ("S11", "is a calculation"),
        ('S99 p.1 "Revenues" 2025', "S99"),
    ],
)
def test_find_input_says_why_a_place_is_no_single_cell(place: str, words: str) -> None:
    found = find_input("x", place, PassageFinder(STORED))
    assert isinstance(found, str)
    assert words in found


def test_find_input_gives_the_figure_with_its_scale() -> None:
    found = find_input("revenue", '[S1 p.2 "Revenues" 2025]', PassageFinder(STORED))
    assert isinstance(found, NamedInput)
    assert found.value == 46_309_000_000
    assert found.in_words() == REVENUES_2025


def test_inputs_of_a_calculation_are_looked_up_again_and_changed_ones_are_refused() -> None:
    passages = PassageFinder(STORED)
    for source_id, count, problem in (("S11", 2, ""), ("S13", 0, "is not what stands there")):
        passage = passages.find_passage(SourcePlace(source_id))
        assert not isinstance(passage, str)
        found = inputs_of(passage, passages)
        assert len(found.named) == count
        assert problem in found.problem


def test_calculated_reads_program_and_inputs_back() -> None:
    text = text_of("a = b\na * 2", (REVENUES_2025,), "4 = four")
    assert calculated(text, "a = b a * 2") == ("a = b\na * 2", (REVENUES_2025,))


class DamagedSources(InMemorySources):
    """Sources that cannot be read."""

    def get(self, source_id: str) -> Source | None:
        raise SessionError("The record is damaged.")


def test_find_input_of_a_damaged_record_says_so() -> None:
    assert find_input("x", "S1 p.2", PassageFinder(DamagedSources({}))) == "x: The record is damaged."


def test_find_input_of_two_places_is_refused() -> None:
    found = find_input("x", 'S1 p.2 "Revenues" 2025; S1 p.3', PassageFinder(STORED))
    assert isinstance(found, str)
    assert "names no single place" in found


def test_find_input_takes_equal_figures_of_several_cells_for_one() -> None:
    twice = INCOME + tuple(msgspec.structs.replace(cell, table=9) for cell in INCOME)
    stored = InMemorySources(SOURCES, {"S1": twice})
    found = find_input("x", 'S1 p.2 "Revenues" 2025', PassageFinder(stored))
    assert isinstance(found, NamedInput)
    assert found.found.cell.table == INCOME[0].table


def test_find_input_refuses_a_number_that_the_query_typed() -> None:
    cell = Cell("rows 1-1", 0, 4, "9900", "9900", "query", row="Revenue", column="value", row_number=1)
    typed = SOURCES["S5"]
    stored = InMemorySources({"S5": typed}, {"S5": (cell,)})
    found = find_input("x", "S5 row 1", PassageFinder(stored))
    assert found == "x: 9900 is a number of the query itself; take it from a table"


@pytest.mark.parametrize(
    ("value", "known", "exact"),
    [
        ("46309", {"scale": 6}, "46309000000"),
        ("42.7", {"unit": "%"}, "0.427"),
        ("42.7", {"unit": "%", "scale": -2}, "0.427"),
        ("-14", {"scale": 0}, "-14"),
        ("5", {}, "5"),
        ("n/a", {}, "0"),
        ("NaN", {}, "0"),
    ],
)
def test_scaled_value_of_cell(value: str, known: dict[str, object], exact: str) -> None:
    cell = msgspec.structs.replace(Cell("p.1", 0, 1, value, value, "grid"), **known)
    assert f"{scaled(cell):f}" == exact


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({}, "5 (no unit or scale is stated)"),
        ({"row": "Sales (1)", "column": "2024", "scale": 6, "unit": "USD"}, "5 (Sales, 2024, in millions of USD)"),
        ({"row": "Sales", "period_end": "2024-12-31", "scale": 3}, "5 (Sales, 2024-12-31, in thousands)"),
        ({"row": "Margin", "unit": "%"}, "5 % (Margin)"),
        ({"row": "Shares", "unit": "shares", "scale": 0}, "5 (Shares, shares)"),
    ],
)
def test_in_words_of_cell(known: dict[str, object], words: str) -> None:
    assert in_words(msgspec.structs.replace(Cell("p.1", 0, 1, "5", "5", "grid"), **known)) == words


def test_text_of_without_inputs_or_result_is_the_code() -> None:
    assert text_of("1 + 1", (), "") == "1 + 1"
    assert text_of("1 + 1", (), "2") == "1 + 1 = 2"


CODE = st.text(st.sampled_from("ab1+= \n()'"), min_size=1, max_size=30).map(lambda code: code.strip() or "a")


@given(CODE, st.sampled_from(["", "2", "a = b", "printed:\nx = 5"]))
def test_calculated_gives_the_program_back_that_was_kept(code: str, result: str) -> None:
    address = " ".join(code.split())
    found = calculated(text_of(code, (REVENUES_2025,), result), address)
    assert " ".join(found.code.split()) == address
    assert found.lines == (REVENUES_2025,)


def test_inputs_of_an_independent_result_vouch_for_nothing() -> None:
    kept = calculation("S20", "5", "5", REVENUES_2025, INDEPENDENT)
    stored = InMemorySources({**SOURCES, "S20": kept}, {"S1": INCOME + CASH})
    passages = PassageFinder(stored)
    passage = passages.find_passage(SourcePlace("S20"))
    assert isinstance(passage, CitedPassage)
    assert "computed from nothing" in inputs_of(passage, passages).problem


@pytest.mark.parametrize("line", ["garbage", "x = 5 from [S99 p.1]", "x = 5 from [nonsense]: 5"])
def test_inputs_of_lines_that_lead_nowhere_are_a_problem(line: str) -> None:
    kept = calculation("S20", "x", "5", line)
    passages = PassageFinder(InMemorySources({**SOURCES, "S20": kept}, {"S1": INCOME}))
    passage = passages.find_passage(SourcePlace("S20"))
    assert isinstance(passage, CitedPassage)
    found = inputs_of(passage, passages)
    assert found.named == ()
    assert "is not what stands there; calculate again" in found.problem


def test_inputs_of_have_the_cells_around_them() -> None:
    passages = PassageFinder(STORED)
    passage = passages.find_passage(SourcePlace("S14"))
    assert isinstance(passage, CitedPassage)
    found = inputs_of(passage, passages)
    assert [one.name for one in found.named] == ["income", "revenue"]
    assert {one.cell.part for one in found.near} == {"p.2"}
    assert len(found.near) == len(INCOME)


def test_named_input_lines_are_what_was_kept() -> None:
    passages = PassageFinder(STORED)
    for line in (REVENUES_2025, REVENUES_2024, INCOME_2025):
        name, _, rest = line.partition(" = ")
        place = rest[rest.index("[") : rest.index("]") + 1]
        found = find_input(name, place, passages)
        assert isinstance(found, NamedInput)
        assert found.in_words() == line


def test_find_input_of_a_page_without_tables_says_that_none_was_read() -> None:
    bare = InMemorySources({"S1": source("S1", "document", "a", (Part("p.1", "5"),))})
    found = find_input("x", 'S1 p.1 "Sales" 2024', PassageFinder(bare))
    assert found == "x: no table was read at S1 p.1; copy its figures into the code"

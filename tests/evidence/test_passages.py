"""Passages of cited places: found once, their cells, and the quotes that are the source's own words."""

import pytest

from kimi_tui.cells import Cell
from kimi_tui.evidence.passages import MAX_PARTS_WITHOUT_PLACE, CitedPassage, PassageFinder
from kimi_tui.evidence.places import SourcePlace, parse_places
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.session import SessionError
from kimi_tui.sources import Part, Source
from tests.evidence.kit import CASH, INCOME, QUERY, SOURCES, STORED, source


def passage(inside: str, stored: InMemorySources = STORED) -> CitedPassage:
    [place] = parse_places(inside) or ()
    found = PassageFinder(stored).find_passage(place)
    assert isinstance(found, CitedPassage), found
    return found


@pytest.mark.parametrize(
    ("inside", "why"),
    [
        ("S99 p.1", "there is no source S99; cite ids that observations gave"),
        ("S1 p.99", "S1 has no p.99; it has p.1 to p.5"),
        ("S1 row 3", "S1 has no row 3; it has p.1 to p.5"),
        ("S2 row 9", "S2 has no row 9; it has rows 1-2 to rows 1-2"),
    ],
)
def test_find_passage_says_why_there_is_none(inside: str, why: str) -> None:
    [place] = parse_places(inside) or ()
    assert PassageFinder(STORED).find_passage(place) == why


def test_find_passage_of_a_source_without_parts_says_that_it_has_nothing() -> None:
    stored = InMemorySources({"S1": source("S1", "document", "a.pdf", ())})
    assert PassageFinder(stored).find_passage(SourcePlace("S1", "p.1", "p.", 1, 1)) == ("S1 has no p.1; it has nothing")


class CountingSources(InMemorySources):
    """Counts what is asked, and fails for one source."""

    def __init__(self, sources: dict[str, Source]) -> None:
        super().__init__(sources, {"S1": INCOME})
        self.asked: list[str] = []

    def get(self, source_id: str) -> Source | None:
        self.asked.append(source_id)
        if source_id == "S66":
            raise SessionError("The record is damaged.")
        return super().get(source_id)


def test_find_passage_reads_each_source_once_and_gives_the_same_object() -> None:
    stored = CountingSources(SOURCES)
    finder = PassageFinder(stored)
    place = SourcePlace("S1", "p.2", "p.", 2, 2)

    assert finder.find_passage(place) is finder.find_passage(place)
    finder.find_passage(SourcePlace("S1", "p.9", "p.", 9, 9))
    finder.find_passage(SourcePlace("S1", "p.9", "p.", 9, 9))
    assert stored.asked == ["S1"]


def test_find_passage_of_an_unreadable_source_raises() -> None:
    finder = PassageFinder(CountingSources(SOURCES))
    with pytest.raises(SessionError, match="damaged"):
        finder.find_passage(SourcePlace("S66"))


def test_passage_cells_are_those_of_its_part_or_row() -> None:
    assert {one.cell.part for one in passage("S1 p.3").cells} == {"p.3"}
    assert len(passage("S1 p.2-3").cells) == len(INCOME) + len(CASH)
    assert passage("S1 p.1").cells == []
    assert [one.cell for one in passage("S2 row 2").cells] == [QUERY[1]]
    assert passage("S1 p.2").entity == "ACME CORP"
    assert passage("S3 result").entity == ""


def test_passage_is_too_large_only_as_the_whole_of_a_long_source() -> None:
    parts = tuple(Part(f"p.{n}", "x") for n in range(1, MAX_PARTS_WITHOUT_PLACE + 2))
    stored = InMemorySources(
        {"S1": source("S1", "document", "a", parts), "S2": source("S2", "document", "b", parts[:-1])},
        {"S1": (Cell("p.1", 0, 1, "5", "5", "grid", row="Sales"),)},
    )
    assert passage("S1", stored).is_too_large
    assert not passage("S1 p.1", stored).is_too_large
    assert not passage('S1 "Sales"', stored).is_too_large
    assert not passage("S2", stored).is_too_large


@pytest.mark.parametrize(
    ("inside", "quote", "contains"),
    [
        ("S1 p.5", "subject to taxation in many places", True),
        ("S1 p.5", "SUBJECT to taxation", False),
        ("S1 p.5", "subject to \u2026 many places", True),
        ("S1 p.5", "many places \u2026 subject to", False),
        ("S1 p.1", "subject to taxation in many places", False),
        ("S3 result", "-43.5263157895", False),
        ("S2 row 1", "Assets | 40321", True),
        ("S5 row 1", "Revenue", False),
    ],
)
def test_contains_quote_only_of_the_sources_own_words(inside: str, quote: str, contains: bool) -> None:
    assert passage(inside).contains_quote(quote) is contains


def test_contains_quote_with_words_left_out_stays_in_one_paragraph() -> None:
    text = "We pay taxes.\n\nOur plants are safe and sound."
    stored = InMemorySources({"S1": source("S1", "document", "a", (Part("p.1", text),))})
    assert passage("S1 p.1", stored).contains_quote("Our plants \u2026 sound")
    assert not passage("S1 p.1", stored).contains_quote("We pay \u2026 sound")

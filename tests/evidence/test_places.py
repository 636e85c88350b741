"""Places inside sources: what a citation names, and the text there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.evidence.places import SourcePlace, parse_places, part_labels, split_places, text_at_place
from kimi_tui.sources import Part
from tests.evidence.kit import source

PAGES = source("S1", "document", "a.pdf", tuple(Part(f"p.{n}", f"page {n}") for n in range(1, 5)))
ROWS = source(
    "S2",
    "query",
    "a.csv: select",
    (
        Part("rows 1-2", "name | value\n--- | ---\nrow 1: a | 5\nrow 2: b | 6"),
        Part("rows 3-4", "name | value\n--- | ---\nrow 3: c | 7\nrow 4: d | 8"),
    ),
)
RESULT = source("S3", "calculation", "1 + 1", (Part("result", "1 + 1 = 2"),))


@pytest.mark.parametrize(
    ("inside", "place"),
    [
        ("S3", SourcePlace("S3")),
        ("S3 p.4", SourcePlace("S3", "p.4", "p.", 4, 4)),
        ("S3 p4", SourcePlace("S3", "p.4", "p.", 4, 4)),
        ("S3, page 4", SourcePlace("S3", "p.4", "p.", 4, 4)),
        ("S3: pp. 4-5", SourcePlace("S3", "p.4-5", "p.", 4, 5)),
        ("S3 pages 4\u20135", SourcePlace("S3", "p.4-5", "p.", 4, 5)),
        ("S3 p.4-4", SourcePlace("S3", "p.4", "p.", 4, 4)),
        ("S3 p.5-4", SourcePlace("S3", "p.5", "p.", 5, 5)),
        ("S3 \u00a72", SourcePlace("S3", "\u00a72", "\u00a7", 2, 2)),
        ("S3 \u00a7\u00a7 2-3", SourcePlace("S3", "\u00a72-3", "\u00a7", 2, 3)),
        ("S3 section 2", SourcePlace("S3", "\u00a72", "\u00a7", 2, 2)),
        ("S3 row 7", SourcePlace("S3", "row 7", "row", 7, 7)),
        ("S3 rows 2-4", SourcePlace("S3", "rows 2-4", "row", 2, 4)),
        ("S3 result", SourcePlace("S3", "result", "result")),
        ("S3 P.4", SourcePlace("S3", "p.4", "p.", 4, 4)),
        ("s3 p.4", SourcePlace("S3", "p.4", "p.", 4, 4)),
        ('S3 p.4 "Net sales"', SourcePlace("S3", "p.4", "p.", 4, 4, "Net sales")),
        ('S3 p.4 "Net sales" 2018', SourcePlace("S3", "p.4", "p.", 4, 4, "Net sales", "2018")),
        ("S3 p.4 \u201cNet sales\u201d 2018", SourcePlace("S3", "p.4", "p.", 4, 4, "Net sales", "2018")),
        ("S3 p.4 \u201eNet sales\u201c 2018", SourcePlace("S3", "p.4", "p.", 4, 4, "Net sales", "2018")),
        ('S3 "Europe > Net sales" Q3 2018', SourcePlace("S3", row="Europe > Net sales", period="Q3 2018")),
        ("S3 p.4 2018", SourcePlace("S3", "p.4", "p.", 4, 4, period="2018")),
        (
            'S3 p.4 "Common stock; 500 shares" 2018',
            SourcePlace("S3", "p.4", "p.", 4, 4, "Common stock; 500 shares", "2018"),
        ),
        ('S3 p.4 "Notes, S1 series"', SourcePlace("S3", "p.4", "p.", 4, 4, "Notes, S1 series")),
    ],
)
def test_parse_places_of_one_place(inside: str, place: SourcePlace) -> None:
    assert parse_places(inside) == (place,)
    assert parse_places(f"  {inside} ") == (place,)


@pytest.mark.parametrize(
    ("inside", "sources"),
    [
        ("S1; S2 p.3", ["S1", "S2"]),
        ("S1 p.2, S2 p.3", ["S1", "S2"]),
        ('S1 "a; b" 2018; S2 "c"', ["S1", "S2"]),
        ("S1 p.1 ;S1 p.1", ["S1", "S1"]),
    ],
)
def test_parse_places_of_several_places_keeps_their_order(inside: str, sources: list[str]) -> None:
    places = parse_places(inside)
    assert places is not None
    assert [place.source for place in places] == sources


@pytest.mark.parametrize(
    "inside",
    [
        "",
        " ",
        ";",
        "S1;",
        "S1 p.4 nonsense",
        "S1 nonsense",
        "S1234567",
        "S",
        "p.4",
        "S1 p.12345678",
        'S1 p.4 "Net sales',
        'S1 p.4 ""',
        f'S1 "{"x" * 201}"',
        'S1 p.4 "Net sales" soon',
        "S1 p.4 p.5",
    ],
)
def test_parse_places_of_anything_else_is_none(inside: str) -> None:
    assert parse_places(inside) is None


@pytest.mark.parametrize(
    ("inside", "pieces"),
    [
        ("S1", ["S1"]),
        ("S1 ; S2", ["S1", "S2"]),
        ("S1 p.1, S2", ["S1 p.1", "S2"]),
        ("a, b", ["a, b"]),
        ('S1 "a; b"', ['S1 "a; b"']),
        ('S1 "a; b', ['S1 "a', "b"]),
        ("", [""]),
    ],
)
def test_split_places_leaves_quoted_rows_whole(inside: str, pieces: list[str]) -> None:
    assert split_places(inside) == pieces


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        ("S1", "page 1\npage 2\npage 3\npage 4"),
        ("S1 p.2", "page 2"),
        ("S1 p.2-3", "page 2\npage 3"),
        ("S1 p.1-4", "page 1\npage 2\npage 3\npage 4"),
        ("S1 p.4-5", None),
        ("S1 p.0", None),
        ("S1 p.", None),
        ("S1 p.1-9999999", None),
        ("S1 \u00a71", None),
        ("S1 row 1", None),
        ("S1 result", None),
    ],
)
def test_text_at_place_of_pages(inside: str, text: str | None) -> None:
    [place] = parse_places(inside) or ()
    assert text_at_place(PAGES, place) == text


@pytest.mark.parametrize(
    ("inside", "lines"),
    [
        ("S2 row 1", ["name | value", "--- | ---", "row 1: a | 5"]),
        ("S2 row 4", ["name | value", "--- | ---", "row 4: d | 8"]),
        ("S2 rows 2-3", ["name | value", "--- | ---", "row 2: b | 6", "name | value", "--- | ---", "row 3: c | 7"]),
        ("S2 row 5", None),
        ("S2 rows 4-5", None),
        ("S2 row 0", None),
    ],
)
def test_text_at_place_of_rows_has_their_header(inside: str, lines: list[str] | None) -> None:
    [place] = parse_places(inside) or ()
    assert text_at_place(ROWS, place) == ("\n".join(lines) if lines else None)


def test_text_at_place_of_a_result() -> None:
    assert text_at_place(RESULT, SourcePlace("S3", "result", "result")) == "1 + 1 = 2"
    assert text_at_place(source("S9", "document", "e.pdf", ()), SourcePlace("S9")) == ""


@pytest.mark.parametrize(
    ("inside", "labels"),
    [
        ("S1", {"p.1", "p.2", "p.3", "p.4"}),
        ("S1 p.2", {"p.2"}),
        ("S1 p.2-3", {"p.2", "p.3"}),
        ("S1 result", {"p.1", "p.2", "p.3", "p.4"}),
    ],
)
def test_part_labels_of_pages(inside: str, labels: set[str]) -> None:
    [place] = parse_places(inside) or ()
    assert part_labels(PAGES, place) == labels


def test_part_labels_of_rows_are_the_blocks_that_hold_them() -> None:
    assert part_labels(ROWS, SourcePlace("S2", "rows 2-3", "row", 2, 3)) == {"rows 1-2", "rows 3-4"}
    assert part_labels(ROWS, SourcePlace("S2", "row 4", "row", 4, 4)) == {"rows 3-4"}
    assert part_labels(ROWS, SourcePlace("S2", "row 9", "row", 9, 9)) == frozenset()


def test_part_labels_of_a_huge_range_are_bounded() -> None:
    assert len(part_labels(PAGES, SourcePlace("S1", "", "p.", 1, 9_999_999))) <= 501


@given(st.text(st.sampled_from('S12 p.-;,"\u00a7rows2018>\u201c\u201d\n'), max_size=60))
def test_parse_places_of_any_text_names_ids_or_nothing(text: str) -> None:
    for place in parse_places(text) or ():
        assert place.source[0] == "S"
        assert place.source[1:].isdigit()
        assert place.first <= place.last

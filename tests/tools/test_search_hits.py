"""Search hits: the place of each part, and the text around its best match."""

from pathlib import Path

import pytest

from kimi_tui.tools.desk.ranking import rank_pages
from kimi_tui.tools.desk.search_hits import build_hits
from kimi_tui.tools.desk.search_query import match_any_term
from tests.tools.indexes import filled_database

LONG = "\n\n".join(["plum pie " * 150, "kumquat " * 3 + "pie " * 100, "quince " * 150])


def test_build_hits_keep_the_order_of_the_rows_and_name_document_and_part(tmp_path: Path) -> None:
    with filled_database(tmp_path, {"a.txt": ["kumquat"], "b é.txt": ["plum", "kumquat"]}) as database:
        rows = sorted(rank_pages(database, match_any_term(["kumquat"])))
        hits = build_hits(database, rows, ["kumquat"], {})
        backwards = build_hits(database, rows[::-1], ["kumquat"], {})

    assert [(hit.path, hit.label, hit.snippet) for hit in hits] == [
        ("a.txt", "§1", "kumquat"),
        ("b é.txt", "§2", "kumquat"),
    ]
    assert backwards == hits[::-1]


def test_build_hits_of_no_rows_are_none(tmp_path: Path) -> None:
    with filled_database(tmp_path, {"a.txt": ["kumquat"]}) as database:
        assert build_hits(database, [], ["kumquat"], {}) == []


@pytest.mark.parametrize("place", [None, 0, 1, 99])
def test_build_hits_cut_text_has_marks_where_it_continues(tmp_path: Path, place: int | None) -> None:
    with filled_database(tmp_path, {"a.txt": [LONG]}) as database:
        [row] = rank_pages(database, match_any_term(["kumquat"]))
        places = {} if place is None else {row: place}
        [hit] = build_hits(database, [row], ["kumquat"], places)

    plain = hit.snippet.strip("…")
    assert " ".join(plain.split()) in " ".join(LONG.split())
    assert hit.snippet.endswith("…") is not LONG.endswith(plain)
    assert hit.snippet.startswith("…") is not LONG.startswith(plain)

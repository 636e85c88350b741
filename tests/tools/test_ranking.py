"""Ranking of parts: fused lists, and the rows of one document alone."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.tools.desk.index_store import MAX_PARTS_PER_DOCUMENT
from kimi_tui.tools.desk.ranking import (
    MAX_CANDIDATES,
    WeightedRanking,
    fuse_rankings,
    rank_all_terms,
    rank_pages,
    rank_passages,
    row_range,
)
from kimi_tui.tools.desk.search_query import match_any_term
from tests.tools.indexes import filled_database

ROWS = st.lists(st.integers(0, 50), unique=True, max_size=20)


@pytest.mark.parametrize("number", [0, 1, 7, 10_000])
def test_row_range_of_neighbours_touch_and_never_overlap(number: int) -> None:
    first, last = row_range(number)

    assert last - first + 1 == MAX_PARTS_PER_DOCUMENT
    assert row_range(number + 1)[0] == last + 1


@pytest.mark.parametrize(
    ("lists", "fused"),
    [
        ([], []),
        ([WeightedRanking([])], []),
        ([WeightedRanking([3, 1, 2])], [3, 1, 2]),
        ([WeightedRanking([1, 2]), WeightedRanking([3, 2])], [2, 1, 3]),
        ([WeightedRanking([1]), WeightedRanking([2], 2.0)], [2, 1]),
        ([WeightedRanking([1]), WeightedRanking([2])], [1, 2]),
        ([WeightedRanking([1], 0.0)], [1]),
    ],
)
def test_fuse_rankings_rows_high_in_several_lists_come_first(lists: list[WeightedRanking], fused: list[int]) -> None:
    assert fuse_rankings(lists) == fused


@given(st.lists(ROWS, max_size=4))
def test_fuse_rankings_has_each_row_once_and_no_other(lists: list[list[int]]) -> None:
    fused = fuse_rankings(WeightedRanking(rows) for rows in lists)

    assert sorted(fused) == sorted({row for rows in lists for row in rows})


@given(ROWS)
def test_fuse_rankings_of_the_same_list_twice_keeps_its_order(rows: list[int]) -> None:
    assert fuse_rankings([WeightedRanking(rows), WeightedRanking(rows)]) == rows


def test_rank_pages_inside_a_span_are_those_of_the_document(tmp_path: Path) -> None:
    documents = {"a.txt": ["red kumquat", "plum"], "b.txt": ["plum", "a kumquat", "kumquat kumquat"]}
    with filled_database(tmp_path, documents) as database:
        everywhere = rank_pages(database, match_any_term(["kumquat"]))
        numbers = sorted({row // MAX_PARTS_PER_DOCUMENT for row in everywhere})
        inside = [rank_pages(database, match_any_term(["kumquat"]), row_range(number)) for number in numbers]

    assert sorted(map(len, inside)) == [1, 2]
    assert sorted(row for rows in inside for row in rows) == sorted(everywhere)


def test_rank_pages_and_passages_without_a_query_are_empty(tmp_path: Path) -> None:
    with filled_database(tmp_path, {"a.txt": ["kumquat"]}) as database:
        assert rank_pages(database, "") == []
        assert rank_passages(database, "") == {}


def test_rank_passages_place_is_that_of_the_best_passage(tmp_path: Path) -> None:
    text = "\n\n".join(["plum pie " * 150, "kumquat " * 3 + "pie " * 100, "quince " * 150])
    with filled_database(tmp_path, {"a.txt": [text]}) as database:
        [(row, place)] = rank_passages(database, match_any_term(["kumquat"])).items()
        inside = rank_passages(database, match_any_term(["kumquat"]), row_range(row // MAX_PARTS_PER_DOCUMENT))

    assert place > 0
    assert inside == {row: place}


def test_rank_pages_more_matches_than_candidates_are_cut(tmp_path: Path) -> None:
    with filled_database(tmp_path, {"a.txt": ["kumquat"] * (MAX_CANDIDATES + 20)}) as database:
        assert len(rank_pages(database, match_any_term(["kumquat"]))) == MAX_CANDIDATES
        assert len(rank_passages(database, match_any_term(["kumquat"]))) == MAX_CANDIDATES


@pytest.mark.parametrize(("terms", "found"), [([], 0), (["kumquat"], 0), (["kumquat", "red"], 1), (["red", "plum"], 0)])
def test_rank_all_terms_needs_several_and_all_of_them(tmp_path: Path, terms: list[str], found: int) -> None:
    with filled_database(tmp_path, {"a.txt": ["red kumquat", "blue plum"]}) as database:
        assert len(rank_all_terms(database, terms)) == found

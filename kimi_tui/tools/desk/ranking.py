"""Rank parts by their words, and fuse several rankings into one."""

from collections.abc import Iterable, Sequence

import msgspec

from kimi_tui import storage
from kimi_tui.tools.desk import search_query
from kimi_tui.tools.desk.index_store import MAX_PARTS_PER_DOCUMENT
from kimi_tui.tools.desk.passages import MAX_PASSAGES

RANK_FUSION_CONSTANT = 5.0
"""How slowly the worth of a place in a list falls: 1 / (5 + place)."""
MAX_CANDIDATES = 80
"""Places of each list that are looked at."""
_EVERYTHING = (0, (1 << 62))
_PAGE_WEIGHTS = "3.0, 3.0, 0.5, 3.0, 1.0, 1.0"
"""Of a page's document, heading, contents, carried section, kinds and body."""
_PASSAGE_WEIGHTS = "1.0, 1.0"


class WeightedRanking(msgspec.Struct, frozen=True):
    """One list of parts, the best first, and how much it counts."""

    rows: Sequence[int]
    weight: float = 1.0


def row_range(number: int) -> tuple[int, int]:
    """Return the first and last row that the parts of a document may have."""
    return number * MAX_PARTS_PER_DOCUMENT, (number + 1) * MAX_PARTS_PER_DOCUMENT - 1


def rank_pages(database: storage.Connection, match: str, span: tuple[int, int] | None = None) -> list[int]:
    """Return the parts that fit a query by all that is known of them; `span` are the first and last row to look at."""
    return _ranked(database, "pages", _PAGE_WEIGHTS, match, span)[:MAX_CANDIDATES] if match else []


def rank_passages(database: storage.Connection, match: str, span: tuple[int, int] | None = None) -> dict[int, int]:
    """Return the parts that fit a query by their best passage, in order; to each the place of that passage in it."""
    if not match:
        return {}
    low, high = span or _EVERYTHING
    wide = (low * MAX_PASSAGES, min((high + 1) * MAX_PASSAGES - 1, _EVERYTHING[1])) if span else None
    found: dict[int, int] = {}
    for row in _ranked(database, "passages", _PASSAGE_WEIGHTS, match, wide):
        found.setdefault(row // MAX_PASSAGES, row % MAX_PASSAGES)
        if len(found) == MAX_CANDIDATES:
            break
    return found


def fuse_rankings(lists: Iterable[WeightedRanking]) -> list[int]:
    """Return one ranking of all rows: those ranked high in several lists come first."""
    scores: dict[int, float] = {}
    for one in lists:
        for place, row in enumerate(one.rows):
            scores[row] = scores.get(row, 0.0) + one.weight / (RANK_FUSION_CONSTANT + place)
    return sorted(scores, key=lambda row: -scores[row])


def rank_all_terms(database: storage.Connection, terms: list[str], span: tuple[int, int] | None = None) -> list[int]:
    """Return the parts with all of several terms; none for a single term, which adds no information."""
    return rank_pages(database, search_query.match_all_terms(terms), span) if len(terms) > 1 else []


def _ranked(
    database: storage.Connection, table: str, weights: str, match: str, span: tuple[int, int] | None
) -> list[int]:
    """Rows of a full-text table, best first, at most a few times as many as are looked at.

    Inside a span the rank is worked out for its rows alone, which an order by rank would not do.
    """
    most = 3 * MAX_CANDIDATES
    if span is None:
        sql = f"SELECT rowid FROM {table} WHERE {table} MATCH ? AND rank MATCH 'bm25({weights})' ORDER BY rank LIMIT ?"
        return [row for (row,) in database.execute(sql, (match, most))]
    sql = f"SELECT bm25({table}, {weights}), rowid FROM {table} WHERE {table} MATCH ? AND rowid BETWEEN ? AND ?"
    return [row for _, row in sorted(database.execute(sql, (match, *span)))[:most]]

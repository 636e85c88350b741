"""A search over the index of a desk: the lists of every kind fused, with the text around each hit."""

import msgspec

from kimi_tui import storage
from kimi_tui.tools.desk import ranking, search_query
from kimi_tui.tools.desk.index_store import PARTS_EACH, IndexStore, unpacked
from kimi_tui.tools.desk.passages import passages
from kimi_tui.tools.desk.ranking import Weighted
from kimi_tui.tools.desk.snippet import snippet


class Hit(msgspec.Struct, frozen=True):
    """One part of a document that a query fits."""

    path: str
    """The document's path inside the desk."""
    label: str
    snippet: str
    """Untrusted text around the best match."""


class Found(msgspec.Struct, frozen=True):
    """What a search gave."""

    hits: tuple[Hit, ...] = ()
    """The best first."""


class SearchIndex:
    """Searches the index of one desk."""

    def __init__(self, store: IndexStore) -> None:
        self._store = store

    def search(self, query: str, limit: int, within: str = "") -> Found:
        """The best parts for a query, at most `limit`; `within` is the path of the one document to search.

        Raises `ReplacedError` and `IndexBusyError`.
        """
        return self._store.database.read(lambda database: _search(database, query, limit, within))


def _search(database: storage.Connection, query: str, limit: int, within: str) -> Found:
    found = database.execute("SELECT id FROM documents WHERE path = ?", (within,)).fetchone() if within else None
    if within and found is None:
        return Found()
    span = ranking.document_rows(found[0]) if found else None
    terms = search_query.telling_terms(query)
    some = search_query.some_term(terms)
    places = ranking.passages(database, some, span)
    rows = ranking.fused(
        (
            Weighted(list(places)),
            Weighted(ranking.pages(database, some, span)),
            Weighted(ranking.every_term(database, search_query.terms(query), span), 2.0),
        )
    )
    if not rows:
        places = ranking.passages(database, search_query.beginnings(terms), span)
        rows = list(places)
    return Found(tuple(_hit(database, row, places.get(row, 0), terms) for row in rows[:limit]))


def _hit(database: storage.Connection, row: int, passage: int, terms: list[str]) -> Hit:
    """A part with the text around its best match."""
    sql = "SELECT path, label, body FROM texts JOIN documents ON documents.id = texts.id / ? WHERE texts.id = ?"
    path, label, body = database.execute(sql, (PARTS_EACH, row)).fetchone()
    text = unpacked(body)
    cuts = list(passages(text))
    start, end = cuts[passage] if passage < len(cuts) else (0, len(text))
    shown = snippet(text[start:end].strip(), terms)
    before = "…" if start and not shown.startswith("…") else ""
    after = "…" if end < len(text) and not shown.endswith("…") else ""
    return Hit(path, label, f"{before}{shown}{after}")

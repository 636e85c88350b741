"""Search hits: where each found part is, and the text around its best match."""

from collections.abc import Mapping, Sequence

import msgspec

from kimi_tui import storage
from kimi_tui.tools.desk.index_store import MAX_PARTS_PER_DOCUMENT, unpack_text
from kimi_tui.tools.desk.passages import split_passages
from kimi_tui.tools.desk.snippet import best_snippet


class DeskHit(msgspec.Struct, frozen=True):
    """One part of a document that matches a query."""

    path: str
    """The document's path inside the desk."""
    label: str
    """Of the part."""
    snippet: str
    """Untrusted text around the best match."""
    passage: str = ""
    """The title of the part and its best passage whole; untrusted text."""


def build_hits(
    database: storage.Connection, rows: Sequence[int], terms: Sequence[str], places: Mapping[int, int]
) -> list[DeskHit]:
    """Return each part with the text around its best match; `places` are its best passages if known."""
    return [_hit(database, row, places.get(row), terms) for row in rows]


def _hit(database: storage.Connection, row: int, passage: int | None, terms: Sequence[str]) -> DeskHit:
    sql = (
        "SELECT path, label, texts.title, body FROM texts JOIN documents ON documents.id = texts.id / ? "
        "WHERE texts.id = ?"
    )
    path, label, title, body = database.execute(sql, (MAX_PARTS_PER_DOCUMENT, row)).fetchone()
    text = unpack_text(body)
    cuts = list(split_passages(text))
    start, end = cuts[passage] if passage is not None and passage < len(cuts) else (0, len(text))
    shown = best_snippet(text[start:end].strip(), terms)
    before = "…" if start and not shown.startswith("…") else ""
    after = "…" if end < len(text) and not shown.endswith("…") else ""
    first = cuts[0] if cuts and passage is None else (start, end)
    return DeskHit(path, label, f"{before}{shown}{after}", f"{title}\n{text[slice(*first)]}".strip())

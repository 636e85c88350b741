"""What a search shows of the parts it found: where each is, and the text around its best match."""

from collections.abc import Mapping, Sequence

import msgspec

from kimi_tui import storage
from kimi_tui.tools.desk.index_store import PARTS_EACH, unpacked
from kimi_tui.tools.desk.passages import passages
from kimi_tui.tools.desk.snippet import snippet


class Hit(msgspec.Struct, frozen=True):
    """One part of a document that a query fits."""

    path: str
    """The document's path inside the desk."""
    label: str
    """Of the part."""
    snippet: str
    """Untrusted text around the best match."""
    passage: str = ""
    """The title of the part and its best passage whole; untrusted text."""


def hits_of(
    database: storage.Connection, rows: Sequence[int], terms: Sequence[str], places: Mapping[int, int]
) -> list[Hit]:
    """Each part with the text around its best match; `places` are the best passages of parts, where they are known."""
    return [_hit(database, row, places.get(row), terms) for row in rows]


def _hit(database: storage.Connection, row: int, passage: int | None, terms: Sequence[str]) -> Hit:
    sql = (
        "SELECT path, label, texts.title, body FROM texts JOIN documents ON documents.id = texts.id / ? "
        "WHERE texts.id = ?"
    )
    path, label, title, body = database.execute(sql, (PARTS_EACH, row)).fetchone()
    text = unpacked(body)
    cuts = list(passages(text))
    start, end = cuts[passage] if passage is not None and passage < len(cuts) else (0, len(text))
    shown = snippet(text[start:end].strip(), terms)
    before = "…" if start and not shown.startswith("…") else ""
    after = "…" if end < len(text) and not shown.endswith("…") else ""
    first = cuts[0] if cuts and passage is None else (start, end)
    return Hit(path, label, f"{before}{shown}{after}", f"{title}\n{text[slice(*first)]}".strip())

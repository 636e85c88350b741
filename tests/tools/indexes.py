"""Indexes of small documents, for tests of what a search finds."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from kimi_tui import storage
from kimi_tui.sources import Part
from kimi_tui.tools.desk.file_description import describe_reading
from kimi_tui.tools.desk.files import DeskFile
from kimi_tui.tools.desk.index_search import SearchIndex
from kimi_tui.tools.desk.index_store import IndexStore
from kimi_tui.tools.text.parts import Extraction, FileReading


def filled_store(folder: Path, documents: dict[str, list[str]]) -> IndexStore:
    """Return an index in memory of documents with these texts as their parts."""
    store = IndexStore(folder, None)
    for path, texts in documents.items():
        parts = tuple(Part(f"§{number}", text) for number, text in enumerate(texts, 1))
        reading = FileReading("d", 1, Extraction("", parts, "text"))
        store.replace_documents([(DeskFile(path, "text/plain", 1, 1), describe_reading(path, reading))])
    return store


@contextmanager
def filled_database(folder: Path, documents: dict[str, list[str]]) -> Iterator[storage.Connection]:
    """Give the tables of such an index."""
    with closing(filled_store(folder, documents)) as store:
        yield store.database.read(lambda database: database)


def searched(tmp_path: Path, documents: dict[str, list[str]], query: str, limit: int = 10) -> list[tuple[str, str]]:
    """Path and snippet of each hit in documents with these texts as their parts."""
    store = filled_store(tmp_path, documents)
    hits = SearchIndex(store).search(query, limit).hits
    store.close()
    return [(hit.path, hit.snippet) for hit in hits]

"""Indexes of small documents, for tests of what a search finds."""

from pathlib import Path

from kimi_tui.sources import Part
from kimi_tui.tools.desk.file_description import describe_reading
from kimi_tui.tools.desk.files import DeskFile
from kimi_tui.tools.desk.index_search import SearchIndex
from kimi_tui.tools.desk.index_store import IndexStore
from kimi_tui.tools.text.parts import Extraction, FileReading


def searched(tmp_path: Path, documents: dict[str, list[str]], query: str, limit: int = 10) -> list[tuple[str, str]]:
    """Path and snippet of each hit in documents with these texts as their parts."""
    store = IndexStore(tmp_path, None)
    for path, texts in documents.items():
        parts = tuple(Part(f"§{number}", text) for number, text in enumerate(texts, 1))
        reading = FileReading("d", 1, Extraction("", parts, "text"))
        store.replace_documents([(DeskFile(path, "text/plain", 1, 1), describe_reading(path, reading))])
    hits = SearchIndex(store).search(query, limit).hits
    store.close()
    return [(hit.path, hit.snippet) for hit in hits]

"""The documents of a desk as the index keeps them."""

from pathlib import Path

from kimi_tui import storage
from kimi_tui.sources import Part
from kimi_tui.tools.desk.file_description import describe_reading
from kimi_tui.tools.desk.files import DeskFile
from kimi_tui.tools.desk.index_store import IndexStore
from kimi_tui.tools.text.parts import Extraction, FileReading


def test_a_dropped_document_leaves_no_word_behind(tmp_path: Path) -> None:
    store = IndexStore(tmp_path, None)
    parts = (Part("§1", "naïve 1.234,5 利益 " * 300, "Café"),)
    store.replace_documents(
        [
            (
                DeskFile("a.txt", "text/plain", 1, 1),
                describe_reading("a.txt", FileReading("d", 1, Extraction("", parts, "x"))),
            )
        ]
    )
    store.remove_documents(["a.txt"])

    def words(database: storage.Connection) -> list[int]:
        for table in ("pages", "passages"):
            database.execute(f"CREATE VIRTUAL TABLE temp.{table}_words USING fts5vocab('main', '{table}', 'row')")
        return [
            database.execute(f"SELECT count(*) FROM {table}_words").fetchone()[0] for table in ("pages", "passages")
        ]

    assert store.database.write(words) == [0, 0]
    store.close()

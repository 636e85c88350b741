"""Words in the index of a desk: found however they are written, and gone with their document."""

import re
from pathlib import Path

import pytest

from kimi_tui import storage
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


def test_all_places_of_an_answer_may_come_from_one_document(tmp_path: Path) -> None:
    documents = {"many.txt": ["nickel price"] * 30, "one.txt": ["of silver and gold"]}
    assert [path for path, _ in searched(tmp_path, documents, "nickel price", 12)] == ["many.txt"] * 12


def test_a_snippet_is_taken_around_the_match(tmp_path: Path) -> None:
    text = "before " * 300 + "the nickel mine " + "after " * 300
    ((_, snippet),) = searched(tmp_path, {"long.txt": [text]}, "nickel", 1)
    assert re.fullmatch(r"…(before )+the nickel mine( after)+…", snippet)
    assert 250 < len(snippet) <= 302


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


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("昨年度の営業利益は増加した。", "利益"),
        ("公司的净利润同比增长。", "净利润"),
        ("กำไรสุทธิของบริษัทเพิ่มขึ้น", "สุทธิ"),
        ("매출은 증가했다", "매출"),
        ("Net sales were 1,234.5 million.", "1234.5"),
        ("Der Umsatz betrug 1.234,5 Millionen.", "1234.5"),
        ("Le chiffre d'affaires : 1\u202f234,50 M", "1,234.5"),
        ("Umsatz 12.345 Stück", "12345"),
        ("cost of $1,234.5m; a rise", "1234.5"),
        ("cost of 1.234,5Mio; a rise", "1,234.5"),
        ("Umsatz 12 345,67 Euro", "12345.67"),
        ("the na\u00efve caf\u00e9", "naive cafe"),
        ("\ufb01nancial o\ufb03ce", "financial office"),
        ("in der Stra\u00dfe", "strasse"),
        ("\uff11\uff12\uff13\uff14 units", "1234"),
    ],
)
def test_a_word_is_found_however_it_is_written(tmp_path: Path, text: str, query: str) -> None:
    documents = {"a.txt": [f"Before. {text} After."], "b.txt": ["Something else with 9,999.9 in it. 他の文書 อื่น"]}
    assert [path for path, _ in searched(tmp_path, documents, query)] == ["a.txt"]

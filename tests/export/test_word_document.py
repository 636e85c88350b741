"""The Word export: a sound file with live footnotes, in which nothing acts or is loaded."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import docx
import msgspec
import pytest
from docx_plus.notes import read_footnotes
from lxml import etree
from PIL import Image

from kimi_tui.events import AnyEvent, StatementDecided, TurnFinished
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.export.file_writer import write_export
from kimi_tui.export.recording import Recording
from kimi_tui.export.word_document import format_memo_docx
from kimi_tui.journal.reader import JournalReader
from kimi_tui.projections.state import SessionState
from kimi_tui.session import SessionError
from tests.tui.cited_memo import TABLES, cited_session, filing

WORD = {"w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main"}
SOURCES = InMemorySources({"S1": filing()[0]}, {"S1": filing()[1]})
MEMO = """## Results

| measure | 2025 |
|---|---|
| Revenues | $46,309 million [S1 p.2 "Revenues" 2025] |
| Net income | $5,700 million [S1 p.2 "Net income" 2025] |

1. Management says that "demand for running shoes weakened in every region" [S1 p.3].
2. The brand is **strong** and *old* [S9 p.1].
   - A point below [S1 p.1].

> As somebody wrote: `[S1 p.1]` is code.

```
[S1 p.2] in a fence
```
"""


def recording(memo: str = MEMO, *more: AnyEvent) -> Recording:
    session = cited_session(memo)
    session.record(*more)
    return Recording(tuple(session.entries), session.state)


def format_memo_docx_of(recorded: Recording) -> bytes:
    return format_memo_docx(recorded, SOURCES)


def files(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def shown(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def footnotes(content: bytes) -> list[str]:
    notes = {note.note_id: note.text for note in read_footnotes(docx.Document(io.BytesIO(content)))}
    body = etree.fromstring(files(content)["word/document.xml"])
    referenced = [int(found) for found in body.xpath("//w:footnoteReference/@w:id", namespaces=WORD)]
    assert sorted(referenced) == sorted(notes), "each note has one reference, each reference its note"
    return [notes[number] for number in referenced]


def test_word_document_has_a_live_footnote_for_each_citation_outside_code() -> None:
    content = format_memo_docx_of(recording())
    first, second, third, fourth, fifth = footnotes(content)
    assert "Annual report of Acme: filings/1.pdf, S1 p.2, Revenues 2025, SHA-256 " + f"{1:064x}" in first
    assert "Words: 46,309 (Revenues, 2025). Finding: supported, by cells." in first
    assert "Finding: contradicted, by cells: $5,700 million is the figure of another period" in second
    assert "S1 p.3" in third
    assert "\u201cdemand for running shoes weakened in every region\u201d" in third
    assert "[S9 p.1]: not found" in fourth
    assert "S1 p.1" in fifth


def test_word_document_shows_headings_tables_lists_and_marks() -> None:
    content = format_memo_docx_of(recording())
    document = docx.Document(io.BytesIO(content))
    styles = {paragraph.text: paragraph.style.name for paragraph in document.paragraphs if paragraph.style}
    assert styles["Acme in 2025"] == "Heading 1"
    assert styles["Results"] == "Heading 2"
    assert styles["Record of this memo"] == "Heading 2"
    assert styles["A point below ?."] == "List Bullet 2"
    assert [[cell.text for cell in row.cells] for row in document.tables[0].rows][:2] == [
        ["measure", "2025"], ["Revenues", "$46,309 million \u2713"],
    ]  # fmt: skip
    text = shown(content)
    assert "1. Management says" in text
    assert "2. The brand is strong and old [leads nowhere: S9 p.1] ." in text
    assert "As somebody wrote: [S1 p.1] is code." in text
    assert "[S1 p.2] in a fence" in text
    assert re.search(r"\u2717 \[contradicted \u2014 ", text)


def test_word_document_is_well_formed_and_loads_nothing() -> None:
    for name, data in files(format_memo_docx_of(recording())).items():
        assert not name.endswith(".bin")
        assert "vba" not in name.lower()
        assert not name.endswith((".jpeg", ".png", ".emf")), "no picture of the template"
        if name.endswith((".xml", ".rels")):
            root = etree.fromstring(data)
            assert not root.xpath("//@TargetMode[. = 'External']"), name
            assert not root.xpath("//w:hyperlink | //w:instrText | //w:fldSimple | //w:object", namespaces=WORD), name


HOSTILE = (
    "See [here](https://evil.example/?q=1) and ![x](https://evil.example/x.png) <https://evil.example>.\n\n"
    "<script>alert(1)</script> </w:t></w:r> &lt;b&gt; \x0b\ufffe \ue000 0\ue000 \ue0001\ue000 [S1 p.1].\n\n"
    '[a]: https://evil.example "t"\n\n{ INCLUDETEXT "/etc/passwd" }\n'
)


def test_word_document_hostile_memo_stays_text() -> None:
    content = format_memo_docx_of(recording(HOSTILE))
    test_files = files(content)
    for name, data in test_files.items():
        if name.endswith((".xml", ".rels")):
            etree.fromstring(data)
    assert b"evil.example" not in test_files["word/_rels/document.xml.rels"]
    assert len(footnotes(content)) == 1, "a sign in the memo makes no footnote"
    text = shown(content)
    assert "<script>alert(1)</script>" in text
    assert "evil.example" in text


def test_word_document_names_who_decided() -> None:
    decided = StatementDecided(7, 0, "reject", "alice", "That is <b>another</b> year.")
    text = shown(format_memo_docx_of(recording(MEMO, decided)))
    assert "\u2612 alice" in text
    assert "Decisions of people" in text
    assert "That is <b>another</b> year." in text


def test_word_document_of_an_earlier_memo_is_written() -> None:
    text = "Revenues were $46,309 million [S1 p.2]."
    place = {"source": "S1", "label": "p.2", "unit": "p.", "first": 2, "last": 2}
    cite = {"start": 30, "end": 38, "marker": "[S1 p.2]", "places": [place], "quotes": [], "outcome": "supported"}
    memo: dict[str, Any] = {"title": "T", "text": text, "citations": [cite], "sources": ["S1"], "uncited": []}
    content = format_memo_docx_of(recording("x", TurnFinished("answered", {"kind": "memo"} | memo)))
    assert len(footnotes(content)) == 1


def test_word_document_is_written_under_a_name_of_its_own(
    reader: JournalReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_export(reader, "docx", None)
    assert path.suffix == ".docx"
    assert "512.7" in shown(path.read_bytes())


def test_word_document_without_a_memo_says_so() -> None:
    with pytest.raises(SessionError, match="has no memo yet"):
        format_memo_docx(Recording((), SessionState().main), SOURCES)


def test_word_document_deep_lists_and_wide_tables_are_written() -> None:
    deep = "".join(f"{'  ' * level}- level {level}\n" for level in range(12))
    wide = "|" + " c |" * 60 + "\n|" + "---|" * 60 + "\n|" + " 1 |" * 60 + "\n"
    content = format_memo_docx_of(recording(f"{deep}\n{wide}\n100000000. last\n"))
    assert "level 11" in shown(content)
    assert msgspec.json.encode(shown(content))


def test_word_document_shows_a_table_of_cited_figures_as_bars() -> None:
    content = format_memo_docx_of(recording(TABLES))
    document = docx.Document(io.BytesIO(content))
    rows = [[cell.text for cell in row.cells] for row in document.tables[1].rows]
    assert rows == [
        ["Revenues, 2024", "", "51,362"], ["Revenues, 2025", "", "46,309"],
        ["Gross profit, 2024", "", "22,887"], ["Gross profit, 2025", "", "19,790"],
        ["Net income, 2024", "", "5,700"], ["Net income, 2025", "", "missing: the table has no figure"],
    ]  # fmt: skip
    assert "(USD, millions); bars begin at 0" in shown(content)
    assert "Headcount is left out: it cites no source." in shown(content)
    lengths = []
    for shape in document.inline_shapes:
        part = document.part.related_parts[shape._inline.graphic.graphicData.pic.blipFill.blip.embed]
        picture = Image.open(io.BytesIO(part.blob)).convert("RGB")
        data = picture.tobytes()
        lengths.append(sum(data[at : at + 3] == bytes((122, 63, 160)) for at in range(0, len(data), 3)) / 18)
    assert len(lengths) == 5
    assert lengths == pytest.approx([value / 51_362 * 638 for value in (51_362, 46_309, 22_887, 19_790, 5_700)], abs=4)
    assert len(document.tables) == 3, "the table without a cited cell has no chart"


def test_word_document_reread_has_footnotes_with_title_address_place_words() -> None:
    """A reader can find the place without this program."""
    content = format_memo_docx_of(recording())
    for note in footnotes(content):
        assert re.search(r"Annual report of Acme: filings/1\.pdf, S1 p\.\d|leads|not found", note)
    quoted = footnotes(content)[2]
    assert "Words: \u201cdemand for running shoes weakened in every region\u201d" in quoted

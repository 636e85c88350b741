"""Files of the desk read and described: each with its digest, text, signals and identity."""

import hashlib
from pathlib import Path

import pytest

from kimi_tui.sources import Part
from kimi_tui.tools.desk.document_identity import DocumentIdentity
from kimi_tui.tools.desk.file_description import FileToRead, describe_file, describe_files, describe_reading
from kimi_tui.tools.text.parts import Extraction, FileReading
from kimi_tui.tools.workers.child import RefusalError

NOTES = b"# Outlook\n\nSales grow.\n\n# Risks\n\nCobalt."


def test_describe_reading_without_text_has_no_signals() -> None:
    reading = FileReading("d", 1, None, "why")
    found = describe_reading("a.pdf", reading)
    assert found.reading is reading
    assert (found.signals, found.identity) == ((), DocumentIdentity())


def test_describe_reading_has_signals_for_each_part() -> None:
    parts = (Part("\u00a71", "x", "One"), Part("\u00a72", "y"))
    found = describe_reading("acme_2023.txt", FileReading("d", 1, Extraction("", parts, "text")))
    assert [one.heading for one in found.signals] == ["One", ""]
    assert (found.identity.words, found.identity.year) == (("acme",), 2023)


def test_describe_file_reads_an_open_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_bytes(NOTES)
    with path.open("rb") as file:
        found = describe_file([file.fileno()], "notes.md", "text/markdown")
    assert found.reading.digest == hashlib.sha256(NOTES).hexdigest()
    assert found.reading.size == len(NOTES)
    assert [one.heading for one in found.signals] == ["Outlook", "Risks"]


def test_describe_file_that_is_known_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_bytes(NOTES)
    with path.open("rb") as file:
        found = describe_file([file.fileno()], "notes.md", "text/markdown", hashlib.sha256(NOTES).hexdigest())
    assert found.reading.extraction is None
    assert found.reading.error == ""


def test_describe_file_that_cannot_be_read_raises() -> None:
    with pytest.raises(RefusalError):
        describe_file([-1], "gone.md", "text/markdown")


def test_describe_files_gives_one_for_each_and_says_what_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_bytes(NOTES)
    with path.open("rb") as file:
        good, bad = describe_files(
            [file.fileno(), -1], [FileToRead("notes.md", "text/markdown"), FileToRead("gone.md", "text/markdown")]
        )
    assert good.reading.error == ""
    assert bad.reading.extraction is None
    assert bad.reading.error
    assert describe_files([], []) == []

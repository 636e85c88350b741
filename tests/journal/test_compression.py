"""Packed texts and bytes: they come back whole, every flip in them is found, and older files are read for ever."""

import shutil
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.events import ReasoningRecorded
from kimi_tui.export.verify import verify_session
from kimi_tui.journal import schema
from kimi_tui.journal.compression import compress, compress_text, decompress, decompress_text
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.writer import JOURNAL_NAME, JournalWriter
from kimi_tui.session import SessionError
from kimi_tui.sources import Part

LONG = "Revenue grew 12 percent, to 512.7 million. " * 40
FIRST = Path(__file__).parents[1] / "data" / "journals" / "v1.sqlite"
"""A file of the first schema, in which nothing but bytes is packed."""


@given(st.text())
def test_every_text_comes_back_as_it_was(text: str) -> None:
    for whole in (text, text + LONG):
        assert decompress_text(compress_text(whole)) == whole
        assert decompress(compress(whole.encode())) == whole.encode()


def test_compression_keeps_a_short_text_plain_and_packs_a_long_one() -> None:
    assert compress_text("short") == "short"
    assert len(compress_text(LONG)) < len(LONG) / 4


def test_every_flip_and_every_cut_of_what_is_packed_is_found() -> None:
    packed = compress(LONG.encode())
    damaged = [packed[:length] for length in range(len(packed) - 4)]
    damaged += [
        packed[:at] + bytes([packed[at] ^ 1 << bit]) + packed[at + 1 :] for at in range(len(packed)) for bit in range(8)
    ]
    for data in damaged:
        with pytest.raises(ValueError, match="what is packed is damaged"):
            decompress(data)


def test_a_text_of_others_that_would_fill_the_memory_is_damaged() -> None:
    with pytest.raises(ValueError, match="what is packed is damaged"):
        decompress_text(compress(bytes(70_000_000)))
    longest = "\N{GRINNING FACE}" * (1 << 24)
    assert decompress_text(compress_text(longest)) == longest
    assert compress_text(longest + "!") == longest + "!"


def test_what_the_first_schema_packed_is_read() -> None:
    assert decompress(zlib.compress(LONG.encode())) == LONG.encode()


def test_long_texts_of_entries_and_sources_are_packed_in_the_file(tmp_path: Path) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        journal.append([ReasoningRecorded(LONG)], turn=1, step=1)
        part = Part("p.1", LONG)
        journal.sources.add(kind="document", title="", address="a", media_type="text/plain", data=b"1", parts=(part,))
    with closing(sqlite3.connect(journal.path)) as connection:
        for column, table in (("body", "entries"), ("text", "parts")):
            [(kind, size)] = connection.execute(f"select typeof({column}), length({column}) from {table}").fetchall()
            assert kind == "blob"
            assert size < len(LONG) / 4
    with closing(JournalReader(journal.path)) as reader:
        assert [entry.event for entry in reader.entries()] == [ReasoningRecorded(LONG)]
        source = reader.sources.get("S1")
        assert source is not None
        assert source.parts == (part,)
        assert {hit.kind for hit in reader.search("revenue")} == {"reasoning", "source"}
        assert [check for check in verify_session(reader) if not check.passed] == []


def test_a_session_of_the_first_schema_is_gone_on_with_and_then_refused_by_its_program(tmp_path: Path) -> None:
    path = Path(shutil.copy(FIRST, tmp_path / JOURNAL_NAME))
    with closing(JournalReader(path)) as reader:
        before = list(reader.lines())
    with closing(JournalWriter(tmp_path, "s")) as journal:
        journal.append([ReasoningRecorded(LONG)], turn=1, step=1)
    with closing(JournalReader(path)) as reader:
        assert list(reader.lines())[:-1] == before
        assert reader.verify_chain() is None
    with closing(JournalReader(tmp_path / "journal.v1.bak")) as copy:
        assert list(copy.lines()) == before
    with closing(sqlite3.connect(path)) as connection, pytest.raises(SessionError, match="newer kimi-tui"):
        schema.check_schema(connection, path, 1)

"""The store of sources: ids are given once, text and bytes come back as they went in."""

import asyncio
import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kimi_tui.cells import Cell, encode_cells
from kimi_tui.events import QuestionAsked
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.session import SessionError
from kimi_tui.sources import Part, SourceRef, digest_text


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[JournalWriter]:
    """A session with nothing in it."""
    with closing(JournalWriter(tmp_path, "s")) as opened:
        yield opened


def keep(journal: JournalWriter, address: str, data: bytes, title: str = "T", *parts: Part) -> SourceRef:
    """A source with little to say about it."""
    return journal.sources.add(
        kind="page", title=title, address=address, media_type="text/html", data=data, parts=parts or (Part("p.1", "x"),)
    )


def test_the_same_address_with_the_same_bytes_keeps_its_first_id(journal: JournalWriter) -> None:
    first = keep(journal, "a", b"1")
    assert keep(journal, "a", b"1", "another title") == first
    assert [keep(journal, "a", b"2").id, keep(journal, "b", b"1").id] == ["S2", "S3"]
    assert [ref.id for ref in journal.sources.refs()] == ["S1", "S2", "S3"]


def test_an_id_is_never_given_again_after_reopening(tmp_path: Path) -> None:
    ids = []
    for address in "abc":
        with closing(JournalWriter(tmp_path, "s")) as journal:
            ids.append(keep(journal, address, b"same").id)
    assert ids == ["S1", "S2", "S3"]


def test_text_and_bytes_come_back_as_they_went_in(journal: JournalWriter) -> None:
    parts = (Part("p.1", "one\0two", "Title"), Part("p.2", "", ""), Part("§3", "z" * 1_000_000))
    data = bytes(range(256)) * 4000
    ref = keep(journal, "a", data, "T", *parts)
    assert ref.digest == hashlib.sha256(data).hexdigest()
    assert (ref.parts, ref.characters) == (3, 1_000_007)
    assert ref.text_digest == digest_text(parts)
    assert journal.sources.data(ref.digest) == data
    source = journal.sources.get("S1")
    assert source is not None
    assert (source.ref, source.parts) == (ref, parts)


def test_every_change_of_a_text_changes_its_digest() -> None:
    parts = (Part("p.1", "one", "T"), Part("p.2", "two"))
    others = [
        (Part("p.1", "one", "U"), parts[1]),
        (Part("p.9", "one", "T"), parts[1]),
        (Part("p.1", "One", "T"), parts[1]),
        (parts[1], parts[0]),
        (parts[0],),
        (Part("p.1", "one", "T"), Part("p.2", "two", "")),
    ]
    digests = [digest_text(other) for other in others]
    assert digests.count(digest_text(parts)) == 1
    assert len(set(digests)) == len(digests)


def test_hostile_words_are_stored_as_words(journal: JournalWriter) -> None:
    title, address = "'); drop table sources; --\ud800", "http://a.example/\x1b[2J\udfff"
    ref = keep(journal, address, b"1", title, Part("p.1\ud800", "\udc00", "\ud800"))
    assert (ref.title, ref.address) == ("'); drop table sources; --\ufffd", "http://a.example/\x1b[2J\ufffd")
    assert keep(journal, address, b"1", title) == ref
    source = journal.sources.get("S1")
    assert source is not None
    assert source.parts == (Part("p.1\ufffd", "\ufffd", "\ufffd"),)
    assert source.ref.text_digest == digest_text(source.parts)


CELLS = (
    Cell("p.1", 0, 5, "1,234", "1234", "grid", scale=6, unit="USD", row="Net sales", period_end="2024-12-31"),
    Cell("p.2", 3, 7, "(56)", "-56", "ixbrl", tagged_sign=-1, entity="Acme é"),
)


def keep_with_cells(journal: JournalWriter) -> SourceRef:
    """A source with two cells in two parts."""
    parts = (Part("p.1", "1,234"), Part("p.2", "is (56)"))
    return journal.sources.add(
        kind="document",
        title="",
        address="a",
        media_type="text/html",
        data=b"1",
        parts=parts,
        cells=encode_cells(CELLS),
    )


def test_cells_come_back_whole_or_by_the_label_of_their_part(journal: JournalWriter) -> None:
    ref = keep_with_cells(journal)
    assert (ref.cells, ref.cells_digest) == (2, hashlib.sha256(encode_cells(CELLS)).hexdigest())
    assert journal.sources.cells("S1") == CELLS
    assert journal.sources.cells("S1", "p.2") == CELLS[1:]
    assert journal.sources.cells("S1", "p.3") == journal.sources.cells("S9") == journal.sources.cells("x") == ()


def test_a_source_without_cells_has_no_digest_of_cells(journal: JournalWriter) -> None:
    assert (keep(journal, "a", b"1").cells_digest, journal.sources.cells("S1")) == ("", ())


@pytest.mark.parametrize(
    "change", ["delete from blobs where digest = ?", "update blobs set data = x'00' where digest = ?"]
)
def test_damaged_cells_are_reported_as_such(journal: JournalWriter, change: str) -> None:
    ref = keep_with_cells(journal)
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as connection:
        connection.execute(change, (ref.cells_digest,))
    with pytest.raises(SessionError, match="damaged"):
        journal.sources.cells("S1")


@pytest.mark.parametrize("name", ["", "S", "S0", "S2", "s1", "1", "S-1", "S1 ", "S１", "S9999999999999", "S1;S2"])
def test_what_names_no_source_gives_none(journal: JournalWriter, name: str) -> None:
    keep(journal, "a", b"1")
    assert journal.sources.get(name) is None
    assert journal.sources.data(name) is None


@pytest.mark.parametrize(
    "change", ["update blobs set data = x'00'", "update blobs set data = 'text'", "update sources set ref = '{'"]
)
def test_a_damaged_source_is_reported_as_such(journal: JournalWriter, change: str) -> None:
    ref = keep(journal, "a", b"1")
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as connection:
        connection.execute(change)
    with closing(JournalReader(journal.path)) as reader, pytest.raises(SessionError, match="damaged"):
        reader.sources.data(ref.digest)
        reader.sources.get("S1")


@pytest.mark.parametrize(
    "change",
    [
        "replace(ref, 'parts', 'ports')",
        "replace(ref, 'S1', 'S2')",
        "replace(ref, '}', ',\"more\":1}')",
        "json_remove(ref, '$.title')",
    ],
)
def test_a_description_that_says_something_else_than_its_row_is_damaged(journal: JournalWriter, change: str) -> None:
    keep(journal, "a", b"1")
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as connection:
        connection.execute(f"update sources set ref = {change}")
    with closing(JournalReader(journal.path)) as reader, pytest.raises(SessionError, match="damaged"):
        reader.sources.refs()


def test_a_source_that_cannot_be_kept_leaves_entries_possible(journal: JournalWriter) -> None:
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as connection:
        connection.execute("drop table blobs")
    with pytest.raises(SessionError, match="damaged"):
        keep(journal, "a", b"1")
    assert journal.sources.refs() == ()
    assert journal.append([QuestionAsked("go on")], turn=1, step=0)[0].seq == 1


async def test_what_is_kept_beside_the_loop_is_what_is_added(journal: JournalWriter) -> None:
    given: dict[str, Any] = {
        "kind": "document",
        "title": "Report \ud800",
        "address": "report.pdf",
        "media_type": "application/pdf",
        "data": b"x" * 3_000_000,
        "parts": (Part("p.1", "heat \ud800"),),
    }
    kept = await journal.sources.add_in_thread(**given)
    assert journal.sources.add(**given) == kept
    assert journal.sources.find_same("report.pdf", kept.digest) == kept
    assert journal.sources.find_same("other.pdf", kept.digest) is None
    assert journal.sources.data(kept.digest) == given["data"]


async def test_the_same_source_kept_twice_at_once_has_one_id(journal: JournalWriter) -> None:
    given: dict[str, Any] = {
        "kind": "document",
        "title": "Report",
        "address": "report.pdf",
        "media_type": "application/pdf",
        "data": b"x" * 3_000_000,
        "parts": (Part("p.1", "heat"),),
    }
    both = await asyncio.gather(journal.sources.add_in_thread(**given), journal.sources.add_in_thread(**given))
    assert [ref.id for ref in both] == ["S1", "S1"]
    assert len(journal.sources.refs()) == 1

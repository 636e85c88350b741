"""The hash chain: whatever is changed in a session's file afterwards is found."""

import hashlib
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.events import ObservationRecorded, ReasoningRecorded, ToolCallProposed
from kimi_tui.journal.chain import (
    canonical_json,
    check_stored_form,
    decode_event,
    digest_entry,
    encode_body,
    json_line,
    parse_line,
)
from kimi_tui.journal.compression import decompress_text
from kimi_tui.journal.reader import ChainBreak, JournalReader
from tests.story import write_story

COLUMNS = ("seq", "at", "trajectory", "turn", "step", "type", "body", "digest")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small journal at rest."""
    journal = write_story(tmp_path_factory.mktemp("whole"))
    journal.close()
    return journal.path


def broken_by(whole: Path, folder: Path, *changes: str) -> ChainBreak | None:
    """Return what verification finds in a copy that was changed."""
    copy = Path(shutil.copy(whole, folder / "copy.sqlite"))
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("pragma synchronous = off")
        for change in changes:
            connection.execute(change)
    return verdict(copy)


def verdict(path: Path) -> ChainBreak | None:
    """Return what verification finds."""
    reader = JournalReader(path)
    try:
        return reader.verify_chain()
    finally:
        reader.close()


def last(whole: Path) -> int:
    with closing(sqlite3.connect(whole)) as connection:
        return int(connection.execute("select max(seq) from entries").fetchone()[0])


def test_an_untouched_journal_holds(whole: Path) -> None:
    assert verdict(whole) is None


@pytest.mark.parametrize("column", COLUMNS[1:])
def test_edit_of_any_column_of_any_entry_is_found_at_its_place(whole: Path, tmp_path: Path, column: str) -> None:
    for seq in range(1, last(whole) + 1):
        for edit in ("'x'", "''", "x'00'", "7.5", "99"):
            change = f"update entries set {column} = {edit} where seq = {seq}"
            found = broken_by(whole, tmp_path, change)
            assert found is not None, change
            assert found.seq == seq, change


def test_a_removed_entry_is_found_wherever_it_stood(whole: Path, tmp_path: Path) -> None:
    for seq in range(1, last(whole) + 1):
        found = broken_by(whole, tmp_path, f"delete from entries where seq = {seq}")
        assert found is not None
        assert found.seq == seq


def test_entries_cut_off_at_the_end_are_found(whole: Path, tmp_path: Path) -> None:
    for seq in range(1, last(whole) + 1):
        found = broken_by(whole, tmp_path, f"delete from entries where seq >= {seq}")
        assert found is not None
        assert found.seq == seq


def test_entries_that_changed_places_are_found(whole: Path, tmp_path: Path) -> None:
    for one in range(1, last(whole)):
        found = broken_by(
            whole,
            tmp_path,
            f"update entries set seq = -1 where seq = {one}",
            f"update entries set seq = {one} where seq = {one + 1}",
            f"update entries set seq = {one + 1} where seq = -1",
        )
        assert found is not None
        assert found.seq == one


def test_an_inserted_entry_is_found(whole: Path, tmp_path: Path) -> None:
    columns = ", ".join(COLUMNS[1:])
    for seq in range(1, last(whole) + 2):
        found = broken_by(
            whole,
            tmp_path,
            f"update entries set seq = -seq - 1 where seq >= {seq}",
            "update entries set seq = -seq where seq < 0",
            f"insert into entries (seq, {columns}) select {seq}, {columns} from entries order by abs(seq - 1) limit 1",
        )
        assert found is not None
        assert found.seq in (seq, seq + 1)


@pytest.mark.parametrize(
    "change",
    [
        "update meta set value = 'other' where key = 'session'",
        "update meta set value = 'other' where key = 'head'",
        "delete from meta where key = 'head'",
        "drop table entries",
    ],
)
def test_a_change_of_what_frames_the_entries_is_found(whole: Path, tmp_path: Path, change: str) -> None:
    assert broken_by(whole, tmp_path, change) is not None


def test_a_change_of_one_character_anywhere_is_found(whole: Path, tmp_path: Path) -> None:
    chance = random.Random(1)
    with closing(sqlite3.connect(whole)) as connection:
        rows = connection.execute(f"select {', '.join(COLUMNS)} from entries").fetchall()
    copy = Path(shutil.copy(whole, tmp_path / "copy.sqlite"))
    reader = JournalReader(copy)
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("pragma synchronous = off")
        for _ in range(2000):
            row = chance.choice(rows)
            column = chance.choice(("at", "trajectory", "type", "body", "digest"))
            stored = row[COLUMNS.index(column)]
            text = decompress_text(stored)
            at = chance.randrange(len(text))
            changed = text[:at] + chance.choice([c for c in 'aZ09é"}, ' if c != text[at]]) + text[at + 1 :]
            update = f"update entries set {column} = ? where seq = ?"
            connection.execute(update, (changed, row[0]))
            found = reader.verify_chain()
            assert found is not None, (row[0], column, at, changed)
            assert found.seq == row[0]
            connection.execute(update, (stored, row[0]))
        assert reader.verify_chain() is None
    reader.close()


def test_chain_is_verified_as_of_one_moment_while_a_writer_continues(tmp_path: Path) -> None:
    journal = write_story(tmp_path)
    reader = JournalReader(journal.path)
    for _ in range(20):
        journal.append([ReasoningRecorded("more")], turn=2, step=4)
        assert reader.verify_chain() is None
    reader.close()
    journal.close()


@given(st.dictionaries(st.text(), JSON, max_size=4), st.text(st.characters(exclude_categories=())))
def test_what_is_stored_reads_back_as_what_was_announced(arguments: dict[str, Any], raw: str) -> None:
    event, body = check_stored_form(ToolCallProposed("c1", "tool", arguments, raw))
    assert decode_event("ToolCallProposed", body) == event
    assert encode_body(event) == body
    body.encode("utf-8")


def test_whole_seconds_are_stored_as_they_are_printed_again() -> None:
    event, body = check_stored_form(ReasoningRecorded("x", 3, 1))
    assert '"seconds":3.0' in body
    assert encode_body(event) == body


def test_a_surrogate_beside_a_number_that_is_none_is_stored_as_json() -> None:
    _, body = check_stored_form(ObservationRecorded("c1", "ok", "\ud800", (), {"kind": "table", "rate": float("nan")}))
    assert '"rate":null' in body
    assert "\ufffd" in body


def test_an_event_without_fields_of_its_own_reads_back() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_event("RunResumed", '{"by":3}')
    assert encode_body(decode_event("RunResumed", "{}")) == '{"by":"person"}'


def test_an_event_that_nobody_knows_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="no event is called 'RunLost'"):
        decode_event("RunLost", "{}")


ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT, st.integers(0, 1 << 62), st.dictionaries(ANY_TEXT, JSON))
def test_a_digest_is_that_of_canonical_json(
    previous: str, session: str, at: str, trajectory: str, kind: str, number: int, body: dict[str, Any]
) -> None:
    row = (number, at, trajectory, number, number, kind)
    whole = canonical_json([previous, session, *row, body])
    expected = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()
    assert digest_entry(previous, session, row, canonical_json(body)) == expected


@pytest.mark.parametrize("column", ["at", "trajectory", "turn", "step", "type"])
@pytest.mark.parametrize("value", ["x'c3'", "1.5", "'one'"])
def test_an_entry_whose_columns_hold_something_else_is_a_break(
    whole: Path, tmp_path: Path, column: str, value: str
) -> None:
    broken = broken_by(whole, tmp_path, f"update entries set {column} = {value} where seq = 3")
    assert broken is not None
    assert broken.seq == 3


def test_a_printed_line_gives_its_entry_again(whole: Path) -> None:
    reader = JournalReader(whole)
    for entry, line in zip(reader.entries(), reader.lines(), strict=True):
        assert line == json_line(entry)
        assert parse_line(line) == entry
        assert line.isascii()
    reader.close()

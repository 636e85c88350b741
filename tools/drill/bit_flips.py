"""Drill 3: one bit of a finished session's file is flipped, in a fresh copy each time.

Every flip that changes a row must be found by `kimi-tui verify`, and what it did not change must stay readable,
by a plain look at each row and through a salvaged copy.
"""

import asyncio
import json
import random
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from kimi_tui.export.verify import verify_session
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.recovery.salvage import salvage
from kimi_tui.session import SessionError
from tools.drill.drill_environment import DrillEnvironment, seconds_since
from tools.drill.model_scripts import QUESTION, many_calls_script
from tools.drill.processes import kill, runners
from tools.drill.result import DrillResult, summarize_faults
from tools.drill.simulated_person import SimulatedPerson
from tools.drill.waiting import wait_until

TABLES = {
    "entries": ("seq", "select * from entries where seq = ?"),
    "sources": ("number", "select * from sources where number = ?"),
    "parts": ("part", "select * from parts where part = ?"),
    "blobs": ("digest", "select * from blobs where digest = ?"),
    "meta": ("key", "select * from meta where key = ?"),
}
"""What a session is made of: each table's key, and how one row is read. The others are made anew from these."""
Rows = dict[tuple[str, Any], Any]


class FlipTally(msgspec.Struct):
    """Counts of the drill so far."""

    flips: int = 0
    """Bits that were flipped, one in each copy."""
    changed: int = 0
    """Flips after which a row was other than before or could not be read."""
    found: int = 0
    """Those of them that verifying, or opening, found."""
    noticed: int = 0
    """Flips that changed no row and were found all the same."""
    unaffected: int = 0
    """Rows that no flip touched, over all copies."""
    readable: int = 0
    """Those of them that could be read one by one."""
    salvaged: int = 0
    """Those that could be read, and those that a salvaged copy or what stands beside it holds."""
    faults: list[str] = []
    """What may not happen and did."""


def rows_of(path: Path, keys: dict[str, list[Any]]) -> Rows:
    """Return every row that can be read separately."""
    rows: Rows = {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        for table, (_, sql) in TABLES.items():
            for key in keys[table]:
                try:
                    row = connection.execute(sql, (key,)).fetchone()
                except sqlite3.Error:
                    continue
                if row is not None:
                    rows[table, key] = row
    return rows


def keys_of(path: Path) -> dict[str, list[Any]]:
    """The keys of every table of the sound file."""
    with closing(sqlite3.connect(path)) as connection:
        sql = "select {} from {}"
        return {
            table: [row[0] for row in connection.execute(sql.format(key, table))] for table, (key, _) in TABLES.items()
        }


def is_found(path: Path) -> bool:
    """Return whether verifying or opening the file says that something is wrong."""
    try:
        reader = JournalReader(path)
    except SessionError:
        return True
    try:
        return not all(check.passed for check in verify_session(reader))
    except SessionError:
        return True
    finally:
        reader.close()


def contents(table: str, row: Any) -> tuple[Any, ...]:
    """Return the content of a row: an entry's digest, or a source part without its number."""
    if table == "entries":
        return (table, row[-1])
    return (table, *(row[1:] if table == "parts" else row))


def salvaged_contents(path: Path, target: Path) -> set[tuple[Any, ...]]:
    """Return what is saved, in the new file and beside it."""
    for file in (target, target.with_suffix(".rest.jsonl")):
        file.unlink(missing_ok=True)
    try:
        salvage(path, target)
    except SessionError:
        return set()
    found = {contents(table, row) for (table, _), row in rows_of(target, keys_of(target)).items()}
    beside = target.with_suffix(".rest.jsonl")
    lines = beside.read_text().splitlines() if beside.exists() else []
    return found | {("entries", json.loads(line)["digest"].encode()) for line in lines}


class BitFlipper:
    """Flips bits of copies of one file."""

    def __init__(self, original: Path, folder: Path) -> None:
        self._original = original.read_bytes()
        self._keys = keys_of(original)
        self._rows = rows_of(original, self._keys)
        self._folder = folder

    def flip(self, bit: int, tally: FlipTally) -> None:
        """Flip one bit of a fresh copy and look at what is left."""
        data = bytearray(self._original)
        data[bit // 8] ^= 1 << bit % 8
        path = self._folder / "flipped" / "journal.sqlite"
        path.write_bytes(data)
        rows = rows_of(path, self._keys)
        bad = [key for key, row in self._rows.items() if rows.get(key) != row]
        found = is_found(path)
        tally.flips += 1
        tally.changed += bool(bad)
        tally.found += bool(bad) and found
        tally.noticed += found and not bad
        saved = salvaged_contents(path, path.with_name("salvaged.sqlite")) if bad else set()
        lost = [key for key in bad if contents(key[0], self._rows[key]) not in saved]
        # One bit stands in one row at most: every other row has all its bytes, readable or not.
        tally.unaffected += len(self._rows) - bool(bad)
        tally.readable += len(self._rows) - len(bad)
        tally.salvaged += len(self._rows) - max(len(lost), bool(bad))
        if bad and not found:
            where = f"{bad[0][0]} {bad[0][1]!r}"
            tally.faults.append(f"bit {bit} changed {len(bad)} rows ({where}) and was not found")
        if len(lost) > 1:
            tally.faults.append(f"bit {bit} lost {len(lost)} rows: {lost[:3]}")


async def record_session(place: DrillEnvironment, calls: int) -> Path:
    """The file of a finished session, at rest."""
    place.serve(many_calls_script(calls, pace=0.0))
    session = await place.library.start(QUESTION)
    await SimulatedPerson().attend(session)
    await session.close()
    for runner in runners(place.folder):
        kill(runner.pid, signal.SIGTERM)
    await wait_until(lambda: not runners(place.folder))
    return place.library.shelf.path(session.id)


def run(times: int, seed: int) -> DrillResult:
    """The drill: so many flips, at random places of one file."""
    began = time.monotonic()
    chance, tally = random.Random(seed), FlipTally()
    with DrillEnvironment() as place:
        path = asyncio.run(record_session(place, 60))
        (place.folder / "flipped").mkdir()
        flipping = BitFlipper(path, place.folder)
        size = path.stat().st_size
        for _ in range(times):
            flipping.flip(chance.randrange(size * 8), tally)
    hidden, lost = tally.unaffected - tally.readable, tally.unaffected - tally.salvaged
    return DrillResult(
        drill="flips",
        done=f"{tally.flips} single bits flipped in copies of a file of {size:,} bytes, seed {seed}",
        found=f"{tally.changed} changed a row, {tally.found} of them found; {tally.noticed} that changed none were "
        f"found too; of {tally.unaffected:,} unaffected rows {hidden:,} could not be read one by one, {lost:,} "
        "neither so nor salvaged",
        faults=summarize_faults(tally.faults),
        reached=tally.found == tally.changed and not lost,
        seconds=seconds_since(began),
    )

"""The file of a desk's index, shared by all processes that work on the desk.

A damaged file is replaced under a lock by a new one with the next number in its name, so that a process that still has
the old one open, or closes it later, touches nothing of the new one.
"""

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kimi_tui.storage import Connection, DatabaseError, connect, fault_kind, use_write_ahead_log

BUSY_SECONDS = 20.0
"""How long one process waits for another one that writes."""


class IndexFile:
    """Opens the current file of one desk, and replaces it when it is damaged."""

    def __init__(self, folder: Path, name: str, lay_out: Callable[[Connection], None]) -> None:
        """`lay_out` makes the tables of an empty database and raises `DatabaseError` for one that has others."""
        self._folder = folder
        self._name = name
        self._lay_out = lay_out
        self._number = 0

    def open(self) -> Connection:
        """Open the file, or a new one in the place of a damaged one.

        Raises `DatabaseError` or `OSError` when neither can be had; a file that another process holds stays.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._exclusive_lock():
            self._number = max(self._numbers(), default=0)
            try:
                return self._connected(self._path(self._number))
            except DatabaseError as error:
                if fault_kind(error) != "corrupt":
                    raise
            return self._replaced()

    def replace(self) -> Connection:
        """Open a new file instead of the present one, unless another process replaced it already.

        Raises `DatabaseError` or `OSError`.
        """
        with self._exclusive_lock():
            latest = max(self._numbers(), default=0)
            if latest > self._number:
                self._number = latest
                return self._connected(self._path(latest))
            return self._replaced()

    def _replaced(self) -> Connection:
        damaged, fresh = self._path(self._number), self._path(self._number + 1)
        partial = fresh.with_suffix(".new")
        _remove(partial)
        connection = connect(partial)
        try:
            self._lay_out(connection)
        finally:
            connection.close()
        partial.replace(fresh)
        self._number += 1
        _remove(damaged)
        return self._connected(fresh)

    def _connected(self, path: Path) -> Connection:
        connection = connect(path, timeout=BUSY_SECONDS)
        try:
            use_write_ahead_log(connection, BUSY_SECONDS)
            connection.execute("pragma synchronous = normal")
            self._lay_out(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _path(self, number: int) -> Path:
        return self._folder / (f"{self._name}-{number}.sqlite" if number else f"{self._name}.sqlite")

    def _numbers(self) -> Iterator[int]:
        shape = re.compile(rf"{re.escape(self._name)}(?:-(\d+))?\.sqlite")
        for path in self._folder.iterdir():
            if match := shape.fullmatch(path.name):
                yield int(match[1] or 0)

    @contextmanager
    def _exclusive_lock(self) -> Iterator[None]:
        """Keep every other process from opening or replacing the file meanwhile."""
        descriptor = os.open(self._folder / f"{self._name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _remove(file: Path) -> None:
    """Delete a database and what goes with it."""
    for end in ("", "-wal", "-shm", "-journal"):
        file.with_name(file.name + end).unlink(missing_ok=True)

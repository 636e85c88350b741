"""Remember the servers and desk folders that the person named on this machine.

A session's file may come from somebody else, and records a server and a desk. Only what is in this list or among
today's settings is used again without asking; the file is in the data folder, outside of all sessions, and a line is
added only for what a setting, a variable or a flag named.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

import msgspec

MAX_FILE_BYTES = 1 << 20
"""Bytes of the list that are read."""


class KnownPlaces(msgspec.Struct, frozen=True):
    """The servers and desks that the person named before."""

    servers: frozenset[str] = frozenset()
    """Addresses, and `PROVIDER VENDOR` for managed endpoints."""
    desks: frozenset[str] = frozenset()
    """Absolute paths, as sessions record them."""


class _Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the file."""

    server: str = ""
    desk: str = ""


def read_known_places(home: Path) -> KnownPlaces:
    """Return what is remembered in a data folder; nothing of a file that another user owns or may change."""
    lines: list[_Line] = []
    with suppress(OSError), (home / _FILE_NAME).open("rb") as file:
        status = os.fstat(file.fileno())
        if status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            for line in file.read(MAX_FILE_BYTES).splitlines():
                with suppress(msgspec.MsgspecError):
                    lines.append(msgspec.json.decode(line, type=_Line))
    return KnownPlaces(
        frozenset(line.server for line in lines if line.server), frozenset(line.desk for line in lines if line.desk)
    )


def remember_places(home: Path, *, server: str = "", desk: str = "") -> None:
    """Add a server and a desk that the person named; where nothing can be written, they are asked for again."""
    known = read_known_places(home)
    new = _Line(server if server not in known.servers else "", desk if desk not in known.desks else "")
    if not (new.server or new.desk):
        return
    with suppress(OSError):
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(home / _FILE_NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        try:
            os.write(file, msgspec.json.encode(new) + b"\n")
        finally:
            os.close(file)


_FILE_NAME = "places.jsonl"

"""Freshness stamps: a result stays valid as long as the stamp of what it read is unchanged.

Sources never change once they are kept; a file of the desk is told by its size and the time of its last change,
those that a database writes beside it included; what the network gave depends on the hour alone. What cannot be
told has no stamp, and its result answers no other call.
"""

import asyncio
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from kimi_tui.events import Effect
from kimi_tui.text import text_path
from kimi_tui.tools.desk.files import list_desk, locate_file

NETWORK = "network"
"""The stamp of what came from the network: the same at all times, so that its age must be looked at."""
ALWAYS = "always"
"""The stamp of what never changes: sources and calculations."""

_SOURCE = re.compile(r"S\d{1,9}")
_COMPANION_SUFFIXES = ("", "-wal", "-journal")


async def freshness_stamp(effects: Iterable[Effect], desk: Path | None) -> str:
    """Return the stamp of a call that touches these; empty when there is none."""
    stamps = {ALWAYS}
    for effect in effects:
        if effect.kind == "network":
            stamps.add(NETWORK)
        elif effect.kind not in ("read", "query"):
            return ""
        elif desk is not None and await asyncio.to_thread(_is_of_desk, desk, effect.target):
            stamps.add(await asyncio.to_thread(_desk_file_stamp, desk, effect.target))
    stamps -= {ALWAYS} if len(stamps) > 1 else set()
    return "" if "" in stamps else " ".join(sorted(stamps))


def _is_of_desk(desk: Path, target: str) -> bool:
    """Return whether a target is a file of the desk, or the desk, and not a source of the session."""
    return not _SOURCE.fullmatch(target) or locate_file(desk, target) is not None


def _desk_file_stamp(root: Path, name: str) -> str:
    """Return the stamp of one desk file, or of all files if it is not found; empty if unknown."""
    try:
        path = locate_file(root, name) if name else None
        if path is not None:
            return _digest(_file_stamp_lines(path))
        return _digest(
            line
            for file in list_desk(root).files
            for line in (file.path, *_file_stamp_lines(text_path(str(root / file.path))))
        )
    except OSError:
        return ""


def _file_stamp_lines(path: Path) -> list[str]:
    """Size and time of a file and of those beside it."""
    found = []
    for ending in _COMPANION_SUFFIXES:
        try:
            status = path.with_name(path.name + ending).stat()
        except FileNotFoundError:
            continue
        found.append(f"{ending} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}")
    return found


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()

"""Mark a session file whose writer met damage: its records may be sound, but nothing can be added.

The mark counts for that very file only, so a salvaged or restored one in its place is free of it.
"""

from contextlib import suppress
from pathlib import Path

import msgspec

from kimi_tui.text import one_line

MARK_NAME = "damaged.json"
"""The mark's name in the session's folder."""


class _Mark(msgspec.Struct, frozen=True):
    file: int
    """The inode of the damaged file."""
    reason: str


def mark_damaged(path: Path, reason: str) -> None:
    """Write the mark for a session file, if the folder can be written."""
    with suppress(OSError):
        mark = _Mark(path.stat().st_ino, one_line(reason, 500))
        path.with_name(MARK_NAME).write_bytes(msgspec.json.encode(mark))


def read_damage_mark(path: Path) -> str:
    """Return why a session file takes no more entries, empty when no writer marked it."""
    try:
        mark = msgspec.json.decode(path.with_name(MARK_NAME).read_bytes(), type=_Mark)
        return mark.reason if mark.file == path.stat().st_ino else ""
    except (OSError, msgspec.MsgspecError):
        return ""


def remove_mark(path: Path) -> None:
    """Remove the mark."""
    with suppress(OSError):
        path.with_name(MARK_NAME).unlink(missing_ok=True)

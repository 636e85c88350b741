"""What a result depends on, as a stamp: as long as the stamp is the same, so is the result.

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
from kimi_tui.tools.desk.files import located, look

NETWORK = "network"
"""The stamp of what came from the network: the same at all times, so that its age must be looked at."""
ALWAYS = "always"
"""The stamp of what never changes: sources and calculations."""

_SOURCE = re.compile(r"S\d{1,9}")
_BESIDE = ("", "-wal", "-journal")


async def stamp_of(effects: Iterable[Effect], desk: Path | None) -> str:
    """The stamp of a call that touches these; empty when there is none."""
    stamps = {ALWAYS}
    for effect in effects:
        if effect.kind == "network":
            stamps.add(NETWORK)
        elif effect.kind not in ("read", "query"):
            return ""
        elif desk is not None and await asyncio.to_thread(_is_of_desk, desk, effect.target):
            stamps.add(await asyncio.to_thread(_of_desk, desk, effect.target))
    stamps -= {ALWAYS} if len(stamps) > 1 else set()
    return "" if "" in stamps else " ".join(sorted(stamps))


def _is_of_desk(desk: Path, target: str) -> bool:
    """Whether a target is a file of the desk, or the desk, and not a source of the session."""
    return not _SOURCE.fullmatch(target) or located(desk, target) is not None


def _of_desk(root: Path, name: str) -> str:
    """The stamp of one file of the desk, or of all when it is not found by this name; empty if it cannot be told."""
    try:
        path = located(root, name) if name else None
        if path is not None:
            return _digest(_of_file(path))
        return _digest(
            line for file in look(root).files for line in (file.path, *_of_file(text_path(str(root / file.path))))
        )
    except OSError:
        return ""


def _of_file(path: Path) -> list[str]:
    """Size and time of a file and of those beside it."""
    found = []
    for ending in _BESIDE:
        try:
            status = path.with_name(path.name + ending).stat()
        except FileNotFoundError:
            continue
        found.append(f"{ending} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}")
    return found


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()

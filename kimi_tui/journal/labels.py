"""Store a person's name and pin for a session, beside its journal.

A label is no fact of the session: it may be changed while a process works on it, and is left out of what is verified.
One that cannot be read is no label.
"""

from pathlib import Path

import msgspec

from kimi_tui.session import SessionError
from kimi_tui.text import one_line

LABEL_NAME = "label.json"
MAX_NAME_CHARS = 200
"""Characters of a name."""


class Label(msgspec.Struct, frozen=True):
    """A person's name and pin for a session."""

    name: str = ""
    """Shown in the place of the question; empty for none."""
    pinned: bool = False
    """True when it stands first in the library."""


def read_label(folder: Path) -> Label:
    """Read the label of a session's folder."""
    try:
        return msgspec.json.decode((folder / LABEL_NAME).read_bytes(), type=Label)
    except (OSError, msgspec.MsgspecError):
        return Label()


def write_label(folder: Path, label: Label) -> None:
    """Write a label, whole or not at all; raises `SessionError`."""
    label = msgspec.structs.replace(label, name=one_line(label.name, MAX_NAME_CHARS))
    target = folder / LABEL_NAME
    fresh = target.with_suffix(".new")
    try:
        fresh.write_bytes(msgspec.json.encode(label))
        fresh.replace(target)
    except OSError as error:
        raise SessionError(f"the session's label cannot be written in {folder} ({error.strerror})") from None

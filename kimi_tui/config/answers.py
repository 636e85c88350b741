"""Answers that a person gave once and for all: a small file of the app's own in the data folder.

The person's settings file is never written, and whatever stands in it wins. A file that cannot be read holds no
answer; removing it makes the app ask again.
"""

import os
from pathlib import Path
from typing import Literal

import msgspec

Leaving = Literal["background", "pause"]


class _Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    leave: Leaving | None = None


class Answers:
    """What is remembered, read when it is asked for: two apps on one data folder share it."""

    def __init__(self, home: Path) -> None:
        """`home` is the data folder; nothing is read or made yet."""
        self.path = home / "answers.json"
        """Where the answers are kept."""

    @property
    def leave(self) -> Leaving | None:
        """What becomes of running turns when the app is left; None when it is to be asked."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=_Kept).leave
        except (OSError, msgspec.MsgspecError):
            return None

    def keep_leave(self, choice: Leaving) -> None:
        """Remember it; raises `OSError` when it cannot be written."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        partial.touch(mode=0o600)
        partial.write_bytes(msgspec.json.encode(_Kept(choice)))
        partial.replace(self.path)

    def forget(self) -> None:
        """Ask again; raises `OSError` when that cannot be."""
        self.path.unlink(missing_ok=True)

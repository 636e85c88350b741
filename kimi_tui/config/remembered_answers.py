"""Remember a person's answers to questions of the app, in a small file in the data folder.

The settings file is not written for these, and what it says wins. A file that cannot be read holds no
answer; removing it makes the app ask again.
"""

import os
from pathlib import Path
from typing import Literal

import msgspec

QuitChoice = Literal["background", "pause"]


class _StoredAnswers(msgspec.Struct, frozen=True, omit_defaults=True):
    """The contents of the file."""

    leave: QuitChoice | None = None


class RememberedAnswers:
    """Remembered answers, read when they are asked for: two apps on one data folder share them."""

    def __init__(self, home: Path) -> None:
        """`home` is the data folder; nothing is read or made yet."""
        self.path = home / "answers.json"
        """Where the answers are kept."""

    @property
    def on_quit(self) -> QuitChoice | None:
        """Return how running turns are treated when the app quits; None when the person is to be asked."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=_StoredAnswers).leave
        except (OSError, msgspec.MsgspecError):
            return None

    def remember_on_quit(self, choice: QuitChoice) -> None:
        """Remember it; raises `OSError` when it cannot be written."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        partial.touch(mode=0o600)
        partial.write_bytes(msgspec.json.encode(_StoredAnswers(choice)))
        partial.replace(self.path)

    def forget(self) -> None:
        """Ask again; raises `OSError` when that cannot be."""
        self.path.unlink(missing_ok=True)

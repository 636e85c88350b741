"""Remember what was sent from the question lines, across sessions, in a small private file in the data folder.

A file that cannot be read holds nothing; one that cannot be written is kept in memory until the app ends. Two apps on
one data folder share it: what the other one sent since is read before anything is added.
"""

import os
from contextlib import suppress
from pathlib import Path

import msgspec

MAX_TEXTS = 500
"""Texts that are kept, the latest."""
MAX_CHARS = 10_000
"""Characters of one text; a longer one is a document, and not kept."""
MAX_FILE_BYTES = 64 << 20
"""A larger file is not ours, and not read."""


class QuestionHistory:
    """The texts that were sent, the latest last; nothing is read before it is asked for."""

    def __init__(self, home: Path) -> None:
        """`home` is the data folder."""
        self.path = home / "questions.json"
        """Where the texts are kept."""
        self._texts: list[str] = []

    def texts(self) -> list[str]:
        """Return every text, the latest last, each once."""
        with suppress(OSError, msgspec.MsgspecError):
            if self.path.stat().st_size <= MAX_FILE_BYTES:
                self._texts = msgspec.json.decode(self.path.read_bytes(), type=list[str])[-MAX_TEXTS:]
        return self._texts

    def add(self, text: str) -> None:
        """Add a text as the latest; one that was sent before moves to the end."""
        if len(text) > MAX_CHARS:
            return
        self._texts = [*(one for one in self.texts() if one != text), text][-MAX_TEXTS:]
        with suppress(OSError, UnicodeError):  # no question is lost by it: it is in the session's journal
            self._write()

    def _write(self) -> None:
        """Replace the file, so that nobody ever reads half of it; raises `OSError`."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        partial.unlink(missing_ok=True)
        with open(partial, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(msgspec.json.encode(self._texts))
        partial.replace(self.path)

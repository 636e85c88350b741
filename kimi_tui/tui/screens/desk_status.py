"""Status line of the library: how many files of the desk were read, and which could not be."""

from typing import Any

from textual import work
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from kimi_tui.session import DeskReading, Library
from kimi_tui.text import count_noun, one_line

MAX_NAMED_FILES = 2
"""Unreadable files that the line names."""
_FIRST_ASK_SECONDS = 1.0
"""The screen is drawn before the desk is read."""
_REPEAT_SECONDS = 2.0


class DeskStatus(Static):
    """Shows how far the reading of the desk is."""

    class Read(Message):
        """The state of the reading is known."""

        def __init__(self, reading: DeskReading) -> None:
            super().__init__()
            self.reading = reading

    def __init__(self, library: Library, **options: Any) -> None:
        super().__init__(markup=False, **options)
        self._library = library
        self._timer: Timer | None = None
        self._has_asked = False

    def on_mount(self) -> None:
        """Ask for the status soon."""
        self.display = False
        self._timer = self.set_timer(_FIRST_ASK_SECONDS, self.refresh_status)

    def ask_again(self) -> None:
        """Ask once more, if it has asked before: the first question waits until the screen is drawn."""
        if self._has_asked:
            self.refresh_status()

    @work(exclusive=True, group="desk")
    async def refresh_status(self) -> None:
        """Ask how far the reading is, and repeat while it goes on; under another screen it waits to be shown."""
        self._has_asked = True
        if self.app.screen is not self.screen:
            return
        reading = await self._library.desk_reading()
        self.display = reading is not None
        if reading is not None:
            self.update(Content(describe_desk(reading)))
            self.post_message(self.Read(reading))
            if reading.is_reading:
                self._timer = self.set_timer(_REPEAT_SECONDS, self.refresh_status)


def describe_desk(reading: DeskReading) -> str:
    """`56 of 57 documents read, 10,206 pages · 1 without text: scan.pdf (needs a password)` in one line.

    Counts come before names, so that a narrow screen cuts names alone.
    """
    ignored = f"{count_noun(reading.left_alone, 'other file')} ignored" if reading.left_alone else ""
    if not reading.documents:
        return " · ".join(filter(None, ("The desk holds no document that can be read.", ignored)))
    doing = "Reading the desk: " if reading.is_reading else ""
    failed = len(reading.unreadable)
    done = f"{doing}{reading.read - failed:,} of {count_noun(reading.documents, 'document')} read, "
    counts = (done + count_noun(reading.pages, "page"), ignored, f"{failed:,} without text" if failed else "")
    words = " · ".join(filter(None, counts))
    if failed:
        shown = reading.unreadable[:MAX_NAMED_FILES]
        names = "; ".join(f"{one_line(path, 40)} ({one_line(why, 50)})" for path, why in shown)
        more = f"; and {failed - MAX_NAMED_FILES} more" if failed > MAX_NAMED_FILES else ""
        words += f": {names}{more}"
    return words

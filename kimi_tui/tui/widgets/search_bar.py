"""The line that searches the timeline as you type, with the number of matches beside it."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from kimi_tui.tui.widgets.text_line import TextLine


class SearchBar(Horizontal):
    """Hidden until it is opened."""

    class Wanted(Message):
        """The person searches, or goes to another match."""

        def __init__(self, text: str, *, backwards: bool = False) -> None:
            super().__init__()
            self.text = text
            self.backwards = backwards

    class Closed(Message):
        """The search is over."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "find(1)", show=False),
        Binding("up", "find(-1)", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="search")
        self.display = False

    def compose(self) -> ComposeResult:
        """The line and the count."""
        yield Static(Content("/"), id="search-sign", markup=False)
        yield TextLine("search the timeline; tool:read  host:sec.gov  step:3-9  is:error narrow it", id="search-line")
        yield Static(id="search-count", markup=False)

    def open(self) -> None:
        """Show the line and stand in it."""
        self.display = True
        self.query_one(TextLine).focus()

    def show_count(self, matches: int, position: int = 0) -> None:
        """Say how many matches there are, and which of them is shown."""
        text = self.query_one(TextLine).value
        words = "no match" if not matches else "1 match" if matches == 1 else f"{matches:,} matches"
        if position and matches > 1:
            words = f"{position:,} of {words}"
        self.query_one("#search-count", Static).update(Content(words if text else ""))

    def action_find(self, by: int) -> None:
        """Go to the next match, or the one before."""
        self.post_message(self.Wanted(self.query_one(TextLine).value, backwards=by < 0))

    def on_input_changed(self, message: TextLine.Changed) -> None:
        """Search as you type."""
        message.stop()
        self.post_message(self.Wanted(message.value))

    def on_input_submitted(self, message: TextLine.Submitted) -> None:
        """Enter goes to the next match."""
        message.stop()
        self.action_find(1)

    def on_text_line_left(self, message: TextLine.Left) -> None:
        """Escape ends the search."""
        message.stop()
        self.display = False
        self.post_message(self.Closed())

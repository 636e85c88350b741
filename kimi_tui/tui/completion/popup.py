"""The list of completions: a few rows beside the line, drawn as plain text."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from kimi_tui.text import one_line
from kimi_tui.tui.completion.candidates import Candidate

MAX_ROWS = 8
"""Rows that are shown; the others come into sight with the cursor."""
MAX_LABEL_SHARE = 0.7
"""Share of the width that the labels may take."""
GAP_CELLS = 2
"""Cells between a label and the words beside it."""


class CompletionPopup(Widget):
    """Shows candidates, one of them under the cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"completion--cursor", "completion--help"}

    def __init__(self) -> None:
        """Nothing is shown yet."""
        super().__init__(id="completion")
        self.display = False
        self.candidates: tuple[Candidate, ...] = ()
        """The completions on offer, the best first."""
        self.was_moved = False
        """True when the person moved the cursor."""
        self._cursor = 0
        self._top = 0
        self.on_chosen: Callable[[], object] = self.refresh
        """Called by a click on a row, with the cursor on it."""

    @property
    def current(self) -> Candidate:
        """Return the candidate under the cursor; there must be one."""
        return self.candidates[self._cursor]

    def show_candidates(self, candidates: Sequence[Candidate]) -> None:
        """Show candidates with the cursor on the first; none hides the list."""
        self.candidates = tuple(candidates)
        self.was_moved = False
        self._cursor = self._top = 0
        self.display = bool(candidates)
        self.styles.height = min(len(self.candidates), MAX_ROWS)
        self.refresh()

    def move(self, by: int) -> None:
        """Move the cursor, around the ends."""
        self._go((self._cursor + by) % len(self.candidates))

    def _go(self, index: int) -> None:
        self.was_moved = True
        self._cursor = index
        rows = max(self.size.height, 1)
        self._top = min(max(self._top, index - rows + 1), index)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Choose the row under the pointer."""
        index = self._top + event.y
        if index < len(self.candidates):
            self._go(index)
            self.on_chosen()

    def render(self) -> RenderResult:
        """The rows in sight."""
        shown = self.candidates[self._top : self._top + max(self.size.height, 1)]
        width = self.size.width
        labels = [one_line(one.label) for one in shown]
        wide = min(max(map(cell_len, labels), default=0), int(width * MAX_LABEL_SHARE))
        rows = [
            self._row(label, one.help, wide, width, at_cursor=self._top + number == self._cursor)
            for number, (one, label) in enumerate(zip(shown, labels, strict=True))
        ]
        return Content("\n").join(rows)

    def _row(self, label: str, words: str, wide: int, width: int, *, at_cursor: bool) -> Content:
        label = _shorten_front(label, width if not words else wide)
        rest = max(width - wide - GAP_CELLS, 0)
        row = Content(set_cell_size(label, wide if words else width))
        if words:
            beside = Content(set_cell_size(one_line(words, rest), rest))
            if not at_cursor:
                beside = beside.stylize(self.get_visual_style("completion--help", partial=True))
            row = row + " " * GAP_CELLS + beside
        return row.stylize(self.get_visual_style("completion--cursor", partial=True)) if at_cursor else row


def _shorten_front(text: str, cells: int) -> str:
    """Return a text that fits, cut at its front: the end of a path says the most."""
    if cell_len(text) <= cells:
        return text
    while text and cell_len(text) > cells - 1:
        text = text[1:]
    return f"…{text}"

"""A long text to read: parts with headings, wrapped to the width, drawn line by line and never as markup."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import ClassVar

import msgspec
from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from kimi_tui.tui.rendering.found import searched, stretches
from kimi_tui.tui.rendering.lines import PROSE, clean, fit, wrap_text


class Passage(msgspec.Struct, frozen=True):
    """One part of the text."""

    heading: str
    """Shown over it; untrusted."""
    text: str
    """Untrusted."""


class TextView(ScrollView, can_focus=True):
    """Passages one under the other."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"text--heading", "text--found"}

    def __init__(self, *, id: str = "") -> None:
        super().__init__(id=id or None)
        self._passages: tuple[Passage, ...] = ()
        self._lines: list[tuple[str, bool]] = []
        self._starts: list[int] = []
        self._wrapped_for = 0
        self._searched: re.Pattern[str] | None = None

    def show(self, passages: Sequence[Passage], words: str = "") -> None:
        """Show these passages from the beginning; the words of a search are marked in them."""
        self._passages = tuple(passages)
        self._searched = searched(words)
        self._wrapped_for = 0
        self._wrap()
        self.scroll_to(y=0, animate=False)
        self.refresh()

    def go_to(self, index: int) -> None:
        """Bring a passage to the top, or its first marked word into view."""
        if index < len(self._starts):
            self.scroll_to(y=self._first_line(index), animate=False, force=True)

    def _first_line(self, index: int) -> int:
        """The line that is to stand at the top when a passage is shown."""
        first, last = self._starts[index], [*self._starts, len(self._lines)][index + 1]
        for number in range(first, last) if self._searched else ():
            text, heading = self._lines[number]
            if not heading and self._searched and self._searched.search(text):
                return first if number - first < self.size.height - 1 else number - self.size.height // 3
        return first

    @property
    def in_sight(self) -> int:
        """The passage that stands at the top."""
        return max(bisect_right(self._starts, self.scroll_offset.y) - 1, 0)

    def on_resize(self) -> None:
        """Wrap anew for another width."""
        self._wrap()

    def _wrap(self) -> None:
        width = min(self.size.width - 2, PROSE)
        if width < 1 or width == self._wrapped_for:
            return
        self._wrapped_for = width
        self._lines, self._starts = [], []
        for passage in self._passages:
            self._starts.append(len(self._lines))
            if passage.heading:
                self._lines.append((fit(clean(passage.heading).replace("\n", " "), self.size.width - 2), True))
            for paragraph in clean(passage.text).split("\n"):
                self._lines += [(paragraph[a:b], False) for a, b in wrap_text(paragraph, width)] or [("", False)]
            self._lines.append(("", False))
        self.virtual_size = Size(width, len(self._lines))

    def render_line(self, y: int) -> Strip:
        """One line of the viewport."""
        width, base = self.size.width, self.rich_style
        index = y + self.scroll_offset.y
        if index >= len(self._lines):
            return Strip.blank(width, base)
        text, heading = self._lines[index]
        style = base + self.get_component_rich_style("text--heading", partial=True) if heading else base
        mark = style + self.get_component_rich_style("text--found")
        pieces = stretches(text, None if heading else self._searched)
        words = [Segment(piece, mark if found else style) for piece, found in pieces]
        return Strip([Segment(" ", base), *words]).adjust_cell_length(width, base)

"""Cut a long text into slices that can be drawn one by one, even while it is still being written.

A slice is complete by itself (a paragraph, a list, one piece of a code fence) and at most about `MAX_SLICE_CHARS`
characters long, so that drawing one costs the same in a short text as in a long one. However a text arrives, whole or
in fragments, its slices are the same; those that are complete never change again.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_SLICE_CHARS = 3_000
"""Characters after which a slice ends at the next line, or within a line that has more."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")


class TextSlice(NamedTuple):
    """One piece of a text."""

    text: str
    """Without its last newline."""
    gap: bool = False
    """True when an empty line stood before it."""


class TextSlicer:
    """Takes a text in fragments and hands out its slices."""

    def __init__(self, *, markdown: bool) -> None:
        self.markdown = markdown
        """True when to keep Markdown's blocks together; plain text is cut by length alone, its empty lines kept."""
        self.done: list[TextSlice] = []
        """Complete slices; they never change again."""
        self._partial = ""
        self._lines: list[str] = []
        self._size = 0
        self._gap = False
        self._blank = False
        self._fence = ""
        self._fence_line = ""

    def feed(self, fragment: str) -> None:
        """Take the next fragment."""
        *whole, rest = (self._partial + fragment).split("\n")
        for line in whole:
            for piece, complete in _split_line(line):
                self._take(piece)
                if not complete:
                    self._end()
        self._partial = rest
        if len(rest) > 2 * MAX_SLICE_CHARS:
            pieces = list(_split_line(rest))
            for piece, _ in pieces[:-1]:
                self._take(piece)
                self._end()
            self._partial = pieces[-1][0]

    def pending_slices(self) -> list[TextSlice]:
        """Return the incomplete end as slices that may still change."""
        ended = TextSlicer(markdown=self.markdown)
        ended._lines, ended._size, ended._gap = list(self._lines), self._size, self._gap
        ended._blank, ended._fence, ended._fence_line = self._blank, self._fence, self._fence_line
        if self._partial or not self.markdown:
            for piece, complete in _split_line(self._partial):
                ended._take(piece)
                if not complete:
                    ended._end()
        ended._end()
        return ended.done

    def _take(self, line: str) -> None:
        """Add one line."""
        if self.markdown:
            self._take_markdown(line)
        else:
            self._add(line)
            if self._size >= MAX_SLICE_CHARS:
                self._end()

    def _take_markdown(self, line: str) -> None:
        fence = _FENCE.match(line)
        if self._fence:
            self._add(line)
            if line.strip() and not line.strip().strip(self._fence[0]) and len(line.strip()) >= len(self._fence):
                self._fence = ""
                self._end()
            elif self._size >= MAX_SLICE_CHARS:
                self._lines.append(self._fence)
                self._end()
                self._add(self._fence_line)
                self._size = 0
            return
        if not line.strip():
            self._blank = True
            return
        if (self._blank and not line[0].isspace()) or fence:
            self._end()
        if self._blank and self._lines:
            self._lines.append("")
        elif self._blank:
            self._gap = True
        self._blank = False
        if fence and not self._lines:
            self._fence, self._fence_line = fence[1], line
        self._add(line)
        if self._size >= MAX_SLICE_CHARS and not self._fence:
            self._end_long()

    def _add(self, line: str) -> None:
        self._lines.append(line)
        self._size += len(line) + 1

    def _end(self) -> None:
        """Close the slice that is being filled."""
        if self._lines:
            self.done.append(TextSlice("\n".join(self._lines), self._gap))
        self._lines, self._size, self._gap = [], 0, False

    def _end_long(self) -> None:
        """Close a slice that got too long; a table goes on under the same header."""
        header = self._lines[:2] if len(self._lines) > 2 and _TABLE_RULE.match(self._lines[1]) else []
        self._end()
        self._lines = header


def slice_text(text: str, *, markdown: bool) -> list[TextSlice]:
    """All slices of a whole text."""
    slicer = TextSlicer(markdown=markdown)
    slicer.feed(text)
    return slicer.done + slicer.pending_slices()


def _split_line(line: str) -> Iterator[tuple[str, bool]]:
    """Yield a line cut into pieces of at most `LIMIT` characters, each with whether it ends the line."""
    while len(line) > MAX_SLICE_CHARS:
        blank = line.rfind(" ", MAX_SLICE_CHARS // 2, MAX_SLICE_CHARS) + 1 or MAX_SLICE_CHARS
        yield line[:blank], False
        line = line[blank:]
    yield line, True

"""A scrollable view of long text: parts with headings, wrapped and drawn line by line.

Nothing in a text is the terminal's markup; a text that is Markdown is drawn as the timeline draws it.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import ClassVar

import msgspec
from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from kimi_tui.sources import TextMark
from kimi_tui.tui.rendering.glyphs import ASCII, UNICODE
from kimi_tui.tui.rendering.lines import (
    BLANK,
    MAX_PROSE_CELLS,
    NO_BREAK,
    StyledLine,
    StyledSpan,
    cut_spans,
    fit_text,
    offset_at,
    sanitize_text,
    wrap_text,
)
from kimi_tui.tui.rendering.search_highlight import compile_search, split_at_matches

ROLES = (
    "heading",
    "title",
    "minor",
    "strong",
    "emphasis",
    "strike",
    "code",
    "block",
    "accent",
    "cite",
    "link",
    "muted",
    "error",
    "cited",
    "label",
    "rests",
    "warning",
    "bar",
    "loss",
)
"""What has a look of its own; every other role of a rendered text looks like the text around it."""


class TextPassage(msgspec.Struct, frozen=True):
    """One part of the text."""

    heading: str
    """Shown over it; untrusted."""
    text: str = ""
    """Untrusted."""
    markdown: bool = False
    """True when the text is drawn as Markdown."""
    marks: tuple[TextMark, ...] = ()
    """Marked pieces of a text that is no Markdown, in order, by their offsets in it."""
    draw: Callable[[int], list[StyledLine]] | None = None
    """Draws it in so many cells, in the place of a text; None for a text."""


Piece = tuple[int, int, int]
"""A drawn line, and the offsets in it of a piece's beginning and end."""


class TextView(ScrollView, can_focus=True):
    """Passages one below the other."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"text--found", *(f"text--{role}" for role in ROLES)}

    def __init__(self, *, id: str = "") -> None:
        super().__init__(id=id or None)
        self._passages: tuple[TextPassage, ...] = ()
        self._lines: list[StyledLine] = []
        self._offsets: list[int] = []
        self._starts: list[int] = []
        self._wrapped_for = 0
        self._searched: re.Pattern[str] | None = None
        self._chosen: dict[int, list[tuple[int, int]]] = {}
        self.clicked: Callable[[int, int], object] | None = None
        """Is told the drawn line and the offset in it of a character that was clicked."""

    @property
    def lines(self) -> Sequence[StyledLine]:
        """Return the drawn lines of all passages."""
        return self._lines

    def pieces_of(self, passage: int, start: int, end: int) -> list[Piece]:
        """Return where a piece of a passage's text is drawn, by its offsets there; none in one that is Markdown."""
        if passage >= len(self._starts):
            return []
        first, last = _clean_offsets(self._passages[passage].text, start, end)
        pieces: list[Piece] = []
        for line in range(self._starts[passage], [*self._starts, len(self._lines)][passage + 1]):
            at, size = self._offsets[line], len(self._lines[line].text)
            if at >= 0 and at < last and first < at + size:
                pieces.append((line, max(first - at, 0), min(last - at, size)))
        return pieces

    def choose(self, pieces: Sequence[Piece], *, stay: bool = False) -> None:
        """Mark pieces of drawn lines as chosen, and bring them into sight unless with `stay`."""
        self._chosen = {}
        for line, start, end in pieces:
            self._chosen.setdefault(line, []).append((start, end))
        if pieces and not stay:
            first, last, top = pieces[0][0], pieces[-1][0], self.scroll_offset.y
            if not top < first <= last < top + self.size.height - 1:
                self.scroll_to(y=max(first - self.size.height // 3, 0), animate=False, force=True)
        self.refresh()

    def show(self, passages: Sequence[TextPassage], words: str = "", *, stay: bool = False) -> None:
        """Show these passages from the beginning, or with `stay` from the present line; searched words are marked."""
        self._passages = tuple(passages)
        self._searched = compile_search(words)
        self._wrapped_for = 0
        self._wrap()
        if not stay:
            self.scroll_to(y=0, animate=False)
        self.refresh()

    def go_to(self, index: int) -> None:
        """Bring a passage to the top, or its first marked word into view."""
        if index < len(self._starts):
            self.scroll_to(y=self._first_line(index), animate=False, force=True)

    def _first_line(self, index: int) -> int:
        """Return the line that is to are at the top when a passage is shown."""
        first, last = self._starts[index], [*self._starts, len(self._lines)][index + 1]
        below = first + 1 if self._passages[index].heading else first
        header: int | None = None
        for number in range(below, last) if self._searched or self._passages[index].marks else ():
            roles = {span.style for span in self._lines[number].spans}
            header = number if header is None and "header" in roles else header
            if "cited" in roles or (self._searched and self._searched.search(self._lines[number].text)):
                if number - first < self.size.height - 1:
                    return first
                near = header is not None and number - header < self.size.height - 1
                return header if near and header is not None else number - self.size.height // 3
        return first

    @property
    def top_passage(self) -> int:
        """Return the index of the passage at the top."""
        return max(bisect_right(self._starts, self.scroll_offset.y) - 1, 0)

    @property
    def bottom_passage(self) -> int:
        """Return the index of the last passage in sight."""
        return max(bisect_right(self._starts, self.scroll_offset.y + self.size.height - 1) - 1, 0)

    def on_resize(self) -> None:
        """Wrap anew for another width."""
        self._wrap()

    def _wrap(self) -> None:
        width = min(self.size.width - 2, MAX_PROSE_CELLS)
        if width < 1 or width == self._wrapped_for:
            return
        self._wrapped_for = width
        self._lines, self._offsets, self._starts, self._chosen = [], [], [], {}
        for passage in self._passages:
            self._starts.append(len(self._lines))
            if passage.heading:
                heading = fit_text(sanitize_text(passage.heading).replace("\n", " "), self.size.width - 2)
                self._add([StyledLine((StyledSpan(heading, "heading"),))])
            self._add(*self._passage_lines(passage, width))
            self._add([BLANK])
        self.virtual_size = Size(width, len(self._lines))

    def _add(self, lines: Sequence[StyledLine], offsets: Sequence[int] = ()) -> None:
        """Add drawn lines, with where each begins in its passage's text; -1 for those that are no text."""
        self._lines += lines
        self._offsets += offsets or [-1] * len(lines)

    def _passage_lines(self, passage: TextPassage, width: int) -> tuple[list[StyledLine], list[int]]:
        if passage.draw is not None:
            return passage.draw(width), []
        if passage.markdown:
            return self._markdown_lines(passage.text, width), []
        return _wrap_paragraphs(passage.text, width, passage.marks)

    def _markdown_lines(self, text: str, width: int) -> list[StyledLine]:
        """Markdown, as the timeline draws it."""
        from kimi_tui.tui.rendering.markdown import markdown_lines  # its parser is not needed at the start

        return markdown_lines(text, width, ASCII if self.app.has_class("-ascii") else UNICODE)

    def render_line(self, y: int) -> Strip:
        """One line of the viewport."""
        width = self.size.width
        index = y + self.scroll_offset.y
        if index >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        line = self._lines[index]
        fill = self._role_style(line.fill)
        spans = _chosen_spans(line, self._chosen.get(index, ()))
        cited = any(span.style == "cited" for span in spans)
        segments = [Segment(self._margin_sign if cited else " ", fill)]
        for span in spans:
            style = self._role_style(f"{line.fill} {span.style}")
            mark = style + self.get_component_rich_style("text--found")
            pieces = split_at_matches(
                span.text.replace(NO_BREAK, " "), None if span.style == "heading" else self._searched
            )
            segments += [Segment(piece, mark if found else style) for piece, found in pieces]
        return Strip(segments).adjust_cell_length(width, fill)

    def on_click(self, event: Click) -> None:
        """Report which character was clicked."""
        place = event.get_content_offset(self)
        index = place.y + self.scroll_offset.y if place is not None else len(self._lines)
        if self.clicked is not None and place is not None and index < len(self._lines):
            self.clicked(index, offset_at(self._lines[index].text, place.x + self.scroll_offset.x - 1))

    @property
    def _margin_sign(self) -> str:
        """Return the sign before a line with something cited."""
        return (ASCII if self.app.has_class("-ascii") else UNICODE).marker

    def _role_style(self, roles: str) -> Style:
        """Return the combined style of text in these roles."""
        style = self.rich_style
        for role in roles.split():
            if role in ROLES:
                style += self.get_component_rich_style(f"text--{role}", partial=True)
        return style


def _wrap_paragraphs(text: str, width: int, marks: Sequence[TextMark] = ()) -> tuple[list[StyledLine], list[int]]:
    """Return a text unchanged, its paragraphs wrapped and pieces of it marked, and where each line begins in it."""
    clean = sanitize_text(text)
    marks = [_mark_in_clean_text(text, mark) for mark in marks]
    lines: list[StyledLine] = []
    offsets: list[int] = []
    at = 0
    for paragraph in clean.split("\n"):
        here = [mark for mark in marks if mark.start < at + len(paragraph) and mark.end > at]
        spans = _marked_spans(paragraph, at, here)
        for cut in wrap_text(paragraph, width):
            lines.append(StyledLine(tuple(cut_spans(spans, *cut))))
            offsets.append(at + cut[0])
        at += len(paragraph) + 1
    return lines, offsets


def _clean_offsets(text: str, start: int, end: int) -> tuple[int, int]:
    """Return offsets in the drawn text."""
    return len(sanitize_text(text[:start])), len(sanitize_text(text[:end]))


def _mark_in_clean_text(text: str, mark: TextMark) -> TextMark:
    """Return a mark with its offsets in the drawn text."""
    start, end = _clean_offsets(text, mark.start, mark.end)
    return mark._replace(start=start, end=end)


def _marked_spans(paragraph: str, start: int, marks: Sequence[TextMark]) -> list[StyledSpan]:
    """Return a paragraph that begins at an offset as spans; where marks overlap, the first one counts."""
    spans: list[StyledSpan] = []
    at = 0
    for mark in marks:
        first, last = max(mark.start - start, at), min(mark.end - start, len(paragraph))
        if first < last:
            spans += [StyledSpan(paragraph[at:first]), StyledSpan(paragraph[first:last], mark.role)]
            at = last
    return [span for span in (*spans, StyledSpan(paragraph[at:])) if span.text]


def _chosen_spans(line: StyledLine, chosen: Sequence[tuple[int, int]]) -> Sequence[StyledSpan]:
    """Return the spans of a line with its chosen pieces in the style of what is cited."""
    if not chosen:
        return line.spans
    spans: list[StyledSpan] = []
    at = 0
    for start, end in sorted(chosen):
        spans += cut_spans(line.spans, at, start)
        spans += [span._replace(style="cited") for span in cut_spans(line.spans, start, end)]
        at = end
    return [*spans, *cut_spans(line.spans, at, len(line.text))]

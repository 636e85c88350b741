"""Sections: the pieces that a block is drawn in, each with an estimated height and a function to draw it.

A section is drawn only when it comes into view; until then its estimate stands for it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from kimi_tui.projections.calls import Call
from kimi_tui.sources import SourceRef
from kimi_tui.text import count_noun
from kimi_tui.tui.formatting import format_characters
from kimi_tui.tui.rendering.glyphs import UNICODE, Glyphs
from kimi_tui.tui.rendering.lines import BLANK, MAX_PROSE_CELLS, StyledLine, StyledSpan, fit_text, plain_lines, width_of
from kimi_tui.tui.rendering.markdown import markdown_lines
from kimi_tui.tui.rendering.text_slices import TextSlice, slice_text

MIN_WIDTH_CELLS = 8
"""Cells that blocks are drawn in even where there are fewer; what is too much is cut off."""
PREVIEW_ROWS = 12
"""Rows of an observation or a detail that are shown before all of it is asked for."""
PREVIEW_CHARS = 1_200
"""Characters shown before all of it is asked for."""


class DrawnSection(NamedTuple):
    """One piece of a block."""

    height: int
    """Lines it will probably take; exact only after it has been drawn."""
    draw: Callable[[], list[StyledLine]]
    """Makes its lines; the same ones each time."""


class DrawContext(NamedTuple):
    """The surroundings that a block needs to be drawn: width, glyphs, level, call, clock."""

    width: int
    """Cells for the whole line, at least `MIN_WIDTH_CELLS`."""
    glyphs: Glyphs = UNICODE
    """The signs to draw with."""
    level: int = 0
    """How far it is opened: 0 folded, 1 open, 2 everything."""
    gap: int = 0
    """Empty lines before it."""
    call: Call | None = None
    """For a call: where it stands."""
    seconds: float = 0.0
    """For a running call: how long this screen has seen it run."""
    group: int = 1
    """For a call: how many calls its step has side by side."""
    position: int = 0
    """For a call: which of them it is, from 0."""
    sources: Mapping[str, SourceRef] = MappingProxyType({})
    flagged: frozenset[str] = frozenset()
    """Ids of the sources whose text was flagged as hostile."""
    """Every source of the session, for the memo."""


def fixed_section(lines: Sequence[StyledLine]) -> DrawnSection:
    """Return a section that is drawn already."""
    made = list(lines)
    return DrawnSection(len(made), lambda: made)


def text_height(text: str, width: int) -> int:
    """About how many lines a text takes, without laying it out."""
    return text.count("\n") + 1 + len(text) // max(width, 2)


def body_width(width: int, indent: int) -> int:
    """Return the cells for prose: the rest of the line, but no more than is readable."""
    return max(min(width - indent, MAX_PROSE_CELLS), 2)


def indent_lines(lines: Sequence[StyledLine], before: Sequence[StyledSpan]) -> list[StyledLine]:
    """Lines with an ornament before each."""
    size = sum(len(span.text) for span in before)
    return [line._replace(spans=(*before, *line.spans), lead=size + line.lead) for line in lines]


def indent_for(width: int, before: Sequence[StyledSpan]) -> Sequence[StyledSpan]:
    """Return the ornament, unless the line is too narrow to afford it."""
    return before if width >= 4 * sum(width_of(span.text) for span in before) + 8 else ()


def markdown_sections(text: str, place: DrawContext, before: Sequence[StyledSpan]) -> list[DrawnSection]:
    """Return a Markdown text, slice by slice."""
    return [markdown_section(piece, place, before) for piece in slice_text(text, markdown=True)]


def markdown_section(piece: TextSlice, place: DrawContext, before: Sequence[StyledSpan]) -> DrawnSection:
    """One slice of a Markdown text."""
    before = indent_for(place.width, before)
    room = place.width - sum(width_of(span.text) for span in before)
    height = text_height(piece.text, min(room, MAX_PROSE_CELLS)) + piece.gap
    return DrawnSection(height, partial(_markdown, piece, room, place.glyphs, before))


def _markdown(piece: TextSlice, room: int, glyphs: Glyphs, before: Sequence[StyledSpan]) -> list[StyledLine]:
    lines = markdown_lines(piece.text, room, glyphs)
    return indent_lines([BLANK, *lines] if piece.gap else lines, before)


def plain_sections(
    text: str, place: DrawContext, style: str, before: Sequence[StyledSpan], *, wide: bool
) -> list[DrawnSection]:
    """Return plain text slice by slice; `wide` lets its lines be as long as the screen."""
    return [plain_section(piece, place, style, before, wide=wide) for piece in slice_text(text, markdown=False)]


def plain_section(
    piece: TextSlice, place: DrawContext, style: str, before: Sequence[StyledSpan], *, wide: bool
) -> DrawnSection:
    """Return one slice of a text, unformatted."""
    before = indent_for(place.width, before)
    size = sum(width_of(span.text) for span in before)
    width = place.width if wide else min(place.width, MAX_PROSE_CELLS + size)
    return DrawnSection(
        text_height(piece.text, width - size), partial(plain_lines, piece.text, width, style, indent=before)
    )


def cut_preview(text: str) -> tuple[str, int]:
    """Return the beginning of a text, and how many characters are missing."""
    shown = "\n".join(text.split("\n", PREVIEW_ROWS)[:PREVIEW_ROWS])[:PREVIEW_CHARS]
    missing = len(text) - len(shown)
    return (text, 0) if missing < PREVIEW_CHARS // 4 and "\n" not in text[len(shown) :].strip() else (shown, missing)


def more_line(missing: int, place: DrawContext, before: Sequence[StyledSpan]) -> StyledLine:
    """Return the line that says how much is not shown; choosing it shows all."""
    return _more(format_characters(missing), place, before)


def more_rows(missing: int, place: DrawContext, before: Sequence[StyledSpan]) -> StyledLine:
    """Return the same for a table's rows."""
    return _more(count_noun(missing, "row"), place, before)


def _more(what: str, place: DrawContext, before: Sequence[StyledSpan]) -> StyledLine:
    before = indent_for(place.width, before)
    room = place.width - sum(width_of(span.text) for span in before)
    words = fit_text(f"{place.glyphs.ellipsis} {what} more", max(room, 2), place.glyphs.ellipsis)
    lead = sum(len(span.text) for span in before)
    return StyledLine((*before, StyledSpan(words, "muted link", "more:")), lead=lead)


def spread_line(left: Sequence[StyledSpan], right: Sequence[StyledSpan], width: int) -> StyledLine:
    """Return a line with something at each end; the right end gives way where there is no room."""
    used = sum(width_of(span.text) for span in left)
    size = sum(width_of(span.text) for span in right)
    if not right or used + size + 2 > width:
        return StyledLine(tuple(left))
    return StyledLine((*left, StyledSpan(" " * (width - used - size)), *right))


MIN_SHOWN_SECONDS = 0.05
"""Shorter durations would be shown as `0.0 s`, which says nothing."""


def format_seconds(seconds: float) -> str:
    """Return a duration: `0.4 s`, `12 s`, `3 min 05 s`, `1 h 02 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"

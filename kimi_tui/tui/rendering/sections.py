"""Sections: the pieces a block is drawn in, each with an estimate of its height and the means to draw it.

A section is drawn only when it comes into view; until then its estimate stands for it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from kimi_tui.projections.calls import Call
from kimi_tui.sources import SourceRef
from kimi_tui.tui.rendering.glyphs import UNICODE, Glyphs
from kimi_tui.tui.rendering.lines import BLANK, PROSE, Line, Span, fit, plain, width_of
from kimi_tui.tui.rendering.markdown import markdown_lines
from kimi_tui.tui.rendering.slices import Slice, slices
from kimi_tui.tui.words import characters

LEAST_WIDTH = 8
"""Cells that blocks are drawn in even where there are fewer; what is too much is cut off."""
PREVIEW_ROWS = 12
"""Rows of an observation or a detail that are shown before all of it is asked for."""
PREVIEW_CHARACTERS = 1_200
"""Characters shown before all of it is asked for."""


class Section(NamedTuple):
    """One piece of a block."""

    height: int
    """Lines it will probably take; exact only after it has been drawn."""
    draw: Callable[[], list[Line]]
    """Makes its lines; the same ones each time."""


class Place(NamedTuple):
    """What a block must know of its surroundings to be drawn."""

    width: int
    """Cells for the whole line, at least `LEAST_WIDTH`."""
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


def fixed(lines: Sequence[Line]) -> Section:
    """A section that is drawn already."""
    made = list(lines)
    return Section(len(made), lambda: made)


def text_height(text: str, width: int) -> int:
    """About how many lines a text takes, without laying it out."""
    return text.count("\n") + 1 + len(text) // max(width, 2)


def body_width(width: int, indent: int) -> int:
    """Cells for prose: what is left of the line, but no more than can be read well."""
    return max(min(width - indent, PROSE), 2)


def indented(lines: Sequence[Line], before: Sequence[Span]) -> list[Line]:
    """Lines with an ornament before each."""
    size = sum(len(span.text) for span in before)
    return [line._replace(spans=(*before, *line.spans), lead=size + line.lead) for line in lines]


def indent_for(width: int, before: Sequence[Span]) -> Sequence[Span]:
    """The ornament, unless the line is too narrow to afford it."""
    return before if width >= 4 * sum(width_of(span.text) for span in before) + 8 else ()


def markdown_sections(text: str, place: Place, before: Sequence[Span]) -> list[Section]:
    """A Markdown text, slice by slice."""
    return [markdown_section(piece, place, before) for piece in slices(text, markdown=True)]


def markdown_section(piece: Slice, place: Place, before: Sequence[Span]) -> Section:
    """One slice of a Markdown text."""
    before = indent_for(place.width, before)
    room = place.width - sum(width_of(span.text) for span in before)
    height = text_height(piece.text, min(room, PROSE)) + piece.gap
    return Section(height, partial(_markdown, piece, room, place.glyphs, before))


def _markdown(piece: Slice, room: int, glyphs: Glyphs, before: Sequence[Span]) -> list[Line]:
    lines = markdown_lines(piece.text, room, glyphs)
    return indented([BLANK, *lines] if piece.gap else lines, before)


def plain_sections(text: str, place: Place, style: str, before: Sequence[Span], *, wide: bool) -> list[Section]:
    """A text as it stands, slice by slice; `wide` lets its lines be as long as the screen."""
    return [plain_section(piece, place, style, before, wide=wide) for piece in slices(text, markdown=False)]


def plain_section(piece: Slice, place: Place, style: str, before: Sequence[Span], *, wide: bool) -> Section:
    """One slice of a text as it stands."""
    before = indent_for(place.width, before)
    size = sum(width_of(span.text) for span in before)
    width = place.width if wide else min(place.width, PROSE + size)
    return Section(text_height(piece.text, width - size), partial(plain, piece.text, width, style, indent=before))


def preview(text: str) -> tuple[str, int]:
    """The beginning of a text, and how many characters are missing."""
    shown = "\n".join(text.split("\n", PREVIEW_ROWS)[:PREVIEW_ROWS])[:PREVIEW_CHARACTERS]
    missing = len(text) - len(shown)
    return (
        (text, 0) if missing < PREVIEW_CHARACTERS // 4 and "\n" not in text[len(shown) :].strip() else (shown, missing)
    )


def more_line(missing: int, place: Place, before: Sequence[Span]) -> Line:
    """The line that says how much is not shown; choosing it shows all."""
    return _more(characters(missing), place, before)


def more_rows(missing: int, place: Place, before: Sequence[Span]) -> Line:
    """The same for a table's rows."""
    return _more(f"{missing:,} rows", place, before)


def _more(what: str, place: Place, before: Sequence[Span]) -> Line:
    before = indent_for(place.width, before)
    room = place.width - sum(width_of(span.text) for span in before)
    words = fit(f"{place.glyphs.ellipsis} {what} more", max(room, 2), place.glyphs.ellipsis)
    lead = sum(len(span.text) for span in before)
    return Line((*before, Span(words, "muted link", "more:")), lead=lead)


def spread(left: Sequence[Span], right: Sequence[Span], width: int) -> Line:
    """A line with something at each end; the right end gives way where there is no room."""
    used = sum(width_of(span.text) for span in left)
    size = sum(width_of(span.text) for span in right)
    if not right or used + size + 2 > width:
        return Line(tuple(left))
    return Line((*left, Span(" " * (width - used - size)), *right))


def seconds_text(seconds: float) -> str:
    """A duration: `0.4 s`, `12 s`, `3 min 05 s`, `1 h 02 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"

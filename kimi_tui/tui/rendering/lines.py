"""Lines of styled text: what renderers produce and the timeline paints.

A line is made of spans; a span's text holds no control character, no newline and no tab, and its style is one or
more role names (`strong link`) that the theme gives a colour to. Wrapping measures in terminal cells, so that wide
and combining characters stay whole, keeps every line within its width, and remembers what stood between two lines,
so that copied text comes out as it was written.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len, split_graphemes

from kimi_tui.text import printable

MAX_PROSE_CELLS = 100
"""Cells after which prose wraps even on a wider screen, since longer lines are hard to read."""
TAB_CELLS = 4
"""Columns between tab stops."""
NO_BREAK = "\u00a0"
"""The blank inside a citation, where no line ends."""

_NOT_NARROW = re.compile(
    "[^ -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2500-\u25fc]"
)
"""Finds a character that may not be exactly one cell wide."""


class StyledSpan(NamedTuple):
    """A run of text in one style."""

    text: str
    style: str = ""
    """Role names, separated by blanks; empty for ordinary text."""
    target: str = ""
    """What a click on it chooses: `source:S12 p.4`, `link:ADDRESS`, `more:`; empty for nothing."""


class StyledLine(NamedTuple):
    """One line of the screen."""

    spans: tuple[StyledSpan, ...] = ()
    fill: str = ""
    """Role names for the whole width, under the spans."""
    joiner: str = "\n"
    """What stood between the line before and this one in the text; not a newline if the text was wrapped here."""
    lead: int = 0
    """How many characters at the start are ornament and not text."""

    @property
    def text(self) -> str:
        """Return the line's characters without their styles."""
        return "".join(span.text for span in self.spans)


BLANK = StyledLine()
"""An empty line."""


def sanitize_text(text: str) -> str:
    """Return outside text made harmless, with tabs as blanks."""
    text = printable(text)
    return text.expandtabs(TAB_CELLS) if "\t" in text else text


def is_narrow(text: str) -> bool:
    """Return whether every character is certainly one cell wide."""
    return _NOT_NARROW.search(text) is None


def width_of(text: str) -> int:
    """Return how many cells a text takes."""
    return len(text) if is_narrow(text) else cell_len(text)


def offset_at(text: str, cell: int) -> int:
    """Return the offset of the character at a cell of a line; its length behind the last one."""
    if is_narrow(text):
        return min(max(cell, 0), len(text))
    at = 0
    for start, end, width in split_graphemes(text)[0]:
        at += width
        if cell < at:
            return start
        _ = end
    return len(text)


def wrap_text(text: str, width: int) -> list[tuple[int, int]]:
    """Return where to cut a text without newlines into lines of at most `width` cells: the start and end of each.

    Only blanks between two lines are left out. A word longer than a line is cut. A width under 2 counts as 2,
    since a wide character takes two cells.
    """
    width = max(width, 2)
    return _wrap_narrow(text, width) if is_narrow(text) else _wrap_wide(text, width)


def _wrap_narrow(text: str, width: int) -> list[tuple[int, int]]:
    """`wrap_text` where each character is one cell."""
    cuts: list[tuple[int, int]] = []
    start, length = 0, len(text)
    while length - start > width:
        blank = text.rfind(" ", start, start + width + 1)
        head = text[start:blank].rstrip(" ") if blank > start else ""
        if head:
            end, follow = start + len(head), blank
            while follow < length and text[follow] == " ":
                follow += 1
        else:
            end = follow = start + width
        cuts.append((start, end))
        start = follow
    if start < length or not cuts:
        cuts.append((start, length))
    return cuts


def _wrap_wide(text: str, width: int) -> list[tuple[int, int]]:
    """`wrap_text` by graphemes; a line may also be cut beside a wide one."""
    graphemes, _ = split_graphemes(text)
    cuts: list[tuple[int, int]] = []
    index, count = 0, len(graphemes)
    while index < count:
        stop, follow = _line_end(text, graphemes, index, width)
        cuts.append((graphemes[index][0], graphemes[stop - 1][1]))
        index = follow
    return cuts or [(0, 0)]


def _line_end(text: str, graphemes: Sequence[tuple[int, int, int]], first: int, width: int) -> tuple[int, int]:
    """For the line that starts at grapheme `first`: the index after its last one, and where the next line starts."""
    cells, index, count = 0, first, len(graphemes)
    stop = follow = 0
    content = False
    while index < count:
        start, end, size = graphemes[index]
        if text[start:end] == " ":
            after = _skip_blanks(text, graphemes, index)
            cells += after - index
            if content:
                stop, follow = index, after
            if cells > width:
                break
            index = after
            continue
        if cells + size > width:
            break
        if size == 2 and content and follow < index:
            stop = follow = index
        cells, content, index = cells + size, True, index + 1
        if size == 2:
            stop = follow = index
    else:
        return count, count
    if stop > first:
        return stop, follow
    index = max(_fitting_graphemes(graphemes, first, width), first + 1)
    return index, index


def _skip_blanks(text: str, graphemes: Sequence[tuple[int, int, int]], index: int) -> int:
    """Return the index of the first grapheme from `index` on that is not a blank."""
    while index < len(graphemes) and text[graphemes[index][0] : graphemes[index][1]] == " ":
        index += 1
    return index


def _fitting_graphemes(graphemes: Sequence[tuple[int, int, int]], first: int, width: int) -> int:
    """Return the index after the last grapheme that still fits when a line is cut without regard for words."""
    cells, index = 0, first
    while index < len(graphemes) and cells + graphemes[index][2] <= width:
        cells += graphemes[index][2]
        index += 1
    return index


def fit_text(text: str, width: int, ellipsis: str = "\u2026") -> str:
    """Return a text of one line cut to `width` cells, with an ellipsis where something is missing."""
    if width <= 0:
        return ""
    if width_of(text) <= width:
        return text
    if is_narrow(text):
        return text[: width - 1].rstrip() + ellipsis
    graphemes, _ = split_graphemes(text)
    end = _fitting_graphemes(graphemes, 0, width - 1)
    return (text[: graphemes[end - 1][1]] if end else "").rstrip() + ellipsis


def pad_text(text: str, width: int, align: str = "left") -> str:
    """Return a text of one line filled up with blanks to `width` cells."""
    missing = " " * max(width - width_of(text), 0)
    if align == "right":
        return missing + text
    if align == "center":
        half = len(missing) // 2
        return missing[:half] + text + missing[half:]
    return text + missing


def cut_spans(spans: Sequence[StyledSpan], start: int, end: int) -> list[StyledSpan]:
    """Return the part of a run of spans between two character offsets."""
    parts: list[StyledSpan] = []
    offset = 0
    for span in spans:
        after = offset + len(span.text)
        if after > start and offset < end:
            text = span.text[max(start - offset, 0) : end - offset]
            if text:
                parts.append(span._replace(text=text))
        offset = after
        if offset >= end:
            break
    return parts


def wrap_spans(
    spans: Sequence[StyledSpan],
    width: int,
    *,
    first: Sequence[StyledSpan] = (),
    rest: Sequence[StyledSpan] = (),
    fill: str = "",
) -> list[StyledLine]:
    """Spans of one paragraph as lines of at most `width` cells.

    `first` and `rest` are ornaments before the first and the following lines (a bullet, then its indent); they
    count towards the width, as far as that leaves two cells for text.
    """
    text = "".join(span.text for span in spans)
    ornament = max(sum(width_of(span.text) for span in first), sum(width_of(span.text) for span in rest))
    room = width - ornament
    if room < 2:
        first, rest, room = (), (), max(width, 2)
    lines: list[StyledLine] = []
    previous = 0
    for start, end in wrap_text(text, room):
        lead = tuple(rest if lines else first)
        joiner = text[previous:start] if lines else "\n"
        body = (
            cut_spans(spans, start, end) if len(spans) > 1 else [span._replace(text=text[start:end]) for span in spans]
        )
        lines.append(StyledLine(lead + tuple(body), fill, joiner, sum(len(span.text) for span in lead)))
        previous = end
    return lines


def plain_lines(
    text: str,
    width: int,
    style: str = "",
    *,
    indent: Sequence[StyledSpan] = (),
    fill: str = "",
) -> list[StyledLine]:
    """Return outside text with its own line breaks, each line wrapped after `indent`."""
    lines: list[StyledLine] = []
    for row in sanitize_text(text).split("\n"):
        lines += wrap_spans(mark_citations(row, style), width, first=indent, rest=indent, fill=fill)
    return lines


_CITED = r"S\d{1,6}(?:\s[^\[\]\n;]{1,300})?"
_MARKS = re.compile(
    rf"\[(?P<cite>{_CITED}(?:;\s*{_CITED}){{0,20}})\]"
    r"|(?P<address>https?://[^\s<>\"'`|\\^{}\[\]]{1,2000})"
)


def mark_citations(text: str, style: str = "") -> list[StyledSpan]:
    """Return a text of one line with its citations and addresses as spans that can be chosen."""
    if "[S" not in text and "://" not in text:
        return [StyledSpan(text, style)]
    spans: list[StyledSpan] = []
    end = 0
    for match in _MARKS.finditer(text):
        spans.append(StyledSpan(text[end : match.start()], style))
        if match["cite"] is not None:
            spans += _citation_spans(match["cite"], style)
        else:
            address = match["address"].rstrip(".,;:!?)*_")
            spans.append(StyledSpan(address, f"{style} link".strip(), f"link:{address}"))
            spans.append(StyledSpan(match["address"][len(address) :], style))
        end = match.end()
    spans.append(StyledSpan(text[end:], style))
    return [span for span in spans if span.text] or [StyledSpan("", style)]


_PLACE = re.compile(r"S\d{1,6}(?:\s+(?:(?:p\.|\u00a7|rows?\s)[\d\s-]*\d|result))?")
_FINDINGS = {"\u2713": "ok", "?": "muted", "\u25e6": "muted", "\u2717": "error", "!": "error"}
"""The marks behind a checked citation, with their roles."""


def _citation_spans(inside: str, style: str) -> Iterable[StyledSpan]:
    """Return one citation bracket as spans: each source can be chosen, each mark has its finding's colour."""
    look = f"{style} cite".strip()
    places, blank, mark = inside.rpartition(" ")
    if mark[:1] not in _FINDINGS or not blank:
        places, mark = inside, ""
    yield StyledSpan("[", look)
    for number, part in enumerate(places.split(";")):
        if number:
            yield StyledSpan(";", look)
        named = _PLACE.match(part.strip())
        yield StyledSpan(part.replace(" ", NO_BREAK), look, f"source:{named.group() if named else part.strip()}")
    if mark:
        yield StyledSpan(f"{NO_BREAK}{mark}", _FINDINGS[mark[:1]])
    yield StyledSpan("]", look)

"""Print the marked lines of a source's text as HTML: the rows of a table with their header, or lines of prose."""

import html
import re
from collections.abc import Iterator, Sequence

from kimi_tui.sources import TextMark
from kimi_tui.text import one_line

ROWS_AROUND = 3
"""Lines of a table before and after a marked one."""
LINES_AROUND = 1
"""The same in prose."""
MAX_LINES = 40
"""Lines of one excerpt."""
MAX_LINE_CHARS = 1_500
"""Characters of one line; what is left out stands at its end, or before its first mark."""
_BAR = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"[\s|:-]+")


def excerpt_html(text: str, marks: Sequence[TextMark]) -> str:
    """Return the lines of `text` with `marks` and those around them; its first lines without any mark."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    marked = [number for number in range(len(lines)) if any(_touches(mark, starts, number) for mark in marks)]
    cited = [one for one in marked if any(_touches(mark, starts, one) for mark in marks if mark.role != "header")]
    is_table = any(_is_row(lines[number]) for number in cited or [0])
    shown = _shown_lines(lines, marked or [0], is_table)
    rows = []
    before = -1
    for number in shown:
        if before >= 0 and number > before + 1:
            rows.append("<tr><td>\u2026</td></tr>" if is_table else "<p>\u2026</p>")
        own = [mark for mark in marks if _touches(mark, starts, number) and mark.role != "header"]
        rows.append(_row(lines[number], starts[number], own) if is_table else _line(lines[number], starts[number], own))
        before = number
    return f"<table>{''.join(rows)}</table>" if is_table else f"<blockquote>{''.join(rows)}</blockquote>"


def _touches(mark: TextMark, starts: Sequence[int], number: int) -> bool:
    return mark.start < starts[number + 1] - 1 and mark.end > starts[number]


def _is_row(line: str) -> bool:
    return _BAR.search(line) is not None


def _shown_lines(lines: Sequence[str], marked: Sequence[int], is_table: bool) -> list[int]:
    """Return the numbers of the lines to show: those around marks, and the first two of a table."""
    around = ROWS_AROUND if is_table else LINES_AROUND
    near = {n for one in marked for n in range(one - around, one + around + 1) if 0 <= n < len(lines)}
    if is_table:
        first = marked[0]
        while first > 0 and _is_row(lines[first - 1]):
            first -= 1
        near = {n for n in near | {first, first + 1} if n < len(lines) and _is_row(lines[n])}
    kept = sorted(n for n in near if lines[n].strip() and not _RULE.fullmatch(lines[n]))
    if len(kept) > MAX_LINES:
        kept = sorted({*kept[:2], *[n for n in kept if n in set(marked)][: MAX_LINES - 2]})
    return kept


def _row(line: str, start: int, marks: Sequence[TextMark]) -> str:
    """Return a line with bars as a row of a table."""
    cells, at = [], 0
    for edge in [*(match.start() for match in _BAR.finditer(line)), len(line)]:
        cells.append((start + at, line[at:edge]))
        at = edge + 1
    edges = (0, len(cells) - 1)
    shown = [cell for number, cell in enumerate(cells) if cell[1].strip() or number not in edges]
    return f"<tr>{''.join(f'<td>{_marked(words, at, marks)}</td>' for at, words in shown)}</tr>"


def _line(line: str, start: int, marks: Sequence[TextMark]) -> str:
    first = min((mark.start - start for mark in marks), default=0)
    cut = max(first - MAX_LINE_CHARS // 2, 0) if len(line) > MAX_LINE_CHARS else 0
    piece = line[cut : cut + MAX_LINE_CHARS]
    begin, end = "\u2026" if cut else "", "\u2026" if cut + len(piece) < len(line) else ""
    return f"<p>{begin}{_marked(piece, start + cut, marks)}{end}</p>"


def _marked(text: str, start: int, marks: Sequence[TextMark]) -> str:
    """Return a piece of text that begins at an offset, escaped, with its marks."""
    return "".join(f"<mark>{words}</mark>" if is_marked else words for words, is_marked in _pieces(text, start, marks))


def _pieces(text: str, start: int, marks: Sequence[TextMark]) -> Iterator[tuple[str, bool]]:
    at = 0
    for mark in marks:
        first, last = max(mark.start - start, at), min(mark.end - start, len(text))
        if first < last:
            yield _escaped(text[at:first]), False
            yield _escaped(text[first:last]), mark.role == "cited"
            at = last
    yield _escaped(text[at:]), False


def _escaped(text: str) -> str:
    """Return text made harmless; blanks at its ends stay."""
    line = one_line(text[:MAX_LINE_CHARS])
    before, after = " " * text[:1].isspace(), " " * (text[-1:].isspace() and bool(line))
    return html.escape(f"{before}{line}{after}")

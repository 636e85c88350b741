"""Format tables as Markdown, in pieces that each have caption, unit and header rows."""

import re
from collections.abc import Callable, Iterator, Sequence

import msgspec

from kimi_tui.quantities.header_periods import is_period_name
from kimi_tui.tools.text.figures import FIGURE, TableFigure, parse_figure, plain_digits
from kimi_tui.tools.text.grid import is_nothing
from kimi_tui.tools.text.position_marks import END, mark_figure, marks_in, remove_marks
from kimi_tui.tools.text.table import BodyRow, DocumentTable, TableBlock

MAX_CAPTION_CHARS = 500
"""The longest line of a caption that is repeated before each piece."""
_MIN_ROOM_CHARS = 1_000
"""Characters of rows in a piece, however long its header is."""


class FigureDraft(msgspec.Struct, frozen=True):
    """A figure of a table before its meaning is known."""

    table: DocumentTable
    block: TableBlock
    row: BodyRow
    column: int
    """From 0."""
    figure: TableFigure | None
    """None for a dash, or for a figure inside other words."""
    facts: tuple[int, ...] = ()
    """The numbers of the tagged facts that it shows."""
    is_dash: bool = False
    """True when a dash stands for the figure."""


def mark_figures(table: DocumentTable, number_next: Callable[[FigureDraft], int], *, comma_is_decimal: bool) -> None:
    """Put marks around the amounts of a table; `number_next` takes each and gives it its number.

    It is also given those that are no figure but hold tagged facts among other words, which get no number.
    """
    for block in table.blocks:
        for row in block.rows:
            for column, text in enumerate(row.cells):
                if text and (text.isascii() is False or re.search(r"\d", text)):
                    row.cells[column] = _with_marks(
                        text, FigureDraft(table, block, row, column, None), number_next, comma_is_decimal
                    )


def _with_marks(
    text: str, draft: FigureDraft, number_next: Callable[[FigureDraft], int], comma_is_decimal: bool
) -> str:
    """Return a cell's text with its amount marked; marks of facts inside prose are kept."""
    plain, facts = remove_marks(text), tuple(marks_in(text))
    figure = parse_figure(plain, comma_is_decimal=comma_is_decimal)
    if figure is None and not (is_nothing(plain) and facts):
        if facts:  # among other words: they keep their own marks
            number_next(msgspec.structs.replace(draft, facts=facts))
        return text
    if draft.column == 0 and is_period_name(plain) and not facts:
        return text
    match = FIGURE.fullmatch(plain_digits(plain))
    start, end = match.span("shown") if match else (0, len(plain))
    while plain[start] == " ":
        start += 1
    end = start + len(plain[start:end].rstrip())
    number = number_next(msgspec.structs.replace(draft, figure=figure, facts=facts, is_dash=figure is None))
    return plain[:start] + mark_figure(plain[start:end], number) + plain[end:]


def table_pieces(table: DocumentTable, size: int) -> Iterator[str]:
    """Yield a table as Markdown in pieces of about `size` characters, each with caption and header."""
    captions = [line if len(line) <= MAX_CAPTION_CHARS else line[-MAX_CAPTION_CHARS:] for line in table.captions]
    captions = list(dict.fromkeys(captions))
    head = "\n\n".join(captions) + "\n\n" if captions else ""
    current: list[str] = []
    length = 0
    for block in table.blocks:
        header = _header(block, table.columns)
        opened = False
        for row in block.rows:
            line = _line(row.cells)
            shown = _length(line)
            if current and length + shown > max(size - len(head), _MIN_ROOM_CHARS):
                yield head + "\n".join(current)
                current, length, opened = [], 0, False
            if not opened:
                lines = [*([""] if current else []), *(header or ())]
                if not header:  # a first row of its own, as Markdown wants one: better than an empty one
                    lines += [line, _rule(table.columns)]
                current += lines
                length += sum(map(len, lines))
                opened = True
                if not header:
                    continue
            current.append(line)
            length += shown + 1
        if not block.rows and header:
            current += [*([""] if current else []), *header]
    current += [part for note in table.notes for part in ("", note)]
    if current or head:
        yield (head + "\n".join(current)).rstrip("\n")


def _header(block: TableBlock, columns: int) -> list[str]:
    """Return the header's lines; nothing when there is no word in it."""
    texts = [block.header(column) for column in range(columns)]
    return [_line(texts), _rule(columns)] if any(texts) else []


def _line(cells: Sequence[str]) -> str:
    """Return a row of Markdown."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _rule(columns: int) -> str:
    return "|" + " --- |" * columns


def _length(line: str) -> int:
    """Return how many characters of a line are not marks."""
    return len(line) - 4 * line.count(END)

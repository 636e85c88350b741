"""Tables as text: Markdown, in pieces that each carry caption, unit and header rows."""

import re
from collections.abc import Callable, Iterator, Sequence

import msgspec

from kimi_tui.tools.text.figures import FIGURE, Figure, figure_of
from kimi_tui.tools.text.grid import is_nothing
from kimi_tui.tools.text.marks import END, marked, marks_in, without_marks
from kimi_tui.tools.text.periods import is_period
from kimi_tui.tools.text.table import Block, BodyRow, Table

CAPTION_CHARACTERS = 500
"""The longest line of a caption that is repeated before each piece."""
_LEAST_ROOM = 1_000
"""Characters of rows in a piece, however long its header is."""


class Draft(msgspec.Struct, frozen=True):
    """A figure of a table before its meaning is known."""

    table: Table
    block: Block
    row: BodyRow
    column: int
    """From 0."""
    figure: Figure | None
    """None for a dash, or for a figure inside other words."""
    facts: tuple[int, ...] = ()
    """The numbers of the tagged facts that it shows."""
    is_dash: bool = False
    """Whether a dash stands for the figure."""


def mark_figures(table: Table, number_next: Callable[[Draft], int], *, comma_is_decimal: bool) -> None:
    """Put marks around the amounts of a table; `number_next` takes each and gives it its number.

    It is also given those that are no figure but hold tagged facts among other words, which get no number.
    """
    for block in table.blocks:
        for row in block.rows:
            for column, text in enumerate(row.cells):
                if text and (text.isascii() is False or re.search(r"\d", text)):
                    row.cells[column] = _with_marks(
                        text, Draft(table, block, row, column, None), number_next, comma_is_decimal
                    )


def _with_marks(text: str, draft: Draft, number_next: Callable[[Draft], int], comma_is_decimal: bool) -> str:
    """A cell's text with its amount marked; texts with figures in between keep the marks of facts that they have."""
    plain, facts = without_marks(text), tuple(marks_in(text))
    figure = figure_of(plain, comma_is_decimal=comma_is_decimal)
    if figure is None and not (is_nothing(plain) and facts):
        if facts:  # among other words: they keep their own marks
            number_next(msgspec.structs.replace(draft, facts=facts))
        return text
    if draft.column == 0 and is_period(plain) and not facts:
        return text
    match = FIGURE.fullmatch(plain)
    start, end = match.span("shown") if match else (0, len(plain))
    while plain[start] == " ":
        start += 1
    end = start + len(plain[start:end].rstrip())
    number = number_next(msgspec.structs.replace(draft, figure=figure, facts=facts, is_dash=figure is None))
    return plain[:start] + marked(plain[start:end], number) + plain[end:]


def pieces(table: Table, size: int) -> Iterator[str]:
    """A table as Markdown in pieces of about `size` characters, each with caption and header."""
    captions = [line if len(line) <= CAPTION_CHARACTERS else line[-CAPTION_CHARACTERS:] for line in table.captions]
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
            if current and length + shown > max(size - len(head), _LEAST_ROOM):
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


def _header(block: Block, columns: int) -> list[str]:
    """The header's lines; nothing when there is no word in it."""
    texts = [block.header(column) for column in range(columns)]
    return [_line(texts), _rule(columns)] if any(texts) else []


def _line(cells: Sequence[str]) -> str:
    """A row of Markdown."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _rule(columns: int) -> str:
    return "|" + " --- |" * columns


def _length(line: str) -> int:
    """How many characters of a line are not marks."""
    return len(line) - 4 * line.count(END)

"""Read the records of a delimited file strictly, and recover line by line after an unpaired quotation mark.

A stray quotation mark opens a cell that ends only at the next one, rows later. Such a cell is recognised by what it
holds: lines that are whole rows themselves. Then the line is read alone, with the mark as an ordinary character.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

MAX_RECORD_LINES = 2_000
"""Lines that one quoted cell may go over."""
MAX_CELL_CHARS = 1 << 20
"""The longest cell of a table."""


class Record(NamedTuple):
    """One record of the file."""

    line: int
    """The line it begins in, from 1."""
    cells: list[str]
    """As they are in the file, quotation marks resolved."""


class Shape(NamedTuple):
    """The shape of a row: delimiter, width and figure columns."""

    delimiter: str
    """What is between two cells."""
    width: int
    """Cells of most rows."""
    figures: tuple[int, ...]
    """The columns, from 0, that hold figures almost everywhere."""
    spaced: bool = False
    """True when blanks after a delimiter are no part of the cell."""


class LineNotes:
    """Lines in which something was found."""

    def __init__(self) -> None:
        self.count = 0
        """How many lines there were."""
        self.first: list[int] = []
        """The first of them, from 1."""

    def add(self, line: int) -> None:
        """Note one line."""
        self.count += 1
        if len(self.first) < 5:
            self.first.append(line)


class _Lines:
    """The lines of a text in turn, with their place; ends early in a record that goes over too many."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self.line = 1
        self.taken = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self.offset >= len(self.text) or self.taken == MAX_RECORD_LINES:
            raise StopIteration
        end = self.text.find("\n", self.offset) + 1 or len(self.text)
        line = self.text[self.offset : end]
        self.offset = end
        self.line += 1
        self.taken += 1
        return line


def read_records(text: str, shape: Shape, is_figure: Callable[[str], bool], strays: LineNotes) -> Iterator[Record]:
    """Every record that is not blank, in order; lines with a stray quotation mark are added to `strays`."""
    csv.field_size_limit(MAX_CELL_CHARS)
    lines = _Lines(text)
    while lines.offset < len(text):
        reader = csv.reader(lines, delimiter=shape.delimiter, strict=True, skipinitialspace=shape.spaced)
        for read in _read_strictly(reader, lines, shape, is_figure):
            record = read or _read_single_line(lines, shape, strays)
            if any(map(str.strip, record.cells)):
                yield record


def _read_single_line(lines: _Lines, shape: Shape, strays: LineNotes) -> Record:
    """Read the next line as one record."""
    number = lines.line
    lines.taken = 0
    strays.add(number)
    return Record(number, split_line(next(lines).rstrip("\n"), shape.delimiter))


def _read_strictly(
    reader: Iterator[list[str]], lines: _Lines, shape: Shape, is_figure: Callable[[str], bool]
) -> Iterator[Record | None]:
    """Records until one is wrong: then None, with `lines` at its beginning."""
    while True:
        start, number = lines.offset, lines.line
        lines.taken = 0
        try:
            cells = next(reader)
            wrong = lines.line - number > 1 and _is_rows(lines.text[start : lines.offset], shape, is_figure)
        except StopIteration:
            return
        except csv.Error:
            wrong, cells = True, []
        if wrong:
            lines.offset, lines.line = start, number
            yield None
            return
        yield Record(number, cells)


def _is_rows(text: str, shape: Shape, is_figure: Callable[[str], bool]) -> bool:
    """Return whether each line of a record is a separate row of the table."""
    pieces = text.rstrip("\n").split("\n")
    if shape.width < 2:
        return False
    inner = pieces[1:-1] if len(pieces) > 2 and shape.figures else pieces
    return all(_is_row(split_line(piece, shape.delimiter), shape, is_figure) for piece in inner)


def _is_row(cells: Sequence[str], shape: Shape, is_figure: Callable[[str], bool]) -> bool:
    if len(cells) != shape.width:
        return False
    return all(is_figure(cells[column]) or not cells[column].strip() for column in shape.figures)


def split_line(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line, leniently: quotation marks count only around a whole cell."""
    if '"' not in line:
        return line.split(delimiter)
    escaped = _escaped(line, delimiter)
    if escaped is not None:
        return escaped
    cells: list[str] = []
    start = 0
    while start <= len(line):
        cell, start = _next_cell(line, start, delimiter)
        cells.append(cell)
    return cells


def _escaped(line: str, delimiter: str) -> list[str] | None:
    """Return the cells of a line whose quotation marks are escaped by backslashes; None for any other line."""
    if '\\"' not in line:
        return None
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True, escapechar="\\", doublequote=False))
    except (csv.Error, StopIteration):
        return None


def _next_cell(line: str, start: int, delimiter: str) -> tuple[str, int]:
    """Return the cell that begins at `start`, and where the next one begins."""
    if line.startswith('"', start):
        end = start
        while (end := line.find('"', end + 1)) >= 0:
            following = end + 1
            while line.startswith(" ", following):
                following += 1
            if following == len(line) or line.startswith(delimiter, following):
                return line[start + 1 : end].replace('""', '"'), following + 1
    end = line.find(delimiter, start)
    end = len(line) if end < 0 else end
    return line[start:end], end + 1

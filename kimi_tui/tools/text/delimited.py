"""A delimited file as one sheet: its columns, its rows in order, and notes on guesses and recoveries.

The reader of documents and the one of tables both see a file through this, so that a row has the same number in both:
blank records are left out, the header is row 0, the first record under it row 1.
"""

from collections.abc import Iterator
from itertools import chain, islice

from kimi_tui.text import count_noun, one_line
from kimi_tui.tools.text.csv_layout import HEAD_RECORDS, detect_layout, detect_shape, is_figure
from kimi_tui.tools.text.csv_records import LineNotes, Record, read_records

MAX_COLUMNS = 500
"""The widest table taken."""
_BATCH_ROWS = 20_000


class DelimitedSheet:
    """One delimited text. Rows can be read again and again; notes are whole once they have been read to the end."""

    def __init__(self, text: str, *, preferred: str = "") -> None:
        """`preferred` is the delimiter that the kind of file is named after, if it is."""
        self.notes_of_text: list[str] = []
        if zeros := text.count("\0"):
            text = text.replace("\0", "")
            self.notes_of_text.append(f"{zeros:,} NUL characters are left out.")
        text = text.rstrip("\x1a")  # how DOS ends a file
        if "\n" not in text.rstrip() and "\r" not in text.rstrip():
            text = text.replace("\u2028", "\n").replace("\x85", "\n")
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.shape, skipped = detect_shape(text, preferred)
        self._text = text[skipped:] if skipped else text
        self._line_offset = 1 if skipped else 0
        head = list(islice(self._records(LineNotes()), HEAD_RECORDS))
        self.layout = detect_layout(head, self.shape)
        self.is_empty = not head
        self.header = self._header(head)
        """The title of each column; empty where it has none."""
        self._strays = LineNotes()
        self._ragged = LineNotes()
        self._widest = len(self.header)

    @property
    def delimiter(self) -> str:
        """Return the character between cells."""
        return self.shape.delimiter

    @property
    def width(self) -> int:
        """Cells of the widest row that has been read so far, the header included."""
        return self._widest

    def rows(self) -> Iterator[Record]:
        """Every row under the header."""
        self._strays = LineNotes()
        self._ragged = LineNotes()
        usual = len(self.header)
        for record in islice(self._records(self._strays), self.layout.skipped, None):
            if len(record.cells) != usual and not self.is_padded(record):
                self._ragged.add(record.line)
                self._widest = max(self._widest, len(record.cells))
            yield record

    def batches(self) -> Iterator[list[Record]]:
        """Yield the rows, many at a time."""
        rows = self.rows()
        while batch := list(islice(rows, _BATCH_ROWS)):
            yield batch

    def notes(self) -> tuple[str, ...]:
        """Return what was found, guessed or recovered, each a sentence."""
        notes = [*self.notes_of_text, *self.layout.notes]
        if self._strays.count:
            notes.append(
                f"{_lines(self._strays.first, self._strays.count)} a quotation mark without its pair, or one inside a "
                "quoted cell: each was read as a row of its own with the mark as it is."
            )
        if self._ragged.count:
            notes.append(
                f"{_lines(self._ragged.first, self._ragged.count)} more or fewer cells than the "
                f"{count_noun(len(self.header), 'column')}: cells may be in the wrong column there."
            )
        return tuple(notes)

    def titles(self) -> list[str]:
        """Return the title of every column of the widest row, `column 3` where it has none."""
        padded = self.header + [""] * (self.width - len(self.header))
        return [one_line(title) or f"column {number}" for number, title in enumerate(padded, 1)]

    def _records(self, strays: LineNotes) -> Iterator[Record]:
        for record in read_records(self._text, self.shape, is_figure, strays):
            yield record if not self._line_offset else record._replace(line=record.line + self._line_offset)

    def _header(self, head: list[Record]) -> list[str]:
        """Return as many titles as most rows have cells, without empty trailing columns."""
        header = self.layout.header
        rows = head[self.layout.skipped :] or head[-1:]
        filled = max(
            (_filled_width(record.cells) for record in chain(rows) if len(record.cells) <= self.shape.width), default=0
        )
        width = max(_filled_width(header), min(filled, self.shape.width), 1)
        titles = len(header)
        if header and titles < width:
            self.notes_of_text.append(
                f"The header has {titles} titles and most rows {width} cells: titles may be over the wrong columns, or "
                "figures with commas in them may have been parted."
            )
        return [*header, *[""] * width][:width]

    def is_padded(self, record: Record) -> bool:
        """Return whether a row has only empty cells behind its last column."""
        usual = len(self.header)
        return len(record.cells) > usual and not any(map(str.strip, record.cells[usual:]))


def _filled_width(cells: list[str]) -> int:
    """Return how many cells there are up to the last that is not empty."""
    return next((number for number in range(len(cells), 0, -1) if cells[number - 1].strip()), 0)


def _lines(first: list[int], count: int) -> str:
    """`Line 7 has`, `Lines 7, 9 and 3 more have`."""
    if count == 1:
        return f"Line {first[0]} has"
    more = f" and {count - len(first):,} more" if count > len(first) else ""
    return f"Lines {', '.join(map(str, first))}{more} have"

"""Rows of tables in what was shown: pages' tables and rows of queries, each with its label, period, scale and place.

A page's table has its cells between bars. The nearest line above that holds periods is its head; a line with a name
and no figures is the section of the rows below it.
"""

import re
from collections.abc import Iterator

import msgspec

from kimi_tui.embedded.question import YEAR
from kimi_tui.embedded.reading import Passage, Table
from kimi_tui.embedded.sentences import fold, is_instruction

_FIGURE = re.compile(
    r"[-\u2013\u2212(]?\s*(?:[A-Z]{2,3}\s?)?[$\u20ac\u00a3\u00a5\u20b9]?\s*[-(]?\d[\d,]*(?:\.\d+)?\)?\s*%?\)?"
)
_RULE = re.compile(r"[|\s:-]+")
_SCALE = re.compile(r"(?i)\b(thousand|million|billion|crore|lakh)s?\b|\b(?:EUR|USD|GBP|CHF|\$|\u20ac) ?(m|bn|k)\b")
_SCALES = {"m": "million", "bn": "billion", "k": "thousand"}
_UNSCALED = re.compile(r"(?i)per (?:\w+ )?share|percent|%|\bratio\b|\bnumber of\b|employees|headcount|rate\b|margin\b")
_FOOTNOTE = re.compile(r"\s*(?:\(\d{1,2}\)|\[\d{1,2}\]|[*\u2020])+$")
_LONGEST_CELL = 200
"""Characters; a longer cell is running text."""
_LONGEST_SECTION = 50
"""Characters; a longer line between the rows of a table is no heading."""
_BETWEEN = 240
"""Characters of running text above a table that say what it is about."""


class Row(msgspec.Struct, frozen=True):
    """One figure with what its table says of it."""

    passage: Passage
    label: str
    """As it stands there, without a footnote mark."""
    about: str
    """Section, heading and the words above the table."""
    head: str
    """What stands over its column; of a query's row all its other cells."""
    value: str
    scale: str
    """`million`; empty when the table names none or the row has none."""
    number: int = 0
    """The row's number from 1, when a query gave it."""

    @property
    def years(self) -> frozenset[str]:
        """The years that its column or its other cells name."""
        return frozenset(YEAR.findall(self.head))

    @property
    def cite(self) -> str:
        """Its citation without brackets, with row and period where the checker can follow them."""
        if self.number:
            return f"{self.passage.source} row {self.number}"
        years = sorted(self.years)
        period = f" {years[-1]}" if len(years) == 1 else ""
        return f'{self.passage.cite} "{self.label}"{period}'


class _Reader:
    """Where the reading of one passage stands."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self.heads: list[str] = []
        self.section = ""
        self.above = ""
        self.note = ""

    def text(self, line: str) -> None:
        """A line without bars: a short one in a table names the rows below it, others end the table."""
        if self.heads and len(line) < _LONGEST_SECTION and not line.rstrip().endswith((".", ";", ",")):
            self.section = line.strip()
            return
        self.heads, self.section = [], ""
        self.above = f"{self.above} {line}"[-_BETWEEN:]

    def cells(self, cells: list[str]) -> Iterator[Row]:
        """A line of a table."""
        label, rest = _FOOTNOTE.sub("", cells[0]).strip(), cells[1:]
        figures = [n for n, cell in enumerate(rest) if _FIGURE.fullmatch(cell) and not YEAR.fullmatch(cell)]
        if not figures:
            self._head(cells)
            return
        aligned = self.heads[1:] if len(self.heads) == len(cells) else self.heads
        if not label or is_instruction(label) or '"' in label:
            return
        about = " ".join((self.section, self.passage.heading, self.above, self.note))
        for n in figures:
            head = aligned[n] if len(aligned) == len(rest) else ""
            yield Row(self.passage, label, about, head, fold(rest[n]), self._scale(label, rest[n], head))

    def _head(self, cells: list[str]) -> None:
        if any(YEAR.search(cell) for cell in cells[1:]) or (len(cells) == 2 and YEAR.search(cells[1])):
            joined = [f"{old} {new}".strip() for old, new in zip(self.heads, cells, strict=False)]
            self.heads = joined if len(joined) == len(cells) and not _years(self.heads) else cells
            self.note = cells[0] if not YEAR.fullmatch(cells[0]) else ""
        elif cells[0]:
            self.section = cells[0]
            if not self.heads:
                self.heads, self.note = cells, cells[0]

    def _scale(self, label: str, value: str, head: str) -> str:
        if "%" in value or _UNSCALED.search(label) or "%" in head:
            return ""
        found = _SCALE.search(f"{self.note} {' '.join(self.heads)}") or _SCALE.search(self.above)
        word = next(filter(None, found.groups()), "").lower() if found else ""
        return _SCALES.get(word, word)


def _years(heads: list[str]) -> bool:
    return any(YEAR.search(head) for head in heads)


def rows_in(passage: Passage) -> list[Row]:
    """The figures of a passage's tables, in order."""
    reader = _Reader(passage)
    found: list[Row] = []
    for line in passage.text.splitlines():
        if "|" not in line or is_instruction(line):
            if line.strip() and not is_instruction(line):
                reader.text(line)
            continue
        if not _RULE.fullmatch(line):
            bare = line.strip()
            inner = bare[1:-1] if bare.startswith("|") and bare.endswith("|") else bare
            found.extend(reader.cells([cell.strip() for cell in inner.split("|")]))
    return found


def _is_short(cell: str) -> bool:
    """Whether a cell may be a name."""
    return len(cell) < _LONGEST_CELL and not cell.startswith("{")


def rows_of(table: Table) -> Iterator[Row]:
    """The rows of a query: the label is the longest name among the cells, the figure the first plain number."""
    passage = Passage(table.source, "", "", path=table.database)
    for number, cells in enumerate(table.rows, 1):
        named = [n for n, cell in enumerate(cells) if re.search(r"[^\W\d_]{3}", cell) and not YEAR.search(cell)]
        figures = [n for n, cell in enumerate(cells) if re.fullmatch(r"-?\d+(?:\.\d+)?", cell) and n not in named]
        figures = [n for n in figures if not YEAR.fullmatch(cells[n])]
        if not named or not figures or is_instruction(" ".join(cells)):
            continue
        label = max(named, key=lambda n: len(cells[n]) if _is_short(cells[n]) else 0)
        unit = next((cells[n] for n in named if re.fullmatch(r"[A-Z]{3}", cells[n])), "")
        others = [cell for n, cell in enumerate(cells) if n not in (label, figures[0]) and len(cell) < _LONGEST_CELL]
        head = " ".join(dict.fromkeys(cell for cell in others if cell not in ("NULL", unit)))
        about = f"{table.database} {table.columns[figures[0]]}"
        yield Row(passage, cells[label], about, head, f"{cells[figures[0]]} {unit}".strip(), "", number)

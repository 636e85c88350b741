"""Parse table rows from observations: label, period, scale and place of each figure.

A page's table has its cells between bars. The nearest line above that holds periods is its head; a line with a name
and no figures is the section of the rows below it.
"""

import re
from collections.abc import Iterator

import msgspec

from kimi_tui.embedded.observation_parser import ObservedPassage, ObservedTable
from kimi_tui.embedded.question_parser import YEAR
from kimi_tui.embedded.sentences import fold_blanks, is_instruction

_FIGURE = re.compile(
    r"[-\u2013\u2212(]?\s*(?:[A-Z]{2,3}\s?)?[$\u20ac\u00a3\u00a5\u20b9]?\s*[-(]?\d[\d,]*(?:\.\d+)?\)?\s*%?\)?"
)
_RULE = re.compile(r"[|\s:-]+")
_SCALE = re.compile(r"(?i)\b(thousand|million|billion|crore|lakh)s?\b|\b(?:EUR|USD|GBP|CHF|\$|\u20ac) ?(m|bn|k)\b")
_SCALES = {"m": "million", "bn": "billion", "k": "thousand"}
_UNSCALED = re.compile(r"(?i)per (?:\w+ )?share|percent|%|\bratio\b|\bnumber of\b|employees|headcount|rate\b|margin\b")
_FOOTNOTE = re.compile(r"\s*(?:\(\d{1,2}\)|\[\d{1,2}\]|[*\u2020])+$")
_MAX_CELL_CHARS = 200
"""Characters; a longer cell is running text."""
_MAX_SECTION_CHARS = 50
"""Characters; a longer line between the rows of a table is no heading."""
_MAX_GAP_CHARS = 240
"""Characters of running text above a table that say what it is about."""


class ObservedRow(msgspec.Struct, frozen=True):
    """One figure with its row's label, headers and scale."""

    passage: ObservedPassage
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
        """Return the years that its column or its other cells name."""
        return frozenset(YEAR.findall(self.head))

    @property
    def cite(self) -> str:
        """Its citation without brackets, with row and period where the checker can follow them."""
        if self.number:
            return f"{self.passage.source} row {self.number}"
        years = sorted(self.years)
        period = f" {years[-1]}" if len(years) == 1 else ""
        return f'{self.passage.cite} "{self.label}"{period}'


class _RowReader:
    """State of reading one passage."""

    def __init__(self, passage: ObservedPassage) -> None:
        self.passage = passage
        self.heads: list[str] = []
        self.section = ""
        self.above = ""
        self.note = ""

    def text(self, line: str) -> None:
        """A line without bars: a short one in a table names the rows below it, others end the table."""
        if self.heads and len(line) < _MAX_SECTION_CHARS and not line.rstrip().endswith((".", ";", ",")):
            self.section = line.strip()
            return
        self.heads, self.section = [], ""
        self.above = f"{self.above} {line}"[-_MAX_GAP_CHARS:]

    def cells(self, cells: list[str]) -> Iterator[ObservedRow]:
        """Yield a line of a table."""
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
            yield ObservedRow(self.passage, label, about, head, fold_blanks(rest[n]), self._scale(label, rest[n], head))

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


def parse_table_rows(passage: ObservedPassage) -> list[ObservedRow]:
    """Return the figures of a passage's tables, in order."""
    reader = _RowReader(passage)
    found: list[ObservedRow] = []
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
    """Return whether a cell may be a name."""
    return len(cell) < _MAX_CELL_CHARS and not cell.startswith("{")


def parse_query_rows(table: ObservedTable) -> Iterator[ObservedRow]:
    """Yield the rows of a query: the label is the longest name among the cells, the figure the first plain number."""
    passage = ObservedPassage(table.source, "", "", path=table.database)
    for number, cells in enumerate(table.rows, 1):
        named = [n for n, cell in enumerate(cells) if re.search(r"[^\W\d_]{3}", cell) and not YEAR.search(cell)]
        figures = [n for n, cell in enumerate(cells) if re.fullmatch(r"-?\d+(?:\.\d+)?", cell) and n not in named]
        figures = [n for n in figures if not YEAR.fullmatch(cells[n])]
        if not named or not figures or is_instruction(" ".join(cells)):
            continue
        label = max(named, key=lambda n: len(cells[n]) if _is_short(cells[n]) else 0)
        unit = next((cells[n] for n in named if re.fullmatch(r"[A-Z]{3}", cells[n])), "")
        others = [cell for n, cell in enumerate(cells) if n not in (label, figures[0]) and len(cell) < _MAX_CELL_CHARS]
        head = " ".join(dict.fromkeys(cell for cell in others if cell not in ("NULL", unit)))
        about = f"{table.database} {table.columns[figures[0]]}"
        yield ObservedRow(passage, cells[label], about, head, f"{cells[figures[0]]} {unit}".strip(), "", number)

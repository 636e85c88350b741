"""Parse table rows from observations: label, period, scale and place of each figure.

A page's table has its cells between bars. The nearest line above that holds periods is its head; a line with a name
and no figures is the section of the rows below it.
"""

import re
from collections.abc import Iterator

import msgspec

from kimi_tui.embedded.observation_parser import ObservedPassage
from kimi_tui.embedded.question_parser import YEAR
from kimi_tui.embedded.sentences import fold_blanks, is_instruction
from kimi_tui.quantities.units import parse_unit

_FIGURE = re.compile(
    r"[-\u2013\u2212(]?\s*(?:[A-Z]{2,3}\s?)?[$\u20ac\u00a3\u00a5\u20b9]?\s*[-(]?\d[\d,]*(?:\.\d+)?\)?\s*%?\)?"
)
_SIGN = re.compile(r"[^\W\d_]|[$€£¥₹]")
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
    """What stands over its column."""
    value: str
    scale: str
    """`million`, `EUR million`; empty when the table names none or the row has none."""
    line: str = ""
    """The row as it stands there, white space folded."""
    over: str = ""
    """The line of heads above it, in the same way."""

    @property
    def years(self) -> frozenset[str]:
        """Return the years that its column or its other cells name."""
        return frozenset(YEAR.findall(self.head))

    @property
    def cite(self) -> str:
        """Its citation without brackets, with row and period where the checker can follow them."""
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
            yield ObservedRow(
                self.passage, label, about, head, fold_blanks(rest[n]), self._scale(label, rest[n], head),
                fold_blanks(" | ".join(cells)), fold_blanks(" | ".join(self.heads)),
            )  # fmt: skip

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
        """Return the currency and scale of a figure: `EUR million`; a value with a sign of its own has its currency."""
        if "%" in label and "%" not in value:
            return "%"
        if "%" in value or _UNSCALED.search(label) or "%" in head:
            return ""
        over = f"{self.note} {' '.join(self.heads)}"
        said = over if _SCALE.search(over) else self.above
        found = _SCALE.search(said)
        word = next(filter(None, found.groups()), "").lower() if found else ""
        money = "" if _SIGN.search(value) else parse_unit(said).money if word else ""
        return f"{money} {_SCALES.get(word, word)}".strip()


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

"""A cited place with what the citation rests on, and where that is in the text of the source."""

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from kimi_tui.evidence.findings import CellReference, Finding
from kimi_tui.evidence.judged_memo import judged_words
from kimi_tui.evidence.letter_index import LetterIndex
from kimi_tui.evidence.memo import CheckedMemo, Citation, Statement
from kimi_tui.evidence.places import SourcePlace, part_labels
from kimi_tui.sources import Part, Source, TextMark
from kimi_tui.text import one_line

MAX_NAMED_CELLS = 3
"""Cells that are named in one line."""
MAX_MARKS = 60
"""Marks in one part of a source."""
MAX_HEADER_LINES = 60
"""How far above a figure its column's header is looked for."""
_COLUMN_LEVELS = "\u203a"
"""Between the lines of a column's header."""


class CitedPlace(msgspec.Struct, frozen=True):
    """One place that a citation names, with the cells and quotes that it vouches for."""

    place: SourcePlace
    cells: tuple[CellReference, ...] = ()
    """Those of every source that the citation rests on."""
    quotes: tuple[str, ...] = ()
    finding: Finding | Literal[""] = ""
    """Empty for a place outside of a checked memo."""
    by_judge: bool = False
    """True when the finding is a model's judgement; `quotes` then hold the words that it rests on."""

    @property
    def own_cells(self) -> tuple[CellReference, ...]:
        """Return the cells in the source that the place names."""
        return tuple(cell for cell in self.cells if cell.source == self.place.source)


def cited_place(cite: Citation, index: int) -> CitedPlace:
    """Return one place of a citation, with what it rests on; words that a judge named count as quotes."""
    quotes = (*cite.quotes, *judged_words(cite.detail)) if cite.by == "judge" else cite.quotes
    return CitedPlace(cite.places[index], cite.cells, quotes, cite.finding, cite.by == "judge")


def first_cited_part(source: Source, cited: CitedPlace) -> int | None:
    """Return the index of the part to show: that of the first cell, else the first that the place names; None if gone.

    Without cells, a part that holds a quote goes before the others.
    """
    labels = [part.label for part in source.parts]
    for cell in cited.own_cells:
        if cell.part in labels:
            return labels.index(cell.part)
    named = part_labels(source, cited.place)
    inside = [index for index, label in enumerate(labels) if label in named]
    for index in inside:
        if any(LetterIndex(source.parts[index].text).find_quote(quote) for quote in cited.quotes):
            return index
    return inside[0] if inside else None


def marks_in_part(source: Source, part: Part, cited: CitedPlace) -> tuple[TextMark, ...]:
    """Return what is cited in one part of a source, in order: figures and quotes, else the cited rows."""
    marks: list[TextMark] = []
    for cell in cited.own_cells:
        if cell.part == part.label and 0 <= cell.start < cell.end and part.text[cell.start : cell.end] == cell.text:
            marks.append(TextMark(cell.start, cell.end, "cited"))
            marks += _surroundings(part.text, cell)
    if part.label in part_labels(source, cited.place):
        letters = LetterIndex(part.text) if cited.quotes else None
        marks += [TextMark(*span, "cited") for quote in cited.quotes if letters for span in letters.find_quote(quote)]
        marks = marks or list(_row_marks(part.text, cited.place))
    return tuple(sorted(set(marks))[:MAX_MARKS])


def _surroundings(text: str, cell: CellReference) -> Iterator[TextMark]:
    """Yield where the name of a cell's row and the header of its column are, if they can be seen in the text."""
    line = text.rfind("\n", 0, cell.start) + 1
    label = LetterIndex(text[line : cell.start]).find(cell.row)
    if label is not None:
        yield TextMark(line + label[0], line + label[1], "label")
    header = cell.column.rpartition(_COLUMN_LEVELS)[2].strip()
    first = line
    for _ in range(MAX_HEADER_LINES):
        first = text.rfind("\n", 0, max(first - 1, 0)) + 1
    at = text.rfind(header, first, line) if header else -1
    if at >= 0:
        yield TextMark(at, at + len(header), "header")


def _row_marks(text: str, place: SourcePlace) -> Iterator[TextMark]:
    """Yield the rows that a place names by number, or the first line that begins with the row that it names."""
    if place.unit == "row":
        for match in re.finditer(r"(?m)^row (\d{1,9}):.*$", text):
            if place.first <= int(match[1]) <= place.last:
                yield TextMark(*match.span(), "cited")
    elif wanted := "".join(place.row.rpartition(">")[2].split()).casefold():
        at = 0
        for line in text.split("\n"):
            if "".join(line.split()).casefold().lstrip("|").startswith(wanted):
                yield TextMark(at, at + len(line), "cited")
                return
            at += len(line) + 1


def cells_in_words(cells: tuple[CellReference, ...]) -> str:
    """`1,234 in Net sales, 2018 (S1 p.58)` for each cell, the first few; untrusted text made harmless."""
    named = []
    for cell in cells[:MAX_NAMED_CELLS]:
        about = ", ".join(one_line(words, 80) for words in (cell.row, cell.column or cell.period) if words.strip())
        where = one_line(f"{cell.source} {cell.part}", 40)
        named.append(f"{one_line(cell.text, 60)}{f' in {about}' if about else ''} ({where})")
    more = len(cells) - MAX_NAMED_CELLS
    return "; ".join([*named, f"and {more} more"] if more > 0 else named)


def find_resting_statements(memo: CheckedMemo, source: Source, label: str = "") -> list[tuple[int, Statement]]:
    """Return the statements, with their numbers, that cite a part or have cells in it; without a label, of any part.

    A statement that cites the whole source rests on each of its parts, unless its cells say which.
    """
    return [(number, one) for number, one in enumerate(memo.statements) if _rests_on(memo, one, source, label)]


def _rests_on(memo: CheckedMemo, statement: Statement, source: Source, label: str) -> bool:
    cited = [memo.citations[number] for number in statement.citations if number < len(memo.citations)]
    cells = [cell for cell in statement.cells if cell.source == source.ref.id]
    cells += [cell for cite in cited for cell in cite.cells if cell.source == source.ref.id]
    if any(cell.part == label for cell in cells) or (cells and not label):
        return True
    for place in (place for cite in cited for place in cite.places if place.source == source.ref.id):
        named = part_labels(source, place)
        if not label or (label in named and not (cells and len(named) > 1)):
            return True
    return False

"""The tables of a checked memo: each figure with the stored cell that it rests on, or the reason why it has none."""

import re
from collections.abc import Iterator

import msgspec

from kimi_tui.cells import Cell
from kimi_tui.evidence.amounts import Amount, find_amounts
from kimi_tui.evidence.cell_values import cell_value, compare_amount
from kimi_tui.evidence.findings import CellReference
from kimi_tui.evidence.markdown_text import code_lines
from kimi_tui.evidence.memo import CheckedMemo, Statement
from kimi_tui.evidence.source_lookup import SourceLookup
from kimi_tui.evidence.table_claims import MemoTableRow, is_separator, parse_table_row, with_table_context

MAX_TABLE_FIGURES = 2_000
"""Figures of one table that are looked up; those behind them count as without a cell."""
MAX_MAGNITUDE = 60
"""Figures from ten to this power on are none; arithmetic with them could take minutes."""
_MARKER = re.compile(r"[\[\u3010]S\d[^\[\]\u3010\u3011\n]*[\]\u3011]")
"""A citation, whose own numbers are no figures of the table."""
FoundCell = tuple[CellReference, Cell]


class CitedFigure(msgspec.Struct, frozen=True):
    """One figure of a table."""

    text: str
    """As the memo writes it; untrusted."""
    source: str = ""
    """The id of the source that has it; empty without a cell."""
    cell: Cell | None = None
    """The cited cell that supports it; its words are untrusted."""


class CitedRow(msgspec.Struct, frozen=True):
    """One row of a table."""

    label: str
    """Its first column as the memo writes it; untrusted."""
    figures: tuple[CitedFigure | None, ...]
    """A figure for each further column; None where the memo has none."""
    problem: str = ""
    """Why no figure of it rests on a cited cell; empty when one does."""


class CitedTable(msgspec.Struct, frozen=True):
    """One table of a memo."""

    start: int
    """Where it begins in the memo's text."""
    end: int
    """Behind its last row."""
    rows: tuple[CitedRow, ...]
    """Those with a figure, in order."""


def read_cited_tables(memo: CheckedMemo, sources: SourceLookup) -> tuple[CitedTable, ...]:
    """Return each table of a memo that has a figure; raises `SessionError` when a source cannot be read."""
    tables = [_read_table(memo, start, end, sources) for start, end in find_tables(memo.text)]
    return tuple(table for table in tables if table.rows)


def find_tables(text: str) -> list[tuple[int, int]]:
    """Return where each table of a Markdown text begins and ends: a head, a line of dashes and rows, not in code."""
    lines = text.split("\n")
    in_code, _ = code_lines(lines)
    found: list[tuple[int, int]] = []
    at, start, rows = 0, 0, 0
    for number, line in enumerate([*lines, ""]):
        if number < len(lines) and line.lstrip().startswith("|") and not in_code[number]:
            start, rows = (at, 1) if not rows else (start, rows + 1)
        elif rows:
            if rows > 2 and is_separator(text[start:at].split("\n")[1]):
                found.append((start, at - 1))
            rows = 0
        at += len(line) + 1
    return found


def _read_table(memo: CheckedMemo, start: int, end: int, sources: SourceLookup) -> CitedTable:
    rows: list[CitedRow] = []
    left = MAX_TABLE_FIGURES
    for first, last in _row_spans(memo.text, start, end):
        parsed = parse_table_row(memo.text, first, last)
        row = _read_row(memo, first, last, parsed, sources if left > 0 else None) if parsed else None
        if row is not None:
            rows.append(row)
            left -= sum(figure is not None for figure in row.figures)
    return CitedTable(start, end, tuple(rows))


def _row_spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where each row below the head begins and ends."""
    at = start
    for number, line in enumerate(text[start:end].split("\n")):
        if number > 1:
            yield at, at + len(line)
        at += len(line) + 1


def _read_row(
    memo: CheckedMemo, start: int, end: int, row: MemoTableRow, sources: SourceLookup | None
) -> CitedRow | None:
    """Return a row with the cells of its figures; None for a row without a figure."""
    blanked = _MARKER.sub(lambda match: " " * len(match[0]), memo.text[start:end])
    amounts = [_amounts_between(blanked, at, to) for at, to, _ in row.cells[1:]]
    label = blanked[slice(*row.cells[0][:2])].strip() if row.cells else ""
    if not any(amounts):
        return None
    statement = next((one for one in memo.statements if start <= one.start < end), None)
    problem = _problem(statement) if sources is not None else "the table has too many figures"
    found = _stored_cells(statement, memo, sources) if statement and sources is not None and not problem else []
    figures = tuple(_match(options, row, label, found) if options else None for options in amounts)
    if not problem and not any(figure.cell for figure in figures if figure):
        by = statement.by if statement else ""
        problem = (
            "it is computed: no source has its figures" if by == "calculation" else "no cited cell has its figures"
        )
    return CitedRow(label, figures, problem)


def _amounts_between(blanked: str, start: int, end: int) -> list[Amount]:
    """Return the amounts of one cell of a row, with their places in the row."""
    return [
        msgspec.structs.replace(one, start=one.start + start, end=one.end + start)
        for one in find_amounts(blanked[start:end])
    ]


def _problem(statement: Statement | None) -> str:
    """Return why a row may not be drawn, as far as its statement says; empty when it is supported."""
    if statement is None or (not statement.citations and statement.finding != "supported"):
        return "it cites no source"
    decided = statement.decided
    if decided is not None and decided.verdict == "reject":
        return f"{decided.person} rejected it"
    return "" if statement.finding == "supported" else f"it is {statement.finding}"


def _stored_cells(statement: Statement, memo: CheckedMemo, sources: SourceLookup) -> list[FoundCell]:
    """Return the cells that a statement and its citations rest on, as they are stored now."""
    cited = [memo.citations[number] for number in statement.citations if number < len(memo.citations)]
    refs = [*statement.cells, *(cell for cite in cited if cite.finding == "supported" for cell in cite.cells)]
    found: list[FoundCell] = []
    for ref in dict.fromkeys(refs):
        stored = sources.cells(ref.source, ref.part)
        same = (one for one in stored if (one.start, one.end, one.text) == (ref.start, ref.end, ref.text))
        cell = next(same, None)
        if cell is not None and _is_comparable(cell):
            found.append((ref, cell))
    return found


def _is_comparable(cell: Cell) -> bool:
    """Return whether a cell's value is a number of a size that any figure has."""
    value, scale = cell_value(cell), cell.scale or 0
    return value is not None and abs(scale) <= MAX_MAGNITUDE and abs(value.adjusted() + scale) <= MAX_MAGNITUDE


def _match(amounts: list[Amount], row: MemoTableRow, label: str, left: list[FoundCell]) -> CitedFigure:
    """Return the figure of one place of a row; the cell that it is taken from is removed from those left."""
    for amount in amounts:
        known, _ = with_table_context(amount, row, label)
        for number, (ref, cell) in enumerate(left):
            differs = compare_amount(known, cell, frozenset())
            if differs is not None and not differs & {"scale", "unit"}:
                del left[number]
                return CitedFigure(amount.text, ref.source, cell)
    return CitedFigure(amounts[0].text)

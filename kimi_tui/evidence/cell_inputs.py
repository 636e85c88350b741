"""Cells as the named inputs of a calculation: found by their places, and found again when the result is cited.

`S1 p.58 "Net sales" 2018` names one cell, or is refused with what stands there. A calculation's text begins with its
inputs, one a line; a check believes none of them, but looks each one up in the stored source again.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from kimi_tui.cells import Cell
from kimi_tui.evidence.cell_periods import period_matches_cell
from kimi_tui.evidence.cell_table import CellTable, FoundCell
from kimi_tui.evidence.cell_values import cell_value
from kimi_tui.evidence.labels import clean_label, find_closest_labels, same_label
from kimi_tui.evidence.origin_check import is_in_query
from kimi_tui.evidence.passages import CitedPassage, PassageFinder
from kimi_tui.evidence.places import SourcePlace, parse_places
from kimi_tui.quantities.text_periods import find_periods
from kimi_tui.session import SessionError
from kimi_tui.text import one_line

_HEAD = "inputs:\n"
INDEPENDENT = "The result does not depend on its inputs, so that they vouch for nothing."
"""Stands below the inputs of such a calculation."""
_LINE = re.compile(r"(?P<name>\w+) = (?P<value>\S+) from \[(?P<place>[^\[\]]+)\]")
_MAX_SHOWN = 4
_MAX_ENDS = 300
"""Places where a program may end that are tried; a result rarely looks like the end of one."""
_SCALES = {2: "hundreds", 3: "thousands", 6: "millions", 9: "billions"}


class NamedInput(NamedTuple):
    """A cell under the name that a calculation has for it."""

    name: str
    place: str
    """As it is cited: `S1 p.58 "Net sales" 2018`."""
    found: FoundCell

    @property
    def value(self) -> int | float:
        """Return the figure with its scale: 46309000000 for 46,309 in millions; 0.427 for 42.7 %."""
        exact = scaled(self.found.cell)
        return int(exact) if exact == int(exact) else float(exact)

    def in_words(self) -> str:
        """One line: name, value, place, and the figure as the source shows it."""
        place = f"[{one_line(self.place)}]"
        return f"{self.name} = {self.value} from {place}: {in_words(self.found.cell)}"


class Calculated(NamedTuple):
    """The program and the inputs in the text of a calculation."""

    code: str
    """The program."""
    lines: tuple[str, ...]
    """Its inputs as they were written down."""


class CalculationInputs(NamedTuple):
    """The inputs of a cited calculation as they are in the stored sources."""

    named: tuple[NamedInput, ...] = ()
    near: tuple[FoundCell, ...] = ()
    """The cells of the parts that they stand in."""
    problem: str = ""
    """What is wrong with them; empty if nothing."""


def find_input(name: str, place: str, passages: PassageFinder) -> NamedInput | str:
    """Return the one cell at a place, or why there is none or more than one, in words that the model can act on."""
    written = place.strip().removeprefix("[").removesuffix("]").strip()
    places = parse_places(written)
    if places is None or len(places) != 1:
        return f'{name}: \u201c{one_line(place, 80)}\u201d names no single place; write S1 p.58 "Net sales" 2018'
    try:
        passage = passages.find_passage(places[0])
    except SessionError as error:
        return f"{name}: {one_line(str(error), 200)}"
    if isinstance(passage, str):
        return f"{name}: {passage}"
    found = _cells(passage)
    if isinstance(found, str):
        return f"{name}: {found}"
    alike = {(one.cell.value, one.cell.scale, one.cell.unit): one for one in reversed(found)}
    if len(alike) > 1:
        more = f" and {len(found) - _MAX_SHOWN} more" if len(found) > _MAX_SHOWN else ""
        return (
            f"{name}: [{one_line(written, 120)}] names {len(found)} figures: {_listed(found)}{more}; {_narrow(passage)}"
        )
    [cell] = alike.values()
    if passage.source.ref.kind == "query" and _is_typed(cell.cell, passage.source.ref.address):
        return f"{name}: {cell.cell.text} is a number of the query itself; take it from a table"
    return NamedInput(name, written, cell)


def text_of(code: str, inputs: Sequence[str], result: str) -> str:
    """Return the text that is kept of a calculation: its inputs in words, its code and what it gave."""
    head = _HEAD + "".join(f"{line}\n" for line in inputs) + "\n" if inputs else ""
    return f"{head}{code} = {result}" if result else f"{head}{code}"


def calculated(text: str, address: str) -> Calculated:
    """The program and the inputs in the text of a calculation; `address` is its program on one line, perhaps cut."""
    lines: tuple[str, ...] = ()
    if text.startswith(_HEAD):
        head, _, text = text.removeprefix(_HEAD).partition("\n\n")
        lines = tuple(head.split("\n"))
    ends = [match.start() for match in re.finditer(r" = |\nprinted:\n", text)] + [len(text)]
    tried = reversed(ends[-_MAX_ENDS:])
    code = next((text[:end] for end in tried if one_line(text[:end], 1_000) == address), address)
    return Calculated(code, lines)


def inputs_of(passage: CitedPassage, passages: PassageFinder) -> CalculationInputs:
    """Return the inputs of a calculation, each looked up again."""
    text = "\n".join(part.text for part in passage.source.parts)
    named: list[NamedInput] = []
    near: dict[tuple[str, str], list[FoundCell]] = {}
    problem = ""
    for line in calculated(text, passage.source.ref.address).lines:
        if line == INDEPENDENT:
            problem = "it was computed from nothing: its inputs make no difference"
            continue
        match = _LINE.match(line)
        again = find_input(match["name"], match["place"], passages) if match else "it cannot be read"
        if isinstance(again, str) or (match and str(again.value) != match["value"]):
            return CalculationInputs(
                problem=f"the input {one_line(line, 80)} is not what stands there; calculate again"
            )
        named.append(again)
        cell = again.found.cell
        if (again.found.source, cell.part) not in near:
            around = passages.find_passage(SourcePlace(again.found.source))
            cells = around.cells if isinstance(around, CitedPassage) else []
            near[again.found.source, cell.part] = [one for one in cells if one.cell.part == cell.part]
    return CalculationInputs(tuple(named), tuple(one for cells in near.values() for one in cells), problem)


def scaled(cell: Cell) -> Decimal:
    """Return the value of a cell's figure, scale and sign included; a percentage as a fraction."""
    value = cell_value(cell) or Decimal(0)
    return value.scaleb(-2 if cell.unit == "%" and not cell.scale else cell.scale or 0)


def in_words(cell: Cell) -> str:
    """Return a cell for people: `46,309 (Net sales, 2025-05-31, in millions of USD)`."""
    scale = _SCALES.get(cell.scale or 0, "")
    unit = f"in {scale} of {cell.unit}" if scale and cell.unit else f"in {scale}" if scale else cell.unit
    unit = unit if unit != "%" else ""
    scale_note = "" if scale or cell.unit or cell.scale is not None else "no unit or scale is stated"
    text = f"{cell.text} %" if cell.unit == "%" and "%" not in cell.text else cell.text
    about = (clean_label(cell.row), cell.period_end or clean_label(cell.column), unit, scale_note)
    return f"{one_line(text, 40)} ({one_line(', '.join(word for word in about if word), 200)})"


def _cells(passage: CitedPassage) -> list[FoundCell] | str:
    """Return the cells that a place names by row and period, or why there are none."""
    ref, place = passage.source.ref, passage.place
    if ref.kind == "calculation":
        return f"{ref.id} is a calculation; name the cells that it was computed from"
    table = CellTable(one for one in passage.cells if cell_value(one.cell) is not None)
    if not table.cells:
        return f"no table was read at {ref.id} {place.label}".rstrip() + "; copy its figures into the code"
    cells = _of_row(table, place.row) if place.row else table.cells
    if not cells:
        near = "; ".join(f"\u201c{label}\u201d" for label in find_closest_labels(place.row, table.labels))
        return f"{ref.id} {place.label} has no row \u201c{place.row}\u201d; the nearest rows are {near}"
    period = next(iter(find_periods(place.period)), None)
    if period is None:
        return cells
    compared = [(one, period_matches_cell(period, one.cell)) for one in cells]
    wanted = [one for one, same in compared if same] or [one for one, same in compared if same is None]
    return wanted or f"the row \u201c{place.row}\u201d has no figure for {period.text}; it has {_listed(cells)}"


def _is_typed(cell: Cell, sql: str) -> bool:
    """Return whether a figure of a query's result is in the query."""
    return any(is_in_query(number, sql) for number in (cell_value(cell) or Decimal(0), scaled(cell)))


def _of_row(table: CellTable, row: str) -> list[FoundCell]:
    """Return the cells of a row; where the place is one row already, those of the column of this name."""
    found = table.cells_of_row(row)
    if not found and len({(one.cell.table, one.cell.row_number) for one in table.cells}) == 1:
        found = [one for one in table.cells if same_label(one.cell.column, row)]
    return found


def _narrow(passage: CitedPassage) -> str:
    """Return how a place names a single cell."""
    if not passage.place.row:
        return "name the row, and the period if there are several"
    return (
        "add its period or page"
        if not passage.place.period
        else "add the page, or the section: \u201cSection > Row\u201d"
    )


def _listed(cells: Sequence[FoundCell]) -> str:
    return "; ".join(f"{in_words(one.cell)} in {one.cell.part}" for one in cells[:_MAX_SHOWN])

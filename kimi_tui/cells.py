"""A cell: one figure of a source with what it means.

Cells are made by the readers together with the text, and kept with their source under a digest of their own. They let
a figure in a memo be compared with the figure that it cites: its scale, unit, sign, period, row and column.
"""

import hashlib
from collections.abc import Iterable
from typing import Literal

import msgspec

CellOrigin = Literal["ixbrl", "grid", "csv", "query", "pdf"]
"""How the meaning of a cell is known: tagged by its author, or read from a table's layout, a column or a page."""


class Cell(msgspec.Struct, frozen=True, omit_defaults=True):
    """One figure of a source and its meaning; what is not known is empty, never guessed without `notes`."""

    part: str
    """The label of the part that shows the figure: `p.58`, `§3`, `rows 1-50`."""
    start: int
    """Where the shown figure begins in the part's text, in characters."""
    end: int
    """Where it ends."""
    text: str
    """The figure as shown, with its brackets, percent or currency mark: `(1,234)`."""
    value: str
    """The number as a decimal without grouping, before scaling, with the sign that is shown: `-1234`."""
    origin: CellOrigin
    """How its meaning is known."""
    scale: int | None = None
    """Power of ten that `value` is multiplied with: 6 in a table in millions, -2 for a percentage; None if unknown."""
    unit: str = ""
    """`USD`, `EUR`, `%`, `shares`, `USD/share`, ...; empty if unknown."""
    tagged_sign: int = 0
    """1 or -1 as the author tagged the fact (inline XBRL); 0 if not tagged. It may differ from the sign shown."""
    period_start: str = ""
    """First day, ISO 8601; empty for a point in time or if unknown."""
    period_end: str = ""
    """Last day, or the point in time, ISO 8601; where only that is known, the year (`2018`), or its quarter or half
    (`2018-Q3`)."""
    row: str = ""
    """The row's label: `Net sales`."""
    section: str = ""
    """The label of the rows above that this row belongs to: `Operating expenses`."""
    column: str = ""
    """The column's header, its lines joined: `Year ended December 31 › 2018`."""
    caption: str = ""
    """The caption or heading of the table."""
    entity: str = ""
    """Whose figure it is, if the source says so."""
    concept: str = ""
    """The tag of inline XBRL: `us-gaap:Revenues`."""
    row_number: int = 0
    """The row in its table, or of the file or query; from 1, the header is 0."""
    column_number: int = 0
    """The column in its table, from 1."""
    table: int = 0
    """The table in its source, from 1; 0 outside of tables."""
    notes: tuple[str, ...] = ()
    """Notes on guesses, each one sentence."""


_DECODER = msgspec.json.Decoder(Cell)


def encode_cells(cells: Iterable[Cell]) -> bytes:
    """Encode cells as JSON Lines, for workers and for storage."""
    return b"".join(msgspec.json.encode(cell) + b"\n" for cell in cells)


def decode_cells(lines: bytes) -> tuple[Cell, ...]:
    """Decode the cells that `encode_cells` wrote; raises `ValueError` for anything else."""
    return tuple(_DECODER.decode_lines(lines))


def digest_cells(lines: bytes) -> str:
    """Return SHA-256 over encoded cells; empty for none."""
    return hashlib.sha256(lines).hexdigest() if lines else ""

"""The rows of a query as a source, as cells and as the model reads them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from kimi_tui.cells import Cell, encode_cells
from kimi_tui.quantities.numbers import format_figure
from kimi_tui.sources import Part, SourceRef
from kimi_tui.text import one_line, replace_surrogates
from kimi_tui.tools.base import Observation, ToolContext

if TYPE_CHECKING:
    from kimi_tui.tools.text.row_cells import Shown

ROWS_A_PART = 50
"""Rows under one label of the source."""
SHOWN_CHARACTERS = 12_000
"""About how much of a result the model is shown at once."""
SHOWN_CELL = 300
"""Characters of one value that the model is shown."""


def result(name: str, sql: str, limit: int, found: dict[str, Any], context: ToolContext) -> Observation:
    """Return the rows as a source, a table for front ends and text for the model."""
    kept = {"columns": found["columns"], "rows": found["rows"], "database": name, "digest": found["digest"]}
    columns: list[str] = found["columns"]
    rows: list[list[Any]] = found["rows"]
    header = " | ".join(columns)
    parts, cells = _parts(columns, rows, found.get("about", ()))
    ref = context.sources.add(
        kind="query",
        title="",
        address=f"{name}: {one_line(sql)}",
        media_type="application/json",
        data=msgspec.json.encode(kept | {"sql": replace_surrogates(sql), "limit": limit}),
        parts=parts,
        extractor="sqlite",
        cells=encode_cells(cells),
    )
    rows_word = "row" if len(rows) == 1 else "rows"
    text = [f"[{ref.id}] {len(rows)} {rows_word} from {one_line(name, 200)}", one_line(header, 2_000)]
    text += _fitting([" | ".join(_shown(value, SHOWN_CELL) for value in row) for row in rows], ref)
    if found["more"]:
        text.append(
            f"More rows follow; these are the first {len(rows)}. Go on with LIMIT {len(rows)} OFFSET {len(rows)} and a "
            "fixed ORDER BY in the sql, raise limit, or select sums and groups instead."
        )
    text += [f"Note: {note}" for note in found["notes"]]
    artifact = {"kind": "table", "columns": columns, "rows": rows}
    return Observation("\n".join(text), sources=(ref,), artifact=artifact, notes=tuple(found["notes"]))


def _shown(value: Any, limit: int = 0) -> str:
    """One value on one line."""
    if value is None:
        return "NULL"
    return format_figure(value) if isinstance(value, float) else one_line(str(value), limit)


def _parts(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], about: Sequence[dict[str, Any]]
) -> tuple[tuple[Part, ...], list[Cell]]:
    """Return the rows in blocks under their labels, each with the header before it, and their figures."""
    from kimi_tui.tools.text.row_cells import MAX_CELLS, RowCells, described_by_values, heading_of

    header = " | ".join(columns)
    if not rows:
        return (Part("result", f"{header}\n(no rows)"),), []
    known = {str(one["name"]): one for one in about}
    titles = [(known.get(name, {}).get("header") or name, known.get(name, {}).get("unit", "")) for name in columns]
    texts = [[row[n] for row in rows if isinstance(row[n], str)] for n in range(len(columns))]
    makes = RowCells(
        "query",
        [described_by_values(heading_of(*title), found) for title, found in zip(titles, texts, strict=True)],
    )
    parts: list[Part] = []
    cells: list[Cell] = []
    for start in range(0, len(rows), ROWS_A_PART):
        block = rows[start : start + ROWS_A_PART]
        label = f"rows {start + 1}-{start + len(block)}"
        text = header
        for number, row in enumerate(block, start + 1):
            text += f"\nrow {number}: "
            values = _placed(row, len(text))
            text += " | ".join(_shown(value) for value in row)
            if len(cells) < MAX_CELLS:
                cells += makes.of_row(label, number, values)
        parts.append(Part(label, text))
    return tuple(parts), cells


def _placed(row: Sequence[Any], start: int) -> "list[Shown]":
    """Return the values of a row with their places, the first one at `start`."""
    from kimi_tui.tools.text.row_cells import Shown, number_in

    placed = []
    for value in row:
        text = _shown(value)
        figures = text if isinstance(value, int | float) else number_in(text)
        placed.append(Shown("" if value is None else text, figures, start, start + len(text)))
        start += len(text) + 3
    return placed


def _fitting(lines: list[str], ref: SourceRef) -> list[str]:
    """As many rows as the model is shown at once, and how to read the others."""
    shown: list[str] = []
    room = SHOWN_CHARACTERS
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            rest = f"rows {len(shown) + 1}-{len(lines)}"
            return [
                *shown,
                f'Shown are rows 1-{len(shown)}. Read the others with read(source="{ref.id}", parts="{rest}").',
            ]
        shown.append(line)
    return shown

"""Draw structured results: a table with aligned columns, a plan as a list with its progress.

Artifacts are read from a journal and may hold anything: what does not have the expected shape is left to be shown
as text.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from kimi_tui.text import one_line
from kimi_tui.tui.rendering.lines import StyledLine, StyledSpan, plain_lines, width_of
from kimi_tui.tui.rendering.sections import (
    PREVIEW_ROWS,
    DrawContext,
    DrawnSection,
    fixed_section,
    indent_lines,
    more_rows,
)
from kimi_tui.tui.rendering.tables import FittedTable, UnfittedTable, align_figures_right, fit_table

_MAX_ROWS = 1_000
"""Rows that are drawn of one table."""
_ROWS_PER_SECTION = 40
"""Rows in one section."""


def artifact_sections(
    artifact: dict[str, Any] | None, place: DrawContext, before: Sequence[StyledSpan]
) -> list[DrawnSection] | None:
    """Return an artifact's lines; None when it is better shown as text."""
    kind = (artifact or {}).get("kind")
    if artifact is not None and kind == "table":
        return _table(artifact, place, before)
    if artifact is not None and kind == "plan":
        return _plan(artifact, place, before)
    return None


def _table(artifact: dict[str, Any], place: DrawContext, before: Sequence[StyledSpan]) -> list[DrawnSection] | None:
    columns, rows = artifact.get("columns"), artifact.get("rows")
    if not isinstance(columns, list) or not isinstance(rows, list) or not columns:
        return None
    shown = rows[: PREVIEW_ROWS if place.level < 2 else _MAX_ROWS]
    cells = [[[StyledSpan(_cell(value))] for value in row] for row in shown if isinstance(row, list | tuple)]
    aligns = align_figures_right(cells, ["left"] * len(columns))
    room = max(place.width - sum(width_of(span.text) for span in before), 2)
    fit = fit_table(UnfittedTable([[StyledSpan(_cell(name))] for name in columns], cells, aligns), room, place.glyphs)
    made = [fixed_section(indent_lines(fit.head(), before))]
    for start in range(0, len(cells), _ROWS_PER_SECTION):
        stop = min(start + _ROWS_PER_SECTION, len(cells))
        made.append(DrawnSection(stop - start, partial(_rows, fit, start, stop, before)))
    missing = len(rows) - len(shown)
    return [*made, fixed_section([more_rows(missing, place, before)])] if missing > 0 else made


def _rows(fit: FittedTable, start: int, stop: int, before: Sequence[StyledSpan]) -> list[StyledLine]:
    return indent_lines(fit.body(start, stop), before)


def _cell(value: object) -> str:
    """Return a cell's value as text."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.12g}"
    return one_line(str(value), 400)


def _plan(artifact: dict[str, Any], place: DrawContext, before: Sequence[StyledSpan]) -> list[DrawnSection] | None:
    steps = artifact.get("steps")
    if not isinstance(steps, list):
        return None
    glyphs = place.glyphs
    signs = {"done": (glyphs.check, "ok", "muted"), "doing": (glyphs.running, "running", "strong")}
    lines: list[StyledLine] = []
    for step in steps:
        if isinstance(step, dict):
            sign, sign_style, style = signs.get(str(step.get("state")), (glyphs.waiting, "muted", ""))
            first = [*before, StyledSpan(f"{sign} ", sign_style)]
            rows = plain_lines(one_line(str(step.get("text", "")), 1_000), place.width, style, indent=first)
            lines += [rows[0], *(_continuation_line(row, len(before)) for row in rows[1:])]
    return [fixed_section(lines)]


def _continuation_line(line: StyledLine, ornaments: int) -> StyledLine:
    """Return a wrapped line without the sign that only the first one has."""
    if len(line.spans) <= ornaments + 1:
        return line
    spans = (*line.spans[:ornaments], StyledSpan("  "), *line.spans[ornaments + 1 :])
    return line._replace(spans=spans)

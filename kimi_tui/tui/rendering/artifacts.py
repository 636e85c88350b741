"""Structured results: a table as an aligned table, a plan as a list with its progress.

Artifacts are read from a journal and may hold anything: what does not have the expected shape is left to be shown
as text.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from kimi_tui.text import one_line
from kimi_tui.tui.rendering.lines import Line, Span, plain, width_of
from kimi_tui.tui.rendering.sections import PREVIEW_ROWS, Place, Section, fixed, indented, more_rows
from kimi_tui.tui.rendering.tables import Fitted, Table, figures_right, fitted

_MOST_ROWS = 1_000
"""Rows that are drawn of one table."""
_PIECE = 40
"""Rows in one section."""


def artifact_sections(artifact: dict[str, Any] | None, place: Place, before: Sequence[Span]) -> list[Section] | None:
    """An artifact's lines; None when it is better shown as text."""
    kind = (artifact or {}).get("kind")
    if artifact is not None and kind == "table":
        return _table(artifact, place, before)
    if artifact is not None and kind == "plan":
        return _plan(artifact, place, before)
    return None


def _table(artifact: dict[str, Any], place: Place, before: Sequence[Span]) -> list[Section] | None:
    columns, rows = artifact.get("columns"), artifact.get("rows")
    if not isinstance(columns, list) or not isinstance(rows, list) or not columns:
        return None
    shown = rows[: PREVIEW_ROWS if place.level < 2 else _MOST_ROWS]
    cells = [[[Span(_cell(value))] for value in row] for row in shown if isinstance(row, list | tuple)]
    aligns = figures_right(cells, ["left"] * len(columns))
    room = max(place.width - sum(width_of(span.text) for span in before), 2)
    fit = fitted(Table([[Span(_cell(name))] for name in columns], cells, aligns), room, place.glyphs)
    made = [fixed(indented(fit.head(), before))]
    for start in range(0, len(cells), _PIECE):
        stop = min(start + _PIECE, len(cells))
        made.append(Section(stop - start, partial(_rows, fit, start, stop, before)))
    missing = len(rows) - len(shown)
    return [*made, fixed([more_rows(missing, place, before)])] if missing > 0 else made


def _rows(fit: Fitted, start: int, stop: int, before: Sequence[Span]) -> list[Line]:
    return indented(fit.body(start, stop), before)


def _cell(value: object) -> str:
    """A cell's value as text."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.12g}"
    return one_line(str(value), 400)


def _plan(artifact: dict[str, Any], place: Place, before: Sequence[Span]) -> list[Section] | None:
    steps = artifact.get("steps")
    if not isinstance(steps, list):
        return None
    glyphs = place.glyphs
    signs = {"done": (glyphs.check, "ok", "muted"), "doing": (glyphs.running, "running", "strong")}
    lines: list[Line] = []
    for step in steps:
        if isinstance(step, dict):
            sign, sign_style, style = signs.get(str(step.get("state")), (glyphs.waiting, "muted", ""))
            first = [*before, Span(f"{sign} ", sign_style)]
            rows = plain(one_line(str(step.get("text", "")), 1_000), place.width, style, indent=first)
            lines += [rows[0], *(_under(row, len(before)) for row in rows[1:])]
    return [fixed(lines)]


def _under(line: Line, ornaments: int) -> Line:
    """A wrapped line without the sign that only the first one has."""
    if len(line.spans) <= ornaments + 1:
        return line
    spans = (*line.spans[:ornaments], Span("  "), *line.spans[ornaments + 1 :])
    return line._replace(spans=spans)

"""What an approval card says of a call, as text: label, effects, reasons, the model's last words, arguments."""

import json
from typing import Any

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.content import Content
from textual.style import Style as VisualStyle

from kimi_tui.projections.calls import Call
from kimi_tui.projections.state import SessionState
from kimi_tui.text import one_line, printable
from kimi_tui.tui.words import call_label, effects, signs

LAST_WORDS = 280
"""Characters of reasoning that are shown."""
LONG_VALUE = 6_000
"""Characters of an argument that are shown; the form has all of it."""


def title(call: Call, position: str, ascii: bool, strong: VisualStyle) -> Content:
    """The card's first line: a mark, what the call is, and its place in the queue."""
    mark = "?" if ascii else "◆"
    place = f"   {position}" if position else ""
    label, rest = f"{mark} {call_label(call)}", f"   {call.id} · step {call.step}{place}"
    return Content.assemble((signs(label, ascii), strong), signs(rest, ascii))


def described(call: Call, state: SessionState, names: Style, *, ascii: bool) -> Table:
    """Everything a person needs to decide one call."""
    table = _grid(names)
    if call.effects:
        _add(table, "touches", effects(call.effects))
    if call.why or call.rule:
        rule = f" ({one_line(call.rule, 80)})" if call.rule else ""
        _add(table, "asked", signs(one_line(call.why, 400) + rule, ascii))
    if words := last_words(call, state):
        _add(table, "it said", signs(words, ascii), "italic")
    for name, value in call.arguments.items():
        _add(table, name, _value(value))
    if not call.arguments:
        _add(table, "arguments", "none")
    return table


def several(calls: list[Call], names: Style) -> Table:
    """A line for each of several calls."""
    table = _grid(names)
    for call in calls:
        touched = effects(call.effects)
        _add(table, call.id, call_label(call) + (f"  ({touched})" if touched else ""))
    return table


def last_words(call: Call, state: SessionState) -> str:
    """What the model said to itself or to us just before it proposed the call: the end of it, on one line."""
    place = state.timeline.by_call.get(call.id, 0)
    for block in reversed(state.timeline.blocks[:place]):
        if block.step != call.step:
            break
        if block.kind in ("reasoning", "message") and block.text.strip():
            words = one_line(block.text[-4 * LAST_WORDS :])
            return words if len(words) <= LAST_WORDS else "…" + words[-LAST_WORDS:].partition(" ")[2]
    return ""


def _grid(names: Style) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style=names, no_wrap=True, max_width=24)
    table.add_column(overflow="fold")
    return table


def _add(table: Table, name: str, text: str, style: str = "") -> None:
    """Add a row; both cells are plain text, since a table reads a bare string as markup."""
    table.add_row(Text(one_line(name, 24)), Text(text, style=style))


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) > LONG_VALUE:
        return printable(text[:LONG_VALUE]) + f"\n({len(text) - LONG_VALUE:,} more characters; edit shows all)"
    return printable(text)

"""Describe a waiting call as text: what it touches, why it needs approval, what data leaves, what has changed.

Every row is plain text from outside. What matters is said in signs as well as in colour: words of the desk stand in
the arguments underlined, changes since the last such call in `[-` and `{+`.
"""

import json
from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.content import Content
from textual.style import Style as VisualStyle

from kimi_tui.egress.outgoing_data import OutgoingText, outgoing_texts, sends_data
from kimi_tui.projections.calls import Call
from kimi_tui.projections.earlier_calls import covered_calls, earlier_calls, last_of_tool, released
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.text import one_line, printable
from kimi_tui.tui.approval.outgoing_words import CardStyles, describe_origins, mark_origins
from kimi_tui.tui.formatting import call_label, call_state, describe_effects, replace_non_ascii_signs
from kimi_tui.tui.rendering.lines import fit_text
from kimi_tui.tui.rendering.text_diff import DiffPiece, diff_words, shorten_unchanged

LAST_WORDS_CHARS = 280
"""Characters of reasoning that are shown."""
MAX_VALUE_CHARS = 6_000
"""Characters of an argument that are shown when it stays inside; the form has all of it."""
LONG_ADDRESS = 120
"""Characters of an argument that leaves from which its call is not approved with others."""
MAX_QUEUED_CALLS = 3
"""Calls that wait behind this one and are named."""


def card_title(call: Call, position: str, ascii: bool, strong: VisualStyle, *, room: int) -> Content:
    """Return the card's first line in `room` cells: a mark, the call, and its place in the queue."""
    mark = "?" if ascii else "◆"
    place = f"   {position}" if position else ""
    rest = f"   {one_line(call.id, 24)} · step {call.step}{place}"
    label = fit_text(f"{mark} {call_label(call)}", max(room - cell_len(rest), 12))
    return Content.assemble((replace_non_ascii_signs(label, ascii), strong), replace_non_ascii_signs(rest, ascii))


def describe_call(call: Call, state: TrajectoryState, tones: CardStyles, *, ascii: bool) -> Table:
    """Return everything a person needs to decide one call."""
    table = _grid(tones)
    if call.effects:
        _add_row(table, "touches", describe_effects(call.effects))
    if call.reason or call.rule:
        rule = f" ({one_line(call.rule, 80)})" if call.rule else ""
        _add_row(table, "asked", replace_non_ascii_signs(one_line(call.reason, 400) + rule, ascii))
    if call.hook and call.hook.reason not in call.reason:
        words = f"{call.hook.hook} answers {call.hook.verdict}: {one_line(call.hook.reason, 400)}"
        _add_row(table, "hook", replace_non_ascii_signs(words, ascii))
    if words := last_words(call, state):
        _add_row(table, "it said", replace_non_ascii_signs(words, ascii), "italic")
    found = outgoing_texts(call, state)
    _add_arguments(table, call, {item.argument: item for item in found}, tones)
    if sends_data(call):
        unexplained = call.rule == "unexplained-data"
        table.add_row(Text("leaves"), describe_origins(found, tones, ascii=ascii, unexplained=unexplained))
    if (before := last_of_tool(state.calls, call)) is not None:
        table.add_row(Text(f"since {one_line(before.id, 8)}"), _argument_changes(before, call, tones, ascii))
    if call.pattern:
        _add_row(
            table,
            "always",
            replace_non_ascii_signs(f"{call.pattern} · {_rule_reach_words(call, state, call.pattern)}", ascii),
        )
    _add_queue(table, call, state, ascii)
    return table


def describe_batch(calls: Sequence[Call], left_out: int, tones: CardStyles) -> Table:
    """Return a line for each of several calls."""
    table = _grid(tones)
    for call in calls:
        touched = describe_effects(call.effects)
        _add_row(table, call.id, call_label(call) + (f"  ({touched})" if touched else ""))
        for name, value in call.arguments.items() if sends_data(call) else ():
            _add_row(table, "", f"{one_line(name, 24)}: {_value(value, whole=True)}")
    if left_out:
        calls_left = "1 call is" if left_out == 1 else f"{left_out} calls are"
        _add_row(table, "not these", f"{calls_left} decided separately: text of the desk or a long address leaves")
    return table


def fits_one_line(call: Call, state: TrajectoryState) -> bool:
    """Return whether one line shows all of a call: it sends nothing of the desk or encoded, and no long argument."""
    if not sends_data(call):
        return True
    found = outgoing_texts(call, state)
    if any(item.opaque or any(mark.origin == "desk" for mark in item.marks) for item in found):
        return False
    return all(len(_value(value, whole=True)) <= LONG_ADDRESS for value in call.arguments.values())


def describe_rule_reach(call: Call, state: TrajectoryState, pattern: str, tones: CardStyles, *, ascii: bool) -> Table:
    """Return which earlier calls a rule would have allowed."""
    table = _grid(tones)
    _add_row(table, "so far", replace_non_ascii_signs(_rule_reach_words(call, state, pattern), ascii))
    try:
        found = covered_calls(state.calls, call, pattern)
    except ValueError:
        return table
    for other in released(state.calls, call, pattern):
        _add_row(table, "also runs now", f"{one_line(other.id, 24)}  {call_label(other)}")
        _add_arguments(table, other, {item.argument: item for item in outgoing_texts(other, state)}, tones)
    for other in reversed(found):
        _add_row(table, other.id, f"{call_label(other)}  ({call_state(other)})")
    return table


def last_words(call: Call, state: TrajectoryState) -> str:
    """Return the end of what the model wrote just before it proposed the call, on one line."""
    place = state.timeline.by_call.get(call.id, 0)
    for block in reversed(state.timeline.blocks[:place]):
        if block.step != call.step:
            break
        if block.kind in ("reasoning", "message") and block.text.strip():
            words = one_line(block.text[-4 * LAST_WORDS_CHARS :])
            return words if len(words) <= LAST_WORDS_CHARS else "…" + words[-LAST_WORDS_CHARS:].partition(" ")[2]
    return ""


def _grid(tones: CardStyles) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style=tones.name, no_wrap=True, max_width=24)
    table.add_column(overflow="fold")
    return table


def _add_row(table: Table, name: str, text: str, style: str = "") -> None:
    """Add a row; both cells are made printable, and plain text, since a table reads a bare string as markup."""
    table.add_row(Text(one_line(name, 24)), Text(printable(text), style=style))


def _add_arguments(table: Table, call: Call, found: dict[str, OutgoingText], tones: CardStyles) -> None:
    """The arguments: whole where they leave, with the words of known origin in their style."""
    for name, value in call.arguments.items():
        item = found.get(name)
        table.add_row(
            Text(one_line(name, 24)), mark_origins(item, tones) if item else Text(_value(value, whole=bool(found)))
        )
    if not call.arguments:
        _add_row(table, "arguments", "none")


def _argument_changes(before: Call, call: Call, tones: CardStyles, ascii: bool) -> Text:
    """Return how the arguments differ from those of the last such call."""
    text = Text()
    for name in dict.fromkeys((*before.arguments, *call.arguments)):
        old, new = _value(before.arguments.get(name, ""), whole=True), _value(call.arguments.get(name, ""), whole=True)
        if old != new:
            text.append("\n" if text else "").append(f"{one_line(name, 24)}: ", tones.name)
            for piece in shorten_unchanged(diff_words(old, new)):
                text.append(piece_on_one_line(piece, ascii), _tone(piece, tones))
    how = f"{call_state(before)}" + (f", {before.decision}" if before.decision else "")
    return text if text else Text(f"the same arguments ({how})")


def piece_on_one_line(piece: DiffPiece, ascii: bool) -> str:
    """Return a piece with its signs on one line, blanks folded."""
    return replace_non_ascii_signs(printable(piece.shown).replace("\n", " "), ascii)


def _tone(piece: DiffPiece, tones: CardStyles) -> Style:
    return {"same": Style.null(), "added": tones.added, "removed": tones.removed}[piece.change]


def _rule_reach_words(call: Call, state: TrajectoryState, pattern: str) -> str:
    """In words, what a rule would have allowed before this call."""
    try:
        found = covered_calls(state.calls, call, pattern)
    except ValueError as error:
        return str(error)
    outside = [other for other in earlier_calls(state.calls, call) if any(e.kind != "read" for e in other.effects)]
    if not found:
        return "would have allowed none of the earlier calls"
    calls = "the one earlier call" if len(outside) == 1 else f"{len(found)} of {len(outside)} earlier calls"
    return f"would have allowed {calls} that go outside"


def _add_queue(table: Table, call: Call, state: TrajectoryState, ascii: bool) -> None:
    """The calls that wait beside this one."""
    others = [other for other in state.calls.waiting if other.id != call.id]
    for number, other in enumerate(others[:MAX_QUEUED_CALLS]):
        line = Text(replace_non_ascii_signs(f"{one_line(other.id, 24)}  {call_label(other)}", ascii), no_wrap=True)
        line.overflow = "crop" if ascii else "ellipsis"
        table.add_row(Text("" if number else "waits too"), line)
    if len(others) > MAX_QUEUED_CALLS:
        _add_row(table, "", f"and {len(others) - MAX_QUEUED_CALLS} more")


def _value(value: Any, *, whole: bool) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) > MAX_VALUE_CHARS and not whole:
        return (
            printable(text[:MAX_VALUE_CHARS]) + f"\n({len(text) - MAX_VALUE_CHARS:,} more characters; edit shows all)"
        )
    return printable(text)

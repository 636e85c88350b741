"""The call map: every call of the session as a dense picture and as a list, with a filter.

The filter takes words and what each column holds: `kind:network`, `tool:read`, `host:sec.gov`, `state:error`,
`decision:veto`, `step:3-9`, `tokens:>2000`, `seconds:>10`.
"""

import re
from collections.abc import Callable, Mapping

from textual.widget import Widget

from kimi_tui.projections.calls import Call
from kimi_tui.sources import SourceRef
from kimi_tui.text import count_noun, one_line
from kimi_tui.tui.formatting import CALL_TONES, call_label, call_seconds, call_state, describe_effects, format_count
from kimi_tui.tui.panels.panel import Panel
from kimi_tui.tui.widgets.call_heatmap import CallHeatmap
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList
from kimi_tui.tui.widgets.text_line import TextLine

COLUMNS = (
    ListColumn("id", 5),
    ListColumn("step", 4, right=True),
    ListColumn("state", 13),
    ListColumn("kind", 9, min_list_width=100),
    ListColumn("call"),
    ListColumn("host", 17, min_list_width=112),
    ListColumn("decided", 8, min_list_width=100, sparse=True),
    ListColumn("tokens", 7, right=True, min_list_width=76),
    ListColumn("seconds", 7, right=True, min_list_width=64),
)
"""The columns of the list."""
_SOURCE_ID = re.compile(r"S\d+")
CHARS_PER_TOKEN = 4
"""For the size of an observation, which nobody counts."""


class MapPanel(Panel):
    """A filter over a picture and a list of calls."""

    TITLE = "Map of the trajectory"

    def content_widgets(self) -> list[Widget]:
        """Return the filter, the picture and the list."""
        hint = "filter: words  kind:network  host:sec.gov  state:error  decision:veto  step:3-9  seconds:>10"
        return [
            TextLine(hint, id="filter"),
            CallHeatmap(ascii=self.ui_context.ascii, id="picture"),
            RowList(COLUMNS, empty="No call.", id="calls"),
        ]

    def on_mount(self) -> None:
        """Focus the list; the filter is one `tab` away."""
        super().on_mount()
        self.query_one(RowList).focus()
        self.query_one(RowList).action_go(-1)

    def show(self) -> None:
        """Show the calls that pass the filter."""
        calls = self.state.calls.by_id
        wanted = self.query_one(TextLine).value.lower().split()
        sources = self.state.sources.by_id
        found = [call for call in calls.values() if all(matches_filter_word(call, word, sources) for word in wanted)]
        every = count_noun(len(calls), "call")
        self.set_figures(f"{len(found)} of {every}" if wanted else every)
        rows = self.query_one(RowList)
        rows.show([_row(call, sources) for call in found])
        picture = self.query_one(CallHeatmap)
        picture.show(list(calls.values()), {call.id for call in found})
        picture.set_current(rows.current)

    def on_input_changed(self) -> None:
        """Filter as you type."""
        self.show()

    def on_input_submitted(self) -> None:
        """Move the focus from the filter to the list."""
        self.query_one(RowList).focus()

    def on_text_line_left(self) -> None:
        """Move the focus from the filter to the list."""
        self.query_one(RowList).focus()

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """Mark the call under the list's cursor in the heatmap."""
        self.query_one(CallHeatmap).set_current(message.row_id)

    def on_call_heatmap_picked(self, message: CallHeatmap.Picked) -> None:
        """Put the cursor of the list on the call."""
        self.query_one(RowList).move_to(message.call_id)
        self.query_one(RowList).focus()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Jump to the call."""
        self.dismiss(message.row_id)


def kind_of_effect(call: Call) -> str:
    """Return the kind of a call's first effect.

    One that touches nothing is of the kind that its tool's name ends with: `update_plan` is `plan`.
    """
    return call.effects[0].kind if call.effects else call.tool.rpartition("_")[2]


def describe_target(call: Call, sources: Mapping[str, SourceRef]) -> str:
    """Return what a call touches: hosts, document names, databases; empty for nothing."""
    touched = (_name_of(effect.target, sources) for effect in call.effects)
    return ", ".join(dict.fromkeys(one_line(name, 80) for name in touched if name))


def _name_of(target: str, sources: Mapping[str, SourceRef]) -> str:
    """Return the name of an effect's target for a person: the title in place of a source's id."""
    ref = sources.get(target)
    if ref is not None:
        return ref.title or ref.address
    return "" if _SOURCE_ID.fullmatch(target) else target


def tokens_of(call: Call) -> int:
    """About how many tokens of the context a call's observation takes."""
    return len(call.observation.text) // CHARS_PER_TOKEN if call.observation else 0


def matches_filter_word(call: Call, word: str, sources: Mapping[str, SourceRef]) -> bool:
    """Return whether a call matches one lower-case word of the filter; an unfinished word matches all."""
    name, colon, value = word.partition(":")
    texts: dict[str, Callable[[Call], str]] = {
        "kind": kind_of_effect,
        "tool": lambda one: one.tool,
        "host": lambda one: describe_target(one, sources),
        "state": call_state,
        "decision": lambda one: one.decision or "",
    }
    numbers: dict[str, Callable[[Call], float]] = {
        "step": lambda one: one.step,
        "tokens": tokens_of,
        "seconds": call_seconds,
    }
    if colon and name in texts:
        return value in one_line(texts[name](call)).lower()
    if colon and name in numbers:
        return _matches_number(numbers[name](call), value)
    return word in _searched_text(call)


def _matches_number(number: float, value: str) -> bool:
    """Return whether a number equals a value, lies in a range (`3-9`), or beyond a bound (`>10`, `<10`)."""
    try:
        if value[:1] in ("<", ">"):
            bound = float(value[1:])
            return number >= bound if value[0] == ">" else number <= bound
        first, dash, last = value.partition("-")
        return float(first) <= number <= float(last) if dash else number == float(first)
    except ValueError:
        return True


def _row(call: Call, sources: Mapping[str, SourceRef]) -> ListRow:
    state = call_state(call)
    seconds, tokens = call_seconds(call), tokens_of(call)
    return ListRow(
        call.id,
        (
            ListCell(call.id, "muted"),
            ListCell(str(call.step), "muted"),
            ListCell("withdrawn" if call.withdrawn else state, CALL_TONES.get(state, "muted")),
            ListCell(kind_of_effect(call), "muted"),
            ListCell(call_label(call)),
            ListCell(describe_target(call, sources), "muted"),
            ListCell(call.decision or "", "warning"),
            ListCell(format_count(tokens) if tokens else "", "muted"),
            ListCell(f"{seconds:.1f}" if seconds else "", "muted"),
        ),
    )


def _searched_text(call: Call) -> str:
    words = (
        call.id,
        call.tool,
        call_label(call),
        call_state(call),
        call.decision or "",
        describe_effects(call.effects),
    )
    return one_line(" ".join(words)).lower()

"""The map: every call of the session in one list, filtered as you type, to jump to."""

from textual.widget import Widget

from kimi_tui.projections.calls import Call
from kimi_tui.text import one_line
from kimi_tui.tui.panels.panel import Panel
from kimi_tui.tui.widgets.row_list import Cell, Column, Row, RowList
from kimi_tui.tui.widgets.text_line import TextLine
from kimi_tui.tui.words import CALL_TONES, call_label, call_seconds, call_state, effects

COLUMNS = (
    Column("id", 5),
    Column("step", 4, right=True),
    Column("state", 13),
    Column("tool", 16, least=80),
    Column("call"),
    Column("decided", 8, least=100),
    Column("sources", 7, right=True, least=110),
    Column("seconds", 7, right=True, least=64),
)
"""The columns of the list."""


class MapPanel(Panel):
    """A filter over the list of calls."""

    TITLE = "Map of the trajectory"

    def content(self) -> list[Widget]:
        """The filter and the list."""
        return [
            TextLine("filter by words, tool, state or host", id="filter"),
            RowList(COLUMNS, empty="No call.", id="calls"),
        ]

    def on_mount(self) -> None:
        """Stand in the list; the filter is one `tab` away."""
        super().on_mount()
        self.query_one(RowList).focus()
        self.query_one(RowList).action_go(-1)

    def show(self) -> None:
        """List the calls that the filter lets through."""
        calls = self.state.calls.by_id
        wanted = self.query_one(TextLine).value.lower().split()
        found = [call for call in calls.values() if all(word in _haystack(call) for word in wanted)]
        self.head(f"{len(found)} of {len(calls)} calls" if wanted else f"{len(calls)} calls")
        self.query_one(RowList).show([_row(call) for call in found])

    def on_input_changed(self) -> None:
        """Filter as you type."""
        self.show()

    def on_input_submitted(self) -> None:
        """From the filter to the list."""
        self.query_one(RowList).focus()

    def on_text_line_left(self) -> None:
        """From the filter to the list."""
        self.query_one(RowList).focus()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Jump to the call."""
        self.dismiss(message.row_id)


def _row(call: Call) -> Row:
    state = call_state(call)
    seconds = call_seconds(call)
    sources = len(call.observation.sources) if call.observation else 0
    return Row(
        call.id,
        (
            Cell(call.id, "muted"),
            Cell(str(call.step), "muted"),
            Cell("withdrawn" if call.withdrawn else state, CALL_TONES.get(state, "muted")),
            Cell(call.tool, "muted"),
            Cell(call_label(call)),
            Cell(call.decision or "", "warning"),
            Cell(str(sources or ""), "muted"),
            Cell(f"{seconds:.1f}" if seconds else "", "muted"),
        ),
    )


def _haystack(call: Call) -> str:
    words = (call.id, call.tool, call_label(call), call_state(call), call.decision or "", effects(call.effects))
    return one_line(" ".join(words)).lower()

"""The map: every call of the session as one dense picture and as a list, filtered as you type, to jump to.

The filter takes words and what each column holds: `kind:network`, `tool:read`, `host:sec.gov`, `state:error`,
`decision:veto`, `step:3-9`, `tokens:>2000`, `seconds:>10`.
"""

import re
from collections.abc import Callable, Mapping

from textual.widget import Widget

from kimi_tui.projections.calls import Call
from kimi_tui.sources import SourceRef
from kimi_tui.text import one_line
from kimi_tui.tui.panels.panel import Panel
from kimi_tui.tui.widgets.call_picture import CallPicture
from kimi_tui.tui.widgets.row_list import Cell, Column, Row, RowList
from kimi_tui.tui.widgets.text_line import TextLine
from kimi_tui.tui.words import CALL_TONES, call_label, call_seconds, call_state, count, effects

COLUMNS = (
    Column("id", 5),
    Column("step", 4, right=True),
    Column("state", 13),
    Column("kind", 9, least=100),
    Column("call"),
    Column("host", 17, least=112),
    Column("decided", 8, least=100, sparse=True),
    Column("tokens", 7, right=True, least=76),
    Column("seconds", 7, right=True, least=64),
)
"""The columns of the list."""
_SOURCE_ID = re.compile(r"S\d+")
CHARACTERS_PER_TOKEN = 4
"""For the size of an observation, which nobody counts."""


class MapPanel(Panel):
    """A filter over a picture and a list of calls."""

    TITLE = "Map of the trajectory"

    def content(self) -> list[Widget]:
        """The filter, the picture and the list."""
        hint = "filter: words  kind:network  host:sec.gov  state:error  decision:veto  step:3-9  seconds:>10"
        return [
            TextLine(hint, id="filter"),
            CallPicture(ascii=self.look.ascii, id="picture"),
            RowList(COLUMNS, empty="No call.", id="calls"),
        ]

    def on_mount(self) -> None:
        """Stand in the list; the filter is one `tab` away."""
        super().on_mount()
        self.query_one(RowList).focus()
        self.query_one(RowList).action_go(-1)

    def show(self) -> None:
        """Show the calls that the filter lets through."""
        calls = self.state.calls.by_id
        wanted = self.query_one(TextLine).value.lower().split()
        sources = self.state.sources.by_id
        found = [call for call in calls.values() if all(passes(call, word, sources) for word in wanted)]
        self.head(f"{len(found)} of {len(calls)} calls" if wanted else f"{len(calls)} calls")
        rows = self.query_one(RowList)
        rows.show([_row(call, sources) for call in found])
        picture = self.query_one(CallPicture)
        picture.show(list(calls.values()), {call.id for call in found})
        picture.point_at(rows.current)

    def on_input_changed(self) -> None:
        """Filter as you type."""
        self.show()

    def on_input_submitted(self) -> None:
        """From the filter to the list."""
        self.query_one(RowList).focus()

    def on_text_line_left(self) -> None:
        """From the filter to the list."""
        self.query_one(RowList).focus()

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """Show in the picture where the cursor of the list stands."""
        self.query_one(CallPicture).point_at(message.row_id)

    def on_call_picture_picked(self, message: CallPicture.Picked) -> None:
        """Put the cursor of the list on the call."""
        self.query_one(RowList).move_to(message.call_id)
        self.query_one(RowList).focus()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Jump to the call."""
        self.dismiss(message.row_id)


def kind_of(call: Call) -> str:
    """What kind of thing a call touches, in the words of its first effect.

    One that touches nothing is of the kind that its tool's name ends with: `update_plan` is `plan`.
    """
    return call.effects[0].kind if call.effects else call.tool.rpartition("_")[2]


def host_of(call: Call, sources: Mapping[str, SourceRef]) -> str:
    """What a call touches: hosts, documents by their names, databases; empty for nothing."""
    touched = (_name_of(effect.target, sources) for effect in call.effects)
    return ", ".join(dict.fromkeys(one_line(name, 80) for name in touched if name))


def _name_of(target: str, sources: Mapping[str, SourceRef]) -> str:
    """What a person calls the target of an effect: a source's id says nothing, its title does."""
    ref = sources.get(target)
    if ref is not None:
        return ref.title or ref.address
    return "" if _SOURCE_ID.fullmatch(target) else target


def tokens_of(call: Call) -> int:
    """About how many tokens of the context a call's observation takes."""
    return len(call.observation.text) // CHARACTERS_PER_TOKEN if call.observation else 0


def passes(call: Call, word: str, sources: Mapping[str, SourceRef]) -> bool:
    """Whether a call is let through by one word of the filter, in lower case; an unfinished one lets all through."""
    name, colon, value = word.partition(":")
    texts: dict[str, Callable[[Call], str]] = {
        "kind": kind_of,
        "tool": lambda one: one.tool,
        "host": lambda one: host_of(one, sources),
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
        return _within(numbers[name](call), value)
    return word in _haystack(call)


def _within(number: float, value: str) -> bool:
    """Whether a number is the one that is asked for, in a range (`3-9`), or beyond a bound (`>10`, `<10`)."""
    try:
        if value[:1] in ("<", ">"):
            bound = float(value[1:])
            return number >= bound if value[0] == ">" else number <= bound
        first, dash, last = value.partition("-")
        return float(first) <= number <= float(last) if dash else number == float(first)
    except ValueError:
        return True


def _row(call: Call, sources: Mapping[str, SourceRef]) -> Row:
    state = call_state(call)
    seconds, tokens = call_seconds(call), tokens_of(call)
    return Row(
        call.id,
        (
            Cell(call.id, "muted"),
            Cell(str(call.step), "muted"),
            Cell("withdrawn" if call.withdrawn else state, CALL_TONES.get(state, "muted")),
            Cell(kind_of(call), "muted"),
            Cell(call_label(call)),
            Cell(host_of(call, sources), "muted"),
            Cell(call.decision or "", "warning"),
            Cell(count(tokens) if tokens else "", "muted"),
            Cell(f"{seconds:.1f}" if seconds else "", "muted"),
        ),
    )


def _haystack(call: Call) -> str:
    words = (call.id, call.tool, call_label(call), call_state(call), call.decision or "", effects(call.effects))
    return one_line(" ".join(words)).lower()

"""What the model sees now: every message of its context with its size and share, hidden results marked.

Under them stand the results of folded steps, which can be brought back like hidden ones. When something is to leave
and the person wants to be asked, it is marked here before it leaves.
"""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from kimi_tui.commands import Compact, Unhide
from kimi_tui.projections.context import Message
from kimi_tui.tui.actions import Place, bindings
from kimi_tui.tui.bridge import Bridge
from kimi_tui.tui.look import Look
from kimi_tui.tui.panels.panel import ReadingPanel
from kimi_tui.tui.widgets.charts import Stack
from kimi_tui.tui.widgets.row_list import Cell, Column, Row, RowList
from kimi_tui.tui.widgets.text_view import Passage, TextView
from kimi_tui.tui.words import Tone, bar, count

COLUMNS = (
    Column("", 3, right=True),
    Column("who", 9),
    Column("says"),
    Column("tokens", 7, right=True),
    Column("share", 5, right=True),
    Column("", 12, least=90),
)
"""The columns of the list."""

HIDDEN = ("[Result ", "[The person withdrew this result")
"""How a result begins that the model no longer reads in full."""


class ContextPanel(ReadingPanel):
    """A list over the text of one message."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("context")
    TITLE = "What the model sees now"
    PLACES: ClassVar[tuple[Place, ...]] = ("context", "panel", "everywhere")

    def __init__(self, bridge: Bridge, look: Look) -> None:
        super().__init__(bridge, look)
        self._kept: set[str] = set()

    def content(self) -> list[Widget]:
        """The shares, the list and the text."""
        return [
            Stack(ascii=self.look.ascii),
            RowList(COLUMNS, empty="Nothing yet.", id="messages"),
            TextView(id="message-text"),
        ]

    def show(self) -> None:
        """List the messages."""
        context, waiting = self.state.context, self.state.compactions.waiting
        messages = context.messages
        total = max(sum(message.characters for message in messages), 1)
        hidden = len(context.hidden_calls())
        leaving: set[int] = set()
        if waiting is not None:
            leaving = context.leaving_messages(set(waiting.hidden) - self._kept, waiting.through)
        self.head(f"{len(messages)} messages · {self._fill()} · {hidden} hidden{self._folded()}{self._due(leaving)}")
        most = max((message.characters for message in messages), default=0) / total or 1.0
        rows = [self._row(n, message, total, most, n in leaving) for n, message in enumerate(messages)]
        shown = set(context.shown_calls().values())
        rows += [self._away(call_id) for call_id in context.hidden_calls() if call_id not in shown]
        self.query_one(Stack).show(shares(messages))
        self.query_one(RowList).show(rows)
        self.refresh_bindings()

    def _fill(self) -> str:
        window = self.state.run.settings.get("context_window")
        of_window = f" of {count(window)}" if isinstance(window, int | float) and window else ""
        return f"{count(self.state.context.tokens)}{of_window} tokens"

    def _folded(self) -> str:
        done = self.state.compactions
        return f" · steps 1 to {done.through} folded away" if done.through else ""

    def _due(self, leaving: set[int]) -> str:
        waiting = self.state.compactions.waiting
        if waiting is None:
            return ""
        return f" · {len(leaving)} are to leave: {count(waiting.before)} to {count(waiting.after)} tokens"

    def _row(self, n: int, message: Message, total: int, most: float, leaves: bool) -> Row:
        """One message; its bar is full for the largest share there is."""
        share = message.characters / total
        tone: Tone = "warning" if leaves else "muted" if is_hidden(message) else ""
        full, empty = bar(share / most, 12, self.look.ascii)
        return Row(
            str(n),
            (
                Cell(str(n + 1), "muted"),
                Cell(message.role, "muted" if message.role == "tool" else "accent"),
                Cell(("is to leave: " if leaves else "") + gist(message), tone),
                Cell(count(message.characters / self.state.context.count.ratio), tone),
                Cell(f"{share:.0%}", tone),
                Cell(full + empty, "muted"),
            ),
        )

    def _away(self, call_id: str) -> Row:
        """A result whose step was folded away; its id is the row's."""
        said = f"folded away: {call_id} {self.state.calls.by_id[call_id].label}"
        return Row(call_id, (Cell(""), Cell("tool", "muted"), Cell(said, "muted"), Cell(""), Cell(""), Cell("")))

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Read the message whole, or the result that was folded away."""
        away = self.state.calls.by_id.get(message.row_id)
        if away is not None:
            self.read([Passage(away.label, away.observation.text if away.observation else "")])
            return
        chosen = self.state.context.messages[int(message.row_id)]
        passages = [Passage(chosen.role, chosen.content)] if chosen.content else []
        if chosen.reasoning:
            passages.insert(0, Passage("reasoning", chosen.reasoning))
        passages += [Passage(call.id, f"{call.name} {call.arguments}") for call in chosen.calls]
        self.read(passages)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What leaves is decided while it waits; what is not hidden cannot come back."""
        if action in ("keep", "release"):
            return self.state.compactions.waiting is not None
        return action != "restore" or bool(self.state.context.hidden_calls())

    def action_restore(self) -> None:
        """Bring the hidden result under the cursor back."""
        call_id = self._call_here
        if call_id:
            self.order(Unhide(call_id))
        else:
            self.app.notify("Here stands no result.")

    def action_keep(self) -> None:
        """Keep the result under the cursor, or let it go again."""
        call_id = self._call_here
        if call_id:
            self._kept ^= {call_id}
            self.show()
        else:
            self.app.notify("Only results can be kept.")

    def action_release(self) -> None:
        """Let what is marked leave."""
        self.order(Compact(tuple(sorted(self._kept))))
        self._kept.clear()

    @property
    def _call_here(self) -> str:
        row = self.query_one(RowList).current
        if row in self.state.calls.by_id:
            return row
        return self.state.context.shown_calls().get(int(row), "") if row else ""


def shares(messages: Sequence[Message]) -> list[tuple[str, float]]:
    """Of what the context consists, in characters."""
    sizes = dict.fromkeys(("questions", "reasoning", "said and called", "results", "hidden results"), 0.0)
    for message in messages:
        if message.role == "assistant":
            sizes["reasoning"] += len(message.reasoning or "")
            sizes["said and called"] += message.characters - len(message.reasoning or "")
        elif message.role == "tool":
            sizes["hidden results" if is_hidden(message) else "results"] += message.characters
        else:
            sizes["questions"] += message.characters
    return list(sizes.items())


def is_hidden(message: Message) -> bool:
    """Whether a result stands in the context only as a stub."""
    return message.role == "tool" and message.content.startswith(HIDDEN)


def gist(message: Message) -> str:
    """A message in a few words."""
    if is_hidden(message):
        return f"hidden: {message.content[:400]}"
    calls = ", ".join(f"{call.name}({call.arguments[:80]})" for call in message.calls)
    said = message.content[:400] or (message.reasoning or "")[:400]
    return " → ".join(part for part in (said if not calls else said[:60], calls) if part)

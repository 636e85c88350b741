"""The context: every message that the model sees, with size and share; hidden results are marked.

Under them stand the results of folded steps, which can be brought back like hidden ones. When something is to leave
and the person wants to be asked, it is marked here before it leaves.
"""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from kimi_tui.commands import Compact, Unhide
from kimi_tui.messages import Message
from kimi_tui.text import count_noun
from kimi_tui.tui.actions import Place, bindings_for
from kimi_tui.tui.bridge import SessionBridge
from kimi_tui.tui.formatting import Tone, format_count, meter_bar
from kimi_tui.tui.panels.panel import DetailPanel
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.widgets.charts import StackedBar
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList
from kimi_tui.tui.widgets.text_view import TextPassage, TextView

COLUMNS = (
    ListColumn("", 3, right=True),
    ListColumn("who", 9),
    ListColumn("says"),
    ListColumn("tokens", 7, right=True),
    ListColumn("share", 5, right=True),
    ListColumn("", 12, min_list_width=90),
)
"""The columns of the list."""

HIDDEN_PREFIXES = ("[Result ", "[The person withdrew this result")
"""How a result begins that the model no longer reads in full."""


class ContextPanel(DetailPanel):
    """A list over the text of one message."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for("context")
    TITLE = "What the model sees now"
    PLACES: ClassVar[tuple[Place, ...]] = ("context", "panel", "everywhere")

    def __init__(self, bridge: SessionBridge, look: UiContext) -> None:
        super().__init__(bridge, look)
        self._marked_to_keep: set[str] = set()

    def content_widgets(self) -> list[Widget]:
        """Return the shares, the list and the text."""
        return [
            StackedBar(ascii=self.ui_context.ascii),
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
            leaving = context.leaving_messages(set(waiting.hidden) - self._marked_to_keep, waiting.through)
        self.set_figures(
            f"{count_noun(len(messages), 'message')} · {self._fill_note()} · {hidden} hidden"
            f"{self._folded_note()}{self._describe_leaving(leaving)}"
        )
        most = max((message.characters for message in messages), default=0) / total or 1.0
        rows = [self._row(n, message, total, most, n in leaving) for n, message in enumerate(messages)]
        shown = set(context.shown_calls().values())
        rows += [self._folded_row(call_id) for call_id in context.hidden_calls() if call_id not in shown]
        self.query_one(StackedBar).show(context_shares(messages))
        self.query_one(RowList).show(rows)
        self.refresh_bindings()

    def _fill_note(self) -> str:
        window = self.state.run.settings.get("context_window")
        of_window = f" of {format_count(window)}" if isinstance(window, int | float) and window else ""
        return f"{format_count(self.state.context.tokens)}{of_window} tokens"

    def _folded_note(self) -> str:
        done = self.state.compactions
        return f" · steps 1 to {done.through} folded" if done.through else ""

    def _describe_leaving(self, leaving: set[int]) -> str:
        waiting = self.state.compactions.waiting
        if waiting is None:
            return ""
        return f" · {len(leaving)} to leave: {format_count(waiting.before)} to {format_count(waiting.after)} tokens"

    def _row(self, n: int, message: Message, total: int, most: float, leaves: bool) -> ListRow:
        """One message; its bar is full for the largest share there is."""
        share = message.characters / total
        tone: Tone = "warning" if leaves else "muted" if is_hidden(message) else ""
        full, empty = meter_bar(share / most, 12, self.ui_context.ascii)
        return ListRow(
            str(n),
            (
                ListCell(str(n + 1), "muted"),
                ListCell(message.role, "muted" if message.role == "tool" else "accent"),
                ListCell(("is to leave: " if leaves else "") + summarize_message(message), tone),
                ListCell(format_count(message.characters / self.state.context.count.ratio), tone),
                ListCell(f"{share:.0%}", tone),
                ListCell(full + empty, "muted"),
            ),
        )

    def _folded_row(self, call_id: str) -> ListRow:
        """Return the row of a result whose step was folded into the checkpoint; its id is the row's id."""
        said = f"folded: {call_id} {self.state.calls.by_id[call_id].label}"
        return ListRow(
            call_id,
            (
                ListCell(""),
                ListCell("tool", "muted"),
                ListCell(said, "muted"),
                ListCell(""),
                ListCell(""),
                ListCell(""),
            ),
        )

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Show the whole message, or the result that was folded into the checkpoint."""
        away = self.state.calls.by_id.get(message.row_id)
        if away is not None:
            self.show_detail([TextPassage(away.label, away.observation.text if away.observation else "")])
            return
        chosen = self.state.context.messages[int(message.row_id)]
        passages = [TextPassage(chosen.role, chosen.content)] if chosen.content else []
        if chosen.reasoning:
            passages.insert(0, TextPassage("reasoning", chosen.reasoning))
        passages += [TextPassage(call.id, f"{call.name} {call.arguments}") for call in chosen.calls]
        self.show_detail(passages)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action is available: a waiting compaction is decided, a hidden result restored."""
        if action in ("keep", "release"):
            return self.state.compactions.waiting is not None
        return action != "restore" or bool(self.state.context.hidden_calls())

    def action_restore(self) -> None:
        """Bring the hidden result under the cursor back."""
        call_id = self._call_under_cursor
        if call_id:
            self.send_command(Unhide(call_id))
        else:
            self.app.notify("The row under the cursor is not a result.")

    def action_keep(self) -> None:
        """Mark the result under the cursor to be kept, or remove the mark."""
        call_id = self._call_under_cursor
        if call_id:
            self._marked_to_keep ^= {call_id}
            self.show()
        else:
            self.app.notify("Only a result can be kept.")

    def action_release(self) -> None:
        """Let the results marked as leaving leave the context."""
        self.send_command(Compact(tuple(sorted(self._marked_to_keep))))
        self._marked_to_keep.clear()

    @property
    def _call_under_cursor(self) -> str:
        row = self.query_one(RowList).current
        if row in self.state.calls.by_id:
            return row
        return self.state.context.shown_calls().get(int(row), "") if row else ""


def context_shares(messages: Sequence[Message]) -> list[tuple[str, float]]:
    """Return the parts of the context with their size in characters."""
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
    """Return whether a result is in the context only as a stub."""
    return message.role == "tool" and message.content.startswith(HIDDEN_PREFIXES)


def summarize_message(message: Message) -> str:
    """Return a message in a few words."""
    if is_hidden(message):
        return f"hidden: {message.content[:400]}"
    calls = ", ".join(f"{call.name}({call.arguments[:80]})" for call in message.calls)
    said = message.content[:400] or (message.reasoning or "")[:400]
    return " → ".join(part for part in (said if not calls else said[:60], calls) if part)

"""What the model sees now: every message of its context with its size and share, hidden results marked."""

from textual.widget import Widget

from kimi_tui.projections.context import CHARACTERS_PER_TOKEN, Message
from kimi_tui.tui.panels.panel import ReadingPanel
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

    TITLE = "What the model sees now"

    def content(self) -> list[Widget]:
        """The list and the text."""
        return [RowList(COLUMNS, empty="Nothing yet.", id="messages"), TextView(id="message-text")]

    def show(self) -> None:
        """List the messages."""
        context = self.state.context
        messages = context.messages
        total = max(sum(message.characters for message in messages), 1)
        window = self.state.run.settings.get("context_window")
        of_window = f" of {count(window)}" if isinstance(window, int | float) and window else ""
        hidden = sum(is_hidden(message) for message in messages)
        self.head(f"{len(messages)} messages · {count(context.tokens)}{of_window} tokens · {hidden} hidden")
        self.query_one(RowList).show([self._row(n, message, total) for n, message in enumerate(messages)])

    def _row(self, n: int, message: Message, total: int) -> Row:
        share = message.characters / total
        tone: Tone = "muted" if is_hidden(message) else ""
        full, empty = bar(share, 12, self.look.ascii)
        return Row(
            str(n),
            (
                Cell(str(n + 1), "muted"),
                Cell(message.role, "muted" if message.role == "tool" else "accent"),
                Cell(gist(message), tone),
                Cell(count(message.characters / CHARACTERS_PER_TOKEN), tone),
                Cell(f"{share:.0%}", tone),
                Cell(full + empty, "muted"),
            ),
        )

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Read the message whole."""
        chosen = self.state.context.messages[int(message.row_id)]
        passages = [Passage(chosen.role, chosen.content)] if chosen.content else []
        if chosen.reasoning:
            passages.insert(0, Passage("reasoning", chosen.reasoning))
        passages += [Passage(call.id, f"{call.name} {call.arguments}") for call in chosen.calls]
        self.read(passages)


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

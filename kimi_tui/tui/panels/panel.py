"""What all panels share: a sheet over the session with a title, its content, and its keys.

A panel reads the state and is told when it changed; what it sends goes through the bridge like everything else,
and a refusal is shown in words. It stands over the app and its keys, and so has those that work everywhere itself.
"""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static

from kimi_tui.commands import AnyCommand
from kimi_tui.projections.state import SessionState
from kimi_tui.tui.actions import Place, bindings
from kimi_tui.tui.bridge import Bridge
from kimi_tui.tui.clipboard import copy
from kimi_tui.tui.look import Look
from kimi_tui.tui.panels.sheet import Sheet
from kimi_tui.tui.widgets.key_line import KeyLine
from kimi_tui.tui.widgets.row_list import RowList
from kimi_tui.tui.widgets.text_view import Passage, TextView
from kimi_tui.tui.words import signs


class Panel(Sheet):
    """A sheet with a title, its content and its keys."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("panel", "everywhere")
    TITLE = ""
    PLACES: ClassVar[tuple[Place, ...]] = ("panel", "everywhere")
    """Whose keys the last line shows."""

    def __init__(self, bridge: Bridge, look: Look) -> None:
        super().__init__(classes="panel")
        self.bridge = bridge
        """The session and its state."""
        self.look = look
        """Keys, clocks and characters."""

    @property
    def state(self) -> SessionState:
        """The state of the session."""
        return self.bridge.state

    def compose(self) -> ComposeResult:
        """Title, content, keys."""
        with Vertical(id="sheet"):
            yield Static(id="sheet-title", markup=False)
            yield from self.content()
            yield KeyLine(self.PLACES, self.look.keys)

    def content(self) -> list[Widget]:
        """The widgets between the title and the keys."""
        return []

    def on_mount(self) -> None:
        """Show the state as it is."""
        self.show()

    def head(self, figures: str = "") -> None:
        """Write the title line."""
        title = Content.styled(self.TITLE or "", Style(bold=True, foreground=self.styles.color))
        self.query_one("#sheet-title", Static).update(title + signs(f"   {figures}", self.look.ascii))

    def order(self, command: AnyCommand) -> None:
        """Send a command and show a refusal."""
        self.run_worker(self._order(command))

    async def _order(self, command: AnyCommand) -> None:
        receipt = await self.bridge.send(command)
        if not receipt.accepted:
            self.app.notify(receipt.reason, severity="error")

    def on_text_selected(self) -> None:
        """What is selected with the mouse is copied."""
        if selected := self.get_selected_text():
            copy(self.app, selected)

    def action_close(self) -> None:
        """Go back to the session."""
        self.dismiss("")


class ReadingPanel(Panel):
    """A panel whose list opens into a text."""

    def read(self, passages: Sequence[Passage], *, at: int = 0, words: str = "") -> None:
        """Show a text beside or over the list, from one of its passages on, with the words of a search marked."""
        text = self.query_one(TextView)
        self.add_class("-reading")
        text.show(passages, words)
        text.focus()
        if at:
            self.call_after_refresh(text.go_to, at)

    def action_close(self) -> None:
        """From the text back to the list, from the list back to the session."""
        rows = self.query_one(RowList)
        if self.has_class("-reading") and not rows.has_focus:
            self.remove_class("-reading")
            rows.focus()
        else:
            super().action_close()

"""Base of all panels: a modal screen over the session with a title, content and keys.

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
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.tui.actions import Place, bindings_for
from kimi_tui.tui.bridge import SessionBridge
from kimi_tui.tui.formatting import replace_non_ascii_signs
from kimi_tui.tui.screens.base import SHEET_CLASSES, SessionOverlay
from kimi_tui.tui.terminal.clipboard import copy
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.widgets.key_footer import KeyFooter
from kimi_tui.tui.widgets.row_list import RowList
from kimi_tui.tui.widgets.text_view import TextPassage, TextView


class Panel(SessionOverlay):
    """Modal screen with a title, content and a key footer."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for("panel", "everywhere")
    TITLE = ""
    PLACES: ClassVar[tuple[Place, ...]] = ("panel", "everywhere")
    """Whose keys the last line shows."""
    IS_SPARSE: ClassVar[bool] = False
    """True when it holds so little that a wide terminal shows it as a sheet at the side."""

    def __init__(self, bridge: SessionBridge, look: UiContext) -> None:
        super().__init__(classes=SHEET_CLASSES if self.IS_SPARSE else "panel")
        self.bridge = bridge
        """The session and its state."""
        self.ui_context = look
        """Keys, clocks and characters."""

    @property
    def state(self) -> TrajectoryState:
        """Return the state of the session."""
        return self.bridge.state

    def compose(self) -> ComposeResult:
        """Title, content, keys."""
        with Vertical(id="sheet"):
            yield Static(id="sheet-title", markup=False)
            yield from self.content_widgets()
            yield KeyFooter(self.PLACES, self.ui_context.keys)

    def content_widgets(self) -> list[Widget]:
        """Return the widgets between the title and the keys."""
        return []

    def on_mount(self) -> None:
        """Draw the present state."""
        self.show()

    def set_figures(self, figures: str = "") -> None:
        """Write figures into the title line."""
        title = Content.styled(self.TITLE or "", Style(bold=True, foreground=self.styles.color))
        self.query_one("#sheet-title", Static).update(
            title + replace_non_ascii_signs(f"   {figures}", self.ui_context.ascii)
        )

    def send_command(self, command: AnyCommand) -> None:
        """Send a command; a refusal is shown as a notification."""
        self.run_worker(self._send_command(command))

    async def _send_command(self, command: AnyCommand) -> None:
        receipt = await self.bridge.send(command)
        if not receipt.accepted:
            self.app.notify(receipt.reason, severity="error")

    def on_text_selected(self) -> None:
        """Copy the text selected with the mouse."""
        if selected := self.get_selected_text():
            copy(self.app, selected)

    def action_close(self) -> None:
        """Go back to the session."""
        self.dismiss("")


class DetailPanel(Panel):
    """Panel with a list whose rows open as text."""

    def show_detail(self, passages: Sequence[TextPassage], *, at: int = 0, words: str = "") -> None:
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

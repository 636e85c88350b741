"""Show how the settings file would change, and ask whether to write it."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from kimi_tui.config.settings_file import PlannedChange
from kimi_tui.text import printable
from kimi_tui.tui.screens.base import TopmostScreen
from kimi_tui.tui.widgets.choice_button import ChoiceButton

LINE_STYLES = {"+": "$success", "-": "$error", "@": "$text-muted"}


class WriteDialog(ModalScreen[bool], TopmostScreen[bool]):
    """Shows the difference of the file; returns whether the person wants it written."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(self, change: PlannedChange, note: str = "") -> None:
        """`note` is a sentence under the difference."""
        super().__init__(classes="dialog")
        self._change = change
        self._note = note

    def compose(self) -> ComposeResult:
        """Path, difference, choices."""
        what = "Change" if self._change.before is not None else "Make"
        with Vertical(id="dialog", classes="-diff"):
            path = printable(str(self._change.path))
            yield Static(Content(f"{what} the settings file {path}?"), id="dialog-title", markup=False)
            with VerticalScroll(id="diff"):
                yield Static(self._draw_diff(), markup=False)
            yield Static(Content(self._note), id="dialog-text", markup=False)
            with Horizontal(id="dialog-choices"):
                yield ChoiceButton("back", "Back")
                yield ChoiceButton("write", "Write the file")
        keys = (("enter", "Choose"), ("tab", "Next"), ("esc", "Back"))
        words = Content("  ").join(Content.assemble((key, "bold $primary"), f" {label}") for key, label in keys)
        yield Static(words, id="dialog-keys", markup=False)

    def _draw_diff(self) -> Content:
        lines = self._change.diff_lines()
        return Content("\n").join(Content.styled(line, LINE_STYLES.get(line[:1], "")) for line in lines)

    def on_mount(self) -> None:
        """Focus the harmless choice."""
        self.query(ChoiceButton).first().focus()

    def on_choice_button_chosen(self, message: ChoiceButton.Chosen) -> None:
        """Give back the answer."""
        self.dismiss(message.name == "write")

    def action_leave(self) -> None:
        """Write nothing."""
        self.dismiss(False)

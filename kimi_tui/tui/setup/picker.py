"""A picker: a short list over the screen, whose last line says what enter would write; escape changes nothing."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from kimi_tui.config import ConfigError
from kimi_tui.text import printable
from kimi_tui.tui.screens.base import TopmostScreen
from kimi_tui.tui.setup.service import SetupService
from kimi_tui.tui.widgets.row_list import ListColumn, RowList

PICKER_KEYS = (("up/down", "Choose"), ("enter", "Keep"), ("esc", "Cancel"))


class Picker(ModalScreen[str | None], TopmostScreen[str | None]):
    """Offers rows, and returns the id of the chosen one; None when nothing is to change."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]
    TITLE = ""
    COLUMNS: ClassVar[Sequence[ListColumn]] = ()

    def compose(self) -> ComposeResult:
        """Title, rows, what enter would do, keys."""
        with Vertical(id="dialog"):
            yield Static(Content(self.TITLE or ""), id="dialog-title", markup=False)
            yield RowList(self.COLUMNS, headings=False, id="picks")
            yield Static(id="dialog-text", markup=False)
        words = Content("  ").join(Content.assemble((key, "bold $primary"), f" {label}") for key, label in PICKER_KEYS)
        yield Static(words, id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        """Put the keys on the list."""
        self.add_class("dialog")
        self.query_one(RowList).focus()

    def say(self, words: str) -> None:
        """Show what enter would do, or what is wrong."""
        self.query_one("#dialog-text", Static).update(Content(printable(words)))

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Return the chosen row."""
        self.dismiss(message.row_id)

    def action_leave(self) -> None:
        """Return nothing."""
        self.dismiss(None)


def describe_write(service: SetupService, name: str, value: str | None) -> str:
    """Return in words how keeping a value would change the settings file, or why it could not."""
    try:
        change = service.plan({name: value})
    except ConfigError as error:
        return f"{error}."
    if change.is_empty:
        return f"{change.path} stays unchanged."
    if value is None:
        return f"Enter takes {name} out of {change.path}."
    return f'Enter writes {name} = "{value}" to {change.path}.'


async def keep_value(service: SetupService, name: str, value: str | None) -> list[str]:
    """Write one setting, and return sentences about it; raises `ConfigError`."""
    change = service.plan({name: value})
    words = await service.write(change, {name: value})
    return [f"Written to {change.path}." if not change.is_empty else "", *words]

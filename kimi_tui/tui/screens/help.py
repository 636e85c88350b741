"""Every key and what it does, from the one list of actions."""

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from kimi_tui.tui.actions import ACTIONS, PLACES, bindings, shown_key, split_keys
from kimi_tui.tui.screens.topmost import TopmostScreen
from kimi_tui.tui.widgets.key_line import KeyLine
from kimi_tui.tui.widgets.row_list import Cell, Column, Row, RowList

COLUMNS = (Column("key", 9), Column("", 12), Column(""))
"""Key, name, sentence."""

MOVING = (
    ("arrows", "Move", "Move; page up and down, home and end too."),
    ("enter", "Choose", "Unfold the block, or choose the row."),
    ("tab", "Next", "Go to the line and back; shift+tab to the choices."),
)
"""Keys that every list takes by itself."""


class HelpScreen(ModalScreen[None], TopmostScreen[None]):
    """A list of keys by the place where they work."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("panel", "everywhere")

    def __init__(self, keys: Mapping[str, str]) -> None:
        super().__init__(classes="panel")
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Title, list, keys."""
        with Vertical(id="sheet"):
            title = Content.assemble(("Keys", "bold"), "   change them in the settings, under ui.keys")
            yield Static(title, id="sheet-title", markup=False)
            yield RowList(COLUMNS, headings=False, id="help")
            yield KeyLine(("panel", "everywhere"), self._keys)

    def on_mount(self) -> None:
        """List the keys."""
        rows = [_heading("Moving")]
        rows += [Row(name, (Cell(key, "accent"), Cell(name), Cell(words, "muted"))) for key, name, words in MOVING]
        for place, heading in PLACES.items():
            rows += [_blank(place), _heading(heading)]
            for action in ACTIONS:
                if action.place == place:
                    keys = " ".join(shown_key(key) for key in split_keys(self._keys[action.id]))
                    cells = (Cell(keys, "accent"), Cell(action.label), Cell(action.help, "muted"))
                    rows.append(Row(action.id, cells))
        self.query_one(RowList).show(rows)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)


def _heading(words: str) -> Row:
    return Row(f"heading {words}", (Cell(words, "strong"),), heading=True)


def _blank(name: str) -> Row:
    return Row(f"blank {name}", (Cell(""),), heading=True)

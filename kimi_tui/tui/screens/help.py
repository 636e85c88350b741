"""The help screen: every key and what it does, from the list of actions."""

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from kimi_tui.tui.actions import ACTIONS, PLACE_TITLES, bindings_for, display_key, split_keys
from kimi_tui.tui.screens.base import TopmostScreen
from kimi_tui.tui.widgets.key_footer import KeyFooter
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList

COLUMNS = (ListColumn("key", 9), ListColumn("", 12), ListColumn(""))
"""Key, name, sentence."""

MOVEMENT_KEYS = (
    ("arrows", "Move", "Move; page up and down, home and end too."),
    ("enter", "Choose", "Unfold the block, or choose the row."),
    ("tab", "Next", "Go to the line and back; shift+tab to the choices."),
)
"""Keys that every list takes by itself."""


class HelpScreen(ModalScreen[None], TopmostScreen[None]):
    """A list of keys by the place where they work."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for("panel", "everywhere")

    def __init__(self, keys: Mapping[str, str]) -> None:
        super().__init__(classes="panel")
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Title, list, keys."""
        with Vertical(id="sheet"):
            title = Content.assemble(("Keys", "bold"), "   change them in the settings, under ui.keys")
            yield Static(title, id="sheet-title", markup=False)
            yield RowList(COLUMNS, headings=False, id="help")
            yield KeyFooter(("panel", "everywhere"), self._keys)

    def on_mount(self) -> None:
        """List the keys."""
        rows = [_heading("Moving")]
        rows += [
            ListRow(name, (ListCell(key, "accent"), ListCell(name), ListCell(words, "muted")))
            for key, name, words in MOVEMENT_KEYS
        ]
        for place, heading in PLACE_TITLES.items():
            rows += [_blank(place), _heading(heading)]
            for action in ACTIONS:
                if action.place == place:
                    keys = " ".join(display_key(key) for key in split_keys(self._keys[action.id]))
                    cells = (ListCell(keys, "accent"), ListCell(action.label), ListCell(action.help, "muted"))
                    rows.append(ListRow(action.id, cells))
        self.query_one(RowList).show(rows)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)


def _heading(words: str) -> ListRow:
    return ListRow(f"heading {words}", (ListCell(words, "strong"),), heading=True)


def _blank(name: str) -> ListRow:
    return ListRow(f"blank {name}", (ListCell(""),), heading=True)

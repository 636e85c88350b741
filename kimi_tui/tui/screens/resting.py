"""The statements of the memo that rest on one part of a source."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from kimi_tui.evidence.memo import Statement
from kimi_tui.text import one_line
from kimi_tui.tui.actions import bindings_for
from kimi_tui.tui.screens.base import SHEET_CLASSES, SideSheet, TopmostScreen
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.widgets.key_footer import KeyFooter
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList

COLUMNS = (ListColumn("finding", 13), ListColumn("statement"))


class RestingScreen(SideSheet[int | None], TopmostScreen[int | None]):
    """A list of statements; gives back the number of the chosen one."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for("panel", "everywhere")

    def __init__(self, where: str, statements: Sequence[tuple[int, Statement]], look: UiContext) -> None:
        super().__init__(classes=SHEET_CLASSES)
        self._where = where
        self._statements = statements
        self._look = look

    def compose(self) -> ComposeResult:
        """Title, list, keys."""
        with Vertical(id="sheet"):
            count = f"{len(self._statements)} on {one_line(self._where, 60)}; enter shows one in the memo"
            title = Content.assemble(("Statements", "bold"), f"   {count}")
            yield Static(title, id="sheet-title", markup=False)
            yield RowList(COLUMNS, empty="No statement of the memo rests on this.", id="resting")
            yield KeyFooter(("panel", "everywhere"), self._look.keys)

    def on_mount(self) -> None:
        """List the statements."""
        rows = [
            ListRow(
                str(number),
                (ListCell(one.finding, "warning" if one.is_open else "good"), ListCell(one_line(one.text, 300))),
            )
            for number, one in self._statements
        ]
        self.query_one(RowList).show(rows)

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Give the statement back."""
        self.dismiss(int(message.row_id))

    def action_close(self) -> None:
        """Go back without choosing."""
        self.dismiss(None)

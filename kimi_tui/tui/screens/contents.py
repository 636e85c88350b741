"""The contents of a memo: its headings, each with how many of its statements a reader has to look at."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from kimi_tui.evidence.memo_outline import MemoHeading
from kimi_tui.tui.actions import bindings_for
from kimi_tui.tui.screens.base import SHEET_CLASSES, SideSheet, TopmostScreen
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.widgets.key_footer import KeyFooter
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList

COLUMNS = (
    ListColumn("section"),
    ListColumn("statements", 10, right=True, min_list_width=40),
    ListColumn("not supported", 13, right=True, min_list_width=60),
)


class ContentsScreen(SideSheet[int | None], TopmostScreen[int | None]):
    """A list of headings; gives back the number of the chosen one."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for("panel", "everywhere")

    def __init__(self, headings: Sequence[MemoHeading], look: UiContext) -> None:
        super().__init__(classes=SHEET_CLASSES)
        self._headings = headings
        self._look = look

    def compose(self) -> ComposeResult:
        """Title, list, keys."""
        with Vertical(id="sheet"):
            title = Content.assemble(("Contents", "bold"), "   enter goes there")
            yield Static(title, id="sheet-title", markup=False)
            yield RowList(COLUMNS, empty="This memo has no headings.", id="contents")
            yield KeyFooter(("panel", "everywhere"), self._look.keys)

    def on_mount(self) -> None:
        """List the headings."""
        rows = [
            ListRow(
                str(number),
                (
                    ListCell("  " * (one.level - 1) + one.title, "strong" if one.level == 1 else ""),
                    ListCell(str(one.statements) if one.statements else "", "muted"),
                    ListCell(str(one.open_statements) if one.open_statements else "", "warning"),
                ),
            )
            for number, one in enumerate(self._headings)
        ]
        self.query_one(RowList).show(rows)

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Give the heading back."""
        self.dismiss(int(message.row_id))

    def action_close(self) -> None:
        """Go back without choosing."""
        self.dismiss(None)

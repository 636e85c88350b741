"""The standing rules that `always` made: what runs without asking, and a way to take a rule back."""

from textual.widget import Widget

from kimi_tui.commands import RevokeRule
from kimi_tui.tui.panels.panel import Panel
from kimi_tui.tui.widgets.row_list import Cell, Column, Row, RowList

COLUMNS = (Column("rule"), Column("", 22, least=60))
"""The columns of the list."""


class RulesPanel(Panel):
    """A list of rules."""

    TITLE = "Standing rules"

    def content(self) -> list[Widget]:
        """The list."""
        return [RowList(COLUMNS, empty="None yet. Always, on the card of a waiting call, makes one.", id="rules")]

    def show(self) -> None:
        """List the rules."""
        rules = self.state.calls.rules
        self.head(f"{len(rules)}")
        self.query_one(RowList).show([Row(rule, (Cell(rule), Cell("enter revokes it", "muted"))) for rule in rules])

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Revoke the rule; later calls are asked again."""
        self.order(RevokeRule(message.row_id))

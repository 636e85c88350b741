"""The standing rules made with `always`: what runs without asking, and a way to revoke a rule."""

from textual.widget import Widget

from kimi_tui.commands import RevokeRule
from kimi_tui.tui.panels.panel import Panel
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList

COLUMNS = (ListColumn("rule"), ListColumn("", 22, min_list_width=60))
"""The columns of the list."""


class RulesPanel(Panel):
    """A list of rules."""

    TITLE = "Standing rules"
    IS_SPARSE = True

    def content_widgets(self) -> list[Widget]:
        """Return the list."""
        return [
            RowList(COLUMNS, empty="No rule yet. Choose Always on the card of a waiting call to make one.", id="rules")
        ]

    def show(self) -> None:
        """List the rules."""
        rules = self.state.approvals.rules
        self.set_figures(f"{len(rules)}")
        self.query_one(RowList).show(
            [ListRow(rule, (ListCell(rule), ListCell("enter revokes it", "muted"))) for rule in rules]
        )

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Revoke the rule; later calls need approval again."""
        self.send_command(RevokeRule(message.row_id))

"""The ledger of what left: each call that sent something, to whom, when, by which rule, and how much came back."""

from textual.widget import Widget

from kimi_tui.egress.ledger import SentData, describe_sent_data, list_sent_data, sum_by_receiver
from kimi_tui.text import count_noun, one_line
from kimi_tui.tui.formatting import format_count
from kimi_tui.tui.panels.panel import DetailPanel
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList
from kimi_tui.tui.widgets.text_view import TextPassage, TextView

COLUMNS = (
    ListColumn("time", 8),
    ListColumn("call", 6),
    ListColumn("receiver"),
    ListColumn("sent", 6, right=True, min_list_width=50),
    ListColumn("came", 6, right=True, min_list_width=60),
    ListColumn("allowed by", 20, min_list_width=76),
    ListColumn("of the desk", 22, min_list_width=104),
)
"""The columns of the list: characters sent, bytes that came back."""


class EgressPanel(DetailPanel):
    """A list of what left, over all of one call."""

    TITLE = "What left"

    def content_widgets(self) -> list[Widget]:
        """Return the list and the text."""
        empty = "Nothing left this session besides the requests to its model server."
        return [RowList(COLUMNS, empty=empty, id="egress"), TextView(id="egress-text")]

    def show(self) -> None:
        """List what left, in order."""
        sent = list_sent_data(self.state)
        totals = sum_by_receiver(sent)
        sums = [f"{one_line(one.receiver, 60)} {one.calls} ({format_count(one.characters)} sent)" for one in totals]
        self.set_figures(" · ".join([count_noun(len(sent), "call"), *sums]) if sent else "")
        self.query_one(RowList).show([_row(at, one) for at, one in enumerate(sent)])

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Show all that one call sent."""
        row = list_sent_data(self.state)[int(message.row_id)]
        heading, *lines = describe_sent_data(row)
        self.show_detail([TextPassage(heading, "\n".join(line.strip() for line in lines))])


def _row(at: int, row: SentData) -> ListRow:
    by_person = row.allowed_by == "person"
    return ListRow(
        str(at),
        (
            ListCell(row.at[11:19]),
            ListCell(row.call_id or "ahead"),
            ListCell(", ".join(row.targets)),
            ListCell(format_count(row.characters)),
            ListCell(format_count(row.received) if row.received else ""),
            ListCell("you" if by_person else row.allowed_by, "accent" if by_person else ""),
            ListCell("; ".join(row.carried) or "none found", "warning" if row.carried else "muted"),
        ),
    )

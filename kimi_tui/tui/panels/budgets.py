"""The budgets of the turn: what is spent of each cap, and a higher cap for the one that is chosen."""

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from kimi_tui.commands import RaiseBudget
from kimi_tui.events import BudgetKind
from kimi_tui.projections.budget import KINDS, PER_STEP, Meter
from kimi_tui.tui.panels.panel import Panel
from kimi_tui.tui.widgets.head_line import entry_time
from kimi_tui.tui.widgets.row_list import Cell, Column, Row, RowList
from kimi_tui.tui.widgets.side_panel import spent_of
from kimi_tui.tui.widgets.text_line import TextLine
from kimi_tui.tui.words import bar, count, meter_tone, money

COLUMNS = (
    Column("budget", 9),
    Column("spent", 20),
    Column("share", 6, right=True),
    Column("", 24, least=70),
    Column(""),
)
"""The columns of the list."""

UNITS: dict[BudgetKind, str] = {
    "steps": "steps",
    "tokens": "tokens",
    "minutes": "minutes",
    "working": "minutes without waiting",
    "cost": "US dollars",
    "bytes": "bytes from the network",
    "reasoning": "tokens in a step",
}
"""What a cap is given in."""


class BudgetsPanel(Panel):
    """Meters, and a line for a new cap."""

    TITLE = "Budgets of this turn"

    def content(self) -> list[Widget]:
        """The meters and the line."""
        return [RowList(COLUMNS, id="meters"), Static(id="cap-label", markup=False), TextLine(id="cap")]

    def show(self) -> None:
        """Draw the meters."""
        budget = self.state.budget
        used = budget.last_usage
        protocol = self.state.run.settings.get("protocol", "")
        self.head(
            (f"{protocol} · " if protocol else "")
            + (f"{budget.retries} asked again, {budget.discarded} thrown away · " if budget.retries else "")
            + f"session: {budget.total_steps} steps, {count(budget.total_tokens)} tokens"
            + (f", {money(budget.total_cost)}" if budget.total_cost else "")
            + (
                f" · last step {count(used.prompt_tokens)} read, {count(used.completion_tokens)} written"
                if used.prompt_tokens
                else ""
            )
        )
        self.query_one(RowList).show([self._row(meter) for meter in budget.meters(entry_time(self.look.now()))])

    def _row(self, meter: Meter) -> Row:
        tone = meter_tone(meter.share) if meter.cap else ""
        full, empty = bar(meter.share, 24, self.look.ascii) if meter.cap else ("", "")
        per_step = "of the last step; " if meter.kind in PER_STEP else ""
        warning = {"warning": "over 80 % spent", "error": "nearly spent"}.get(tone, "")
        return Row(
            meter.kind,
            (
                Cell(meter.kind),
                Cell(spent_of(meter) + ("" if meter.cap else ", no cap")),
                Cell(f"{meter.share:.0%}" if meter.cap else "", tone),
                Cell(full + empty, tone),
                Cell(warning or (f"{per_step}enter raises the cap" if meter.cap else ""), tone if warning else "muted"),
            ),
        )

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Ask for a higher cap, suggesting half as much again."""
        kind = _kind(message.row_id)
        cap = self.state.budget.caps.get(kind)
        if cap is None:
            self.app.notify(f"There is no cap on {kind}.")
            return
        line = self.query_one(TextLine)
        self.query_one("#cap-label", Static).update(Content(f"New cap, in {UNITS[kind]}"))
        line.put(f"{cap * 1.5:g}" if kind in ("minutes", "working", "cost") else f"{int(cap * 1.5)}")
        self.add_class("-raising")
        line.focus()

    def on_input_submitted(self, message: TextLine.Submitted) -> None:
        """Raise the cap."""
        kind = _kind(self.query_one(RowList).current)
        try:
            cap = float(message.value)
        except ValueError:
            self.app.notify(f"The new cap must be a number of {UNITS[kind]}, such as 150.", severity="error")
            return
        self.order(RaiseBudget(kind, cap))
        self._leave_line()

    def on_text_line_left(self) -> None:
        """Leave the cap as it is."""
        self._leave_line()

    def _leave_line(self) -> None:
        self.remove_class("-raising")
        self.query_one(RowList).focus()


def _kind(name: str) -> BudgetKind:
    return next(kind for kind in KINDS if kind == name)

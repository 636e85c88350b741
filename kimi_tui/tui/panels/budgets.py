"""The budgets of the turn: what is spent of each cap and what the next step would make of it, and a higher cap.

Under the meters stands what each step took, in small charts.
"""

from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from kimi_tui.commands import RaiseBudget
from kimi_tui.events import BudgetKind
from kimi_tui.projections.budget import BUDGET_KINDS, PER_STEP_KINDS, BudgetMeter
from kimi_tui.tui.actions import Place, bindings
from kimi_tui.tui.panels.panel import Panel
from kimi_tui.tui.widgets.charts import Chart, Charts
from kimi_tui.tui.widgets.head_line import entry_time
from kimi_tui.tui.widgets.row_list import Cell, Column, Row, RowList
from kimi_tui.tui.widgets.side_panel import spent_of
from kimi_tui.tui.widgets.text_line import TextLine
from kimi_tui.tui.words import bar, clock_time, count, meter_tone, money

COLUMNS = (
    Column("budget", 9),
    Column("spent", 20),
    Column("share", 5, right=True),
    Column("", 24, least=100),
    Column("next step", 9, right=True, least=50),
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
FRACTIONS: frozenset[BudgetKind] = frozenset({"minutes", "working", "cost"})
"""Kinds whose caps need not be whole."""


class BudgetsPanel(Panel):
    """Meters, and a line for a new cap."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("budgets")
    TITLE = "Budgets of this turn"
    PLACES: ClassVar[tuple[Place, ...]] = ("budgets", "panel", "everywhere")

    def content(self) -> list[Widget]:
        """The meters, the line and the charts."""
        return [
            RowList(COLUMNS, id="meters"),
            Static(id="cap-label", markup=False),
            TextLine(id="cap"),
            Charts(ascii=self.look.ascii),
        ]

    def show(self) -> None:
        """Draw the meters."""
        budget = self.state.budget
        total = budget.total_cost_at(self.state.run.last_at)
        meters = budget.meters(entry_time(self.look.now()))
        protocol = self.state.run.settings.get("protocol", "")
        self.head(
            (f"{protocol} · " if protocol else "")
            + (f"{budget.retries} asked again, {budget.discarded} thrown away · " if budget.retries else "")
            + self._room(meters)
            + f"session: {budget.total_steps} steps, {count(budget.total_tokens)} tokens"
            + (f", {money(total)}" if total else "")
        )
        self.query_one(RowList).show([self._row(meter) for meter in meters])
        self.query_one(Charts).show(self._charts())

    def _next(self, kind: BudgetKind) -> float:
        """What the next step is expected to spend."""
        return self.state.budget.expected_step(kind, self.state.context.tokens)

    def _room(self, meters: tuple[BudgetMeter, ...]) -> str:
        """For how many more steps the caps leave room, and which cap is met first."""
        rooms = [
            ((meter.cap - meter.spent) / self._next(meter.kind), meter.kind)
            for meter in meters
            if meter.cap and meter.kind not in PER_STEP_KINDS and self._next(meter.kind) > 0
        ]
        if not rooms or not self.state.run.turn_open:
            return ""
        room, kind = min(rooms)
        return f"room for about {max(int(room), 0)} more steps, by {kind} · "

    def _charts(self) -> list[Chart]:
        """What each step took."""
        steps = self.state.pace.steps
        window = self.state.run.settings.get("context_window")
        full = float(window) if isinstance(window, int | float) else 0.0
        written, seconds = [float(step.written) for step in steps], [step.seconds for step in steps]
        read = [float(step.read) for step in steps]
        if not steps:
            return []
        of_window = f" of {count(full)}" if full else ""
        return [
            Chart("tokens written", tuple(written), f"last {count(written[-1])}, most {count(max(written))}"),
            Chart("seconds a step", tuple(seconds), f"last {seconds[-1]:.1f}, most {max(seconds):.1f}"),
            Chart("context filling", tuple(read), f"{count(read[-1])}{of_window} tokens", full),
        ]

    def _row(self, meter: BudgetMeter) -> Row:
        tone = meter_tone(meter.share) if meter.cap else ""
        full, empty = bar(meter.share, 24, self.look.ascii) if meter.cap else ("", "")
        raises = "last step" if meter.kind in PER_STEP_KINDS else "enter raises it"
        step = self._next(meter.kind) if meter.kind not in PER_STEP_KINDS else 0.0
        warning = {"warning": "over 80 % spent", "error": "nearly spent"}.get(tone, "")
        if meter.cap and step and meter.spent + step > meter.cap:
            warning, tone = "the next step passes it", "error"
        return Row(
            meter.kind,
            (
                Cell(meter.kind),
                Cell(spent_of(meter) + ("" if meter.cap else ", no cap")),
                Cell(f"{meter.share:.0%}" if meter.cap else "", tone),
                Cell(full + empty, tone),
                Cell(f"+{_amount(meter.kind, step)}" if step else "", "muted"),
                Cell(warning or (raises if meter.cap else ""), tone if warning else "muted"),
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
        line.put(f"{_higher(kind, cap):g}" if kind in FRACTIONS else f"{_higher(kind, cap):.0f}")
        self.add_class("-raising")
        line.focus()

    def action_raise_half(self) -> None:
        """Raise the chosen cap by half."""
        kind = _kind(self.query_one(RowList).current)
        cap = self.state.budget.caps.get(kind)
        if cap is None:
            self.app.notify(f"There is no cap on {kind}.")
        else:
            self.order(RaiseBudget(kind, _higher(kind, cap)))

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
    return next(kind for kind in BUDGET_KINDS if kind == name)


def _higher(kind: BudgetKind, cap: float) -> float:
    """Half as much again."""
    return cap * 1.5 if kind in FRACTIONS else float(int(cap * 1.5))


def _amount(kind: BudgetKind, spent: float) -> str:
    """What a step spends, in the unit of its kind."""
    if kind in ("minutes", "working"):
        return clock_time(spent * 60)
    return money(spent) if kind == "cost" else count(spent)

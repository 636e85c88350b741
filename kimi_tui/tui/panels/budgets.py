"""The budgets of the turn: what is spent of each cap, the cost of the next step, and a way to raise a cap.

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
from kimi_tui.projections.time_left import estimate_time_left
from kimi_tui.text import count_noun
from kimi_tui.tui.actions import Place, bindings_for
from kimi_tui.tui.formatting import (
    format_clock_time,
    format_cost,
    format_count,
    format_time_left,
    meter_bar,
    meter_tone,
)
from kimi_tui.tui.panels.panel import Panel
from kimi_tui.tui.widgets.charts import Chart, Charts
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList
from kimi_tui.tui.widgets.session_header import format_entry_time
from kimi_tui.tui.widgets.side_panel import format_spent
from kimi_tui.tui.widgets.text_line import TextLine

COLUMNS = (
    ListColumn("budget", 9),
    ListColumn("spent", 20),
    ListColumn("share", 5, right=True),
    ListColumn("", 24, min_list_width=100),
    ListColumn("next step", 9, right=True, min_list_width=50),
    ListColumn(""),
)
"""The columns of the list."""

CAP_UNITS: dict[BudgetKind, str] = {
    "steps": "steps",
    "tokens": "tokens",
    "minutes": "minutes",
    "working": "minutes without waiting",
    "cost": "US dollars",
    "bytes": "bytes from the network",
    "reasoning": "tokens in a step",
}
"""The unit of each cap."""
FRACTIONAL_KINDS: frozenset[BudgetKind] = frozenset({"minutes", "working", "cost"})
"""Kinds whose caps need not be whole."""


class BudgetsPanel(Panel):
    """Meters, and an input line for a new cap."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for("budgets")
    TITLE = "Budgets of this turn"
    IS_SPARSE = True
    PLACES: ClassVar[tuple[Place, ...]] = ("budgets", "panel", "everywhere")

    def content_widgets(self) -> list[Widget]:
        """Return the meters, the line and the charts."""
        return [
            RowList(COLUMNS, id="meters"),
            Static(id="cap-label", markup=False),
            TextLine(id="cap"),
            Charts(ascii=self.ui_context.ascii),
        ]

    def show(self) -> None:
        """Draw the meters."""
        budget = self.state.budget
        total = budget.total_cost_at(self.state.run.last_at)
        meters = budget.meters(format_entry_time(self.ui_context.now()))
        protocol = self.state.run.settings.get("protocol", "")
        self.set_figures(
            (f"{protocol} · " if protocol else "")
            + (
                f"{count_noun(budget.retries, 'retry')}, {count_noun(budget.discarded, 'reply')} discarded · "
                if budget.retries
                else ""
            )
            + self._describe_time_left()
            + self._describe_room(meters)
            + f"session: {count_noun(budget.total_steps, 'step')}, {format_count(budget.total_tokens)} tokens"
            + (f", {format_cost(total)}" if total else "")
        )
        self.query_one(RowList).show([self._row(meter) for meter in meters])
        self.query_one(Charts).show(self._charts())

    def _next_step_cost(self, kind: BudgetKind) -> float:
        """Return the expected cost of the next step."""
        return self.state.budget.expected_step(kind, self.state.context.tokens)

    def _describe_time_left(self) -> str:
        """Return how long the open turn may still work by its plan, or why nobody can say yet."""
        if not self.state.run.turn_open:
            return ""
        left = estimate_time_left(self.state.budget, self.state.plan_progress)
        if left.why_none:
            return f"time left: no estimate yet, {left.why_none} · "
        progress = self.state.plan_progress
        until = ", or until the cap on steps" if left.by_cap else ""
        return f"{format_time_left(left)} left by the plan, {progress.done} of {progress.total} done{until} · "

    def _describe_room(self, meters: tuple[BudgetMeter, ...]) -> str:
        """Return how many more steps the caps allow, and which cap is reached first."""
        rooms = [
            ((meter.cap - meter.spent) / self._next_step_cost(meter.kind), meter.kind)
            for meter in meters
            if meter.cap and meter.kind not in PER_STEP_KINDS and self._next_step_cost(meter.kind) > 0
        ]
        if not rooms or not self.state.run.turn_open:
            return ""
        room, kind = min(rooms)
        return f"room for about {count_noun(max(int(room), 0), 'more step')}, by {kind} · "

    def _charts(self) -> list[Chart]:
        """Return charts of each step's time and tokens."""
        steps = self.state.pace.steps
        window = self.state.run.settings.get("context_window")
        full = float(window) if isinstance(window, int | float) else 0.0
        written, seconds = [float(step.written) for step in steps], [step.seconds for step in steps]
        read = [float(step.read) for step in steps]
        if not steps:
            return []
        of_window = f" of {format_count(full)}" if full else ""
        return [
            Chart(
                "tokens written", tuple(written), f"last {format_count(written[-1])}, most {format_count(max(written))}"
            ),
            Chart("seconds a step", tuple(seconds), f"last {seconds[-1]:.1f}, most {max(seconds):.1f}"),
            Chart("context filling", tuple(read), f"{format_count(read[-1])}{of_window} tokens", full),
        ]

    def _row(self, meter: BudgetMeter) -> ListRow:
        tone = meter_tone(meter.share) if meter.cap else ""
        full, empty = meter_bar(meter.share, 24, self.ui_context.ascii) if meter.cap else ("", "")
        raises = "last step" if meter.kind in PER_STEP_KINDS else "enter raises it"
        step = self._next_step_cost(meter.kind) if meter.kind not in PER_STEP_KINDS else 0.0
        warning = {"warning": "over 80 % spent", "error": "nearly spent"}.get(tone, "")
        if meter.cap and step and meter.spent + step > meter.cap:
            warning, tone = "the next step exceeds it", "error"
        return ListRow(
            meter.kind,
            (
                ListCell(meter.kind),
                ListCell(format_spent(meter) + ("" if meter.cap else ", no cap")),
                ListCell(f"{meter.share:.0%}" if meter.cap else "", tone),
                ListCell(full + empty, tone),
                ListCell(f"+{_format_step_cost(meter.kind, step)}" if step else "", "muted"),
                ListCell(warning or (raises if meter.cap else ""), tone if warning else "muted"),
            ),
        )

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Ask for a higher cap, suggesting half as much again."""
        kind = _budget_kind(message.row_id)
        cap = self.state.budget.caps.get(kind)
        if cap is None:
            self.app.notify(f"There is no cap on {kind}.")
            return
        line = self.query_one(TextLine)
        self.query_one("#cap-label", Static).update(Content(f"New cap, in {CAP_UNITS[kind]}"))
        line.set_text(
            f"{_raised_by_half(kind, cap):g}" if kind in FRACTIONAL_KINDS else f"{_raised_by_half(kind, cap):.0f}"
        )
        self.add_class("-raising")
        line.focus()

    def action_raise_half(self) -> None:
        """Raise the chosen cap by half."""
        kind = _budget_kind(self.query_one(RowList).current)
        cap = self.state.budget.caps.get(kind)
        if cap is None:
            self.app.notify(f"There is no cap on {kind}.")
        else:
            self.send_command(RaiseBudget(kind, _raised_by_half(kind, cap)))

    def on_input_submitted(self, message: TextLine.Submitted) -> None:
        """Raise the cap."""
        kind = _budget_kind(self.query_one(RowList).current)
        try:
            cap = float(message.value)
        except ValueError:
            self.app.notify(f"The new cap must be a number of {CAP_UNITS[kind]}, such as 150.", severity="error")
            return
        self.send_command(RaiseBudget(kind, cap))
        self._leave_line()

    def on_text_line_left(self) -> None:
        """Close the input line without a change."""
        self._leave_line()

    def _leave_line(self) -> None:
        self.remove_class("-raising")
        self.query_one(RowList).focus()


def _budget_kind(name: str) -> BudgetKind:
    return next(kind for kind in BUDGET_KINDS if kind == name)


def _raised_by_half(kind: BudgetKind, cap: float) -> float:
    """Return the cap raised by half."""
    return cap * 1.5 if kind in FRACTIONAL_KINDS else float(int(cap * 1.5))


def _format_step_cost(kind: BudgetKind, spent: float) -> str:
    """Return a step's cost in the unit of its kind."""
    if kind in ("minutes", "working"):
        return format_clock_time(spent * 60)
    return format_cost(spent) if kind == "cost" else format_count(spent)

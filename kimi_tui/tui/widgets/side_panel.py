"""The side of a session screen: plan, budgets and sources in short; the panels show them whole."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from kimi_tui.projections.budget import PER_STEP_KINDS, BudgetMeter
from kimi_tui.projections.time_left import estimate_time_left
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.text import one_line
from kimi_tui.tui import formatting
from kimi_tui.tui.rendering.sections import MIN_SHOWN_SECONDS, format_seconds
from kimi_tui.tui.rendering.sparklines import sparkline

MAX_SOURCES = 6
"""How many sources are named, the latest first."""
HIDDEN_KINDS = ("working", "cost", "bytes")
"""Budgets that are told here only when they have a cap."""
TIME_LEFT = "time left"
"""What the estimate is called."""
STEP_MARKS = {"done": ("✓", "x"), "doing": ("▸", ">"), "open": ("·", "-")}
"""The mark of a plan's step, and its mark in ASCII."""


def format_spent(meter: BudgetMeter) -> str:
    """Return what is spent of a cap, in its own unit."""
    if meter.kind in ("minutes", "working"):
        spent = formatting.format_clock_time(meter.spent * 60)
        return f"{spent} of {formatting.format_clock_time(meter.cap * 60)}" if meter.cap else spent
    if meter.kind == "cost":
        return (formatting.format_cost(meter.spent) or "$0") + (
            f" of {formatting.format_cost(meter.cap)}" if meter.cap else ""
        )
    return formatting.format_count(meter.spent) + (f" of {formatting.format_count(meter.cap)}" if meter.cap else "")


def format_spent_briefly(meter: BudgetMeter) -> str:
    """Return what is spent of a cap, with time in whole minutes."""
    if meter.kind not in ("minutes", "working"):
        return format_spent(meter)
    spent = str(int(meter.spent)) if meter.spent >= 1 else "<1"
    unit = "" if meter.kind == "minutes" else " min"
    return f"{spent} of {meter.cap:.0f}{unit}" if meter.cap else f"{spent}{unit}"


class SidePanel(VerticalScroll, can_focus=False):
    """Three short lists."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "side--heading",
        "side--muted",
        "side--accent",
        "side--good",
        "side--warning",
        "side--error",
        "side--strong",
    }

    def __init__(self, state: TrajectoryState, *, ascii: bool) -> None:
        super().__init__(id="side")
        self._state = state
        self._ascii = ascii
        self._now = ""
        self._height = 0
        self._drawn = Content()
        self._drawn_text: tuple[int, Content] | None = None

    def compose(self) -> ComposeResult:
        """One text for everything."""
        yield Static(id="side-text", markup=False)

    def set_state(self, state: TrajectoryState) -> None:
        """Show another state, from the next `show` on."""
        self._state = state
        self._drawn_text = None

    def show(self, now: str) -> None:
        """Draw the state as of `now`, an entry's `at`, if it says something else than before."""
        self._now = now
        budgets, seq = self._budgets(now), self._state.run.seq
        spent = Content("\n").join(budgets)
        if self._drawn_text and self._drawn_text[0] == seq and self._drawn_text[1].is_same(spent):
            return
        self._drawn_text = (seq, spent)
        parts = [*self._plan(), Content(""), *budgets, Content(""), *self._sources()]
        health = self._health()
        if health and len(parts) + len(health) < self.size.height:
            parts += [Content(""), *health]
        whole = Content("\n").join(parts)
        if self._height and whole.is_same(self._drawn):
            return
        higher, self._height, self._drawn = len(parts) != self._height, len(parts), whole
        for text in self.query("#side-text").results(Static):  # none is there any more while the app leaves
            text.update(whole, layout=higher)

    def on_resize(self) -> None:
        """Draw for another width, or for the first time."""
        self._height, self._drawn_text = 0, None
        if self._now:
            self.show(self._now)

    def _styled(self, text: str, tone: formatting.Tone) -> Content:
        return Content.styled(text, self.get_visual_style(f"side--{tone}", partial=True)) if tone else Content(text)

    def _heading(self, text: str, figure: str = "") -> Content:
        room = max(self._width - len(text) - len(figure), 1)
        return self._styled(text, "heading") + " " * room + self._styled(figure, "muted")

    @property
    def _width(self) -> int:
        return max(self.scrollable_content_region.width, 12)

    def _plan(self) -> list[Content]:
        steps = self._state.plan.steps
        done = sum(step.state == "done" for step in steps)
        lines = [self._heading("Plan", f"{done} of {len(steps)}" if steps else "")]
        for step in steps:
            mark = STEP_MARKS.get(step.state, STEP_MARKS["open"])[self._ascii]
            tone = {"done": "muted", "doing": "strong"}.get(step.state, "")
            lines += self._wrapped(mark, one_line(step.text, 200), tone)
        for question in self._state.plan.questions:
            lines += self._wrapped("?", one_line(question, 200), "muted")
        return [*(lines if steps else [*lines, self._styled("none yet", "muted")]), *self._drift_lines()]

    def _drift_lines(self) -> list[Content]:
        """Return the drift chart of the last steps; nothing before there is enough data."""
        drift = self._state.drift
        if not any(drift.trend):
            return []
        near = [1 - distance for distance in drift.trend]
        chart = sparkline(near, min(self._width - 10, 24), ascii=self._ascii, top=1.0)
        tone: formatting.Tone = "warning" if drift.standing_out or drift.noticed else "accent"
        return [self._styled("on course ", "muted") + self._styled(chart, tone)]

    def _wrapped(self, mark: str, text: str, tone: formatting.Tone) -> list[Content]:
        rows = Content(text).wrap(self._width - 2)[:3]
        styled = [self._styled(row.plain, tone) for row in rows]
        return [self._styled(f"{mark} " if n == 0 else "  ", "muted") + row for n, row in enumerate(styled)]

    def _budgets(self, now: str) -> list[Content]:
        lines = [self._heading("Budgets")]
        for meter in self._state.budget.meters(now):
            if meter.kind in PER_STEP_KINDS or (meter.kind in HIDDEN_KINDS and not meter.cap):
                continue
            figure = format_spent_briefly(meter)
            room = max(self._width - len(meter.kind) - len(figure), 1)
            lines.append(Content(meter.kind + " " * room) + self._styled(figure, "muted"))
            if meter.cap:
                full, empty = formatting.meter_bar(meter.share, self._width, self._ascii)
                lines.append(self._styled(full, formatting.meter_tone(meter.share)) + self._styled(empty, "muted"))
        if self._state.run.turn_open:
            left = formatting.format_time_left(estimate_time_left(self._state.budget, self._state.plan_progress))
            room = max(self._width - len(TIME_LEFT) - len(left), 1)
            lines.append(Content(TIME_LEFT + " " * room) + self._styled(left, "muted"))
        return lines

    def _health(self) -> list[Content]:
        """Return the server's health in three lines; none before anything was measured."""
        health = self._state.health
        if not (speed := health.speed.recent):
            return []
        chart = sparkline(health.speed.values, min(self._width - 12, 16), ascii=self._ascii)
        first = health.first_token.recent or 0.0
        parts = [f"first token {format_seconds(first)}"] if first >= MIN_SHOWN_SECONDS else []
        if health.cached_share is not None:
            parts.append(f"{health.cached_share:.0%} cached")
        troubles = health.recoveries.total() + health.failures.total() + health.invalid_calls
        figure = f"{troubles} to look at" if troubles else "clean"
        rows = [one_line(formatting.replace_non_ascii_signs(" · ".join(parts), self._ascii), self._width)]
        line = Content(f"{speed:.0f} tokens/s ") + self._styled(chart, "accent")
        return [self._heading("Server", figure), line, *(self._styled(row, "muted") for row in rows)]

    def _sources(self) -> list[Content]:
        by_id = self._state.sources.by_id
        lines = [self._heading("Sources", str(len(by_id)))]
        for ref in list(by_id.values())[: -MAX_SOURCES - 1 : -1]:
            title = one_line(ref.title or ref.address)
            room = max(self._width - len(ref.id) - 1, 1)
            cut = title if len(title) <= room else title[: room - 1].rstrip() + "…"
            lines.append(
                self._styled(f"{one_line(ref.id, 8)} ", "muted") + formatting.replace_non_ascii_signs(cut, self._ascii)
            )
        return lines if by_id else [*lines, self._styled("none yet", "muted")]

"""The header of a session: activity and its duration, question, model, steps and tokens.

What keeps a session from being recorded is a state of its own here, shown in the place of the others.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static

from kimi_tui.config import EMBEDDED
from kimi_tui.projections.budget import PER_STEP_KINDS, seconds_between
from kimi_tui.projections.time_left import estimate_time_left
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.session import StorageTrouble
from kimi_tui.text import one_line
from kimi_tui.tui import formatting
from kimi_tui.tui.actions import display_key

MIN_QUESTION_CELLS = 12
"""Cells of the question below which the figures give way altogether."""
MAX_MODEL_CELLS, MIN_MODEL_CELLS = 32, 8
"""Cells of a model's name."""
SEPARATOR = " · "
_QUESTION_SHARE = 0.36
"""The part of the line that a long question gets; figures that leave less are left out one after the other."""


def format_entry_time(now: datetime) -> str:
    """Return a moment in the form of an entry's `at`."""
    return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03}Z"


def describe_activity(state: TrajectoryState, now: str) -> str:
    """Return what a running session is doing, and for how long; empty when it is idle."""
    run = state.run
    running = [call for call in state.calls.open.values() if call.state == "running"]
    if not run.turn_open:
        return ""
    if running:
        call = running[0]
        more = f" and {len(running) - 1} more" if len(running) > 1 else ""
        return f"{one_line(call.tool, 30)}{more} {formatting.format_clock_time(seconds_between(call.started_at, now))}"
    if run.thinking:
        again = f", try {run.attempt + 1}" if run.attempt else ""
        return f"thinking{again} {formatting.format_clock_time(seconds_between(run.last_at, now))}"
    if failure := run.waits_to_retry:
        waited = seconds_between(run.failed_at, now)
        if failure.awaited:
            return f"waiting for the server {formatting.format_clock_time(waited)}"
        return f"try {run.attempt + 1} in {max(failure.wait - waited, 0):.0f} s"
    if run.paused and state.calls.waiting:
        return "paused"
    return one_line(run.pause_why, 60) if run.paused else ""


class SessionHeader(Widget):
    """One line above the timeline."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "head--muted",
        "head--accent",
        "head--good",
        "head--warning",
        "head--error",
        "head--strong",
    }

    def __init__(self, state: TrajectoryState, *, live: bool, damaged: bool = False, ascii: bool) -> None:
        super().__init__(id="head")
        self._damaged = damaged
        self._state = state
        self._live = live
        self._ascii = ascii
        self._now = ""
        self._trouble: StorageTrouble | None = None
        self._drawn = Content()

    def set_state(self, state: TrajectoryState) -> None:
        """Show another state."""
        self._state = state
        self.refresh()

    def show(self, now: datetime, trouble: StorageTrouble | None = None) -> None:
        """Draw the line as of `now`, if its text has changed."""
        self._now = format_entry_time(now)
        self._trouble = trouble
        if not self._line().is_same(self._drawn):
            self.refresh()

    def render(self) -> RenderResult:
        """State and activity, question, then figures at the right."""
        self._drawn = self._line()
        return self._drawn

    def _line(self) -> Content:
        width = self.size.width
        if self._trouble is not None:
            return self._storage_trouble(self._trouble, width)
        left = self._left()
        question = one_line((self._state.run.questions[-1] if self._state.run.questions else "")[:600])
        wanted = min(cell_len(question), int(width * _QUESTION_SHARE))
        free = width - left.cell_length - 4
        figures = self._figures(max(free - wanted, 0))
        right = next((one for one in figures if free - one.cell_length >= wanted), figures[-1])
        room = free - right.cell_length
        if room < MIN_QUESTION_CELLS:
            right = Content()
            room = width - left.cell_length - 2
        words_of_it = _cut_to_cells(question, room)
        middle = Content.styled(
            formatting.replace_non_ascii_signs(words_of_it, self._ascii),
            self.get_visual_style("head--strong", partial=True),
        )
        line = left + "  " + middle
        return line + " " * max(width - line.cell_length - right.cell_length, 0) + right

    def _storage_trouble(self, trouble: StorageTrouble, width: int) -> Content:
        """Return what is wrong with the storage and what it needs, in `width` cells."""
        mark = f"{formatting.state_mark('failed', self._ascii)} {formatting.TROUBLE_WORDS[trouble.kind]}"
        room = width - cell_len(mark) - 2
        line = next((line for line in formatting.trouble_lines(trouble) if cell_len(line) <= room), "")
        tone = self.get_visual_style("head--error", partial=True)
        return Content.assemble((mark, tone), (f"  {line}" if line else "", self._muted))

    def _left(self) -> Content:
        state = "damaged" if self._damaged else self._state.name
        tone = self.get_visual_style(f"head--{formatting.state_tone(state)}", partial=True)
        doing = describe_activity(self._state, self._now) if self._live and self._now else ""
        mark = f"{formatting.state_mark(state, self._ascii)} {formatting.state_word(state)}"
        kind = "" if self._live or self._damaged else " replay"
        rest = kind + (f" · {doing}" if doing else "")
        return Content.assemble((mark, tone), (formatting.replace_non_ascii_signs(rest, self._ascii), self._muted))

    def _figures(self, room: int) -> tuple[Content, ...]:
        """Return the figures at the right, fewer of them in each: what is left out first is in the side and panels.

        The name of the model is cut to what is left of `room` cells, unless too little of it would be seen.
        """
        state = self._state
        opened = state.run.opened
        model = one_line(opened.model, MAX_MODEL_CELLS) if opened else ""
        kind = "not Kimi" if opened and opened.endpoint == EMBEDDED else ""
        meters = {
            meter.kind: meter
            for meter in state.budget.meters(self._now if self._now and self._live else state.run.last_at)
        }
        steps = meters["steps"]
        step = f"step {steps.spent:.0f}{f'/{steps.cap:.0f}' if steps.cap else ''}"
        clock = formatting.format_clock_time(meters["minutes"].spent * 60)
        tokens = f"{formatting.format_count(meters['tokens'].spent)} tok"
        cap = max((meter for meter in meters.values() if meter.cap), key=lambda meter: meter.share, default=None)
        share = f"{cap.share:.0%} spent" if cap is not None and cap.kind not in PER_STEP_KINDS else tokens
        left = estimate_time_left(state.budget, state.plan_progress) if state.run.turn_open else None
        ends = f"{formatting.format_time_left(left)} left" if left is not None and not left.why_none else ""
        rests = ((clock, step, tokens, ends), (clock, step, tokens), (step, share), (step,))
        named = [self._joined((_cut_model(model, kind, room, rest), *rest)) for rest in rests]
        return (*named, *(self._joined((kind, *rest)) for rest in rests))

    def _joined(self, parts: Sequence[str]) -> Content:
        figures = SEPARATOR.join(part for part in parts if part)
        return Content.styled(formatting.replace_non_ascii_signs(figures, self._ascii), self._muted)

    @property
    def _muted(self) -> Style:
        return self.get_visual_style("head--muted", partial=True)


def _cut_model(model: str, kind: str, room: int, rest: Sequence[str]) -> str:
    """Return the name of a model, cut to what is left in `room` cells beside other figures; never only a stump."""
    others = [part for part in (kind, *rest) if part]
    left = room - sum(cell_len(part) for part in others) - len(SEPARATOR) * len(others)
    cut = _cut_to_cells(model, max(left, MIN_MODEL_CELLS))
    return ", ".join(part for part in (cut, kind) if part)


def _cut_to_cells(text: str, room: int) -> str:
    if cell_len(text) <= room:
        return text
    while text and cell_len(text) >= room:
        text = text[: min(len(text) - 1, room)]
    return text.rstrip() + "…" if room > 0 else ""


class DamageBanner(Static):
    """A few lines that say what is damaged in a session, and which key salvages it."""

    def __init__(self, damage: str, keys: str) -> None:
        """`damage` is the session's own account of it; `keys` are those that salvage it."""
        text = (
            f"Damaged, read-only: {one_line(damage, 400)} "
            f"{display_key(keys)} salvages it; the damaged file is kept. Other sessions are not affected."
        )
        super().__init__(Content(text), id="damage", markup=False)

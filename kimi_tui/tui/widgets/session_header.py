"""The header of a session: activity and its duration, question, model, steps and tokens.

What keeps a session from being recorded is a state of its own here, shown in the place of the others.
"""

from datetime import datetime
from typing import ClassVar

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static

from kimi_tui.config import EMBEDDED
from kimi_tui.projections.budget import seconds_between
from kimi_tui.projections.state import SessionState
from kimi_tui.session import StorageTrouble
from kimi_tui.text import one_line
from kimi_tui.tui import formatting
from kimi_tui.tui.actions import display_key


def format_entry_time(now: datetime) -> str:
    """Return a moment in the form of an entry's `at`."""
    return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03}Z"


def describe_activity(state: SessionState, now: str) -> str:
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

    def __init__(self, state: SessionState, *, live: bool, damaged: bool = False, ascii: bool) -> None:
        super().__init__(id="head")
        self._damaged = damaged
        self._state = state
        self._live = live
        self._ascii = ascii
        self._now = ""
        self._trouble: StorageTrouble | None = None
        self._drawn = Content()

    def set_state(self, state: SessionState) -> None:
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
        left, right = self._left(), self._right()
        room = width - left.cell_length - right.cell_length - 4
        if room < 12:
            right = Content()
            room = width - left.cell_length - 2
        question = self._state.run.questions[-1] if self._state.run.questions else ""
        words_of_it = _cut_to_cells(one_line(question[:600]), room)
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

    def _right(self) -> Content:
        state = self._state
        wide = self.size.width >= 100
        opened = state.run.opened
        model = one_line(opened.model, 24) if opened and wide else ""
        if opened and opened.endpoint == EMBEDDED:
            model = f"{model}, not Kimi" if wide else "not Kimi"
        meters = {
            meter.kind: meter
            for meter in state.budget.meters(self._now if self._now and self._live else state.run.last_at)
        }
        steps = meters["steps"]
        cap = f"/{steps.cap:.0f}" if steps.cap else ""
        parts = [
            model,
            formatting.format_clock_time(meters["minutes"].spent * 60),
            f"step {steps.spent:.0f}{cap}",
            f"{formatting.format_count(meters['tokens'].spent)} tok",
        ]
        figures = " · ".join(part for part in parts if part)
        return Content.styled(formatting.replace_non_ascii_signs(figures, self._ascii), self._muted)

    @property
    def _muted(self) -> Style:
        return self.get_visual_style("head--muted", partial=True)


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

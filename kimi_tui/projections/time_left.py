"""Estimate how long a turn may still work: from the pace of its steps and what is left of its plan.

The range follows from how little is known: with `k` steps of the plan done, the pace of the next ones may differ by
one part in the root of `k`, and the time of a step lies between the quartiles of the recent ones. Without a plan, a
step of it that is done and a few model calls, there is no estimate.
"""

from math import ceil, sqrt
from statistics import quantiles
from typing import Any, ClassVar

import msgspec

from kimi_tui.events import Entry, ObservationRecorded, PlanEdited, QuestionAsked, StepStarted
from kimi_tui.projections.budget import Budget
from kimi_tui.projections.projection import Handlers, Projection

MIN_STEPS = 3
"""Finished steps of the turn without which nothing is estimated."""


class PlanProgress(Projection):
    """Count the steps of the present turn since its plan was first noted, and what of the plan was done in them."""

    def __init__(self) -> None:
        self.total = 0
        """Steps of the plan; 0 while this turn has none."""
        self.done = 0
        """Those that are done."""
        self.done_at_first = 0
        """Those that were done when the plan was first noted in this turn."""
        self.steps = 0
        """Model calls since then, tries left out."""
        self._last_step = 0

    @property
    def done_in_turn(self) -> int:
        """Return how many steps of the plan this turn has done."""
        return max(self.done - self.done_at_first, 0)

    def _begin_turn(self, entry: Entry, event: QuestionAsked) -> None:
        self.total = self.done = self.done_at_first = self.steps = 0

    def _count_step(self, entry: Entry, event: StepStarted) -> None:
        if event.n > self._last_step:
            self._last_step = event.n
            self.steps += 1

    def _take_noted_plan(self, entry: Entry, event: ObservationRecorded) -> None:
        artifact = event.artifact or {}
        if event.status == "ok" and artifact.get("kind") == "plan":
            steps: list[dict[str, Any]] = artifact.get("steps", [])
            self._note(len(steps), sum(step.get("state") == "done" for step in steps))

    def _take_edited_plan(self, entry: Entry, event: PlanEdited) -> None:
        self._note(len(event.steps), sum(step.state == "done" for step in event.steps))

    def _note(self, total: int, done: int) -> None:
        if not self.total:
            self.done_at_first, self.steps = done, 0
        self.total, self.done = total, done

    _HANDLERS: ClassVar[Handlers] = {
        QuestionAsked: _begin_turn,
        StepStarted: _count_step,
        ObservationRecorded: _take_noted_plan,
        PlanEdited: _take_edited_plan,
    }


class TimeLeft(msgspec.Struct, frozen=True):
    """A range of time in which a turn may come to its memo, waiting for a person left out."""

    low_minutes: float = 0.0
    """The least."""
    high_minutes: float = 0.0
    """The most."""
    why_none: str = ""
    """Why there is no estimate yet, in words; empty when there is one."""
    by_cap: bool = False
    """True when the cap on steps may end the turn before its plan is done."""


def estimate_time_left(budget: Budget, progress: PlanProgress) -> TimeLeft:
    """Return the range for the open turn, or why there is none yet."""
    minutes = [spent.working for spent in budget.recent_steps]
    if not progress.total:
        return TimeLeft(why_none="no plan yet")
    if not progress.done_in_turn and progress.done < progress.total:
        return TimeLeft(why_none="nothing of the plan is done yet")
    if len(minutes) < MIN_STEPS:
        return TimeLeft(why_none=f"fewer than {MIN_STEPS} steps")
    low_steps, high_steps = _steps_left(progress)
    cap = budget.caps.get("steps")
    room = max(cap - budget.steps, 0) if cap else high_steps
    quick, _, slow = quantiles(minutes, n=4, method="inclusive")
    return TimeLeft(min(low_steps, room) * quick, min(high_steps, room) * slow, by_cap=high_steps > room)


def _steps_left(progress: PlanProgress) -> tuple[int, int]:
    """Return the fewest and the most steps that the plan may still take; the memo is one."""
    left = progress.total - progress.done
    if left <= 0:
        return 1, 2
    pace = progress.steps / progress.done_in_turn
    unsure = 1 + 1 / sqrt(progress.done_in_turn)
    return max(ceil(left * pace / unsure), 1), ceil(left * pace * unsure) + 1

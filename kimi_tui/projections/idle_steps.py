"""Count the steps since anything new came.

New is a result that no call of the turn gave before (a source, rows, a page), and of a search a place that none
named before. What was not found or failed is not, nor is the same result to other words, nor what a model writes
itself, such as a plan. A person who speaks or lets the run go on starts the count anew.
"""

from typing import ClassVar

from kimi_tui.events import (
    Entry,
    ObservationRecorded,
    PlanEdited,
    QuestionAsked,
    RunResumed,
    StallSuspected,
    SteerReceived,
    StepFinished,
)
from kimi_tui.projections.projection import Handlers, Projection


class IdleSteps(Projection):
    """The count of steps without anything new."""

    def __init__(self) -> None:
        self.idle_steps = 0
        """Finished steps in a row without anything new."""
        self.warned = False
        """True when the model was told since anything new came."""
        self._known: set[str] = set()

    def _count_step(self, entry: Entry, event: StepFinished) -> None:
        self.idle_steps += 1

    def _note_result(self, entry: Entry, event: ObservationRecorded) -> None:
        if event.status != "ok" or event.cached or _is_new_plan(event):
            return
        found = set(event.places) or {event.outcome or event.text}
        if not found <= self._known:
            self._known |= found
            self._reset()

    def _note_warning(self, entry: Entry, event: StallSuspected) -> None:
        self.warned = True

    def _begin_turn(self, entry: Entry, event: QuestionAsked) -> None:
        self._known.clear()
        self._reset()

    def _start_anew(self, entry: Entry, event: SteerReceived | PlanEdited | RunResumed) -> None:
        if not isinstance(event, SteerReceived) or event.by == "person":
            self._reset()

    def _reset(self) -> None:
        self.idle_steps, self.warned = 0, False

    _HANDLERS: ClassVar[Handlers] = {
        StepFinished: _count_step,
        ObservationRecorded: _note_result,
        StallSuspected: _note_warning,
        QuestionAsked: _begin_turn,
        SteerReceived: _start_anew,
        PlanEdited: _start_anew,
        RunResumed: _start_anew,
    }


def _is_new_plan(event: ObservationRecorded) -> bool:
    return (event.artifact or {}).get("kind") == "plan"

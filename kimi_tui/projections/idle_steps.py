"""Count the steps since anything new came.

New is a result that no call of the turn gave before (a source, rows, a page), and of a search a place that none
named before. What was not found or failed is not, nor is the same result to other words, nor what a model writes
itself, such as a plan. A person who speaks or lets the run go on starts the count anew.
"""

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


class IdleSteps:
    """The count of steps without anything new."""

    HANDLES = (
        StepFinished,
        ObservationRecorded,
        StallSuspected,
        QuestionAsked,
        SteerReceived,
        PlanEdited,
        RunResumed,
    )
    """The events that change it."""

    def __init__(self) -> None:
        self.idle_steps = 0
        """Finished steps in a row without anything new."""
        self.warned = False
        """Whether the model was told since anything new came."""
        self._known: set[str] = set()

    def apply(self, entry: Entry) -> None:
        """Fold one entry in."""
        match entry.event:
            case StepFinished():
                self.idle_steps += 1
            case ObservationRecorded(status="ok", cached=False) as event if not _is_new_plan(event):
                found = set(event.places) or {event.outcome or event.text}
                if not found <= self._known:
                    self._known |= found
                    self._reset()
            case StallSuspected():
                self.warned = True
            case QuestionAsked():
                self._known.clear()
                self._reset()
            case SteerReceived(by="person") | PlanEdited() | RunResumed():
                self._reset()
            case _:
                pass

    def _reset(self) -> None:
        self.idle_steps, self.warned = 0, False


def _is_new_plan(event: ObservationRecorded) -> bool:
    return (event.artifact or {}).get("kind") == "plan"

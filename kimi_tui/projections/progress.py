"""Whether a turn gets anywhere: how many steps have passed since anything new came.

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


class Progress:
    """The count of idle steps."""

    HEARS = (
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
        self.told = False
        """Whether the model was told since anything new came."""
        self._known: set[str] = set()

    def apply(self, entry: Entry) -> None:
        """Fold one entry in."""
        match entry.event:
            case StepFinished():
                self.idle_steps += 1
            case ObservationRecorded(status="ok", cached=False) as event if not _is_plan(event):
                found = set(event.places) or {event.outcome or event.text}
                if not found <= self._known:
                    self._known |= found
                    self._begin()
            case StallSuspected():
                self.told = True
            case QuestionAsked():
                self._known.clear()
                self._begin()
            case SteerReceived(by="person") | PlanEdited() | RunResumed():
                self._begin()
            case _:
                pass

    def _begin(self) -> None:
        self.idle_steps, self.told = 0, False


def _is_plan(event: ObservationRecorded) -> bool:
    return (event.artifact or {}).get("kind") == "plan"

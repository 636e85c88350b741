"""The position of a session: turn and step, and whether it runs, waits, is paused or is over."""

from typing import Any

from kimi_tui.events import (
    BudgetExhausted,
    BudgetRaised,
    Entry,
    QuestionAsked,
    Reason,
    RunPaused,
    RunResumed,
    SessionOpened,
    SteerReceived,
    StepFailed,
    StepFinished,
    StepStarted,
    TurnFinished,
)


class Run:
    """The run's position; the engine asks it what to do next, the screen what to show."""

    def __init__(self) -> None:
        self.session = ""
        """The session's id."""
        self.opened: SessionOpened | None = None
        """The settings in force: the last opening."""
        self.instructions = ""
        """The system message: the first opening's."""
        self.questions: list[str] = []
        """All questions, oldest first."""
        self.turn = 0
        """The number of the last turn; 0 before the first."""
        self.turn_open = False
        self.turn_started_at = ""
        self.step = 0
        """The number of the last step started."""
        self.thinking = False
        """Whether a model call is under way (or was when the process died)."""
        self.step_open = False
        """Whether the last step has no whole reply yet: it is asked again under the same number."""
        self.attempt = 0
        """How often the last step's model call has failed in a row."""
        self.stopped_thinking = 0
        """How often the thinking of the last step was ended because it went on too long."""
        self.paused = False
        self.pause_why = ""
        self.paused_by = ""
        self.reason: Reason | None = None
        """How the last turn ended."""
        self.exhausted: str = ""
        """The budget that ran out in this turn; empty if none did."""
        self.exhausted_step = 0
        """The last step before it ran out: one more may follow, to write the answer."""
        self.last_failure: StepFailed | None = None
        """The last model call's failure, while no later one succeeded."""
        self.failed_at = ""
        """When it was recorded."""
        self.engine_messages: set[str] = set()
        """Messages of the engine to the model in this turn."""
        """What the engine has told the model in this turn."""
        self.first_at = ""
        self.last_at = ""
        self.seq = 0
        """The last entry folded in."""

    @property
    def settings(self) -> dict[str, Any]:
        """The session's settings as recorded; empty before it is opened."""
        return self.opened.settings if self.opened else {}

    @property
    def waits_to_retry(self) -> StepFailed | None:
        """The failure after which the engine lets a while pass before it asks again; None when it does not."""
        failure = self.last_failure
        waits = failure is not None and failure.wait > 0 and self.step_open and not self.thinking
        return failure if waits and self.turn_open and not self.paused else None

    def apply(self, entry: Entry) -> None:
        """Fold one entry in."""
        self.session, self.seq, self.last_at = entry.session, entry.seq, entry.at
        self.first_at = self.first_at or entry.at
        match entry.event:
            case SessionOpened() as event:
                self.opened = event
                self.instructions = self.instructions or event.instructions
            case QuestionAsked() as event:
                self._begin_turn(entry, event)
            case TurnFinished() as event:
                self.turn_open, self.reason = False, event.reason
                self.thinking, self.step_open = False, False
                self._resume()
            case StepStarted() | StepFinished() | StepFailed() as event:
                self._apply_step_event(entry.at, event)
            case RunPaused() as event:
                self.paused, self.pause_why, self.paused_by = True, event.why, event.by
            case RunResumed():
                self._resume()
                self.attempt = self.stopped_thinking = 0
            case SteerReceived(by="engine") as event:
                self.engine_messages.add(event.text)
            case BudgetExhausted() as event:
                self.exhausted, self.exhausted_step = event.kind, self.step
            case BudgetRaised() as event:
                self.exhausted = "" if event.kind == self.exhausted else self.exhausted

    def _apply_step_event(self, at: str, event: StepStarted | StepFinished | StepFailed) -> None:
        match event:
            case StepStarted():
                self.step, self.thinking, self.step_open = event.n, True, True
            case StepFinished():
                self.thinking, self.step_open, self.attempt, self.last_failure = False, False, 0, None
                self.stopped_thinking = 0
            case StepFailed():
                self.thinking, self.attempt, self.last_failure, self.failed_at = False, event.attempt, event, at
                self.stopped_thinking += event.kind == "capped"

    def _resume(self) -> None:
        self.paused, self.pause_why, self.paused_by = False, "", ""

    def _begin_turn(self, entry: Entry, event: QuestionAsked) -> None:
        self.questions.append(event.text)
        self.engine_messages = set()
        self.turn, self.turn_open, self.turn_started_at = entry.turn, True, entry.at
        self.reason, self.exhausted, self.attempt, self.last_failure = None, "", 0, None
        self.stopped_thinking = 0
        self._resume()

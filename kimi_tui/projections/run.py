"""The position of a session: turn and step, and whether it runs, waits, is paused or is over."""

from typing import Any, ClassVar

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
from kimi_tui.projections.projection import Handlers, Projection


class Run(Projection):
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
        """True when a model call is under way (or was when the process died)."""
        self.step_open = False
        """True when the last step has no whole reply yet: it is asked again under the same number."""
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
        """Apply one entry; each moves the run's last moment."""
        self.session, self.seq, self.last_at = entry.session, entry.seq, entry.at
        self.first_at = self.first_at or entry.at
        super().apply(entry)

    def _keep_opening(self, entry: Entry, event: SessionOpened) -> None:
        self.opened = event
        self.instructions = self.instructions or event.instructions

    def _end_turn(self, entry: Entry, event: TurnFinished) -> None:
        self.turn_open, self.reason = False, event.reason
        self.thinking, self.step_open = False, False
        self._resume()

    def _start_step(self, entry: Entry, event: StepStarted) -> None:
        self.step, self.thinking, self.step_open = event.n, True, True

    def _finish_step(self, entry: Entry, event: StepFinished) -> None:
        self.thinking, self.step_open, self.attempt, self.last_failure = False, False, 0, None
        self.stopped_thinking = 0

    def _note_failure(self, entry: Entry, event: StepFailed) -> None:
        self.thinking, self.attempt, self.last_failure, self.failed_at = False, event.attempt, event, entry.at
        self.stopped_thinking += event.kind == "capped"

    def _pause(self, entry: Entry, event: RunPaused) -> None:
        self.paused, self.pause_why, self.paused_by = True, event.why, event.by

    def _go_on(self, entry: Entry, event: RunResumed) -> None:
        self._resume()
        self.attempt = self.stopped_thinking = 0

    def _keep_message(self, entry: Entry, event: SteerReceived) -> None:
        if event.by == "engine":
            self.engine_messages.add(event.text)

    def _note_spent(self, entry: Entry, event: BudgetExhausted) -> None:
        self.exhausted, self.exhausted_step = event.kind, self.step

    def _note_raise(self, entry: Entry, event: BudgetRaised) -> None:
        self.exhausted = "" if event.kind == self.exhausted else self.exhausted

    def _resume(self) -> None:
        self.paused, self.pause_why, self.paused_by = False, "", ""

    def _begin_turn(self, entry: Entry, event: QuestionAsked) -> None:
        self.questions.append(event.text)
        self.engine_messages = set()
        self.turn, self.turn_open, self.turn_started_at = entry.turn, True, entry.at
        self.reason, self.exhausted, self.attempt, self.last_failure = None, "", 0, None
        self.stopped_thinking = 0
        self._resume()

    _HANDLERS: ClassVar[Handlers] = {
        SessionOpened: _keep_opening,
        QuestionAsked: _begin_turn,
        TurnFinished: _end_turn,
        StepStarted: _start_step,
        StepFinished: _finish_step,
        StepFailed: _note_failure,
        RunPaused: _pause,
        RunResumed: _go_on,
        SteerReceived: _keep_message,
        BudgetExhausted: _note_spent,
        BudgetRaised: _note_raise,
    }

"""How long a turn has taken, by the times of its entries: the whole of it, and the part in which something worked."""

from datetime import datetime

import msgspec

from kimi_tui.events import (
    ApprovalRequested,
    ApprovalResolved,
    CompactionProposed,
    ContextCompacted,
    Entry,
    ObservationRecorded,
    QuestionAsked,
    RunPaused,
    RunResumed,
    ToolCallStarted,
    TurnFinished,
)


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one entry's `at` to another's."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


class Clock(msgspec.Struct):
    """The seconds of one turn, those in which it was held left out."""

    started_at: str = ""
    ended_at: str = ""
    """Empty while the turn is open."""
    held_at: str = ""
    """Since when it is held; empty while it runs."""
    held_seconds: float = 0.0
    """In which it was held before."""

    def start(self, at: str) -> None:
        """A turn begins."""
        self.started_at, self.ended_at, self.held_at, self.held_seconds = at, "", "", 0.0

    def hold(self, at: str, held: bool) -> None:
        """The turn is held from now on, or goes on."""
        if held:
            self.held_at = self.held_at or at
        elif self.held_at:
            self.held_seconds += seconds_between(self.held_at, at)
            self.held_at = ""

    def end(self, at: str) -> None:
        """The turn is over."""
        self.hold(at, False)
        self.ended_at = at

    def seconds(self, now: str) -> float:
        """Seconds until `now`, an entry's `at` or the clock in the same form."""
        if not self.started_at:
            return 0.0
        end = self.ended_at or self.held_at or now
        return max(seconds_between(self.started_at, end) - self.held_seconds, 0.0)


class Clocks(msgspec.Struct):
    """The two clocks of the current turn."""

    HEARS = (
        ToolCallStarted,
        ObservationRecorded,
        ApprovalRequested,
        ApprovalResolved,
        QuestionAsked,
        TurnFinished,
        RunPaused,
        RunResumed,
        CompactionProposed,
        ContextCompacted,
    )
    """The events that change it."""

    running: Clock = msgspec.field(default_factory=Clock)
    """Pauses are left out."""
    working: Clock = msgspec.field(default_factory=Clock)
    """Pauses are left out, and so is the time in which everything waited for a person."""
    paused: bool = False
    """Whether the run is paused."""
    asked: bool = False
    """Whether a compaction waits for a person."""
    waiting: set[str] = set()
    """Calls that wait for a person."""
    at_work: set[str] = set()
    """Calls that run."""

    def apply(self, entry: Entry) -> None:
        """Fold one entry in."""
        event = entry.event
        match event:
            case QuestionAsked():
                self.paused = self.asked = False
                self.waiting, self.at_work = set(), set()
                self.running.start(entry.at)
                self.working.start(entry.at)
                return
            case TurnFinished():
                self.running.end(entry.at)
                self.working.end(entry.at)
                return
            case RunPaused():
                self.paused = True
            case RunResumed():
                self.paused = False
            case CompactionProposed():
                self.asked = event.ask
            case ContextCompacted():
                self.asked = False
            case _:
                self._follow_call(entry)
        held = self.paused or self.asked or bool(self.waiting and not self.at_work)
        self.running.hold(entry.at, self.paused)
        self.working.hold(entry.at, held)

    def _follow_call(self, entry: Entry) -> None:
        match entry.event:
            case ApprovalRequested(call_id=call_id):
                self.waiting.add(call_id)
                self.at_work.discard(call_id)
            case ApprovalResolved(call_id=call_id):
                self.waiting.discard(call_id)
            case ToolCallStarted(call_id=call_id):
                self.at_work.add(call_id)
            case ObservationRecorded(call_id=call_id):
                self.waiting.discard(call_id)
                self.at_work.discard(call_id)
            case _:
                pass

"""Measure how long a turn has taken: the whole of it, and the part in which something worked."""

from datetime import datetime
from typing import ClassVar

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
from kimi_tui.projections.projection import Handlers, Projection


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
        """Start the clock for a new turn."""
        self.started_at, self.ended_at, self.held_at, self.held_seconds = at, "", "", 0.0

    def set_held(self, at: str, held: bool) -> None:
        """Stop the clock, or let it run again."""
        if held:
            self.held_at = self.held_at or at
        elif self.held_at:
            self.held_seconds += seconds_between(self.held_at, at)
            self.held_at = ""

    def stop(self, at: str) -> None:
        """Stop the clock at the end of the turn."""
        self.set_held(at, False)
        self.ended_at = at

    def seconds(self, now: str) -> float:
        """Seconds until `now`, an entry's `at` or the clock in the same form."""
        if not self.started_at:
            return 0.0
        end = self.ended_at or self.held_at or now
        return max(seconds_between(self.started_at, end) - self.held_seconds, 0.0)


class Clocks(Projection, msgspec.Struct):
    """The two clocks of the current turn."""

    running: Clock = msgspec.field(default_factory=Clock)
    """Pauses are left out."""
    working: Clock = msgspec.field(default_factory=Clock)
    """Pauses are left out, and so is the time in which everything waited for a person."""
    paused: bool = False
    """True when the run is paused."""
    compaction_waits: bool = False
    """True when a compaction waits for a person."""
    waiting: set[str] = set()
    """Calls that wait for a person."""
    at_work: set[str] = set()
    """Calls that run."""

    def _begin_turn(self, entry: Entry, event: QuestionAsked) -> None:
        self.paused = self.compaction_waits = False
        self.waiting, self.at_work = set(), set()
        self.running.start(entry.at)
        self.working.start(entry.at)

    def _end_turn(self, entry: Entry, event: TurnFinished) -> None:
        self.running.stop(entry.at)
        self.working.stop(entry.at)

    def _note_pause(self, entry: Entry, event: RunPaused | RunResumed) -> None:
        self.paused = isinstance(event, RunPaused)
        self._set_held(entry.at)

    def _note_compaction(self, entry: Entry, event: CompactionProposed | ContextCompacted) -> None:
        self.compaction_waits = isinstance(event, CompactionProposed) and event.ask
        self._set_held(entry.at)

    def _note_waiting(self, entry: Entry, event: ApprovalRequested) -> None:
        self.waiting.add(event.call_id)
        self.at_work.discard(event.call_id)
        self._set_held(entry.at)

    def _note_decision(self, entry: Entry, event: ApprovalResolved) -> None:
        self.waiting.discard(event.call_id)
        self._set_held(entry.at)

    def _note_start(self, entry: Entry, event: ToolCallStarted) -> None:
        self.at_work.add(event.call_id)
        self._set_held(entry.at)

    def _note_result(self, entry: Entry, event: ObservationRecorded) -> None:
        self.waiting.discard(event.call_id)
        self.at_work.discard(event.call_id)
        self._set_held(entry.at)

    def _set_held(self, at: str) -> None:
        """Hold or release both clocks, by what is known now."""
        held = self.paused or self.compaction_waits or bool(self.waiting and not self.at_work)
        self.running.set_held(at, self.paused)
        self.working.set_held(at, held)

    _HANDLERS: ClassVar[Handlers] = {
        ToolCallStarted: _note_start,
        ObservationRecorded: _note_result,
        ApprovalRequested: _note_waiting,
        ApprovalResolved: _note_decision,
        QuestionAsked: _begin_turn,
        TurnFinished: _end_turn,
        RunPaused: _note_pause,
        RunResumed: _note_pause,
        CompactionProposed: _note_compaction,
        ContextCompacted: _note_compaction,
    }

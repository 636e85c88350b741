"""The state of the research: sources, plan and memo."""

import re
from typing import Any, ClassVar

from kimi_tui.events import (
    ContentFlagged,
    Entry,
    ObservationRecorded,
    PlanEdited,
    PlanStep,
    StatementDecided,
    SteerReceived,
    StepStarted,
    TurnFinished,
)
from kimi_tui.evidence.decisions import apply_decision
from kimi_tui.projections.projection import Handlers, Projection
from kimi_tui.sources import SourceRef

PLAN_MARKS = {"open": "[ ]", "doing": "[~]", "done": "[x]"}
"""How a plan's steps are written, by their state."""
_MARKED = re.compile(r"\s*(?:[-*\u00b7]\s*)?\[([ ~xX])\](.*)")


class SourcesState(Projection):
    """Every source of the session by id, with the calls that named it."""

    def __init__(self) -> None:
        self.by_id: dict[str, SourceRef] = {}
        """In order of first retrieval."""
        self.calls: dict[str, list[str]] = {}
        """Source id to the ids of the calls whose observations name it."""
        self.flagged_calls: set[str] = set()
        """Calls whose observations hold text that addresses the model instead of the reader."""

    @property
    def flagged(self) -> frozenset[str]:
        """Ids of the sources whose text was flagged as hostile."""
        return frozenset(name for name, calls in self.calls.items() if not self.flagged_calls.isdisjoint(calls))

    def _add_sources(self, entry: Entry, event: ObservationRecorded) -> None:
        for ref in event.sources:
            self.by_id.setdefault(ref.id, ref)
            named = self.calls.setdefault(ref.id, [])
            if event.call_id not in named:
                named.append(event.call_id)

    def _add_flag(self, entry: Entry, event: ContentFlagged) -> None:
        self.flagged_calls.add(event.call_id)

    _HANDLERS: ClassVar[Handlers] = {
        ObservationRecorded: _add_sources,
        ContentFlagged: _add_flag,
    }


class PlanState(Projection):
    """The plan and the open questions, as the model noted them or a person changed them last."""

    def __init__(self) -> None:
        self.steps: tuple[PlanStep, ...] = ()
        self.questions: tuple[str, ...] = ()
        """What the model still wants to find out."""
        self.note = ""

    def _take_noted_plan(self, entry: Entry, event: ObservationRecorded) -> None:
        artifact = event.artifact or {}
        if event.status != "ok" or artifact.get("kind") != "plan":
            return
        self.steps = tuple(
            PlanStep(str(step.get("text", "")), str(step.get("state", "open"))) for step in artifact.get("steps", [])
        )
        self.questions = tuple(str(question) for question in artifact.get("questions", []))
        self.note = str(artifact.get("note", ""))

    def _take_edited_plan(self, entry: Entry, event: PlanEdited) -> None:
        self.steps, self.note = event.steps, ""

    _HANDLERS: ClassVar[Handlers] = {
        ObservationRecorded: _take_noted_plan,
        PlanEdited: _take_edited_plan,
    }


def format_plan(steps: tuple[PlanStep, ...]) -> str:
    """Format a plan for reading and editing: one step a line, after the mark of its state."""
    return "\n".join(f"{PLAN_MARKS.get(step.state, PLAN_MARKS['open'])} {step.text}" for step in steps)


def parse_plan(text: str) -> tuple[PlanStep, ...]:
    """Parse a plan in that format; a line without a mark is an open step."""
    states = {mark[1]: state for state, mark in PLAN_MARKS.items()}
    steps = []
    for line in text.splitlines():
        marked = _MARKED.fullmatch(line)
        mark, words = marked.groups() if marked else (" ", line)
        if words.strip():
            steps.append(PlanStep(" ".join(words.split()), states[mark.lower()]))
    return tuple(steps)


def plan_message(event: PlanEdited) -> str:
    """Return the message to the model when a person changed its plan."""
    lines = format_plan(event.steps) or "(no steps)"
    return f"The person changed your plan; go on by this one and keep it up to date with update_plan:\n{lines}"


class MemoState(Projection):
    """The current memo: the last accepted draft, then the one with which the turn ended."""

    def __init__(self) -> None:
        self.memo: dict[str, Any] | None = None
        """`citations.Memo` as JSON, None before there is one."""
        self.partial = False
        """True when the turn ended without reaching its answer."""
        self.turn = 0
        """The turn that it answers."""
        self.entry = 0
        """The entry with which its turn ended; 0 for a draft."""
        self.wrong_decisions = 0
        """Recorded decisions on statements that no memo here has."""
        self.settled = False
        """True when its writer had read everything that a person said: the turn may end with it."""
        self._unread = False
        self._read_in = 0

    def _keep_accepted(self, entry: Entry, event: ObservationRecorded) -> None:
        if event.status == "ok" and event.artifact is not None and event.artifact.get("kind") == "memo":
            self.memo, self.partial, self.turn, self.entry = event.artifact, False, entry.turn, 0
            self.settled = not self._unread and entry.step >= self._read_in

    def _keep_final(self, entry: Entry, event: TurnFinished) -> None:
        if event.memo is not None:
            self.memo, self.partial, self.turn = event.memo, event.reason != "answered", entry.turn
            self.entry = entry.seq

    def _note_unread(self, entry: Entry, event: SteerReceived | PlanEdited) -> None:
        if not isinstance(event, SteerReceived) or event.by == "person":
            self._unread, self.settled = True, False

    def _note_reading(self, entry: Entry, event: StepStarted) -> None:
        if self._unread:
            self._unread, self._read_in = False, event.n

    def _decide(self, entry: Entry, event: StatementDecided) -> None:
        """Keep a person's decision with the statement; one on an earlier memo changes nothing here."""
        if event.memo != self.entry or self.memo is None:
            self.wrong_decisions += event.memo > self.entry
            return
        decided = apply_decision(self.memo, event, entry.at)
        self.wrong_decisions += decided is None
        self.memo = decided or self.memo

    _HANDLERS: ClassVar[Handlers] = {
        StepStarted: _note_reading,
        ObservationRecorded: _keep_accepted,
        TurnFinished: _keep_final,
        StatementDecided: _decide,
        SteerReceived: _note_unread,
        PlanEdited: _note_unread,
    }

"""The state of the research: sources, plan and memo."""

import re
from typing import Any

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
from kimi_tui.sources import SourceRef

PLAN_MARKS = {"open": "[ ]", "doing": "[~]", "done": "[x]"}
"""How a plan's steps are written, by their state."""
_MARKED = re.compile(r"\s*(?:[-*\u00b7]\s*)?\[([ ~xX])\](.*)")


class SourcesState:
    """Every source of the session by id, with the calls that named it."""

    HANDLES = (ObservationRecorded, ContentFlagged)
    """The events that change it."""

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

    def apply(self, entry: Entry) -> None:
        """Fold one entry in."""
        if isinstance(entry.event, ContentFlagged):
            self.flagged_calls.add(entry.event.call_id)
        elif isinstance(entry.event, ObservationRecorded):
            for ref in entry.event.sources:
                self.by_id.setdefault(ref.id, ref)
                named = self.calls.setdefault(ref.id, [])
                if entry.event.call_id not in named:
                    named.append(entry.event.call_id)


class PlanState:
    """The plan and the open questions, as the model noted them or a person changed them last."""

    HANDLES = (ObservationRecorded, PlanEdited)
    """The events that change it."""

    def __init__(self) -> None:
        self.steps: tuple[PlanStep, ...] = ()
        self.questions: tuple[str, ...] = ()
        """What the model still wants to find out."""
        self.note = ""

    def apply(self, entry: Entry) -> None:
        """Fold one entry in."""
        event = entry.event
        if isinstance(event, PlanEdited):
            self.steps, self.note = event.steps, ""
        elif isinstance(event, ObservationRecorded) and event.status == "ok":
            artifact = event.artifact or {}
            if artifact.get("kind") == "plan":
                self.steps = tuple(
                    PlanStep(str(step.get("text", "")), str(step.get("state", "open")))
                    for step in artifact.get("steps", [])
                )
                self.questions = tuple(str(question) for question in artifact.get("questions", []))
                self.note = str(artifact.get("note", ""))


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


class MemoState:
    """The current memo: the last accepted draft, then the one with which the turn ended."""

    HANDLES = (StepStarted, ObservationRecorded, TurnFinished, StatementDecided, SteerReceived, PlanEdited)
    """The events that change it."""

    def __init__(self) -> None:
        self.memo: dict[str, Any] | None = None
        """`citations.Memo` as JSON, None before there is one."""
        self.partial = False
        """Whether the turn ended without reaching its answer."""
        self.turn = 0
        """The turn that it answers."""
        self.entry = 0
        """The entry with which its turn ended; 0 for a draft."""
        self.wrong_decisions = 0
        """Recorded decisions on statements that no memo here has."""
        self.settled = False
        """Whether its writer had read everything that a person said: the turn may end with it."""
        self._unread = False
        self._read_in = 0

    def apply(self, entry: Entry) -> None:
        """Fold one entry in."""
        match entry.event:
            case ObservationRecorded(status="ok", artifact={"kind": "memo"} as memo):
                self.memo, self.partial, self.turn, self.entry = memo, False, entry.turn, 0
                self.settled = not self._unread and entry.step >= self._read_in
            case TurnFinished(memo=dict(memo), reason=reason):
                self.memo, self.partial, self.turn = memo, reason != "answered", entry.turn
                self.entry = entry.seq
            case StatementDecided() as event:
                self._decide(event, entry.at)
            case SteerReceived(by="person") | PlanEdited():
                self._unread, self.settled = True, False
            case StepStarted(n=step) if self._unread:
                self._unread, self._read_in = False, step
            case _:
                pass

    def _decide(self, event: StatementDecided, at: str) -> None:
        """Keep a person's decision with the statement; one on an earlier memo changes nothing here."""
        if event.memo != self.entry or self.memo is None:
            self.wrong_decisions += event.memo > self.entry
            return
        decided = apply_decision(self.memo, event, at)
        self.wrong_decisions += decided is None
        self.memo = decided or self.memo

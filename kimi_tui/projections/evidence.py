"""What was retrieved, planned and concluded: sources, plan and memo."""

from typing import Any

import msgspec

from kimi_tui.events import Entry, ObservationRecorded, SteerReceived, StepStarted, TurnFinished
from kimi_tui.sources import SourceRef


class PlanStep(msgspec.Struct, frozen=True):
    """One line of the model's plan."""

    text: str
    """Untrusted."""
    state: str
    """`open`, `doing` or `done`."""


class Sources:
    """Every source of the session by id, with the calls that named it."""

    def __init__(self) -> None:
        self.by_id: dict[str, SourceRef] = {}
        """In order of first retrieval."""
        self.calls: dict[str, list[str]] = {}
        """Source id to the ids of the calls whose observations name it."""

    def apply(self, entry: Entry) -> None:
        """Fold one entry in."""
        if isinstance(entry.event, ObservationRecorded):
            for ref in entry.event.sources:
                self.by_id.setdefault(ref.id, ref)
                named = self.calls.setdefault(ref.id, [])
                if entry.event.call_id not in named:
                    named.append(entry.event.call_id)


class Plan:
    """The model's plan as last noted."""

    def __init__(self) -> None:
        self.steps: tuple[PlanStep, ...] = ()
        self.note = ""

    def apply(self, entry: Entry) -> None:
        """Fold one entry in."""
        if isinstance(entry.event, ObservationRecorded) and entry.event.status == "ok":
            artifact = entry.event.artifact or {}
            if artifact.get("kind") == "plan":
                self.steps = tuple(
                    PlanStep(str(step.get("text", "")), str(step.get("state", "open")))
                    for step in artifact.get("steps", [])
                )
                self.note = str(artifact.get("note", ""))


class MemoState:
    """The memo as it stands: the last accepted draft, then the one the turn ended with."""

    def __init__(self) -> None:
        self.memo: dict[str, Any] | None = None
        """`citations.Memo` as JSON, None before there is one."""
        self.partial = False
        """Whether the turn ended without reaching its answer."""
        self.turn = 0
        """The turn that it answers."""
        self.settled = False
        """Whether its writer had read everything that a person said: the turn may end with it."""
        self._unread = False
        self._read_in = 0

    def apply(self, entry: Entry) -> None:
        """Fold one entry in."""
        match entry.event:
            case ObservationRecorded(status="ok", artifact={"kind": "memo"} as memo):
                self.memo, self.partial, self.turn = memo, False, entry.turn
                self.settled = not self._unread and entry.step >= self._read_in
            case TurnFinished(memo=dict(memo), reason=reason):
                self.memo, self.partial, self.turn = memo, reason != "answered", entry.turn
            case SteerReceived(by="person"):
                self._unread, self.settled = True, False
            case StepStarted(n=step) if self._unread:
                self._unread, self._read_in = False, step
            case _:
                pass

"""The whole state of a session: every projection, updated together.

Live equals replayed: folding the entries as they are written gives the same state as folding them from disk.
"""

from collections.abc import Sequence
from typing import get_args

from kimi_tui.events import AnyEvent, Entry
from kimi_tui.projections.budget import Budget
from kimi_tui.projections.calls import Calls
from kimi_tui.projections.compactions import Compactions
from kimi_tui.projections.context import Context
from kimi_tui.projections.drift import Drift
from kimi_tui.projections.health import Health, Pace
from kimi_tui.projections.idle_steps import IdleSteps
from kimi_tui.projections.judgements import Judgements
from kimi_tui.projections.prefetches import Prefetches
from kimi_tui.projections.research_state import MemoState, PlanState, SourcesState
from kimi_tui.projections.run import Run
from kimi_tui.projections.timeline import Timeline
from kimi_tui.session import State

_EVENTS_BY_PROJECTION: dict[str, tuple[type[AnyEvent], ...]] = {
    "calls": Calls.HANDLES,
    "budget": Budget.HANDLES,
    "context": Context.HANDLES,
    "compactions": Compactions.HANDLES,
    "sources": SourcesState.HANDLES,
    "plan": PlanState.HANDLES,
    "memo": MemoState.HANDLES,
    "judgements": Judgements.HANDLES,
    "health": Health.HANDLES,
    "progress": IdleSteps.HANDLES,
    "drift": Drift.HANDLES,
    "pace": Pace.HANDLES,
    "prefetches": Prefetches.HANDLES,
}
"""By projection, the events that change it; `run` and `timeline` hear all."""
_PROJECTIONS_BY_EVENT = {
    kind: [name for name, heard in _EVENTS_BY_PROJECTION.items() if kind in heard] for kind in get_args(AnyEvent)
}
"""By event, the projections that hear it."""


class SessionState:
    """Everything that is known of a session from its journal."""

    def __init__(self) -> None:
        self.run = Run()
        self.calls = Calls()
        self.budget = Budget()
        self.context = Context()
        self.compactions = Compactions()
        self.timeline = Timeline()
        self.sources = SourcesState()
        self.plan = PlanState()
        self.memo = MemoState()
        self.judgements = Judgements()
        self.health = Health()
        self.progress = IdleSteps()
        self.drift = Drift()
        self.pace = Pace()
        self.prefetches = Prefetches()

    def apply(self, entry: Entry) -> int | None:
        """Apply one entry; return the index of the timeline block made or changed, if any."""
        self.run.apply(entry)
        for name in _PROJECTIONS_BY_EVENT[type(entry.event)]:
            getattr(self, name).apply(entry)
        return self.timeline.apply(entry)

    def apply_all(self, entries: Sequence[Entry]) -> None:
        """Apply many entries, projection by projection, which takes less time than entry by entry."""
        for name, heard in _EVENTS_BY_PROJECTION.items():
            apply = getattr(self, name).apply
            for entry in entries:
                if type(entry.event) in heard:
                    apply(entry)
        for entry in entries:
            self.run.apply(entry)
        for entry in entries:
            self.timeline.apply(entry)

    @property
    def name(self) -> State:
        """The state in one word, as the library and the header show it."""
        run = self.run
        if not run.questions:
            return "empty"
        if run.turn_open:
            if self.calls.waiting or self.compactions.waiting:
                return "waiting"
            return "paused" if run.paused else "running"
        if run.reason is None or run.reason == "answered":
            return "finished"
        return run.reason

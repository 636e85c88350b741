"""The state of one trajectory: its projections, beside those that all trajectories of its session share."""

from collections.abc import Sequence
from typing import get_args

from kimi_tui.events import AnyEvent, Entry
from kimi_tui.projections.approvals import Approvals
from kimi_tui.projections.budget import Budget
from kimi_tui.projections.calls import Calls
from kimi_tui.projections.compactions import Compactions
from kimi_tui.projections.context import Context
from kimi_tui.projections.drift import Drift
from kimi_tui.projections.health import Health, Pace
from kimi_tui.projections.idle_steps import IdleSteps
from kimi_tui.projections.judgements import Judgements
from kimi_tui.projections.prefetches import Prefetches
from kimi_tui.projections.projection import Projection
from kimi_tui.projections.research_state import MemoState, PlanState, SourcesState
from kimi_tui.projections.run import Run
from kimi_tui.projections.time_left import PlanProgress
from kimi_tui.projections.timeline import Timeline
from kimi_tui.session import State


class SharedState:
    """Projections that hear the entries of every trajectory of a session."""

    def __init__(self) -> None:
        self.sources = SourcesState()
        self.approvals = Approvals()
        self.health = Health()


class TrajectoryState:
    """Everything that is known of one trajectory from its journal."""

    def __init__(self, shared: SharedState) -> None:
        """Nothing is known of it yet; what is shared is folded by the session."""
        self.sources = shared.sources
        self.approvals = shared.approvals
        self.health = shared.health
        self.run = Run()
        self.calls = Calls()
        self.budget = Budget()
        self.context = Context()
        self.compactions = Compactions()
        self.timeline = Timeline()
        self.plan = PlanState()
        self.memo = MemoState()
        self.judgements = Judgements()
        self.progress = IdleSteps()
        self.drift = Drift()
        self.pace = Pace()
        self.prefetches = Prefetches()
        self.plan_progress = PlanProgress()

    def apply(self, entry: Entry) -> int | None:
        """Apply an entry of this trajectory; return the index of the timeline block made or changed, if any."""
        self.run.apply(entry)
        for name in OWN_PROJECTIONS_BY_EVENT[type(entry.event)]:
            getattr(self, name).apply(entry)
        return self.timeline.apply(entry)

    def apply_all(self, entries: Sequence[Entry]) -> None:
        """Apply many entries of this trajectory, projection by projection, which takes less time."""
        for name, heard in _EVENTS_BY_OWN_PROJECTION.items():
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


_OWN_PROJECTIONS: dict[str, type[Projection]] = {
    "calls": Calls,
    "budget": Budget,
    "context": Context,
    "compactions": Compactions,
    "plan": PlanState,
    "memo": MemoState,
    "judgements": Judgements,
    "progress": IdleSteps,
    "drift": Drift,
    "pace": Pace,
    "prefetches": Prefetches,
    "plan_progress": PlanProgress,
}
"""By attribute, the projections that hear some events; `run` and `timeline` hear all."""
_SHARED_PROJECTIONS: dict[str, type[Projection]] = {
    "sources": SourcesState,
    "approvals": Approvals,
    "health": Health,
}
_EVENTS_BY_OWN_PROJECTION = {name: projection.HANDLES for name, projection in _OWN_PROJECTIONS.items()}


def _names_by_event(projections: dict[str, type[Projection]]) -> dict[type[AnyEvent], list[str]]:
    """Return the attributes that hear each event."""
    return {
        kind: [name for name, projection in projections.items() if kind in projection.HANDLES]
        for kind in get_args(AnyEvent)
    }


OWN_PROJECTIONS_BY_EVENT = _names_by_event(_OWN_PROJECTIONS)
"""By event, the attributes of a trajectory that hear it."""
SHARED_PROJECTIONS_BY_EVENT = _names_by_event(_SHARED_PROJECTIONS)
"""By event, the attributes of what is shared that hear it."""

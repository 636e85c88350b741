"""The whole state of a session: what its trajectories share, and the state of each.

Live equals replayed: folding the entries as they are written gives the same state as folding them from disk, however
the entries of several trajectories are interleaved. A session with one agent has the trajectory `main` alone.
"""

from collections.abc import Sequence

from kimi_tui.events import MAIN_TRAJECTORY, Entry, SessionOpened
from kimi_tui.projections.trajectory import SHARED_PROJECTIONS_BY_EVENT, SharedState, TrajectoryState


class SessionState:
    """Everything that is known of a session from its journal."""

    def __init__(self) -> None:
        self.shared = SharedState()
        self.trajectories: dict[str, TrajectoryState] = {}
        """By name, in the order in which they began; `main` is always there."""
        self._openings: list[Entry] = []
        self.trajectory(MAIN_TRAJECTORY)

    @property
    def main(self) -> TrajectoryState:
        """The trajectory that a session begins with."""
        return self.trajectories[MAIN_TRAJECTORY]

    def trajectory(self, name: str) -> TrajectoryState:
        """Return the state of a trajectory; a new one knows how the session was opened, and nothing else."""
        if name not in self.trajectories:
            self.trajectories[name] = TrajectoryState(self.shared)
            self.trajectories[name].apply_all(self._openings)
        return self.trajectories[name]

    def apply(self, entry: Entry) -> int | None:
        """Apply one entry; return the index of the block made or changed in its trajectory's timeline, if any."""
        self._apply_shared(entry)
        own = self.trajectory(entry.trajectory)
        if isinstance(entry.event, SessionOpened):
            self._openings.append(entry)
            for other in self.trajectories.values():
                if other is not own:
                    other.apply(entry)
        return own.apply(entry)

    def apply_all(self, entries: Sequence[Entry]) -> None:
        """Apply many entries, trajectory by trajectory, which takes less time than entry by entry."""
        heard: dict[str, list[Entry]] = {name: [] for name in self.trajectories}
        for entry in entries:
            self._apply_shared(entry)
            if entry.trajectory not in heard:
                self.trajectory(entry.trajectory)
                heard[entry.trajectory] = []
            if isinstance(entry.event, SessionOpened):
                self._openings.append(entry)
                for others in heard.values():
                    others.append(entry)
            else:
                heard[entry.trajectory].append(entry)
        for name, own in heard.items():
            self.trajectories[name].apply_all(own)

    def _apply_shared(self, entry: Entry) -> None:
        for name in SHARED_PROJECTIONS_BY_EVENT[type(entry.event)]:
            getattr(self.shared, name).apply(entry)

"""Know the waiting calls of a card: which one is shown, which were decided here, which one line may run."""

from kimi_tui.projections.calls import Call
from kimi_tui.projections.earlier_calls import released
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.tui.approval.call_description import fits_one_line


class WaitingCalls:
    """The calls that wait for a person, and the one of them that is shown."""

    def __init__(self) -> None:
        self.state: TrajectoryState | None = None
        """The session, as the card was last shown; None before the first time."""
        self.calls: list[Call] = []
        """All that wait, in their order."""
        self.was_decided_here = False
        """True when the call that was shown last, and waits no more, was decided on this card."""
        self._shown = ""
        self._batch: list[Call] = []
        self._decided: set[str] = set()

    @property
    def shown(self) -> Call | None:
        """The call that is shown; None when it waits no more."""
        return next((call for call in self.calls if call.id == self._shown), None)

    @property
    def position(self) -> str:
        """The place of the shown call among several, such as `2 of 3`; empty when there is one."""
        call = self.shown
        return f"{self.calls.index(call) + 1} of {len(self.calls)}" if call and len(self.calls) > 1 else ""

    @property
    def batch(self) -> list[Call]:
        """The calls that were chosen to run together and still wait."""
        return [call for call in self._batch if call in self.calls]

    def update(self, state: TrajectoryState) -> bool:
        """Take what waits now, and keep the shown call while it waits; returns whether another one took its place."""
        self.state = state
        self.calls = state.calls.waiting
        if self.shown is not None:
            return False
        self.was_decided_here = self._shown in self._decided
        self._shown = self.calls[0].id if self.calls else ""
        return True

    def show_other(self, by: int) -> bool:
        """Show the next or the previous one; False when none is shown."""
        ids = [call.id for call in self.calls]
        if self._shown not in ids:
            return False
        self._shown = ids[(ids.index(self._shown) + by) % len(ids)]
        return True

    def choose_batch(self) -> bool:
        """Choose the calls that one line describes whole to run together; returns whether there are such."""
        state = self.state
        self._batch = [call for call in self.calls if state is not None and fits_one_line(call, state)]
        return bool(self._batch)

    def mark_decided(self, ids: set[str]) -> None:
        """Remember which calls a person decided on this card."""
        self._decided |= ids

    def released_by(self, call: Call, rule: str) -> list[Call]:
        """Return the other waiting calls that a rule, kept with this call, lets run."""
        return released(self.state.calls, call, rule) if self.state is not None else []

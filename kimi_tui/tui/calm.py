"""When a decision may be taken: never by accident.

A decision counts only while its card has stood still before the person for half a second and nobody has typed
into any line for half a second. Every way to decide, by key or by click, asks here first; there is no other door.
"""

import math
from collections.abc import Callable

QUIET_SECONDS = 0.5
"""How long a card must stand, and lines must rest, before a decision counts."""


class Calm:
    """Watches what stands before the person and when they last typed."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._shown = ""
        self._shown_at = math.inf
        self._typed_at = -math.inf

    def shows(self, call_id: str) -> None:
        """This call stands on the card now; empty when none does."""
        if call_id != self._shown:
            self._shown = call_id
            self.disturb()

    def disturb(self) -> None:
        """What the person sees has just changed or moved: wait again."""
        self._shown_at = self._clock() if self._shown else math.inf

    def typed(self) -> None:
        """A key went into a line of text."""
        self._typed_at = self._clock()

    def wait(self) -> float:
        """Seconds until a decision on the shown call counts: 0 for now, infinite when none is shown."""
        since = self._clock() - max(self._shown_at, self._typed_at)
        return max(QUIET_SECONDS - since, 0.0)

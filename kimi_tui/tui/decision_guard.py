"""Guard against accidental decisions: a decision counts only after half a second of quiet.

A decision counts only while its card has stood still before the person for half a second and nobody has typed
into any line for half a second. Every way to decide, by key or by click, asks here first; there is no other door.
"""

import math
from collections.abc import Callable

QUIET_SECONDS = 0.5
"""How long the card must be unchanged, and nobody may type, before a decision counts."""


class DecisionGuard:
    """Track when the card last changed and when the person last typed."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._shown = ""
        self._shown_at = math.inf
        self._typed_at = -math.inf

    def set_shown_call(self, call_id: str) -> None:
        """Note which call the card shows; empty when it shows none."""
        if call_id != self._shown:
            self._shown = call_id
            self.restart_wait()

    def restart_wait(self) -> None:
        """Start the wait again, since the content of the card has changed or moved."""
        self._shown_at = self._clock() if self._shown else math.inf

    def note_typing(self) -> None:
        """Note that a key went into a line of text."""
        self._typed_at = self._clock()

    def seconds_to_wait(self) -> float:
        """Return the seconds until a decision counts: 0 for now, infinite when no call is shown."""
        since = self._clock() - max(self._shown_at, self._typed_at)
        return max(QUIET_SECONDS - since, 0.0)

"""Something that is waited for, in words for the person who waits."""

import time
from collections.abc import Callable


class Waiting:
    """What takes long, and for how long it does."""

    def __init__(self, what: str, *, at_once: bool, clock: Callable[[], float] = time.monotonic) -> None:
        """`at_once` is whether it is told from the beginning, and not only once it has taken a second."""
        self._what = what
        self._at_once = at_once
        self._clock = clock
        self._began = clock()

    @property
    def told(self) -> str:
        """What there is to say now; empty as long as nothing is."""
        seconds = int(self._clock() - self._began)
        if not seconds and not self._at_once:
            return ""
        return self._what if seconds < 2 else f"{self._what} {seconds} s"


def opening(clock: Callable[[], float]) -> Waiting:
    """A session is being opened; as a rule that is done before it is worth a word."""
    return Waiting("Opening the session", at_once=False, clock=clock)

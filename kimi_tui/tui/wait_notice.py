"""Text that tells a person what the app waits for, and for how long."""

import time
from collections.abc import Callable


class WaitNotice:
    """A notice of a slow action, and of how long it has taken."""

    def __init__(self, what: str, *, at_once: bool, clock: Callable[[], float] = time.monotonic) -> None:
        """With `at_once` the notice is shown from the start, otherwise after one second."""
        self._what = what
        self._at_once = at_once
        self._clock = clock
        self._began = clock()

    @property
    def message(self) -> str:
        """Return the text to show now; empty before there is any."""
        seconds = int(self._clock() - self._began)
        if not seconds and not self._at_once:
            return ""
        return self._what if seconds < 2 else f"{self._what} {seconds} s"


def session_opening_notice(clock: Callable[[], float]) -> WaitNotice:
    """Return the notice for a session that is being opened; it usually ends before it is shown."""
    return WaitNotice("Opening the session", at_once=False, clock=clock)

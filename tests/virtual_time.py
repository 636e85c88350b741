"""An event loop whose clock is moved by its timers alone: what waits for a second of it takes none."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class _Selector(selectors.DefaultSelector):
    """Never waits: the time that it should have waited has passed at once."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready by now; raises `AssertionError` when nothing could ever wake the loop."""
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "the loop waits for something that no timer brings about"
            self.now += max(timeout, 0.0)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A loop for code that waits for nothing but time and other tasks."""

    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        """Seconds that timers have let pass."""
        return self._clock.now


def run_in_virtual_time(work: Coroutine[Any, Any, Result]) -> tuple[Result, float]:
    """Run it to its end; what it gives, and how many seconds it waited."""
    loop = VirtualTimeLoop()
    try:
        result = loop.run_until_complete(work)
        return result, loop.time()
    finally:
        loop.close()

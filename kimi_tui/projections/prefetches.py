"""Every page that was fetched before the model asked for it."""

from typing import ClassVar

import msgspec

from kimi_tui.events import Entry, PrefetchFinished, PrefetchStarted
from kimi_tui.projections.projection import Handlers, Projection


class Prefetch(msgspec.Struct):
    """One page with what became of it."""

    address: str
    """Untrusted."""
    host: str
    allowed_by: str
    """The policy's rule."""
    at: str
    """When it was begun; UTC, ISO 8601."""
    step: int
    fetched: int = 0
    """Bytes; 0 until it is there."""
    is_over: bool = False
    """False when the program ended before the page was there."""
    problem: str = ""
    """Why there is no page; empty when there is one."""


class Prefetches(Projection):
    """All pages fetched ahead, in order."""

    def __init__(self) -> None:
        self.pages: list[Prefetch] = []
        """In the order in which they were begun."""

    def _add(self, entry: Entry, event: PrefetchStarted) -> None:
        self.pages.append(Prefetch(event.address, event.host, event.allowed_by, entry.at, entry.step))

    def _finish(self, entry: Entry, event: PrefetchFinished) -> None:
        for page in reversed(self.pages):
            if page.address == event.address and not page.is_over:
                page.fetched, page.problem, page.is_over = event.fetched, event.problem, True
                return

    _HANDLERS: ClassVar[Handlers] = {PrefetchStarted: _add, PrefetchFinished: _finish}

"""Pages that were fetched before the model asked for them, in memory and few; none is a source until it is opened."""

import time
from collections import OrderedDict
from contextlib import suppress

from kimi_tui.tools.base import ToolError
from kimi_tui.tools.web.network import Door, Fetched, fetch

MOST_PAGES = 8
"""Pages that are held; the oldest makes room."""
MOST_BYTES = 4 << 20
"""Of one page; a larger one waits until it is asked for."""
LASTING_SECONDS = 300.0
"""A page that nobody asked for is forgotten after so long."""


class Ahead:
    """What was fetched ahead, by address."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, tuple[float, Fetched]] = OrderedDict()

    async def fetch(self, address: str, allow_hosts: tuple[str, ...]) -> None:
        """Fetch one page; when it cannot be had, opening it tells why."""
        if address in self._pages:
            return
        door = Door(allow_hosts=allow_hosts, seconds=20.0, most_bytes=MOST_BYTES)
        with suppress(ToolError):
            self._pages[address] = time.monotonic(), await fetch(address, door)
        while len(self._pages) > MOST_PAGES:
            self._pages.popitem(last=False)

    def take(self, address: str) -> Fetched | None:
        """The page, once; None when it is not there or too old."""
        fetched_at, page = self._pages.pop(address, (0.0, None))
        return page if time.monotonic() - fetched_at <= LASTING_SECONDS else None

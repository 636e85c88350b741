"""Small memory cache of pages fetched before the model asked; none is a source until it is opened."""

import time
from collections import OrderedDict
from contextlib import suppress

from kimi_tui.tools.base import ToolError
from kimi_tui.tools.web.network import FetchedBody, FetchOptions, fetch

MAX_PAGES = 8
"""Pages that are held; the oldest makes room."""
MAX_BYTES = 4 << 20
"""Of one page; a larger one waits until it is asked for."""
MAX_AGE_SECONDS = 300.0
"""A page that nobody asked for is forgotten after so long."""


class PrefetchCache:
    """Prefetched pages by address."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, tuple[float, FetchedBody]] = OrderedDict()

    async def fetch(self, address: str, allow_hosts: tuple[str, ...]) -> None:
        """Fetch one page; errors are ignored here, since opening the page reports them."""
        if address in self._pages:
            return
        door = FetchOptions(allow_hosts=allow_hosts, seconds=20.0, max_bytes=MAX_BYTES)
        with suppress(ToolError):
            self._pages[address] = time.monotonic(), await fetch(address, door)
        while len(self._pages) > MAX_PAGES:
            self._pages.popitem(last=False)

    def take(self, address: str) -> FetchedBody | None:
        """Remove and return the page; None when it is missing or too old."""
        fetched_at, page = self._pages.pop(address, (0.0, None))
        return page if time.monotonic() - fetched_at <= MAX_AGE_SECONDS else None

"""Work that a person can end at any moment."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Given = TypeVar("Given")


async def ended(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait for their end; whatever they raise is taken."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Interruptible:
    """At most one piece of work under way."""

    def __init__(self) -> None:
        self._task: asyncio.Task[Any] | None = None

    @property
    def under_way(self) -> bool:
        """Whether there is work that can be ended."""
        return self._task is not None

    def interrupt(self) -> None:
        """End the work at once."""
        if self._task is not None:
            self._task.cancel()

    async def result(self, work: Coroutine[Any, Any, Given]) -> Given | None:
        """What the work gives, None if it was interrupted; cancelling this ends the work as well."""
        task = self._task = asyncio.create_task(work)
        try:
            await asyncio.wait({task})
        finally:
            self._task = None
            if not task.done():
                await ended(task)
        return None if task.cancelled() else task.result()

"""Work that a person can end at any moment."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


async def cancel_and_wait(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait for their end; their exceptions are dropped."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Interruptible:
    """Hold at most one piece of work that a person can interrupt."""

    def __init__(self) -> None:
        self._task: asyncio.Task[Any] | None = None

    @property
    def is_running(self) -> bool:
        """Return whether there is work that can be ended."""
        return self._task is not None

    def interrupt(self) -> None:
        """End the work at once."""
        if self._task is not None:
            self._task.cancel()

    async def run(self, work: Coroutine[Any, Any, Result]) -> Result | None:
        """Run the work and return its result, None if it was interrupted; cancelling this ends the work as well."""
        task = self._task = asyncio.create_task(work)
        try:
            await asyncio.wait({task})
        finally:
            self._task = None
            if not task.done():
                await cancel_and_wait(task)
        return None if task.cancelled() else task.result()

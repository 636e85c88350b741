"""A front end with nothing to draw on: attaches, says so, and folds what comes until it is killed.

`python -m tools.drill.screen SESSION`
"""

import asyncio
import sys

from kimi_tui.config import load_settings
from kimi_tui.runner import client
from kimi_tui.runner.library import FolderLibrary
from tools.drill.person import Person
from tools.drill.processes import RUNNER


async def watch(session_id: str) -> None:
    """Attach and follow."""
    session = await FolderLibrary(load_settings()).open(session_id)
    print("attached", flush=True)
    await Person(decides=False).attend(session)


if __name__ == "__main__":
    client.RUNNER = RUNNER
    asyncio.run(watch(sys.argv[1]))

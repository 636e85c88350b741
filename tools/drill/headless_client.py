"""A client without a display: attaches, reports it, and folds entries until it is killed.

`python -m tools.drill.headless_client SESSION`
"""

import asyncio
import sys

from kimi_tui.config import load_settings
from kimi_tui.runner import client
from kimi_tui.runner.library import FolderLibrary
from tools.drill.processes import RUNNER
from tools.drill.simulated_person import SimulatedPerson


async def watch(session_id: str) -> None:
    """Attach and follow."""
    session = await FolderLibrary(load_settings()).open(session_id)
    print("attached", flush=True)
    await SimulatedPerson(decides=False).attend(session)


if __name__ == "__main__":
    client.RUNNER_MODULE = RUNNER
    asyncio.run(watch(sys.argv[1]))

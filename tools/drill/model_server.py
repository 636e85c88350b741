"""The server that plays the model, in its own process: `python -m tools.drill.model_server SCRIPT`.

It prints its address, looks at every request that it receives, and at SIGTERM prints how many there were and what
was wrong with them.
"""

import asyncio
import json
import signal
import sys
from pathlib import Path

from kimi_tui.embedded.server import EmbeddedServer
from tools.drill.message_rules import find_problem


async def serve(script: Path) -> None:
    """Serve until terminated."""
    server = EmbeddedServer(script=script, keep_requests=100_000)
    print(await server.start(), flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    requests, problems = 0, []
    while not ended.is_set() or server.requests:
        while server.requests:
            problem = find_problem(server.requests.popleft()["messages"])
            requests += 1
            problems += [problem] if problem else []
        if not ended.is_set():
            await asyncio.sleep(0.05)
    await server.close()
    print(json.dumps({"requests": requests, "problems": problems}), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))

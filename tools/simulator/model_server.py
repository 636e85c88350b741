"""The server of one simulated session, in its own process so that its work is not the engine's."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from typing import Any

from kimi_tui.embedded.server import EmbeddedServer
from tools.simulator.model import PromptSize, SimulatedModel
from tools.simulator.workload import Workload

_SECONDS = 60.0


class SimulatorServer:
    """The address and counts of a running server."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.prompts: list[PromptSize] = []
        """Every prompt; filled in when the server has ended."""
        self.orders_seen: set[str] = set()


@asynccontextmanager
async def run_server(workload: Workload, *, apart: bool) -> AsyncIterator[SimulatorServer]:
    """A server while it is needed, in this process or `apart` in another."""
    if not apart:
        model = SimulatedModel(workload)
        server = EmbeddedServer(others=(model,))
        known = SimulatorServer(await server.start())
        try:
            yield known
        finally:
            await server.close()
            known.prompts, known.orders_seen = model.prompts, model.orders_seen
        return
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(workload, theirs), daemon=True)
    process.start()
    try:
        known = SimulatorServer(await asyncio.to_thread(_receive, ours))
        yield known
        ours.send("end")
        known.prompts, known.orders_seen = await asyncio.to_thread(_receive, ours)
    finally:
        process.terminate()
        process.join(_SECONDS)


def _receive(connection: "Connection[Any, Any]") -> Any:
    if not connection.poll(_SECONDS):
        raise TimeoutError("the server's process does not answer")
    return connection.recv()


def _serve(workload: Workload, connection: "Connection[Any, Any]") -> None:
    asyncio.run(_work(workload, connection))


async def _work(workload: Workload, connection: "Connection[Any, Any]") -> None:
    model = SimulatedModel(workload)
    server = EmbeddedServer(others=(model,))
    connection.send(await server.start())
    await asyncio.to_thread(connection.recv)
    await server.close()
    connection.send((model.prompts, model.orders_seen))

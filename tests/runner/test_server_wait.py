"""`run --wait`: waits for a server that still loads, says so, and ends at a clear limit."""

import asyncio

import msgspec
import pytest

from kimi_tui.config import Settings
from kimi_tui.embedded.script import Script, ScriptStep
from kimi_tui.embedded.server import EmbeddedServer
from kimi_tui.runner import server_wait
from kimi_tui.runner.model_server import ServerAway
from kimi_tui.runner.server_wait import wait_for_server
from tests.engine.gateways import ALWAYS_WELL, LITELLM, NEVER_WELL, ONLY_V1, gateway
from tests.engine.test_failures import port_of
from tests.providers.replay import Recorded, Replay

MANNERS = {"only-v1": ONLY_V1, "always-well": ALWAYS_WELL, "litellm": LITELLM, "never-well": NEVER_WELL}
SCRIPT = Script(steps=(ScriptStep(text="yes"),) * 9)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that a test can wait for."""
    monkeypatch.setattr(server_wait, "_MIN_PAUSE_SECONDS", 0.02)


@pytest.mark.parametrize("model", ["scripted", ""])
@pytest.mark.parametrize("manner", [*MANNERS, "direct"])
async def test_server_that_comes_in_time_is_waited_for_and_reported(manner: str, model: str) -> None:
    server = EmbeddedServer(script=SCRIPT)
    await server.start()
    port = port_of(server)
    await server.close()
    reported, begun = [], asyncio.Event()

    def tell(line: str) -> None:
        reported.append(line)
        begun.set()

    async with gateway(MANNERS.get(manner, ONLY_V1), port) as between:
        address = f"http://127.0.0.1:{port}/v1" if manner == "direct" else between.address
        waiting = asyncio.create_task(wait_for_server(Settings(base_url=address, model=model), 60, tell))
        await asyncio.wait_for(begun.wait(), 30)
        assert not waiting.done()
        await server.start(port)
        await waiting
    await server.close()
    assert reported[0].startswith("waiting for the server, at most ")
    assert reported[-1].startswith("the server answers after ")


LOADING = {
    "loading": Recorded.json({"error": {"message": "Loading model", "type": "unavailable_error"}}, "503 Loading"),
    "bad-gateway": Recorded(status="502 Bad Gateway", pieces=[b"<html><title>502 Bad Gateway</title>"]),
    "wait": Recorded.json({"error": {"message": "Loading"}}, "503 Loading", [("retry-after", "600")]),
}


@pytest.mark.parametrize("what", LOADING)
@pytest.mark.parametrize("lists", [False, True])
async def test_server_that_does_not_come_in_time_is_a_clear_end(what: str, lists: bool) -> None:
    models = Recorded.json({"data": [{"id": "m"}]}) if lists else LOADING[what]
    reported: list[str] = []
    async with Replay(LOADING[what], models) as server:
        with pytest.raises(ServerAway, match=r"the server is not ready after 0\.3 s\. The server answered 50[23]"):
            await wait_for_server(Settings(base_url=server.address, model="m"), 0.3, reported.append)
    assert len(reported) == 1


@pytest.mark.parametrize(
    "chat",
    [
        Recorded.json({"error": {"message": "Invalid key"}}, "401 Unauthorized"),
        Recorded.json({"error": {"message": "no such model"}}, "404 Not Found"),
        Recorded.json({"error": {"message": "slow down"}}, "429 Too Many Requests"),
    ],
)
async def test_trouble_that_no_wait_changes_is_not_waited_for(chat: Recorded) -> None:
    reported: list[str] = []
    async with Replay(chat, chat) as server:
        await wait_for_server(Settings(base_url=server.address, model="m"), 600, reported.append)
    assert reported == []


async def test_embedded_researcher_is_not_waited_for() -> None:
    reported: list[str] = []
    await wait_for_server(msgspec.structs.replace(Settings(), base_url=""), 600, reported.append)
    assert reported == []

"""Calls that send data out: an allowed host receives what is explained, and a person is asked about the rest."""

import base64
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import pytest

from kimi_tui.commands import Approve, ApproveAlways, Veto
from kimi_tui.config import PolicySettings
from kimi_tui.embedded.script import ScriptStep
from kimi_tui.events import Effect, OutgoingDataRecorded, PolicyDecided, ToolCallStarted
from tests.engine.kit import ANSWER, Lookup, Word, call, scene

HOST = "www.example.org"
SECRET = base64.b64encode(b"the Karrenbruck figure is 25").decode()
LOOK = ScriptStep(calls=(call("lookup", "Karrenbruck"),))


class OpenAddress(Lookup):
    """Opens an address."""

    name: ClassVar[str] = "open_address"

    def effects(self, arguments: Word) -> tuple[Effect, ...]:
        return (Effect("network", urlsplit(arguments.word).hostname or ""),)


def _open(path: str) -> ScriptStep:
    return ScriptStep(calls=(call("open_address", f"https://{HOST}/{path}"),))


ALLOWING = PolicySettings(allow_hosts=(HOST,))
TOOLS = (Lookup(), OpenAddress())


@pytest.mark.parametrize("path", ["?q=Karrenbruck", f"?q={SECRET}", f"{SECRET[:9]}/{SECRET[9:20]}/{SECRET[20:]}"])
async def test_allowed_host_asks_before_it_receives_words_of_the_desk(tmp_path: Path, path: str) -> None:
    async with scene(tmp_path, (LOOK, _open(path), ANSWER), tools=TOOLS, policy=ALLOWING) as stage:
        await stage.waiting()
        (waiting,) = stage.state.calls.waiting
        assert waiting.rule == "unexplained-data"
        assert "words of the desk" in waiting.reason
        await stage.send(Veto(waiting.id))
        await stage.finished()
        assert stage.events(OutgoingDataRecorded) == []


async def test_allowed_host_receives_a_plain_address_and_the_sending_is_recorded(tmp_path: Path) -> None:
    async with scene(tmp_path, (LOOK, _open("wiki/Heat_pump"), ANSWER), tools=TOOLS, policy=ALLOWING) as stage:
        await stage.finished()
        assert [event.rule for event in stage.events(PolicyDecided)][:2] == ["reads-only", "allowed-target"]
        (sent,) = stage.events(OutgoingDataRecorded)
        assert (sent.targets, sent.allowed_by, sent.carried) == ((HOST,), "allowed-target", ())
        assert sent.call_id in [event.call_id for event in stage.events(ToolCallStarted)]


async def test_approved_words_of_the_desk_are_recorded_with_the_person(tmp_path: Path) -> None:
    async with scene(tmp_path, (LOOK, _open(f"?q={SECRET}"), ANSWER), tools=TOOLS, policy=ALLOWING) as stage:
        await stage.waiting()
        await stage.send(Approve(stage.state.calls.waiting[0].id))
        await stage.finished()
        (sent,) = stage.events(OutgoingDataRecorded)
        assert sent.allowed_by == "person"
        assert "base64" in sent.carried[0]


async def test_host_inside_the_building_receives_words_of_the_desk(tmp_path: Path) -> None:
    policy = PolicySettings(allow_hosts=(HOST,), desk_hosts=(HOST,))
    async with scene(tmp_path, (LOOK, _open("?q=Karrenbruck"), ANSWER), tools=TOOLS, policy=policy) as stage:
        await stage.finished()
        (sent,) = stage.events(OutgoingDataRecorded)
        assert sent.allowed_by == "allowed-target"
        assert "Karrenbruck" in sent.carried[0]


async def test_standing_rule_does_not_cover_words_of_the_desk(tmp_path: Path) -> None:
    steps = (LOOK, _open("wiki/Heat_pump"), _open("?q=Karrenbruck"), ANSWER)
    async with scene(tmp_path, steps, tools=TOOLS) as stage:
        await stage.waiting()
        first = stage.state.calls.waiting[0]
        await stage.send(ApproveAlways(first.id, f"open_address network {HOST}"))
        await stage.waiting()
        assert stage.state.calls.waiting[0].rule == "unexplained-data"
        await stage.send(Veto(stage.state.calls.waiting[0].id))
        await stage.finished()

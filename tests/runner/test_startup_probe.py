"""The probe beside a session's first step: recorded once, used from then on, and never in the way."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kimi_tui.config import LoadedSettings, load_settings
from kimi_tui.events import Entry, ServerProbed, StepFailed, StepStarted, TurnFinished
from kimi_tui.providers.base import Endpoint, endpoint_from_probe
from kimi_tui.runner.assembly import open_working_session
from tests.probe.mini import LLAMACPP, SGLANG, VLLM, Engine, MiniServer


def settings(server: MiniServer, home: Path, **more: Any) -> LoadedSettings:
    return load_settings(os.environ, {"base_url": server.base_url, "home": str(home), **more})


def of_the_probe(body: dict[str, Any]) -> bool:
    return "note_figures" in str(body.get("tools"))


async def worked(
    loaded: LoadedSettings, session: str = "", question: str = "What is twice 12.5?"
) -> tuple[str, list[Entry]]:
    """A turn, and the probe that went beside it, both to their ends."""
    workplace = await open_working_session(loaded, session, question=question)
    entries: list[Entry] = []
    try:
        if workplace.probing is not None:
            await workplace.probing
        workplace.session.start()
        async for entry in workplace.session.tail():
            entries.append(entry)
            if isinstance(entry.event, TurnFinished) and (not session or entry.turn > 1):
                break
        return workplace.session.id, entries
    finally:
        await workplace.close()


def probes(entries: list[Entry]) -> list[ServerProbed]:
    return [entry.event for entry in entries if isinstance(entry.event, ServerProbed)]


@pytest.mark.parametrize("engine", [VLLM, SGLANG])
async def test_a_session_begins_with_a_probe_that_is_recorded(engine: Engine, tmp_path: Path) -> None:
    async with MiniServer(engine) as server:
        _, entries = await worked(settings(server, tmp_path))
        found = probes(entries)
        assert len(found) == 1
        assert (found[0].window, found[0].reasoning_keys) == (262_144, engine.reads[::-1])
        assert any(of_the_probe(body) for body in server.asked)


@pytest.mark.parametrize("slots", [1, 2, 4])
async def test_probe_of_a_server_with_few_slots_waits_while_a_step_is_under_way(slots: int, tmp_path: Path) -> None:
    props = LLAMACPP.places["/props"] | {"total_slots": slots}
    engine = replace(LLAMACPP, shows_prompts=False, places={"/props": props})
    async with MiniServer(engine) as server:
        workplace = await open_working_session(settings(server, tmp_path), question="What is twice 12.5?")
        ledger, probing = workplace.session.engine.ledger, workplace.probing
        assert probing is not None
        ledger.record(StepStarted(1, "0", 5), step=1)
        done, _ = await asyncio.wait({probing}, timeout=1.0)
        assert not done
        assert server.asked == []
        ledger.record(StepFailed("away", "unreachable", 1), step=1)
        await asyncio.wait_for(probing, 30)
        assert sum(of_the_probe(body) for body in server.asked) == 3
        assert server.most_at_once == 1
        await workplace.close()


async def test_startup_probe_of_a_continued_session_asks_nothing_twice(tmp_path: Path) -> None:
    async with MiniServer(VLLM) as server:
        session, first = await worked(settings(server, tmp_path))
        server.asked.clear()
        _, entries = await worked(settings(server, tmp_path), session, "And twice that?")
        assert len(probes(first)) == len(probes(entries)) == 1
        assert not any(of_the_probe(body) for body in server.asked)


async def test_a_server_that_changed_is_probed_again(tmp_path: Path) -> None:
    async with MiniServer(VLLM) as server:
        session, _ = await worked(settings(server, tmp_path))
        server.engine = replace(VLLM, version="0.33.0", reads=("reasoning",))
        _, entries = await worked(settings(server, tmp_path), session, "And twice that?")
        assert [found.reasoning_keys for found in probes(entries)][-1] == ("reasoning",)


async def test_nothing_is_asked_when_the_settings_say_no(tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text('probe = "off"\n')
    async with MiniServer(VLLM) as server:
        loaded = load_settings(
            os.environ | {"KIMI_TUI_CONFIG": str(config)}, {"base_url": server.base_url, "home": str(tmp_path / "home")}
        )
        _, entries = await worked(loaded)
        assert probes(entries) == []
        assert not any(of_the_probe(body) for body in server.asked)


async def test_the_embedded_researcher_is_not_probed(tmp_path: Path) -> None:
    loaded = load_settings(os.environ, {"home": str(tmp_path), "offline": True})
    workplace = await open_working_session(loaded, question="What is twice 12.5?")
    assert workplace.probing is None
    await workplace.close()


async def test_a_probe_under_way_ends_with_its_session(tmp_path: Path) -> None:
    async with MiniServer(replace(VLLM, silent=True)) as server:
        workplace = await open_working_session(settings(server, tmp_path), question="What is twice 12.5?")
        probing = workplace.probing
        assert probing is not None
        await workplace.close()
        assert probing.cancelled()


def test_a_provider_learns_what_the_probe_found_and_nothing_where_nobody_looked() -> None:
    assert endpoint_from_probe(None) == Endpoint()
    found = ServerProbed("vLLM", reasoning_keys=("reasoning",), thinking_budget=True, splits_thinking=False)
    assert endpoint_from_probe(found) == Endpoint("vLLM", ("reasoning",), thinking_budget=True, splits_thinking=False)

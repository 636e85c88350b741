"""The settings that a session records: no secret, and on a resume only what was typed is new."""

from pathlib import Path

import msgspec
import pytest

from kimi_tui.config.session_settings import SessionSettings, recorded_settings, resumed_settings
from kimi_tui.config.tree import EMBEDDED, EMBEDDED_MODEL, PROTOCOLS, Settings


def recorded(model: str = "m", window: int | None = 4_096, **changes: object) -> SessionSettings:
    settings = msgspec.structs.replace(Settings(base_url="http://127.0.0.1:8000/v1"), **changes)
    return recorded_settings(settings, model=model, window=window)


def test_recorded_settings_hold_what_the_server_reported_and_no_key() -> None:
    found = recorded(api_key="sk-hunter2", model="kimi")
    assert (found.model, found.context_window, found.endpoint) == ("kimi", 4_096, "http://127.0.0.1:8000/v1")
    assert b"hunter2" not in msgspec.json.encode(found)


def test_recorded_settings_key_of_the_reranking_server_is_left_out() -> None:
    retrieval = msgspec.structs.replace(Settings().retrieval, api_key="hunter2", rerank_url="http://127.0.0.1:9/")
    found = recorded(retrieval=retrieval)
    assert found.retrieval.rerank_url == "http://127.0.0.1:9/"
    assert b"hunter2" not in msgspec.json.encode(found)


def test_recorded_settings_caps_are_those_of_the_protocol_unless_set() -> None:
    preset = PROTOCOLS[Settings().protocol]
    assert recorded().caps["steps"] == preset.steps
    found = recorded(max_steps=7, max_minutes=1.5, max_reasoning=99)
    assert (found.caps["steps"], found.caps["minutes"], found.reasoning_cap) == (7, 1.5, 99)
    assert "cost" not in recorded(max_cost=None).caps


def test_recorded_settings_of_the_embedded_researcher_have_no_judge_and_its_endpoint() -> None:
    found = recorded(model=EMBEDDED_MODEL, base_url="", judge="auto")
    assert (found.endpoint, found.judge) == (EMBEDDED, "off")


def test_recorded_settings_desk_is_an_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert recorded(desk="papers").desk == str(tmp_path.resolve() / "papers")
    assert recorded(desk="").desk == ""


def test_resumed_settings_keep_the_recorded_caps_unless_one_was_typed() -> None:
    before, today = recorded(max_steps=5), recorded(max_steps=9, window=8_192)
    assert resumed_settings(today, before, set()).caps["steps"] == 5
    assert resumed_settings(today, before, {"max_steps"}).caps["steps"] == 9
    assert resumed_settings(today, before, set()).context_window == 8_192

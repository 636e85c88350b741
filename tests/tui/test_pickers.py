"""The pickers of themes and models: what they show, what enter writes, and that escape changes nothing."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from kimi_tui.cli.setup_service import FileSetup
from kimi_tui.config import LoadedSettings, load_settings
from kimi_tui.embedded.server import EmbeddedServer
from kimi_tui.tui.screens.library import LibraryScreen
from kimi_tui.tui.setup.model_picker import ModelPicker
from kimi_tui.tui.setup.picker import Picker
from kimi_tui.tui.setup.theme_picker import ThemePicker
from tests.tui.scene import notices, text_of
from tests.tui.sessions import MemoryLibrary, finished_session
from tests.tui.stage import Stage, staged
from tests.tui.test_hostile_text import screen_text
from tests.tui.test_setup import answering

SECONDS = 30
"""A test that takes longer hangs."""


def service(used: list[LoadedSettings], **flags: Any) -> FileSetup:
    return FileSetup(load_settings(flags=flags), used.append)


async def enter(stage: Stage, command: str) -> None:
    """Type a command into the line of the library."""
    await stage.press(*command, "enter")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_theme_picker_previews_each_theme_and_keeps_the_chosen_one(size: tuple[int, int]):
    used: list[LoadedSettings] = []
    async with asyncio.timeout(SECONDS), staged(MemoryLibrary(finished_session()), size=size) as stage:
        stage.app.setup = setup = service(used)
        await enter(stage, "/theme")
        await stage.until(lambda: isinstance(stage.app.screen, ThemePicker))
        await stage.until(lambda: "* auto" in screen_text(stage.app))
        await stage.press("down", "down")
        assert stage.app.theme == "kimi-light"
        assert f'ui.theme = "kimi-light" to {setup.path}'.replace(" ", "") in text_of(stage, "#dialog-text").replace(
            " ", ""
        )
        assert setup.path.read_text() == "", "a preview writes nothing"
        await stage.press("enter")
        await stage.until(lambda: used)
        assert stage.app.theme == "kimi-light"
        assert str(setup.path) in notices(stage)
    assert load_settings().settings.ui.theme == "kimi-light"
    assert used[-1].settings.ui.theme == "kimi-light"


async def test_theme_picker_left_with_escape_restores_the_theme():
    used: list[LoadedSettings] = []
    async with asyncio.timeout(SECONDS), staged(MemoryLibrary()) as stage:
        stage.app.setup = setup = service(used)
        before = stage.app.theme
        await stage.press("f6", "end")
        assert stage.app.theme == "kimi-plain"
        await stage.press("escape")
        await stage.until(lambda: isinstance(stage.app.screen, LibraryScreen))
        assert stage.app.theme == before
        assert setup.path.read_text() == ""
    assert used == []


async def test_theme_picker_takes_the_setting_out_for_the_default():
    used: list[LoadedSettings] = []
    path = service(used).path
    path.write_text('# mine\n[ui]\ntheme = "kimi-contrast"  # loud\nbell = false\n')
    async with asyncio.timeout(SECONDS), staged(MemoryLibrary()) as stage:
        stage.app.setup = service(used)
        await stage.press("f6", "home", "enter")
        await stage.until(lambda: used)
    assert path.read_text() == "# mine\n[ui]\nbell = false\n"


async def test_theme_named_after_the_command_is_kept_and_an_unknown_one_is_refused():
    used: list[LoadedSettings] = []
    async with asyncio.timeout(SECONDS), staged(MemoryLibrary(finished_session())) as stage:
        stage.app.setup = service(used)
        await enter(stage, "/theme pink")
        await stage.until(lambda: "there is no theme `pink`" in notices(stage))
        assert used == []
        await enter(stage, "/theme kimi-contrast")
        await stage.until(lambda: used)
        assert stage.app.theme == "kimi-contrast"
    assert load_settings().settings.ui.theme == "kimi-contrast"


async def test_theme_without_a_settings_file_holds_until_the_app_is_left():
    async with asyncio.timeout(SECONDS), staged(MemoryLibrary()) as stage:
        await stage.press("f6", "end")
        assert "until you leave" in text_of(stage, "#dialog-text")
        await stage.press("enter")
        await stage.until(lambda: isinstance(stage.app.screen, LibraryScreen))
        assert stage.app.theme == "kimi-plain"


async def test_theme_that_cannot_be_written_is_used_and_said_to_be_forgotten():
    used: list[LoadedSettings] = []
    async with asyncio.timeout(SECONDS), staged(MemoryLibrary()) as stage:
        stage.app.setup = setup = service(used)
        await stage.press("f6", "end")
        setup.path.write_text("this is not toml")
        await stage.press("enter")
        await stage.until(lambda: "not remembered" in notices(stage))
        assert stage.app.theme == "kimi-plain"
        assert setup.path.read_text() == "this is not toml"


async def test_no_color_keeps_the_theme_without_colours_and_says_why(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with asyncio.timeout(SECONDS), staged(MemoryLibrary()) as stage:
        stage.app.setup = service([])
        await stage.press("f6", "home", "down")
        assert stage.app.theme == "kimi-plain"
        assert "NO_COLOR" in text_of(stage, "#dialog-text")
        await stage.press("enter")
        await stage.until(lambda: load_settings().settings.ui.theme == "kimi-dark")
        assert stage.app.theme == "kimi-plain"


MODELS = [
    {"id": "text-embedding-3", "type": "embedding"},
    {"id": "kimi-k2-thinking", "max_model_len": 262_144},
    {"id": "other\x1b[31m-model"},
]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_model_picker_lists_what_answers_first_and_the_next_session_uses_the_choice(size: tuple[int, int]):
    used: list[LoadedSettings] = []
    body = json.dumps({"object": "list", "data": MODELS}).encode()
    async with asyncio.timeout(SECONDS), answering(body) as port, staged(MemoryLibrary(), size=size) as stage:
        stage.app.setup = setup = service(used, base_url=f"http://127.0.0.1:{port}/v1", model="kimi-k2-thinking")
        await stage.press("f7")
        await stage.until(lambda: stage.row_ids("#picks"))
        assert [stage.row_ids("#picks")[0], stage.row_ids("#picks")[-1]] == ["kimi-k2-thinking", "text-embedding-3"]
        shown = screen_text(stage.app)
        assert "* kimi-k2-thinking" in shown
        assert "262,144 tokens" in shown
        assert "\x1b" not in shown
        await stage.press("end", "enter")
        await stage.until(lambda: used)
        assert "--model wins over the file next time" in notices(stage)
        assert 'model = "text-embedding-3"' in setup.path.read_text()
    assert used[-1].settings.model == "text-embedding-3"


async def test_model_picker_left_with_escape_changes_nothing():
    used: list[LoadedSettings] = []
    server = EmbeddedServer(pace=0)
    address = await server.start()
    try:
        async with asyncio.timeout(SECONDS), staged(MemoryLibrary(finished_session())) as stage:
            stage.app.setup = setup = service(used, base_url=address)
            await enter(stage, "/model")
            await stage.until(lambda: stage.row_ids("#picks"))
            await stage.press("escape")
            await stage.until(lambda: not isinstance(stage.app.screen, Picker))
            assert setup.path.read_text() == ""
    finally:
        await server.close()
    assert used == []


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({}, "embedded extractive researcher"),
        ({"provider": "litellm", "model": "moonshot/kimi-k3"}, "lists no models"),
        ({"base_url": "http://127.0.0.1:9/v1"}, "opens the set-up"),
    ],
)
async def test_model_picker_without_a_list_says_why_and_enter_writes_nothing(flags: dict[str, Any], words: str):
    used: list[LoadedSettings] = []
    async with asyncio.timeout(SECONDS), staged(MemoryLibrary()) as stage:
        stage.app.setup = service(used, **flags)
        await stage.press("f7")
        await stage.until(lambda: isinstance(stage.app.screen, ModelPicker))
        await stage.until(lambda: words in text_of(stage, "#dialog-text"))
        assert "F8 opens the set-up" in text_of(stage, "#dialog-text")
        await stage.press("enter", "escape")
        await stage.until(lambda: isinstance(stage.app.screen, LibraryScreen))
    assert used == []


async def test_model_picker_where_nothing_can_be_set_says_how(tmp_path: Path):
    async with asyncio.timeout(SECONDS), staged(MemoryLibrary()) as stage:
        await stage.press("f7")
        assert "config --edit" in notices(stage)

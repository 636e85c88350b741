"""The settings screen: what is listed, where it came from, and what becomes of a changed value."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from kimi_tui.cli.setup_service import FileSetup
from kimi_tui.config import ConfigError, LoadedSettings, Settings, load_settings
from kimi_tui.config.declaration import declared_settings
from kimi_tui.tui.screens.library import LibraryScreen
from kimi_tui.tui.setup.settings_screen import SettingsScreen
from kimi_tui.tui.setup.value_text import read_value, show_value
from kimi_tui.tui.setup.write_dialog import WriteDialog
from kimi_tui.tui.widgets.row_list import RowList
from tests.tui.scene import notices, text_of
from tests.tui.sessions import MemoryLibrary, finished_session
from tests.tui.stage import Stage, staged
from tests.tui.test_hostile_text import screen_text

SECONDS = 40
KEY = "sk-0123456789abcdef"
DECLARED = {one.name: one for one in declared_settings(Settings)}


@asynccontextmanager
async def opened(
    size: tuple[int, int] = (120, 40), **flags: Any
) -> AsyncIterator[tuple[Stage, FileSetup, list[LoadedSettings]]]:
    """The settings screen over the library, its service, and what the next session was given."""
    used: list[LoadedSettings] = []
    service = FileSetup(load_settings(flags=flags), used.append)
    async with asyncio.timeout(SECONDS), staged(MemoryLibrary(finished_session()), size=size) as stage:
        stage.app.setup = service
        await stage.press(*"/settings", "enter")
        await stage.until(lambda: isinstance(stage.app.screen, SettingsScreen))
        await stage.until(lambda: stage.row_ids("#settings"))
        yield stage, service, used


def row(stage: Stage, name: str) -> list[str]:
    rows = stage.app.screen.query_one("#settings", RowList).rows
    return next([cell.text for cell in one.cells] for one in rows if one.id == name)


async def edit(stage: Stage, name: str, typed: str) -> None:
    """Choose a setting and type a value over the one it has."""
    rows = stage.app.screen.query_one("#settings", RowList)
    rows.focus()
    rows.move_to(name)
    await stage.press("enter")
    await stage.press("end", "ctrl+u", *typed, "enter")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_settings_screen_lists_every_setting_with_value_and_origin(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("KIMI_TUI_MODEL", "kimi-k2-thinking")
    path = FileSetup(load_settings(), lambda _: None).path
    path.write_text(f'api_key = "{KEY}"\n[ui]\nbell = false\n')
    path.chmod(0o600)
    async with opened(size, max_steps=7) as (stage, _, _):
        assert stage.row_ids("#settings") == list(DECLARED)
        assert row(stage, "model")[1:3] == ["kimi-k2-thinking", "environment"]
        assert row(stage, "max_steps")[1:3] == ["7", "flag"]
        assert row(stage, "ui.bell")[1:3] == ["false", "file"]
        assert row(stage, "ui.ascii")[1:3] == ["false", "default"]
        assert row(stage, "ui.notices")[3] == "auto | always | off"
        assert row(stage, "api_key")[1] == "(set, hidden)"
        stage.app.screen.query_one("#settings", RowList).move_to("api_key")
        await stage.press("enter")
        assert KEY not in screen_text(stage.app)


async def test_settings_screen_writes_a_value_after_the_difference_was_shown():
    async with opened() as (stage, service, used):
        await edit(stage, "stall_steps", "9")
        await stage.until(lambda: isinstance(stage.app.screen, WriteDialog))
        assert "+stall_steps = 9" in screen_text(stage.app)
        assert service.path.read_text() == ""
        await stage.press("tab", "enter")
        await stage.until(lambda: used)
        await stage.until(lambda: row(stage, "stall_steps")[1:3] == ["9", "file"])
        assert "Written to" in text_of(stage, "#setup-status")
        await edit(stage, "stall_steps", "")
        await stage.until(lambda: isinstance(stage.app.screen, WriteDialog))
        await stage.press("tab", "enter")
        await stage.until(lambda: row(stage, "stall_steps")[1:3] == ["25", "default"])
        await stage.press("escape")
        await stage.until(lambda: isinstance(stage.app.screen, LibraryScreen))
    assert load_settings().settings.stall_steps == 25
    assert used[0].settings.stall_steps == 9


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("stall_steps", "many", "is not a number"),
        ("query_seconds", "-1", "query_seconds"),
        ("judge", "perhaps", "one of auto, off"),
        ("ui.theme", "pink", "there is no theme"),
        ("ui.keys", '{ "session.paus" = "f9" }', "did you mean"),
        ("policy.allow_hosts", "example.org", "a list such as"),
    ],
)
async def test_settings_screen_refuses_a_value_that_cannot_be_used(name: str, typed: str, words: str):
    async with opened() as (stage, service, used):
        await edit(stage, name, typed)
        await stage.until(lambda: words in text_of(stage, "#setup-status"))
        assert isinstance(stage.app.screen, SettingsScreen)
        assert service.path.read_text() == ""
    assert used == []


async def test_settings_screen_does_not_change_the_data_folder_of_a_running_app():
    async with opened() as (stage, _, _):
        stage.app.screen.query_one("#settings", RowList).move_to("home")
        await stage.press("enter")
        assert "KIMI_TUI_HOME" in text_of(stage, "#setup-status")
        assert not stage.find("#setting-value").display


async def test_settings_screen_where_nothing_can_be_set_says_how():
    async with asyncio.timeout(SECONDS), staged(MemoryLibrary(finished_session())) as stage:
        await stage.press(*"/settings", "enter")
        await stage.until(lambda: "config --edit" in notices(stage))


@pytest.mark.parametrize("name", DECLARED)
def test_value_text_that_is_shown_can_be_typed_again(name: str):
    declared = DECLARED[name]
    if declared.setting.is_secret or declared.default is None:
        return
    shown = show_value(declared, declared.default)
    expected = list(declared.default) if isinstance(declared.default, tuple) else declared.default
    assert read_value(declared, shown) == (expected if shown else None)


def test_value_text_of_another_kind_is_refused():
    with pytest.raises(ConfigError, match="table such as"):
        read_value(DECLARED["ui.keys"], "f9")

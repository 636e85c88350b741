"""Whatever is opened while the app or its screen is left: no error, and the terminal is given back."""

import asyncio
from typing import Any

import pytest
from textual.css.query import NoMatches
from textual.screen import Screen

from kimi_tui.tui.panels.registry import PANELS
from kimi_tui.tui.screens.help import HelpScreen
from kimi_tui.tui.screens.library import LibraryScreen
from kimi_tui.tui.screens.question_dialogs import export_dialog, quit_dialog
from kimi_tui.tui.screens.session import SessionScreen
from tests.tui.sessions import MemoryLibrary, running_session, waiting_session
from tests.tui.stage import Stage, staged

SCREENS = (*PANELS, "export", "leave", "help", "library", "session")


def screen_named(name: str, stage: Stage) -> Screen[Any]:
    """A screen that is opened while the app is left."""
    shown = stage.screen
    match name:
        case "export":
            return export_dialog()
        case "leave":
            return quit_dialog(1)
        case "help":
            return HelpScreen(shown.ui_context.keys)
        case "library":
            return LibraryScreen(stage.library, shown.ui_context, suggestions=(), model_line="", desk="")
        case "session":
            return SessionScreen(waiting_session("s2"), shown.ui_context, stage.library)
    return PANELS[name](shown.bridge, shown.ui_context)


@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.parametrize("turns", [0, 3])
async def test_screen_opened_while_the_app_leaves_raises_nothing(name: str, turns: int) -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        stage.app.push_screen(screen_named(name, stage))
        for _ in range(turns):
            await asyncio.sleep(0)
        stage.app.exit()
    assert stage.app.return_code == 0


@pytest.mark.parametrize("name", SCREENS)
async def test_screen_mounted_without_its_parts_while_the_app_leaves_raises_nothing(name: str) -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        stage.app.exit()
        stage.app.push_screen(screen_named(name, stage))
        await asyncio.sleep(0)
    assert stage.app.return_code == 0


async def test_widget_missing_while_nothing_is_left_still_ends_the_app() -> None:
    with pytest.raises(NoMatches):
        async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
            stage.screen.call_later(stage.screen.query_one, "#never-there")
            await stage.pilot.pause()

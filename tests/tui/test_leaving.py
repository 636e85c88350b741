"""Leaving the app while a turn runs: asked once, remembered, and asked again when a person says so."""

from pathlib import Path
from typing import Any

import pytest

from kimi_tui import commands
from kimi_tui.config import UiSettings
from kimi_tui.config.remembered_answers import RememberedAnswers
from kimi_tui.tui.palette import ActionCommands
from kimi_tui.tui.screens.dialog import Dialog, TickBox
from tests.tui.sessions import MemoryLibrary, running_session
from tests.tui.stage import Stage, staged


async def asked(stage: Stage) -> None:
    """Ask to leave, and wait for the question."""
    await stage.press("ctrl+q")
    await stage.until(lambda: isinstance(stage.app.screen, Dialog))


async def left(stage: Stage) -> None:
    """Wait until the app has ended."""
    await stage.until(lambda: not stage.app.is_running)


@pytest.mark.parametrize(
    ("keys", "kept", "sent"),
    [
        (("right", "enter"), "background", []),
        (("right", "right", "enter"), "pause", [commands.Pause()]),
        (("up", "space", "up", "enter"), None, [commands.Pause()]),
    ],
    ids=["background", "pause", "unticked"],
)
async def test_the_answer_is_remembered_unless_its_box_is_unticked(
    tmp_path: Path, keys: tuple[str, ...], kept: str | None, sent: list[Any]
) -> None:
    library, answers = MemoryLibrary(running_session()), RememberedAnswers(tmp_path)
    async with staged(library, session_id="s1", answers=answers) as stage:
        await asked(stage)
        await stage.press(*keys)
        await left(stage)
    assert answers.on_quit == kept
    assert library.held["s1"].commands == sent


async def test_quit_policy_remembered_answer_skips_dialog(tmp_path: Path) -> None:
    library, answers = MemoryLibrary(running_session()), RememberedAnswers(tmp_path)
    answers.remember_on_quit("pause")
    async with staged(library, session_id="s1", answers=answers) as stage:
        await stage.press("ctrl+q")
        await left(stage)
    assert library.held["s1"].commands == [commands.Pause()]


@pytest.mark.parametrize("keys", [("enter",), ("escape",)])
async def test_staying_is_no_answer_to_remember(tmp_path: Path, keys: tuple[str, ...]) -> None:
    answers = RememberedAnswers(tmp_path)
    async with staged(MemoryLibrary(running_session()), session_id="s1", answers=answers) as stage:
        await asked(stage)
        await stage.press(*keys)
        assert stage.screen.is_current
    assert answers.on_quit is None


async def test_quit_policy_setting_overrides_remembered_answer(tmp_path: Path) -> None:
    library, answers = MemoryLibrary(running_session()), RememberedAnswers(tmp_path)
    answers.remember_on_quit("pause")
    async with staged(library, session_id="s1", answers=answers, ui=UiSettings(leave="background")) as stage:
        await stage.press("ctrl+q")
        await left(stage)
    assert library.held["s1"].commands == []
    async with staged(library, session_id="s1", answers=answers, ui=UiSettings(leave="ask")) as stage:
        await asked(stage)
        assert not stage.app.screen.query(TickBox)


async def test_the_palette_offers_to_be_asked_again(tmp_path: Path) -> None:
    answers = RememberedAnswers(tmp_path)
    async with staged(MemoryLibrary(running_session()), session_id="s1", answers=answers) as stage:
        assert "Ask when leaving" not in await offered(stage)
        answers.remember_on_quit("background")
        assert "Ask when leaving" in await offered(stage)
        await stage.app.run_action("ask_again")
        assert answers.on_quit is None
        await asked(stage)
        assert stage.app.screen.query_one(TickBox).ticked


async def offered(stage: Stage) -> list[str]:
    """Return the palette's offers."""
    commands_now = ActionCommands(stage.app.screen)
    return [str(hit.text) async for hit in commands_now.discover()]

"""The app on the real thing: runner, engine, journal and the embedded researcher, on a small desk."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from kimi_tui.config import UiSettings, load_settings
from kimi_tui.runner.library import FolderLibrary
from kimi_tui.tui.app import KimiApp
from kimi_tui.tui.approval.card import ApprovalCard
from kimi_tui.tui.decision_guard import QUIET_SECONDS
from kimi_tui.tui.screens.library import LibraryScreen
from kimi_tui.tui.screens.session import SessionScreen
from kimi_tui.tui.widgets.ask_line import AskLine

SECONDS = 90
"""After this a test gives up."""


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[FolderLibrary]:
    """An empty library over a desk of one document and one database; its runners are stopped at the end."""
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "report.md").write_text(
        "# Annual report 2024\n\n"
        "The operating margin of Alder Group fell to 9.1 % in 2024 because input costs rose.\n\n"
        "Revenue of Alder Group was EUR 412 million in 2024, after EUR 398 million in 2023.\n",
        encoding="utf-8",
    )
    (desk / "prices.csv").write_text("year,price\n2023,10\n2024,12\n", encoding="utf-8")
    library = FolderLibrary(load_settings(flags={"desk": str(desk), "pace": 0.0, "offline": True}))
    yield library
    for summary in await library.sessions():
        if summary.attached:
            session = await library.open(summary.id)
            await session.close()


async def until(pilot: Pilot[None], condition) -> None:
    """Wait until something is so."""
    for _ in range(SECONDS * 20):
        if condition():
            return
        await pilot.pause(0.05)
    raise AssertionError("what the test waits for did not happen")


def shows_card(app: KimiApp) -> bool:
    """Return whether a session is open that shows the card of a waiting call; a new screen has no card yet."""
    return isinstance(app.screen, SessionScreen) and any(card.display for card in app.screen.query(ApprovalCard))


async def decide_until_finished(pilot: Pilot[None], screen: SessionScreen) -> None:
    """Approve every call that waits, by key, until the turn is over."""
    approved: set[str] = set()
    while screen.state.run.turn_open or not screen.state.run.questions:
        waiting = screen.card.call
        if screen.card.display and waiting is not None and waiting.id not in approved:
            await pilot.pause(QUIET_SECONDS + 0.1)
            await pilot.press("ctrl+y")
            await until(pilot, lambda: not screen.card.has_class("-wait") or not screen.card.display)
            approved.update(call.id for call in screen.state.calls.by_id.values() if call.decision)
        await pilot.pause(0.05)


async def test_a_question_becomes_a_memo_on_the_screen_with_the_calls_approved_by_key(library):
    app = KimiApp(library, UiSettings(bell=False), question="Why did the operating margin of Alder Group fall in 2024?")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        screen = app.screen
        assert isinstance(screen, SessionScreen)
        await until(pilot, lambda: isinstance(app.focused, AskLine))
        await pilot.press("escape")
        await decide_until_finished(pilot, screen)
        assert screen.state.name == "finished"
        assert "9.1 %" in str(screen.state.memo.memo)
        await pilot.press("escape", "l")
        await until(pilot, lambda: isinstance(app.screen, LibraryScreen))
        assert (await library.sessions())[0].state == "finished"


async def test_a_waiting_call_is_there_again_when_the_app_comes_back(library):
    first = KimiApp(library, UiSettings(bell=False), question="Which price stands in the table prices for 2024?")
    async with first.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: shows_card(first))
        await pilot.press("ctrl+q")
        await until(pilot, lambda: not first.is_running)
    summary = (await library.sessions())[0]
    assert summary.state == "waiting"
    second = KimiApp(library, UiSettings(bell=False), session_id=summary.id)
    async with second.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: shows_card(second))
        screen = second.screen
        assert isinstance(screen, SessionScreen)
        await until(pilot, lambda: isinstance(second.focused, AskLine))
        await pilot.press("escape")
        await decide_until_finished(pilot, screen)
        assert screen.state.name == "finished"
        await pilot.press("escape", "l")
    third = KimiApp(library, UiSettings(), session_id=summary.id, replay_speed=0.0)
    async with third.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(third.screen, SessionScreen) and third.screen.state.name == "finished")

"""The plan: a text to change while a turn runs, to read afterwards."""

from kimi_tui.commands import Stop
from kimi_tui.tui.panels.plan import PlanPanel
from kimi_tui.tui.widgets.ask_line import AskLine
from tests.tui.sessions import MemoryLibrary, finished_session, waiting_session
from tests.tui.stage import staged
from tests.tui.test_hostile_text import screen_text


async def test_a_plan_that_cannot_be_changed_shows_no_cursor_and_sends_nothing() -> None:
    async with staged(MemoryLibrary(finished_session("s2")), session_id="s2") as stage:
        await stage.press("escape", "o")
        line = stage.app.screen.query_one(AskLine)
        assert line.has_focus
        assert not line._has_cursor
        assert "Send" not in screen_text(stage.app)
        await stage.press("enter")
        assert isinstance(stage.app.screen, PlanPanel)
        assert stage.session.commands == []


async def test_a_plan_can_no_longer_be_changed_once_its_turn_ends() -> None:
    async with staged(MemoryLibrary(waiting_session("s1")), session_id="s1") as stage:
        await stage.press("escape", "o")
        line = stage.app.screen.query_one(AskLine)
        assert not line.read_only
        await stage.session.send(Stop())
        await stage.until(lambda: line.read_only)

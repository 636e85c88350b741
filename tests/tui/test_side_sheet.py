"""Screens that hold little are sheets at the side of a wide terminal, and whole screens on a narrow one."""

import pytest

from kimi_tui import events
from kimi_tui.events import Delta
from kimi_tui.tui.panels.plan import PlanPanel
from kimi_tui.tui.screens.base import SingleLayoutScreen
from kimi_tui.tui.screens.help import FINDING_MEANINGS, STATE_MEANINGS, HelpScreen
from kimi_tui.tui.screens.session import SessionScreen
from kimi_tui.tui.slash_commands import COMMANDS
from kimi_tui.tui.widgets.row_list import RowList
from tests.tui.sessions import MemoryLibrary, running_session
from tests.tui.stage import staged
from tests.tui.test_hostile_text import screen_text


@pytest.mark.parametrize(("size", "beside"), [((80, 24), False), ((109, 30), False), ((110, 30), True)])
async def test_sheet_leaves_the_session_in_sight_where_there_is_room(size: tuple[int, int], beside: bool) -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1", size=size) as stage:
        await stage.press("escape", "o")
        await stage.until(lambda: isinstance(stage.app.screen, PlanPanel))
        region = stage.find("#sheet").region
        assert (region.x > 0) == beside
        assert region.right == size[0]
        assert region.width >= 70
        await stage.pilot.click(offset=(1, 10))
        assert isinstance(stage.app.screen, SessionScreen if beside else PlanPanel)


async def test_click_in_the_sheet_leaves_it_open() -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await stage.press("escape", "o")
        await stage.pilot.click("#sheet-title")
        assert isinstance(stage.app.screen, PlanPanel)


async def test_what_streams_under_a_sheet_comes_into_sight() -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await stage.press("escape", "o")
        await stage.session.tell(events.StepStarted(3, "", 2_000))
        stage.session.stream(Delta("main", 3, "reasoning", "Backlogs differ."))
        await stage.until(lambda: "Backlogs differ." in screen_text(stage.app))
        assert isinstance(stage.app.screen, PlanPanel)


async def test_help_has_every_command_state_and_finding() -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await stage.press("escape", "f1")
        await stage.until(lambda: isinstance(stage.app.screen, HelpScreen))
        rows = stage.app.screen.query_one(RowList).rows
        words = {cell.text for row in rows for cell in row.cells}
        assert {f"/{command.name}" for command in COMMANDS} <= words
        assert {*STATE_MEANINGS.values(), *FINDING_MEANINGS.values()} <= words
        assert len({row.id for row in rows}) == len(rows)


async def test_list_under_a_session_is_not_drawn_as_if_under_a_sheet() -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        session, under = stage.app.screen, stage.app.screen_stack[-2]
        assert isinstance(session, SessionScreen)
        assert isinstance(under, SingleLayoutScreen)
        under._compositor._dirty_regions.add(under.region)
        under._compositor_refresh()
        assert not under._paints_at, "the whole screen would be written again and again"

"""The clipboard: what is selected or chosen goes there as it was written, and a message says so."""

from kimi_tui.tui.terminal.clipboard import OSC52_HINT
from tests.tui.sessions import MemoryLibrary, finished_session
from tests.tui.stage import Stage, staged


def reported(stage: Stage) -> list[str]:
    """Return the app's messages to the person."""
    return [str(notice.message) for notice in stage.app._notifications]


async def drag(stage: Stage, start: tuple[int, int], end: tuple[int, int]) -> None:
    """Select with the mouse."""
    await stage.pilot.mouse_down(offset=start)
    await stage.pilot.hover(offset=end)
    await stage.pilot.mouse_up(offset=end)


async def test_copy_mouse_selection_while_line_focused_copies_text():
    async with staged(MemoryLibrary(finished_session("s1")), session_id="s1") as stage:
        question = stage.session.state.run.questions[0]
        await drag(stage, (4, 2), (30, 2))
        await stage.until(lambda: stage.app.clipboard)
        assert stage.app.clipboard in question
        assert reported(stage) == [f"Copied {len(stage.app.clipboard)} characters. {OSC52_HINT}"]
        await drag(stage, (4, 2), (20, 2))
        await stage.until(lambda: len(reported(stage)) == 2)
        assert OSC52_HINT not in reported(stage)[1]


async def test_copy_without_selection_says_what_to_select():
    async with staged(MemoryLibrary(finished_session("s1")), session_id="s1") as stage:
        await stage.press("escape", "k")
        await stage.until(lambda: reported(stage))
        assert "arrows" in reported(stage)[0]
        assert not stage.app.clipboard

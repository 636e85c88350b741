"""Text typed faster than it is read arrives whole and in order."""

import pytest
from textual import events
from textual.css.query import NoMatches

from kimi_tui.tui.bridge import StateChanged
from kimi_tui.tui.palette import Palette
from kimi_tui.tui.panels.call_map import MapPanel
from kimi_tui.tui.screens.session import SessionScreen
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.row_list import RowList
from tests.tui.sessions import MemoryLibrary, running_session
from tests.tui.stage import SUGGESTIONS, staged


async def test_an_enter_never_overtakes_the_letters_before_it() -> None:
    library = MemoryLibrary()
    question = "how large was the order backlog at the end of the year"
    async with staged(library) as stage:
        for letter in question:
            stage.app.post_message(events.Key("space" if letter == " " else letter, letter))
        stage.app.post_message(events.Key("enter", "\r"))
        await stage.until(lambda: bool(library.held))
        assert [session.summary().question for session in library.held.values()] == [question]


async def test_on_the_first_start_escape_down_and_enter_take_a_suggestion() -> None:
    async with staged(MemoryLibrary()) as stage:
        await stage.press("escape", "down", "enter")
        assert stage.app.screen.query_one("#ask", AskLine).text == SUGGESTIONS[1]


async def test_a_panel_that_is_chosen_from_twice_leaves_once() -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await stage.press("escape", "g")
        panel = stage.app.screen
        assert isinstance(panel, MapPanel)
        chosen = RowList.Chosen(panel.query_one(RowList), "c1")
        panel.on_row_list_chosen(chosen)
        panel.on_row_list_chosen(chosen)
        await stage.pilot.pause()
        assert isinstance(stage.app.screen, SessionScreen)


async def test_palette_choice_below_keeps_palette() -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await stage.press("escape", "g")
        panel = stage.app.screen
        assert isinstance(panel, MapPanel)
        await stage.press("ctrl+p")
        palette = stage.app.screen
        assert palette is not panel
        panel.on_row_list_chosen(RowList.Chosen(panel.query_one(RowList), "c1"))
        await stage.pilot.pause()
        assert stage.app.screen is palette
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is panel)
        await stage.press("enter")
        await stage.until(lambda: isinstance(stage.app.screen, SessionScreen))


@pytest.mark.parametrize("keys", [("escape", "down", "enter"), ("down", "down", "enter")])
async def test_key_queue_one_burst_equals_single_keys(keys: tuple[str, ...]) -> None:
    async with staged(MemoryLibrary()) as stage:
        line = stage.app.screen.query_one("#ask", AskLine)
        for key in keys:
            stage.app.post_message(events.Key(key, None))
        await stage.until(lambda: line.text == SUGGESTIONS[1])


async def test_down_in_a_line_with_text_moves_in_the_text() -> None:
    async with staged(MemoryLibrary()) as stage:
        await stage.press("a", "down")
        assert isinstance(stage.app.focused, AskLine)


async def test_panel_entries_during_mount_are_drawn() -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        panel = MapPanel(stage.screen.bridge, stage.screen.ui_context)
        stage.app.push_screen(panel)
        await stage.screen.on_state_changed(StateChanged((), ()))
        stage.screen.on_fragments_arrived()
        await stage.until(lambda: panel.is_mounted)
        assert panel.query_one(RowList).current


async def test_a_palette_that_has_gone_while_it_looked_for_commands_ends_nothing() -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await stage.press("ctrl+p")
        palette = stage.app.screen
        assert isinstance(palette, Palette)
        stage.app.simulate_key("escape")
        stage.app.simulate_key("escape")
        palette.run_worker(_nowhere())
        await stage.until(lambda: isinstance(stage.app.screen, SessionScreen))
        await stage.pilot.pause()
        assert stage.app.is_running


async def _nowhere() -> None:
    raise NoMatches("the list has gone")

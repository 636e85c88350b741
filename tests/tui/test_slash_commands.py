"""Slash commands run actions by name; what is no command is asked about and never reaches the model."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.command import CommandPalette

from kimi_tui.commands import AskQuestion, Pause, Resume, Steer
from kimi_tui.tui.actions import ACTIONS
from kimi_tui.tui.completion.popup import CompletionPopup
from kimi_tui.tui.panels.budgets import BudgetsPanel
from kimi_tui.tui.panels.memo import MemoPanel
from kimi_tui.tui.panels.rules import RulesPanel
from kimi_tui.tui.panels.sources import SourcesPanel
from kimi_tui.tui.screens.dialog import Dialog
from kimi_tui.tui.screens.help import HelpScreen
from kimi_tui.tui.screens.library import LibraryScreen
from kimi_tui.tui.slash_commands import COMMANDS, find_command, is_command, literal_text, near_commands, parse_command
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.search_bar import SearchBar
from kimi_tui.tui.widgets.text_line import TextLine
from tests.tui.scene import notices
from tests.tui.sessions import MemoryLibrary, MemorySession, finished_session, running_session, waiting_session
from tests.tui.stage import Stage
from tests.tui.stage import staged as unbounded_stage
from tests.tui.test_bursts import burst, keys_of

MAX_SECONDS = 20
"""How long one scene may take: a wait for what never happens ends then."""


@asynccontextmanager
async def staged(library: MemoryLibrary, **options: Any) -> AsyncIterator[Stage]:
    """The app on a stage, for a bounded time."""
    async with asyncio.timeout(MAX_SECONDS), unbounded_stage(library, **options) as stage:
        yield stage


async def enter(stage: Stage, text: str) -> None:
    """Type a text and send it, faster than it is drawn."""
    await burst(stage, *keys_of(text), "enter")


def line_of(stage: Stage) -> AskLine:
    """The line for questions of the screen on top."""
    return stage.app.screen.query_one("#ask", AskLine)


def popup_of(stage: Stage) -> list[str]:
    """The completions that are shown."""
    popup = stage.app.screen.query_one(CompletionPopup)
    return [one.label for one in popup.candidates] if popup.display else []


@pytest.mark.parametrize(
    ("name", "screen"),
    [
        ("help", HelpScreen),
        ("keys", HelpScreen),
        ("memo", MemoPanel),
        ("MEMO", MemoPanel),
        ("export", Dialog),
        ("budget", BudgetsPanel),
        ("budgets", BudgetsPanel),
        ("rules", RulesPanel),
        ("sources", SourcesPanel),
    ],
)
async def test_command_opens_what_its_key_opens(name: str, screen: type[object]) -> None:
    async with staged(MemoryLibrary(finished_session("s1")), session_id="s1") as stage:
        await enter(stage, f"/{name}")
        await stage.until(lambda: isinstance(stage.app.screen, screen))
        assert stage.screen.query_one("#ask", AskLine).text == ""
        assert stage.session.commands == []


async def test_pause_and_resume_do_what_they_say_and_never_the_other() -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await enter(stage, "/resume")
        assert "/resume has nothing to do now" in notices(stage)
        assert stage.session.commands == []
        line_of(stage).clear_text()
        await enter(stage, "/pause")
        await stage.until(lambda: stage.session.commands == [Pause()])
        await stage.until(lambda: stage.screen.state.run.paused)
        await enter(stage, "/pause")
        assert stage.session.commands == [Pause()]
        assert "/pause has nothing to do now" in notices(stage)
        line_of(stage).clear_text()
        await enter(stage, "/resume")
        await stage.until(lambda: stage.session.commands == [Pause(), Resume()])


async def test_quit_leaves_and_so_does_exit() -> None:
    for name in ("quit", "exit"):
        async with staged(MemoryLibrary(finished_session())) as stage:
            await enter(stage, f"/{name}")
            await stage.until(lambda: not stage.app.is_running)


@pytest.mark.parametrize(
    ("running", "text"),
    [
        (True, "/mmeo"),
        (False, "/"),
        (True, "/etc/hosts says what?"),
        (False, "/approve"),
        (True, "/y"),
        (False, "/0"),
        (True, "/memo/"),
        (False, "/ü"),
    ],
)
async def test_unknown_command_asks_and_never_reaches_the_model(running: bool, text: str) -> None:
    session = running_session() if running else finished_session("s1")
    async with staged(MemoryLibrary(session), session_id="s1") as stage:
        line = line_of(stage)
        line.insert_paste(text)
        line.action_send()
        await stage.until(lambda: isinstance(stage.app.screen, Dialog))
        await stage.press("enter")
        await stage.until(lambda: stage.app.screen is stage.screen)
        assert line.text == text
        assert stage.session.commands == []


async def test_unknown_command_in_the_library_starts_no_session() -> None:
    async with staged(MemoryLibrary()) as stage:
        await enter(stage, "/hepl")
        await stage.until(lambda: isinstance(stage.app.screen, Dialog))
        assert not stage.library.held


async def test_near_command_is_put_into_the_line_and_not_run() -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await enter(stage, "/stopp")
        await stage.until(lambda: isinstance(stage.app.screen, Dialog))
        await stage.press("right", "enter")
        await stage.until(lambda: stage.app.screen is stage.screen)
        assert line_of(stage).text == "/stop"
        assert stage.session.commands == []


@pytest.mark.parametrize(
    ("typed", "sent"),
    [("//etc/hosts says what?", "/etc/hosts says what?"), ("// two", "/ two"), ('"/etc" is what?', '"/etc" is what?')],
)
async def test_text_that_begins_with_a_slash_can_be_sent(typed: str, sent: str) -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await enter(stage, typed)
        await stage.until(lambda: stage.session.commands)
        assert stage.session.commands == [Steer(sent)]


async def test_question_with_two_slashes_begins_a_session_with_one() -> None:
    async with staged(MemoryLibrary()) as stage:
        await enter(stage, "//srv is what?")
        await stage.until(lambda: bool(stage.library.held))
        assert [session.summary().question for session in stage.library.held.values()] == ["/srv is what?"]


async def test_command_of_another_place_says_where_it_works() -> None:
    async with staged(MemoryLibrary(finished_session())) as stage:
        await enter(stage, "/budgets")
        assert "/budgets works only in a session" in notices(stage)
        assert isinstance(stage.app.screen, LibraryScreen)
        assert not stage.library.trash


async def test_words_after_a_command_that_takes_none_are_refused_and_kept() -> None:
    async with staged(MemoryLibrary(finished_session("s1")), session_id="s1") as stage:
        await enter(stage, "/memo shorter please")
        assert "/memo takes no words after it" in notices(stage)
        assert line_of(stage).text == "/memo shorter please"
        assert stage.session.commands == []


async def test_search_takes_its_words_in_a_session_and_in_the_library() -> None:
    async with staged(MemoryLibrary(finished_session("s1")), session_id="s1") as stage:
        await enter(stage, "/search operating margin")
        assert stage.screen.query_one(SearchBar).text == "operating margin"
    async with staged(MemoryLibrary(finished_session())) as stage:
        await enter(stage, "/search operating margin")
        assert stage.app.screen.query_one("#search-line", TextLine).value == "operating margin"


async def test_list_opens_by_typing_narrows_and_escape_closes_it() -> None:
    async with staged(MemoryLibrary(finished_session("s1")), session_id="s1") as stage:
        await stage.press("slash")
        assert "/memo" in popup_of(stage)
        assert "/pause" not in popup_of(stage), "no turn runs"
        await stage.press("m")
        assert popup_of(stage)[:2] == ["/memo", "/map"]
        await stage.press("escape")
        assert popup_of(stage) == []
        assert stage.app.focused is line_of(stage)
        assert line_of(stage).text == "/m"
        await stage.press("e")
        assert popup_of(stage)[0] == "/memo"
        await stage.press("escape", "escape")
        assert stage.app.focused is not line_of(stage)


async def test_tab_completes_and_enter_runs_what_was_chosen_with_the_arrows() -> None:
    async with staged(MemoryLibrary(finished_session("s1")), session_id="s1") as stage:
        await stage.press("slash", "m", "tab")
        assert line_of(stage).text == "/memo "
        assert popup_of(stage) == []
        line_of(stage).clear_text()
        await stage.press("slash", "m", "up", "down", "down", "enter")
        await stage.until(lambda: stage.app.screen is not stage.screen)


async def test_enter_on_a_beginning_that_could_be_several_commands_only_completes_it() -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await enter(stage, "/s")
        assert stage.session.commands == []
        assert line_of(stage).text.startswith("/s")
        assert stage.app.screen is stage.screen


async def test_enter_on_a_beginning_of_one_command_runs_it() -> None:
    async with staged(MemoryLibrary(finished_session("s1")), session_id="s1") as stage:
        await enter(stage, "/mem")
        await stage.until(lambda: isinstance(stage.app.screen, MemoPanel))


async def test_list_never_takes_a_key_that_approves() -> None:
    async with staged(MemoryLibrary(waiting_session()), session_id="s1") as stage:
        await stage.press("slash", "y")
        assert line_of(stage).text == "/y"
        assert stage.session.commands == []
        await stage.press("backspace")
        assert popup_of(stage)
        await stage.calm()
        await stage.press("ctrl+y")
        await stage.until(lambda: stage.session.commands)
        assert [type(command).__name__ for command in stage.session.commands] == ["Approve"]


async def test_click_completes() -> None:
    async with staged(MemoryLibrary(finished_session("s1")), session_id="s1") as stage:
        await stage.press("slash", "m")
        await stage.pilot.click(CompletionPopup, offset=(2, 1))
        await stage.pilot.pause()
        assert line_of(stage).text == "/map "


async def test_history_shows_a_command_without_its_list() -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        line_of(stage).set_text("/memo")
        await stage.pilot.pause()
        assert popup_of(stage) == []


@pytest.mark.parametrize("text", ["a /memo", "see @", "1/2", "\\/memo", "https://x"])
def test_slash_inside_a_text_is_no_command(text: str) -> None:
    assert not is_command(text)
    assert literal_text(text) == text


def test_every_action_of_the_palette_is_a_command() -> None:
    named = {command.action.id for command in COMMANDS}
    places = ("session", "library", "everywhere")
    assert named == {action.id for action in ACTIONS if action.palette and action.place in places}
    for place in places:
        names = [name for one in COMMANDS if one.action.place in (place, "everywhere") for name in one.names]
        assert len(names) == len(set(names)), place


def test_no_command_decides_about_a_waiting_call() -> None:
    assert not [one for one in COMMANDS if one.action.place == "approval"]
    assert find_command("approve", ("session", "approval")) is None


def test_command_over_several_lines_is_parsed_by_its_first_word() -> None:
    assert parse_command("  /Search a\nb ") == parse_command("/search\na\nb".replace("\na", " a"))
    assert parse_command("/").name == ""
    assert [one.name for one in near_commands("serch", COMMANDS)][:1] == ["search"]


async def test_commands_leave_the_palette_alone() -> None:
    async with staged(MemoryLibrary(finished_session("s1")), session_id="s1") as stage:
        await stage.press("slash", "ctrl+p")
        await stage.until(lambda: isinstance(stage.app.screen, CommandPalette))
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.screen)
        assert line_of(stage).text == "/"


async def test_follow_up_question_after_a_command_is_sent() -> None:
    session = finished_session("s1")
    async with staged(MemoryLibrary(session), session_id="s1") as stage:
        await enter(stage, "/rules")
        await stage.until(lambda: isinstance(stage.app.screen, RulesPanel))
        await stage.press("escape")
        await enter(stage, "and then?")
        await stage.until(lambda: session.commands)
        assert session.commands == [AskQuestion("and then?")]
        assert isinstance(session, MemorySession)

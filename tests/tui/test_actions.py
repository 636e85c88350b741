"""Every action in the one list does what its help says, by its key; an action without a scene fails."""

import pytest
from textual.command import CommandList, CommandPalette

from kimi_tui import commands
from kimi_tui.config import ConfigError, UiSettings
from kimi_tui.tui.actions import ACTIONS, SIMULTANEOUS_PLACES, build_keymap, display_key, split_keys, typed_character
from kimi_tui.tui.palette import ActionCommands
from kimi_tui.tui.panels.budgets import BudgetsPanel
from kimi_tui.tui.screens.help import MOVEMENT_KEYS, HelpScreen
from kimi_tui.tui.widgets.key_footer import KeyFooter
from tests.tui.action_scenes import SCENES
from tests.tui.sessions import MemoryLibrary, finished_session, running_session, waiting_session
from tests.tui.stage import Stage, staged


def _library(action: str) -> MemoryLibrary:
    if action.startswith("approval."):
        return MemoryLibrary(waiting_session("s1", 3))
    if action.startswith(("library.", "line.")):
        return MemoryLibrary(running_session("s1"), finished_session("s2"))
    return MemoryLibrary(running_session("s1"))


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
async def test_the_key_of_an_action_does_what_its_help_says(action):
    assert action.id in SCENES, f"there is no scene for {action.id}"
    in_library = action.place in ("line", "library")
    # A short screen for following: the timeline must be longer than the view.
    size = (120, 14) if action.id == "session.follow" else (120, 40)
    session_id = "" if in_library else "s1"
    speed = 0.0 if action.place == "replay" else None
    async with staged(_library(action.id), session_id=session_id, size=size, replay_speed=speed) as stage:
        await SCENES[action.id](stage, split_keys(action.key)[0])


def test_no_two_actions_that_can_be_had_together_share_a_key():
    for places in SIMULTANEOUS_PLACES:
        keys = [typed_character(k) or k for a in ACTIONS if a.place in places for k in split_keys(a.key)]
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"session.pause": "m"}, ["`m`", "session.pause", "session.memo"]),
        ({"session.pause": "/"}, ["`/`", "session.search"]),
        ({"session.paus": "f9"}, ["session.paus", "did you mean `session.pause`?"]),
        ({"session.pause": " "}, ["session.pause", "needs a key"]),
        ({"session.pause": "contrl+k"}, ["`contrl+k`", "session.pause", "did you mean `ctrl+k`?"]),
        ({"session.pause": "F99"}, ["`F99`", "session.pause", "`ctrl+x`"]),
        ({"session.pause": "ctrl+i"}, ["`ctrl+i`", "`tab`", "another key"]),
    ],
)
def test_keys_that_cannot_be_used_are_refused_with_the_reason(keys, words):
    with pytest.raises(ConfigError) as caught:
        build_keymap(keys)
    for word in words:
        assert word in str(caught.value)


async def test_a_key_from_the_settings_takes_the_place_of_the_default():
    ui = UiSettings(keys={"session.pause": "f9", "approval.approve": "f10"})
    async with staged(MemoryLibrary(waiting_session()), session_id="s1", ui=ui) as stage:
        await stage.press("escape")
        await stage.calm()
        await stage.press("p", "y")
        assert stage.session.commands == []
        await stage.calm()
        await stage.press("f10")
        await stage.until(lambda: stage.session.commands == [commands.Approve("c3")])
        await stage.press("escape", "f9")
        await stage.until(lambda: commands.Pause() in stage.session.commands)


async def test_the_footer_shows_what_works_now_and_a_click_does_it():
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        keys = stage.app.screen.query_one(KeyFooter)
        labels = [action.label for action in keys.available_actions()]
        assert "Send" in labels
        assert "Pause" not in labels, "letters are typed while the line has the focus"
        await stage.press("escape")
        assert "Pause" in [action.label for action in keys.available_actions()]
        column = str(keys.render()).index("Pause") + keys.content_region.x
        await stage.pilot.click(offset=(column, 39))
        await stage.until(lambda: stage.session.commands == [commands.Pause()])


@pytest.mark.parametrize("key", ["f9", "ctrl+k", "ctrl+f5", "ü", "?", "question_mark", "alt+enter", "K", "shift+tab"])
def test_a_key_that_a_terminal_sends_is_taken(key):
    assert build_keymap({"session.pause": key})["session.pause"] == key


async def test_while_a_line_takes_the_letters_the_footer_says_what_they_do_once_it_is_left():
    async with staged(MemoryLibrary(running_session()), session_id="s1", size=(80, 24)) as stage:
        shown = str(stage.app.screen.query_one(KeyFooter).render())
        assert shown.startswith("WRITE  enter Send")
        assert "esc then p Pause" in shown
        await stage.press("escape")
        shown = str(stage.app.screen.query_one(KeyFooter).render())
        assert "then" not in shown
        assert shown.startswith("KEYS  tab Write")
        for label in ("p Pause", "/ Search", "^x Stop", "^q Leave"):
            assert label in shown
        await stage.press("slash")
        assert "Send" not in str(stage.app.screen.query_one(KeyFooter).render()), "enter goes to the next match"
        assert "then  " not in str(stage.app.screen.query_one(KeyFooter).render()), "nothing would come after it"


async def test_footer_of_the_library_says_how_to_write_and_how_to_leave_in_both_modes():
    async with staged(MemoryLibrary(finished_session()), size=(80, 24)) as stage:
        keys = stage.app.screen.query_one(KeyFooter)
        assert str(keys.render()).startswith("WRITE  enter Send  esc then")
        assert str(keys.render()).endswith("^q Leave")
        await stage.press("escape")
        assert str(keys.render()).startswith("KEYS  n New")
        assert str(keys.render()).endswith("^q Leave")


async def test_recording_and_panel_have_no_line_and_so_no_mode():
    async with staged(MemoryLibrary(finished_session("s1")), session_id="s1", replay_speed=0.0) as stage:
        assert stage.app.screen.query_one(KeyFooter).mode == ""
        await stage.press("m")
        await stage.until(lambda: stage.app.screen is not stage.screen)
        assert stage.app.screen.query_one(KeyFooter).mode == ""


async def test_a_line_that_asks_nothing_is_done_with_by_key_and_by_click():
    async with staged(MemoryLibrary(running_session()), session_id="s1", size=(80, 24)) as stage:
        await stage.press("escape", "b", "enter")
        keys = stage.app.screen.query_one(KeyFooter)
        await stage.until(lambda: "enter Done" in str(keys.render()))
        await stage.pilot.click(offset=(str(keys.render()).index("Done") + keys.content_region.x, 23))
        await stage.until(lambda: stage.session.commands)
        assert isinstance(stage.session.commands[0], commands.RaiseBudget)


@pytest.mark.parametrize("panel", ["m", "o", "s", "g", "c", "b", "h", "r", "f1"])
async def test_actions_in_panel_global_keys_work(panel):
    async with staged(MemoryLibrary(finished_session("s1")), session_id="s1") as stage:
        await stage.press("escape", panel)
        await stage.until(lambda: stage.app.screen is not stage.screen)
        await stage.press("ctrl+p")
        await stage.until(lambda: isinstance(stage.app.screen, CommandPalette))
        await stage.press("escape", "f1")
        await stage.until(lambda: isinstance(stage.app.screen, HelpScreen))
        await stage.press("f1", "ctrl+q")
        await stage.until(lambda: not stage.app.is_running)


def test_every_sentence_of_the_help_fits_on_a_screen_of_80_columns():
    assert [action.id for action in ACTIONS if len(action.help) > 50] == []
    assert [words for _, _, words in MOVEMENT_KEYS if len(words) > 50] == []


def first_offer(stage: Stage) -> str:
    """Return the command that the palette runs on Enter."""
    offers = stage.app.screen.query_one(CommandList)
    return str(offers.get_option_at_index(0).prompt) if offers.option_count else ""


async def test_palette_offers_available_actions_with_keys():
    ui = UiSettings(keys={"session.memo": "f9"})
    async with staged(MemoryLibrary(finished_session("s1")), session_id="s1", ui=ui) as stage:
        provider = ActionCommands(stage.app.screen)
        offered = [str(hit.prompt) async for hit in provider.discover()]
        assert "Memo  F9" in offered
        assert "Export  x" in offered
        assert not [name for name in offered if name.startswith(("Pause", "Stop", "Salvage", "Withdraw"))]


async def test_the_palette_offers_every_action_of_the_screen_but_no_decision():
    async with staged(MemoryLibrary(waiting_session()), session_id="s1") as stage:
        await stage.press("ctrl+p", *"approve")
        await stage.pilot.pause(0.3)
        assert stage.session.commands == []
        assert not first_offer(stage).startswith("Approve")
        await stage.press("enter")
        assert stage.session.commands == []


async def test_the_palette_runs_an_action():
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await stage.press("ctrl+p", *"budgets")
        await stage.until(lambda: first_offer(stage).startswith("Budgets"))
        await stage.press("enter")
        await stage.until(lambda: isinstance(stage.app.screen, BudgetsPanel))


def test_keys_are_written_as_people_read_them():
    assert [display_key(key) for key in ("ctrl+x", "f1", "slash", "escape,q", "Y")] == ["^x", "F1", "/", "esc", "Y"]

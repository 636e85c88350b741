"""Writing is home: what a key asked for ends in the line, letters beside others are text, and the guard stays."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from kimi_tui import commands, events
from kimi_tui.tui.screens.dialog import Dialog
from kimi_tui.tui.widgets.ask_line import AskLine
from tests.tui.scene import notices
from tests.tui.sessions import MemoryLibrary, asked, finished_session, proposed, running_session, waiting_session
from tests.tui.stage import Stage, staged
from tests.tui.test_bursts import keys_of, typed_in_terminal
from tests.tui.test_hostile_text import screen_text
from tools.fuzz_keys import play_text, press

WAIT_SECONDS = 0.35
"""Longer than letters may be apart that are text."""


def in_line(stage: Stage) -> bool:
    """Return whether the line of the session has the focus."""
    return stage.app.focused is stage.screen.query_one("#ask", AskLine)


@pytest.mark.parametrize("key", ["y", "p", "i"])
async def test_line_after_a_decision_a_pause_and_an_interrupt_has_the_focus(key: str) -> None:
    async with staged(MemoryLibrary(waiting_session()), session_id="s1") as stage:
        await stage.press("escape")
        await stage.calm()
        await stage.press(key)
        await stage.until(lambda: stage.session.commands)
        await stage.until(lambda: in_line(stage))


async def test_line_after_a_veto_and_after_a_search_has_the_focus() -> None:
    async with staged(MemoryLibrary(waiting_session()), session_id="s1") as stage:
        await stage.press("escape", "slash", *"margin", "escape")
        assert in_line(stage)
        await stage.press("escape")
        await stage.calm()
        await stage.press("n")
        await stage.calm()
        await stage.press(*"too wide", "enter")
        await stage.until(lambda: stage.session.commands == [commands.Veto("c3", "too wide")])
        await stage.until(lambda: in_line(stage))


EDITED = {"url": "https://example.org/notice-3no", "reason": "the restatement"}


@pytest.mark.parametrize(("key", "decision"), [("n", commands.Veto("c3", "no")), ("e", commands.Approve("c3", EDITED))])
async def test_form_of_the_card_ends_with_one_enter_right_after_its_text(key: str, decision: object) -> None:
    async with staged(MemoryLibrary(waiting_session()), session_id="s1") as stage:
        await stage.press("escape")
        await stage.calm()
        await stage.press(key)
        await stage.calm()
        await stage.press("n", "o", "enter")
        await stage.until(lambda: stage.session.commands == [decision])


@pytest.mark.parametrize("word", ["y", "n", "a", "e", "yes", "No", "OK"])
async def test_word_for_a_decision_in_the_line_is_asked_about(word: str) -> None:
    async with staged(MemoryLibrary(waiting_session()), session_id="s1") as stage:
        await stage.press(*word, "enter")
        await stage.until(lambda: isinstance(stage.app.screen, Dialog))
        assert stage.session.commands == []
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.screen)
        assert stage.screen.query_one("#ask", AskLine).text == word
        await stage.press("enter")
        await stage.until(lambda: isinstance(stage.app.screen, Dialog))
        await stage.press("right", "right", "enter")
        await stage.until(lambda: stage.session.commands == [commands.Steer(word)])


async def test_word_for_a_decision_without_a_card_steers() -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await stage.press("y", "enter")
        await stage.until(lambda: stage.session.commands == [commands.Steer("y")])


async def test_answer_that_the_call_was_meant_goes_to_its_keys_and_decides_nothing() -> None:
    async with staged(MemoryLibrary(waiting_session()), session_id="s1") as stage:
        await stage.press("y", "enter")
        await stage.until(lambda: isinstance(stage.app.screen, Dialog))
        await stage.press("right", "enter")
        await stage.until(lambda: stage.app.screen is stage.screen and stage.screen.timeline.has_focus)
        assert stage.session.commands == []
        await stage.calm()
        await stage.press("y")
        await stage.until(lambda: stage.session.commands == [commands.Approve("c3")])


async def test_chord_that_approves_from_the_line_waits_for_the_card_and_for_typing() -> None:
    async with staged(MemoryLibrary(waiting_session()), session_id="s1") as stage:
        assert "^y" in str(stage.find("#choice-approve").render())
        await stage.press("ctrl+y")
        assert stage.session.commands == [], "the card has only just appeared"
        await stage.calm()
        await stage.press("h", "m", "ctrl+y")
        assert stage.session.commands == [], "somebody types"
        await stage.calm()
        await stage.press("ctrl+y")
        await stage.until(lambda: stage.session.commands == [commands.Approve("c3")])
        assert in_line(stage)
        assert stage.screen.query_one("#ask", AskLine).text == "hm"


async def test_rule_releases_the_waiting_calls_it_covers_and_no_other() -> None:
    async with staged(MemoryLibrary(waiting_session("s1", 2)), session_id="s1") as stage:
        other = msgspec.structs.replace(
            proposed("c9", url="https://other.example/page"), effects=(events.Effect("network", "other.example"),)
        )
        stage.session.record(other, events.PolicyDecided("c9", "ask", "new-host"))
        await stage.session.tell(asked("c9"))
        await stage.until(lambda: len(stage.screen.state.calls.waiting) == 3)
        await stage.press("escape")
        await stage.calm()
        await stage.press("a")
        assert "also runs now" in screen_text(stage.app)
        await stage.calm()
        await stage.press("enter")
        rule = commands.ApproveAlways("c3", "open_page network example.org")
        await stage.until(lambda: len(stage.session.commands) >= 2)
        assert stage.session.commands[0] == rule
        assert commands.Approve("c4") in stage.session.commands
        assert commands.Approve("c9") not in stage.session.commands


async def test_approving_all_leaves_out_a_call_whose_address_is_long() -> None:
    async with staged(MemoryLibrary(waiting_session("s1", 2)), session_id="s1") as stage:
        long = proposed("c9", url="https://example.org/" + "secret-" * 40)
        stage.session.record(long, events.PolicyDecided("c9", "ask", "new-host"))
        await stage.session.tell(asked("c9"))
        await stage.until(lambda: len(stage.screen.state.calls.waiting) == 3)
        await stage.press("escape")
        await stage.calm()
        await stage.press("Y")
        assert stage.screen.card.mode == "all"
        await stage.calm()
        await stage.press("Y")
        await stage.until(lambda: stage.session.commands == [commands.Approve("c3"), commands.Approve("c4")])
        assert [call.id for call in stage.screen.state.calls.waiting] == ["c9"]


async def test_cancel_in_the_library_clears_the_line_then_says_how_to_leave() -> None:
    async with staged(MemoryLibrary(finished_session())) as stage:
        await stage.press("a", "b", "ctrl+c")
        assert stage.app.screen.query_one("#ask", AskLine).text == ""
        await stage.press("ctrl+c")
        assert "^q leaves; ^d" in notices(stage)
        assert stage.app.is_running


async def test_end_key_in_an_empty_line_leaves_the_app() -> None:
    async with staged(MemoryLibrary(finished_session())) as stage:
        await stage.press("ctrl+d")
        await stage.until(lambda: not stage.app.is_running)


SURE: tuple[tuple[str, Callable[[], MemoryLibrary]], ...] = (
    ("waiting", lambda: MemoryLibrary(waiting_session("s1", 2))),
    ("running", lambda: MemoryLibrary(running_session())),
)


@pytest.mark.parametrize("text", ["yes", "yy", "pause it", "interest", "the plan", "play", "Yes"])
@pytest.mark.parametrize("scene", [name for name, _ in SURE])
async def test_letters_in_one_burst_outside_the_line_run_no_command(scene: str, text: str) -> None:
    async with staged(dict(SURE)[scene](), session_id="s1", together=0.3) as stage:
        await press(stage, ["escape"], at_once=True)
        await stage.calm()
        await press(stage, keys_of(text), at_once=True)
        assert stage.session.commands == []


async def test_letter_that_acts_beside_another_goes_to_the_line_with_it() -> None:
    async with staged(MemoryLibrary(waiting_session()), session_id="s1", together=0.3) as stage:
        await press(stage, ["escape"], at_once=True)
        await stage.calm()
        await press(stage, keys_of("yes please"), at_once=True)
        assert stage.screen.query_one("#ask", AskLine).text == "yes please"
        assert in_line(stage)
        assert stage.session.commands == []


async def test_letter_that_acts_alone_acts() -> None:
    async with staged(MemoryLibrary(waiting_session()), session_id="s1", together=0.3) as stage:
        await press(stage, ["escape"], at_once=True)
        await stage.calm()
        await press(stage, ["y"], at_once=True)
        await stage.until(lambda: stage.session.commands == [commands.Approve("c3")])


async def test_letters_that_act_with_a_pause_between_them_act() -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1", together=0.3) as stage:
        await press(stage, ["escape", "p"], at_once=True)
        await stage.until(lambda: stage.session.commands == [commands.Pause()])
        await asyncio.sleep(WAIT_SECONDS)
        await press(stage, ["escape", "p"], at_once=True)
        await stage.until(lambda: stage.session.commands == [commands.Pause(), commands.Resume()])


async def test_a_word_typed_while_all_calls_are_asked_about_approves_none() -> None:
    async with staged(MemoryLibrary(waiting_session("s1", 2)), session_id="s1", together=0.3) as stage:
        await stage.press("escape")
        await stage.calm()
        await press(stage, ["Y"], at_once=True)
        await stage.until(lambda: stage.screen.card.mode == "all")
        stage.screen.timeline.focus()
        await stage.calm()
        await asyncio.sleep(WAIT_SECONDS)
        await press(stage, ["Y", "o", "u"], at_once=True)
        assert stage.session.commands == []


@pytest.mark.parametrize("seed", range(3))
async def test_random_text_in_one_burst_decides_and_commands_nothing(seed: int) -> None:
    """Some of the bursts of `python -m tools.fuzz_keys`, which plays twenty thousand."""
    assert await play_text(10, seed) == []


def test_text_written_at_once_in_a_terminal_outside_the_line_runs_no_command(tmp_path: Path) -> None:
    text = b"pause it, I will interrupt"
    came = typed_in_terminal(tmp_path, "s1", ("Steer", b"\x1b"), (" Memo", text), ("interrupt", b"\x11"))
    assert came["said"] == []

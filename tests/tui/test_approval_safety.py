"""Nothing decides a waiting call by accident: not right after it appears, not while somebody types, not at random."""

import pytest
from textual import events as screen_events

from kimi_tui import commands, events
from kimi_tui.tui.decision_guard import QUIET_SECONDS, DecisionGuard
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.text_line import TextLine
from tests.tui.sessions import MemoryLibrary, asked, proposed, running_session, waiting_session
from tests.tui.stage import HandClock, Stage, staged
from tools.fuzz_card import play

DECISIONS = (commands.Approve, commands.ApproveAlways, commands.Veto)


def decisions(stage: Stage) -> list[object]:
    """The decisions that left the screen."""
    return [command for command in stage.session.commands if isinstance(command, DECISIONS)]


def test_calm_counts_from_the_later_of_appearing_and_typing():
    clock = HandClock()
    calm = DecisionGuard(clock)
    assert calm.seconds_to_wait() > 1e9, "nothing is shown"
    calm.set_shown_call("c1")
    clock.forward(QUIET_SECONDS / 2)
    calm.note_typing()
    clock.forward(QUIET_SECONDS / 2)
    assert calm.seconds_to_wait() == pytest.approx(QUIET_SECONDS / 2)
    calm.set_shown_call("c1")
    clock.forward(QUIET_SECONDS / 2)
    assert calm.seconds_to_wait() == 0, "the same call shown again is no change"
    calm.set_shown_call("c2")
    assert calm.seconds_to_wait() == QUIET_SECONDS
    calm.set_shown_call("")
    clock.forward(100)
    assert calm.seconds_to_wait() > 1e9


@pytest.mark.parametrize("key", ["y", "e", "a", "n", "Y"])
async def test_no_key_counts_right_after_the_card_appeared(key):
    async with staged(MemoryLibrary(waiting_session("s1", 2)), session_id="s1") as stage:
        await stage.press("escape")
        stage.clock.forward(QUIET_SECONDS - 0.01)
        await stage.press(key)
        assert stage.screen.card.mode == "decide"
        assert not decisions(stage)


@pytest.mark.parametrize("name", ["approve", "veto", "edit", "always", "all"])
async def test_no_click_counts_right_after_the_card_appeared(name):
    async with staged(MemoryLibrary(waiting_session("s1", 2)), session_id="s1") as stage:
        await stage.pilot.click(f"#choice-{name}")
        await stage.pilot.pause()
        assert stage.screen.card.mode == "decide"
        assert not decisions(stage)
        await stage.calm()
        await stage.pilot.click(f"#choice-{name}")
        await stage.until(lambda: decisions(stage) or stage.screen.card.mode == name)


async def test_letters_typed_into_the_line_never_decide_and_the_card_takes_no_focus():
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await stage.press(*"stay")
        stage.session.record(proposed("c9", url="https://example.org/x"))
        await stage.session.tell(events.PolicyDecided("c9", "ask", "new-host"), asked("c9"))
        await stage.until(lambda: stage.screen.card.display)
        assert isinstance(stage.app.focused, AskLine)
        await stage.calm()
        await stage.press(*"yean")
        assert stage.app.screen.query_one("#ask", AskLine).text == "stayyean"
        assert not decisions(stage)
        await stage.pilot.click("#choice-approve")
        await stage.pilot.pause()
        assert not decisions(stage), "a click while somebody types decides nothing"


async def test_decision_guard_replaced_call_restarts_wait():
    async with staged(MemoryLibrary(waiting_session("s1", 2)), session_id="s1") as stage:
        await stage.press("escape")
        await stage.calm()
        await stage.press("y")
        await stage.until(lambda: stage.screen.card.call and stage.screen.card.call.id == "c4")
        await stage.press("y", "enter", "Y", "n", "a")
        assert decisions(stage) == [commands.Approve("c3")]


async def test_approval_card_call_decided_elsewhere_typing_decides_nothing():
    async with staged(MemoryLibrary(waiting_session("s1", 2)), session_id="s1") as stage:
        await stage.press("escape")
        await stage.calm()
        await stage.press("n", "s", "a")
        await stage.session.tell(
            events.ApprovalResolved("c3", "veto"), events.ObservationRecorded("c3", "vetoed", "Vetoed.")
        )
        await stage.until(lambda: stage.screen.card.mode == "decide")
        await stage.calm()
        await stage.press("y", "e")
        assert not decisions(stage)
        assert stage.app.screen.query_one("#ask", AskLine).text == "ye"


async def test_escape_never_decides():
    for opening in ("e", "a", "n", "Y"):
        async with staged(MemoryLibrary(waiting_session("s1", 2)), session_id="s1") as stage:
            await stage.press("escape")
            await stage.calm()
            await stage.press(opening)
            opened = stage.screen.card.mode
            assert opened != "decide"
            await stage.calm()
            await stage.press("escape")
            assert stage.screen.card.mode == "decide"
            await stage.calm()
            await stage.press("escape", "escape")
            assert not decisions(stage)


async def test_enter_in_a_note_right_after_its_line_came_decides_nothing():
    async with staged(MemoryLibrary(waiting_session()), session_id="s1") as stage:
        await stage.press("escape")
        await stage.calm()
        await stage.press("n", *"too slow", "enter")
        assert not decisions(stage)
        assert "just changed" in str(stage.find("#approval-hint").render())
        assert stage.app.screen.query_one("#approval-line", TextLine).value == "too slow"
        await stage.calm()
        await stage.press("enter")
        await stage.until(lambda: decisions(stage) == [commands.Veto("c3", "too slow")])


async def test_decision_guard_return_to_card_restarts_wait():
    async with staged(MemoryLibrary(waiting_session()), session_id="s1") as stage:
        await stage.press("escape")
        await stage.calm()
        stage.app.post_message(screen_events.AppFocus())
        await stage.press("y")
        await stage.calm()
        await stage.press("m", "escape")
        await stage.until(lambda: stage.app.screen is stage.screen)
        await stage.press("y")
        assert not decisions(stage)


async def test_a_terminal_too_small_to_show_the_card_decides_nothing():
    async with staged(MemoryLibrary(waiting_session()), session_id="s1") as stage:
        await stage.press("escape")
        await stage.calm()
        await stage.pilot.resize_terminal(30, 8)
        await stage.calm()
        await stage.press("y", "enter")
        assert not decisions(stage)


@pytest.mark.parametrize("seed", range(4))
async def test_random_keys_and_clicks_around_the_appearance_decide_nothing(seed):
    """Some of the sequences of `python -m tools.fuzz_card`, which plays ten thousand."""
    assert await play(25, seed) == []

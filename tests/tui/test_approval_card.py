"""The card: what it shows of a call, the form made from the schema, rules that show their reach, ready reasons."""

import pytest
from textual.widgets import Static

from kimi_tui import commands, events
from kimi_tui.config import UiSettings
from kimi_tui.tui.approval.argument_form import ArgumentRow
from kimi_tui.tui.approval.decision_input import VETO_REASONS
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.choice_button import ChoiceButton
from kimi_tui.tui.widgets.note_line import NoteLine
from kimi_tui.tui.widgets.value_picker import ValuePicker
from tests.tui.asking import asking_session
from tests.tui.sessions import MemoryLibrary, asked, proposed, running_session, waiting_session
from tests.tui.stage import Stage, staged
from tests.tui.test_hostile_text import screen_text

RULE = "web_search network search.example.org"


async def _open(stage: Stage, key: str) -> None:
    await stage.press("escape")
    await stage.calm()
    await stage.press(key)


def _rows(stage: Stage) -> dict[str, ArgumentRow]:
    return {row.field.name: row for row in stage.app.screen.query(ArgumentRow)}


async def test_approval_card_shows_outgoing_data_changes_and_rule_reach():
    async with staged(MemoryLibrary(asking_session()), session_id="s3") as stage:
        drawn = screen_text(stage.app)
        for words in (
            "from the desk: “Corvanne",
            "17,450 thousand” S2",
            "from you: “Tharnholm operating margin”,",
            "since c4",
            "2024{+ Corvanne rebate of 17,450 thousand+}",
            f"{RULE} · would have allowed 1 of 3 earlier calls",
        ):
            assert words in drawn


async def test_the_card_names_the_calls_that_wait_behind_the_first():
    async with staged(MemoryLibrary(waiting_session("s1", 6)), session_id="s1") as stage:
        drawn = screen_text(stage.app)
        assert "waits too  c4  Open https://example.org/notice-4" in drawn
        assert "and 2 more" in drawn


@pytest.mark.parametrize("size", [(80, 24), (45, 12)])
async def test_the_choices_of_the_card_are_in_sight_on_a_short_screen(size):
    async with staged(MemoryLibrary(asking_session()), session_id="s3", size=size) as stage:
        for key in ("", "e", "a", "n"):
            await _open(stage, key) if key else None
            choices = [choice for choice in stage.screen.card.query("#approval-choices ChoiceButton") if choice.display]
            assert choices
            assert all(choice.region.bottom <= size[1] - 2 for choice in choices), key
            await stage.press("escape")


async def test_the_card_says_the_same_on_a_terminal_that_draws_ascii_alone():
    async with staged(MemoryLibrary(waiting_session()), session_id="s1", ui=UiSettings(ascii=True)) as stage:
        for words in ("touches", "asked", "it said", "https://example.org/notice-3", "leaves"):
            assert words in screen_text(stage.app)


async def test_a_long_call_leaves_the_place_in_the_queue_in_sight():
    session = running_session()
    session.record(proposed("c8", label="Query " + "finance 漢字 " * 40), proposed("c9", label="Query " + "x " * 90))
    session.record(events.PolicyDecided("c8", "ask", "new-host"), asked("c8"))
    session.record(events.PolicyDecided("c9", "ask", "new-host"), asked("c9"))
    async with staged(MemoryLibrary(session), session_id="s1", size=(80, 24)) as stage:
        title = stage.screen.card.query_one("#approval-title", Static)
        assert title.region.height == 1
        assert "…   c8 · step" in str(title.visual)
        assert str(title.visual).endswith("1 of 2")


async def test_argument_form_has_typed_line_and_problem_for_each_argument():
    async with staged(MemoryLibrary(asking_session()), session_id="s3") as stage:
        await _open(stage, "e")
        await stage.until(lambda: isinstance(stage.app.focused, AskLine))
        rows = _rows(stage)
        assert {name: type(row.line) for name, row in rows.items()} == {
            "query": AskLine,
            "limit": AskLine,
            "time": ValuePicker,
            "safe": ValuePicker,
            "hosts": AskLine,
        }
        await stage.press("tab", "9")
        assert "must be a whole number from 1 to 20" in screen_text(stage.app)
        await stage.calm()
        await stage.press("enter")
        assert "`limit` must be a whole number" in str(stage.find("#approval-hint").render())
        assert stage.session.commands == []
        await stage.press("backspace", "backspace", "tab", "right", "tab", "space", "tab", *"a.org")
        await stage.calm()
        await stage.press("enter")
        edited = {
            "query": "Tharnholm operating margin 2024 Corvanne rebate of 17,450 thousand",
            "time": "year",
            "safe": False,
            "hosts": ["a.org"],
        }
        await stage.until(lambda: stage.session.commands == [commands.Approve("c5", edited)])


async def test_a_value_is_picked_with_the_mouse():
    async with staged(MemoryLibrary(asking_session()), session_id="s3") as stage:
        await _open(stage, "e")
        await stage.until(lambda: "time" in _rows(stage))
        pick = _rows(stage)["time"].line
        await stage.pilot.click(pick, offset=(str(pick.render()).index("month") + 1, 0))
        assert isinstance(pick, ValuePicker)
        assert pick.value == "month"


async def test_arguments_left_as_they_are_run_as_they_are():
    async with staged(MemoryLibrary(asking_session()), session_id="s3") as stage:
        await _open(stage, "e")
        await stage.until(lambda: isinstance(stage.app.focused, AskLine))
        await stage.calm()
        await stage.press("enter")
        same = {"query": "Tharnholm operating margin 2024 Corvanne rebate of 17,450 thousand", "limit": 5}
        await stage.until(lambda: stage.session.commands == [commands.Approve("c5", same)])


async def test_rule_shows_the_calls_it_would_have_allowed_while_it_is_typed():
    async with staged(MemoryLibrary(asking_session()), session_id="s3") as stage:
        await _open(stage, "a")
        text = stage.find("#approval-text")
        assert "c4" in screen_text(stage.app).split("so far")[1].split(RULE)[0]
        await stage.press("x")
        assert "does not cover the call itself" in screen_text(stage.app)
        assert text.display


async def test_a_digit_in_the_empty_note_is_a_ready_reason_and_decides_nothing():
    async with staged(MemoryLibrary(waiting_session()), session_id="s1") as stage:
        await _open(stage, "n")
        await stage.press("4")
        line = stage.app.screen.query_one(NoteLine)
        assert line.value == VETO_REASONS[3].note
        assert stage.session.commands == []
        await stage.press("2")
        assert line.value == VETO_REASONS[3].note + "2", "a digit in a note is a digit"
        await stage.press("backspace")
        await stage.calm()
        await stage.press("enter")
        await stage.until(lambda: stage.session.commands == [commands.Veto("c3", VETO_REASONS[3].note)])


async def test_a_click_on_a_ready_reason_puts_it_into_the_note():
    async with staged(MemoryLibrary(waiting_session()), session_id="s1", size=(80, 24)) as stage:
        await _open(stage, "n")
        reasons = list(stage.app.screen.query("#approval-reasons ChoiceButton").results(ChoiceButton))
        assert len(reasons) == len(VETO_REASONS)
        await stage.pilot.click(reasons[-1])
        await stage.until(lambda: stage.app.screen.query_one(NoteLine).value == VETO_REASONS[-1].note)
        assert stage.session.commands == []

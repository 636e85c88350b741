"""The session screen: what it shows of a session, and that nothing a person typed is lost."""

import pytest
from textual.events import Paste
from textual.widgets import Static

from kimi_tui import commands, events
from kimi_tui.config import UiSettings
from kimi_tui.events import Delta, Usage
from kimi_tui.evidence.cited_places import CitedPlace
from kimi_tui.evidence.places import SourcePlace
from kimi_tui.sources import Part
from kimi_tui.tui.panels.sources import SourcesPanel
from kimi_tui.tui.screens.dialog import Dialog
from kimi_tui.tui.screens.question_dialogs import WITHDRAWAL_REASONS
from kimi_tui.tui.screens.session import SessionScreen
from kimi_tui.tui.timeline.view import TimelineView
from kimi_tui.tui.wait_notice import TooSmallScreen
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.note_line import NoteLine
from kimi_tui.tui.widgets.text_line import TextLine
from tests.tui.sessions import (
    MemoryLibrary,
    MemorySession,
    finished_session,
    opened,
    running_session,
    source,
    waiting_session,
)
from tests.tui.stage import staged
from tests.tui.test_hostile_text import screen_text


async def test_the_line_steers_a_running_turn_and_asks_after_it():
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        line = stage.app.screen.query_one("#ask", AskLine)
        assert "Steer" in str(line.placeholder)
        await stage.press(*"use EUR", "enter")
        await stage.until(lambda: stage.session.commands == [commands.Steer("use EUR")])
        await stage.until(lambda: line.text == "")
        await stage.session.tell(events.TurnFinished("answered"))
        await stage.until(lambda: "Ask" in str(line.placeholder))
        await stage.press(*"and 2025", "enter")
        await stage.until(lambda: commands.AskQuestion("and 2025") in stage.session.commands)


async def test_a_refused_text_stays_in_the_line_and_the_reason_is_shown():
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        stage.session.refusal = "the session is being closed"
        await stage.press(*"use EUR", "enter")
        await stage.until(lambda: stage.app._notifications)
        assert [notice.message for notice in stage.app._notifications] == ["the session is being closed"]
        assert stage.app.screen.query_one("#ask", AskLine).text == "use EUR"


async def test_approval_card_refused_edit_keeps_text():
    async with staged(MemoryLibrary(waiting_session()), session_id="s1") as stage:
        await stage.press("escape")
        await stage.calm()
        await stage.press("e")
        await stage.until(lambda: isinstance(stage.app.focused, AskLine))
        await stage.press(*"-new")
        stage.session.refusal = "`url` must be an http or https address"
        await stage.calm()
        await stage.press("enter")
        await stage.until(lambda: stage.session.refusal in str(stage.find("#approval-hint").render()))
        assert isinstance(stage.app.focused, AskLine)
        assert stage.app.focused.text == "https://example.org/notice-3-new"


async def test_the_form_keeps_types_and_says_what_it_cannot_read():
    session = running_session()
    call = events.ToolCallProposed("c8", "search", {"query": "a", "limit": 8, "deep": True}, "{}", "Search")
    session.record(call, events.PolicyDecided("c8", "ask", "r"), events.ApprovalRequested("c8", "r", "why"))
    async with staged(MemoryLibrary(session), session_id="s1") as stage:
        await stage.press("escape")
        await stage.calm()
        await stage.press("e")
        await stage.until(lambda: isinstance(stage.app.focused, AskLine))
        await stage.press("tab", "backspace", "x")
        await stage.calm()
        await stage.press("enter")
        assert "`limit` is not valid JSON" in str(stage.find("#approval-hint").render())
        await stage.press("backspace", "5", "tab", "tab", *'{"site": "a"}')
        await stage.calm()
        await stage.press("enter")
        edited = {"query": "a", "limit": 5, "deep": True, "site": "a"}
        await stage.until(lambda: stage.session.commands == [commands.Approve("c8", edited)])


async def test_while_the_model_thinks_the_line_says_how_to_make_it_act():
    async with staged(MemoryLibrary(running_session()), session_id="s1", size=(80, 24)) as stage:
        assert "act now" not in screen_text(stage.app)
        await stage.session.tell(events.StepStarted(3, "", 0))
        await stage.until(lambda: "Steer the model; esc, then t makes it act now" in screen_text(stage.app))
        await stage.press("escape")
        await stage.until(lambda: "makes it act now" not in screen_text(stage.app))


async def test_a_result_is_withdrawn_for_a_ready_reason():
    async with staged(MemoryLibrary(running_session()), session_id="s1", size=(80, 24)) as stage:
        await stage.press("escape")
        stage.screen.timeline.selection.jump_to_call("c2")
        await stage.press("w")
        await stage.until(lambda: stage.app.screen.query("#dialog-reasons"))
        reasons = list(stage.app.screen.query("#dialog-reasons ChoiceButton"))
        assert len(reasons) == len(WITHDRAWAL_REASONS)
        assert all(reason.region.right <= stage.find("#dialog").region.right for reason in reasons)
        await stage.press("2")
        line = stage.app.screen.query_one(NoteLine)
        assert line.value == WITHDRAWAL_REASONS[1].note
        await stage.press(*"2", "backspace")
        await stage.pilot.click("#choice-reason-5")
        assert line.value == WITHDRAWAL_REASONS[4].note
        assert line.has_focus
        await stage.press("enter")
        await stage.until(lambda: stage.session.commands == [commands.Withdraw("c2", WITHDRAWAL_REASONS[4].note)])


async def test_a_rule_can_be_narrowed_and_a_call_without_a_rule_offers_none():
    async with staged(MemoryLibrary(waiting_session()), session_id="s1") as stage:
        await stage.press("escape")
        await stage.calm()
        await stage.press("a", *"/notices")
        await stage.calm()
        await stage.press("enter")
        narrowed = commands.ApproveAlways("c3", "open_page network example.org/notices")
        await stage.until(lambda: stage.session.commands == [narrowed])
    session = running_session()
    session.record(events.ToolCallProposed("c8", "t", {}, ""), events.PolicyDecided("c8", "ask", "r"))
    session.record(events.ApprovalRequested("c8", "r", "why"))
    async with staged(MemoryLibrary(session), session_id="s1") as stage:
        await stage.press("escape")
        await stage.calm()
        await stage.press("a")
        assert stage.screen.card.mode == "decide"
        assert "standing rule" in str(stage.find("#approval-hint").render())


async def test_approval_card_shows_call_target_reason_and_last_words():
    async with staged(MemoryLibrary(waiting_session("s1", 3)), session_id="s1") as stage:
        drawn = screen_text(stage.app)
        for words in (
            "Open https://example.org/notice-3",
            "1 of 3",
            "connects to example.org",
            "No rule allows this host yet. (new-host)",
            "I need to open that page.",
            "https://example.org/notice-3",
        ):
            assert words in drawn


async def test_timeline_recorded_block_replaces_fragments():
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await stage.session.tell(events.StepStarted(3, "", 2_000))
        stage.session.stream(*(Delta("main", 3, "text", f"word{n} ") for n in range(500)))
        await stage.until(lambda: "word499" in screen_text(stage.app))
        await stage.session.tell(events.MessageRecorded("The whole answer."), events.StepFinished(Usage(), 1.0, "stop"))
        await stage.until(lambda: "The whole answer." in screen_text(stage.app))
        assert "word499" not in screen_text(stage.app)


async def test_session_screen_unreadable_session_shows_reason():
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        stage.session.problem = "the journal was removed"
        await stage.session.tell(events.RunPaused("engine"))
        await stage.until(lambda: "the journal was removed" in [n.message for n in stage.app._notifications])


async def test_session_screen_engine_end_in_turn_is_notified():
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        stage.session.stream(None)
        await stage.until(lambda: stage.app._notifications)
        assert "has ended" in next(iter(stage.app._notifications)).message


async def test_session_screen_engine_end_shows_known_reason():
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        stage.session.engine_failure = "the engine of session s1 failed (KeyError: 'x'; /home/runner.log says where)"
        stage.session.stream(None)
        await stage.until(lambda: stage.app._notifications)
        assert "KeyError: 'x'; /home/runner.log" in next(iter(stage.app._notifications)).message


async def test_a_long_paste_is_one_token_on_the_screen_and_whole_when_sent():
    text = "line one\n" * 12_000
    async with staged(MemoryLibrary()) as stage:
        await stage.press(*"see ")
        stage.app.post_message(Paste(text))
        await stage.press(*" now")
        line = stage.app.screen.query_one(AskLine)
        assert line.text == "see [pasted 1: 108 KB] now"
        await stage.press("enter")
        await stage.opened()
        assert stage.session.state.run.questions == [f"see {text} now"]


async def test_short_paste_of_several_lines_is_kept_unchanged():
    async with staged(MemoryLibrary()) as stage:
        stage.app.post_message(Paste("one\r\ntwo\nthree"))
        await stage.pilot.pause()
        assert stage.app.screen.query_one(AskLine).text == "one\ntwo\nthree"
        assert isinstance(stage.app.screen.query_one(AskLine), AskLine)


async def test_a_paste_outside_every_line_goes_into_the_line_and_runs_no_action():
    async with staged(MemoryLibrary(waiting_session()), session_id="s1") as stage:
        await stage.press("escape")
        await stage.calm()
        stage.app.post_message(Paste("yyy in EUR"))
        await stage.pilot.pause()
        assert stage.app.screen.query_one("#ask", AskLine).text == "yyy in EUR"
        assert stage.session.commands == []


async def test_session_screen_waiting_call_behind_panel_is_notified():
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await stage.press("escape", "g")
        stage.session.record(events.ToolCallProposed("c8", "t", {}, ""), events.PolicyDecided("c8", "ask", "r"))
        await stage.session.tell(events.ApprovalRequested("c8", "r", "why"))
        await stage.until(lambda: stage.app._notifications)
        assert "waits for you" in next(iter(stage.app._notifications)).message
        await stage.until(lambda: "c8" in stage.row_ids("#calls"))


@pytest.mark.parametrize(("width", "shown"), [(80, False), (99, False), (100, True), (200, True)])
async def test_the_side_folds_away_by_width(width, shown):
    async with staged(MemoryLibrary(running_session()), session_id="s1", size=(width, 30)) as stage:
        assert stage.find("#side").display is shown
        await stage.press("escape", "v")
        assert stage.find("#side").display is not shown


async def test_a_terminal_too_small_says_so_and_comes_back():
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await stage.press(*"half a sen")
        for size in ((39, 24), (1, 1), (80, 9)):
            await stage.pilot.resize_terminal(*size)
            await stage.until(lambda: isinstance(stage.app.screen, TooSmallScreen))
        await stage.pilot.resize_terminal(80, 24)
        await stage.until(lambda: isinstance(stage.app.screen, SessionScreen))
        await stage.press(*"tence")
        assert stage.app.screen.query_one("#ask", AskLine).text == "half a sentence"


async def test_a_citation_opens_its_source_at_the_place():
    parts = tuple(Part(f"p.{n}", f"Page {n} " + "of figures " * 400) for n in range(1, 9))
    filing = source(1, "Annual report", *parts)
    session = MemorySession("s1", sources=(filing,))
    session.record(opened(), events.QuestionAsked("Why?"), events.StepStarted(1, "", 1))
    session.record(
        events.ToolCallProposed("c1", "read", {}, ""), events.ObservationRecorded("c1", "ok", "", (filing.ref,))
    )
    async with staged(MemoryLibrary(session), session_id="s1") as stage:
        stage.screen.timeline.post_message(TimelineView.SourceChosen(CitedPlace(SourcePlace("S1", "p.6", "p.", 6, 6))))
        await stage.until(lambda: isinstance(stage.app.screen, SourcesPanel))
        await stage.until(lambda: "[S1 p.6]" in screen_text(stage.app))
        assert "[S1 p.1]" not in screen_text(stage.app)


async def test_a_link_is_opened_only_after_its_whole_address_was_shown():
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        address = "https://example.org/" + "long/" * 20
        stage.screen.timeline.post_message(TimelineView.LinkChosen(address))
        await stage.until(lambda: isinstance(stage.app.screen, Dialog))
        await stage.until(lambda: screen_text(stage.app).count("long/") == 20)
        await stage.press("escape")
        await stage.until(lambda: isinstance(stage.app.screen, SessionScreen))


async def test_a_cap_is_raised_in_its_panel_and_nonsense_is_refused():
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await stage.press("escape", "b", "enter")
        assert stage.app.screen.query_one("#cap", TextLine).value == "150"
        await stage.press("x", "enter")
        assert "must be a number" in next(iter(stage.app._notifications)).message
        await stage.press("backspace", "enter")
        await stage.until(lambda: stage.session.commands == [commands.RaiseBudget("steps", 150.0)])
        await stage.until(lambda: "2 of 150" in screen_text(stage.app))


async def test_a_standing_rule_is_revoked_in_its_panel():
    session = waiting_session()
    session.record(events.ApprovalResolved("c3", "always", pattern="open_page network *"))
    async with staged(MemoryLibrary(session), session_id="s1") as stage:
        await stage.press("escape", "r")
        await stage.until(lambda: stage.row_ids("#rules") == ["open_page network *"])
        await stage.press("enter")
        await stage.until(lambda: stage.session.commands == [commands.RevokeRule("open_page network *")])
        await stage.until(lambda: not stage.row_ids("#rules"))


async def test_the_map_filters_and_jumps():
    async with staged(MemoryLibrary(waiting_session("s1", 3)), session_id="s1") as stage:
        await stage.press("escape", "g", "shift+tab", *"notice-4")
        await stage.until(lambda: stage.row_ids("#calls") == ["c4"])
        await stage.press("enter", "enter")
        await stage.until(lambda: stage.screen.timeline.selection.call == "c4")


async def test_the_context_panel_marks_what_is_hidden():
    session = running_session()
    session.record(events.ContextCompacted("hide", ("c2",)))
    async with staged(MemoryLibrary(session), session_id="s1") as stage:
        await stage.press("escape", "c")
        await stage.until(lambda: "1 hidden" in screen_text(stage.app))
        assert "hidden: [Result c2" in screen_text(stage.app)


async def test_a_result_of_a_folded_step_is_read_and_brought_back_with_one_key():
    session = running_session()
    session.record(events.ContextCompacted("fold", (), "[Checkpoint. So far.]", through=9))
    async with staged(MemoryLibrary(session), session_id="s1") as stage:
        await stage.press("escape", "c")
        await stage.until(lambda: stage.row_ids("#messages") == ["0", "1", "2", "c1", "c2"])
        await stage.press("end", "enter")
        await stage.until(lambda: "The operating margin fell to 9.1 %" in screen_text(stage.app))
        await stage.press("u")
        await stage.until(lambda: stage.session.commands == [commands.Unhide("c2")])
        await stage.until(lambda: stage.row_ids("#messages") == ["0", "1", "2", "3", "c1"])


async def test_a_replay_takes_no_orders():
    async with staged(MemoryLibrary(finished_session("s2")), session_id="s2", replay_speed=0.0) as stage:
        assert not stage.find("#ask-frame").display
        await stage.press("p", "i", "ctrl+x")
        assert stage.session.commands == []
        assert "replay" in screen_text(stage.app)


async def test_the_bell_rings_once_when_a_call_begins_to_wait():
    rung = []
    async with staged(MemoryLibrary(running_session()), session_id="s1", ui=UiSettings(bell=True)) as stage:
        vars(stage.app)["bell"] = lambda: rung.append(1)
        stage.session.record(events.ToolCallProposed("c8", "t", {}, ""), events.PolicyDecided("c8", "ask", "r"))
        await stage.session.tell(events.ApprovalRequested("c8", "r", "why"))
        await stage.until(lambda: stage.screen.card.display)
        await stage.session.tell(events.SteerReceived("x"))
        await stage.pilot.pause()
        assert rung == [1]


@pytest.mark.parametrize(("leave", "sent"), [("background", []), ("pause", [commands.Pause()])])
async def test_leaving_does_with_a_running_turn_what_the_settings_say(leave, sent):
    library = MemoryLibrary(running_session())
    async with staged(library, session_id="s1", ui=UiSettings(leave=leave)) as stage:
        await stage.press("ctrl+q")
        await stage.until(lambda: not stage.app.is_running)
    assert library.held["s1"].commands == sent


async def test_leaving_without_a_running_turn_asks_nothing():
    async with staged(MemoryLibrary(finished_session("s2")), session_id="s2") as stage:
        await stage.press("ctrl+q")
        await stage.until(lambda: not stage.app.is_running)


async def test_memo_is_readable_while_it_is_written():
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await stage.session.tell(events.StepStarted(3, "", 2_000))
        await stage.press("escape", "m")
        pieces = ('{"title": "Margins", "me', 'mo": "The margin fell', " to 9.1 %\\n\\nIt was res")
        stage.session.stream(*(Delta("main", 3, "call", piece, 0, "submit_memo") for piece in pieces))
        await stage.until(lambda: "It was res" in screen_text(stage.app))
        assert "being written: 9 words so far" in screen_text(stage.app)
        memo = {"kind": "memo", "title": "Margins", "text": "All of it.", "citations": [], "sources": [], "uncited": []}
        await stage.session.tell(events.StepFinished(Usage(), 1.0, "stop"), events.TurnFinished("answered", memo))
        await stage.until(lambda: "All of it." in screen_text(stage.app))
        assert "It was res" not in screen_text(stage.app)


async def test_budgets_panel_raise_key_raises_cap_by_half():
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await stage.press("escape", "b", "down", "plus")
        await stage.until(lambda: stage.session.commands == [commands.RaiseBudget("tokens", 750_000.0)])
        drawn = screen_text(stage.app)
        words = str(stage.app.screen.query_one("#sheet-title", Static).content)
        assert "room for about 98 more steps, by steps" in words
        assert "session: " in drawn, "the line is shown to its end"
        assert "tokens written" in drawn
        assert "context filling" in drawn


async def test_pause_is_seen_while_a_call_waits_and_its_key_resumes() -> None:
    async with staged(MemoryLibrary(waiting_session("s1")), session_id="s1") as stage:
        await stage.press("escape")
        assert "p Pause" in screen_text(stage.app)
        await stage.press("p")
        await stage.until(lambda: stage.screen.state.run.paused)
        await stage.until(lambda: "p Go on" in screen_text(stage.app))
        assert "waits for you · paused" in screen_text(stage.app)
        await stage.press("escape", "p")
        await stage.until(lambda: "p Pause" in screen_text(stage.app))

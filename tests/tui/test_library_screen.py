"""The library: what it shows first, what it says of damaged sessions, and how it starts a new one."""

import msgspec

from kimi_tui.session import SearchHit, SessionSummary
from kimi_tui.tui.screens.library import SAMPLE_DESK_LABEL, LibraryScreen
from kimi_tui.tui.screens.library_facts import NOT_KIMI_NOTICE
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.row_list import RowList
from kimi_tui.tui.widgets.suggestion_list import SAMPLE_HEADING
from tests.tui.sessions import START, MemoryLibrary, finished_session, running_session
from tests.tui.stage import staged
from tests.tui.test_hostile_text import screen_text


async def test_an_empty_library_explains_itself_and_names_the_model():
    async with staged(MemoryLibrary()) as stage:
        drawn = screen_text(stage.app)
        assert "Ask a question: the model searches" in drawn
        assert "kimi-k2-thinking at http://127.0.0.1:8000/v1 answers." in drawn
        assert "Why did the margin fall?" in drawn
        assert NOT_KIMI_NOTICE not in drawn


async def test_the_embedded_researcher_is_never_presented_as_kimi():
    for library in (MemoryLibrary(), MemoryLibrary(finished_session())):
        async with staged(library, model_line="extractive-researcher") as stage:
            assert screen_text(stage.app).count(NOT_KIMI_NOTICE) == 1


async def test_a_suggestion_goes_into_the_line_and_enter_starts_it():
    async with staged(MemoryLibrary()) as stage:
        await stage.press("tab", "enter")
        assert stage.app.screen.query_one(AskLine).text == "Why did the margin fall?"
        await stage.press("enter")
        await stage.opened()
        assert stage.session.state.run.questions == ["Why did the margin fall?"]


async def test_a_question_that_cannot_be_started_stays_in_the_line():
    library = MemoryLibrary()
    library.problem = "the server at http://127.0.0.1:1 does not answer; start it"
    async with staged(library) as stage:
        await stage.press(*"why", "enter")
        await stage.until(lambda: library.problem in [notice.message for notice in stage.app._notifications])
        line = stage.app.screen.query_one(AskLine)
        assert line.text == "why"
        assert not line.read_only


async def test_a_session_that_cannot_be_read_shows_its_problem_and_can_be_deleted():
    at = START.isoformat()
    library = MemoryLibrary()
    library.lines["bad"] = SessionSummary("bad", "", "damaged", 0, 0, 0, at, at, problem="the chain breaks at entry 7")
    async with staged(library) as stage:
        assert "the chain breaks at entry 7" in screen_text(stage.app)
        library.problem = "nothing of it can be read"
        await stage.press("escape", "enter")
        await stage.until(lambda: "nothing of it can be read" in [note.message for note in stage.app._notifications])
        assert isinstance(stage.app.screen, LibraryScreen)
        library.problem = ""
        await stage.press("d")
        await stage.until(lambda: not library.lines)


async def test_search_finds_questions_and_places_and_opens_at_the_place():
    library = MemoryLibrary(running_session("s1"), finished_session("s2"))
    library.hits = [SearchHit("s2", 4, "reasoning", "search the desk for the margins")]
    async with staged(library) as stage:
        await stage.press("escape", "slash", *"search the desk")
        await stage.until(lambda: stage.row_ids() == ["hit 0"])
        await stage.press("enter", "enter")
        await stage.opened()
        assert stage.session.id == "s2"
        await stage.until(lambda: stage.screen.timeline.selection.index == 1)


async def test_a_found_place_is_shown_from_its_word_on_beside_its_session():
    library = MemoryLibrary(finished_session("s2"))
    library.hits = [SearchHit("s2", 4, "reasoning", "a long way " * 9 + "to the Backlog of orders")]
    async with staged(library, size=(80, 24)) as stage:
        await stage.press("escape", "slash", *"backlog")
        await stage.until(lambda: "…ay to the Backlog" in screen_text(stage.app))
        for words in ("where", "what", "session", "1 place"):
            assert words in screen_text(stage.app)


async def test_the_list_has_a_column_for_the_cost_only_when_something_was_paid():
    library = MemoryLibrary(running_session("s1"))
    async with staged(library) as stage:
        assert "cost" not in screen_text(stage.app)
        library.lines["s1"] = library.held["s1"].summary(cost=1.25)
        await stage.press("escape", "f5")
        await stage.until(lambda: "cost" in screen_text(stage.app))
        assert "$1.25" in screen_text(stage.app)


async def test_a_short_screen_gives_its_lines_to_the_sessions():
    async with staged(MemoryLibrary(running_session("s1"), finished_session("s2")), size=(80, 24)) as stage:
        assert stage.first.rows.region.y <= 6


async def test_the_list_is_read_again_while_a_session_runs():
    library = MemoryLibrary(running_session("s1"))
    async with staged(library) as stage:
        library.lines["s1"] = msgspec.structs.replace(library.held["s1"].summary(), steps=77)
        stage.first._refresh_if_due()
        await stage.until(lambda: stage.app.screen.query_one("#sessions", RowList).rows[1].cells[3].text == "77")


async def test_under_a_session_the_list_is_read_while_another_one_runs_and_drawn_when_it_is_seen_again():
    library = MemoryLibrary(running_session("s1"), running_session("s2"))
    async with staged(library) as stage:
        await stage.press("escape", "enter")
        await stage.opened()
        stage.first.set_class(True, "-empty")  # what a look at the list takes away
        other = "s2" if stage.session.id == "s1" else "s1"
        library.lines[other] = msgspec.structs.replace(library.held[other].summary(), steps=77)
        stage.first._refresh_if_due()
        await stage.until(lambda: stage.first.sessions[other].steps == 77)
        assert stage.first.has_class("-empty")
        stage.screen.dismiss()
        await stage.until(lambda: not stage.first.has_class("-empty"))


async def test_under_the_only_session_that_runs_the_list_is_not_read():
    library = MemoryLibrary(running_session("s1"))
    async with staged(library) as stage:
        await stage.press("escape", "enter")
        await stage.opened()
        library.lines["s1"] = msgspec.structs.replace(library.held["s1"].summary(), steps=77)
        for _ in range(10):
            stage.first._refresh_if_due()
            await stage.pilot.pause()
        assert stage.first.sessions["s1"].steps != 77


async def test_library_unlistable_session_shows_reason():
    library = MemoryLibrary(finished_session("s2"))
    async with staged(library) as stage:
        library.problem = "process 4711 works on it; stop that first"
        await stage.press("escape", "d")
        await stage.until(lambda: library.problem in [notice.message for notice in stage.app._notifications])
        assert "s2" in library.held


async def test_undo_that_fails_keeps_the_session_for_the_next_try():
    library = MemoryLibrary(finished_session("s2"))
    async with staged(library) as stage:
        await stage.press("escape", "d")
        await stage.until(lambda: "s2" in library.trash)
        library.problem = "the disk is full"
        await stage.press("u")
        await stage.until(lambda: library.problem in [notice.message for notice in stage.app._notifications])
        library.problem = ""
        await stage.press("u")
        await stage.until(lambda: "s2" in library.held)
        await stage.until(lambda: stage.session_ids() == ["s2"])


async def test_undo_of_a_session_that_is_gone_for_good_continues_with_the_one_before():
    library = MemoryLibrary(finished_session("s1"), finished_session("s2"))
    async with staged(library) as stage:
        await stage.press("escape", "d")
        await stage.until(lambda: len(library.trash) == 1)
        await stage.until(lambda: len(stage.session_ids()) == 1)
        first = next(iter(library.trash))
        await stage.press("d")
        await stage.until(lambda: len(library.trash) == 2)
        second = next(session for session in library.trash if session != first)
        del library.trash[second]
        await stage.press("u")
        await stage.until(lambda: f"{second} is gone" in [notice.message for notice in stage.app._notifications])
        await stage.press("u")
        await stage.until(lambda: first in library.held)


async def test_without_a_desk_a_suggestion_is_asked_of_the_sample_desk():
    async with staged(MemoryLibrary(), desk="") as stage:
        assert SAMPLE_HEADING in screen_text(stage.app)
        await stage.press("tab", "enter")
        assert SAMPLE_DESK_LABEL in screen_text(stage.app)
        await stage.press("enter")
        await stage.opened()
        assert stage.library.on_sample


async def test_library_preview_narrow_screen_is_below_list():
    library = MemoryLibrary(running_session("s1"), finished_session("s2"))
    async with staged(library, size=(80, 24)) as stage:
        await stage.press("escape", "space")
        await stage.until(lambda: "Memo: Tharnholm's margin in 2024" in screen_text(stage.app))
        assert stage.find("#glance").region.y > stage.find("#sessions").region.y
        await stage.press("down")
        await stage.until(lambda: "running · 2 steps" in screen_text(stage.app))
        await stage.pilot.resize_terminal(140, 40)
        await stage.until(lambda: stage.find("#glance").region.x > stage.find("#sessions").region.x)


async def test_a_session_that_cannot_be_looked_at_shows_its_line():
    at = START.isoformat()
    library = MemoryLibrary()
    library.lines["s9"] = SessionSummary("s9", "Why?", "finished", 3, 0, 0, at, at)
    async with staged(library) as stage:
        await stage.press("escape", "space")
        await stage.until(lambda: "finished · 3 steps" in screen_text(stage.app))


async def test_without_a_desk_the_line_says_how_to_have_one() -> None:
    async with staged(MemoryLibrary(), desk="", size=(80, 24)) as stage:
        assert "Ask a question (kimi-tui --desk FOLDER has your documents read)" in screen_text(stage.app)


class CountingLibrary(MemoryLibrary):
    """Counts how often its list is read."""

    readings = 0

    async def sessions(self) -> list[SessionSummary]:
        self.readings += 1
        return await super().sessions()


async def test_list_of_sessions_is_read_once_when_the_app_starts():
    library = CountingLibrary(finished_session())
    async with staged(library) as stage:
        await stage.until(lambda: len(stage.app.screen.query_one("#sessions", RowList).rows) > 0)
        await stage.pilot.pause()
        assert library.readings == 1

"""The library: what it shows first, what it says of damaged sessions, and how it starts a new one."""

import msgspec

from kimi_tui.session import SearchHit, SessionSummary
from kimi_tui.tui.screens.dialog import Dialog
from kimi_tui.tui.screens.library import NOT_KIMI, LibraryScreen
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.row_list import RowList
from tests.tui.sessions import START, MemoryLibrary, finished_session, running_session
from tests.tui.stage import staged
from tests.tui.test_hostile_text import screen_text


async def test_an_empty_library_explains_itself_and_names_the_model():
    async with staged(MemoryLibrary()) as stage:
        drawn = screen_text(stage.app)
        assert "Ask a question. The model plans" in drawn
        assert "kimi-k2-thinking at http://127.0.0.1:8000/v1 answers." in drawn
        assert "Why did the margin fall?" in drawn
        assert NOT_KIMI not in drawn


async def test_the_embedded_researcher_is_never_presented_as_kimi():
    for library in (MemoryLibrary(), MemoryLibrary(finished_session())):
        async with staged(library, model_line="extractive-researcher") as stage:
            assert screen_text(stage.app).count(NOT_KIMI) == 1


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
        await stage.until(lambda: isinstance(stage.app.screen, Dialog))
        await stage.press("right", "enter")
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
        await stage.until(lambda: stage.screen.timeline.selected == 1)


async def test_the_list_is_read_again_while_a_session_runs():
    library = MemoryLibrary(running_session("s1"))
    async with staged(library) as stage:
        library.lines["s1"] = msgspec.structs.replace(library.held["s1"].summary(), steps=77)
        stage.first._refresh_if_due()
        await stage.until(lambda: stage.app.screen.query_one("#sessions", RowList).rows[0].cells[3].text == "77")


async def test_a_session_that_cannot_be_listed_or_deleted_is_told_in_words():
    library = MemoryLibrary(finished_session("s2"))
    async with staged(library) as stage:
        await stage.press("escape", "d")
        await stage.until(lambda: isinstance(stage.app.screen, Dialog))
        library.problem = "process 4711 works on it; stop that first"
        await stage.press("right", "enter")
        await stage.until(lambda: library.problem in [notice.message for notice in stage.app._notifications])
        assert "s2" in library.held

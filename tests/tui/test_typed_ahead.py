"""What is typed faster than it is read arrives whole and in order."""

from textual import events

from kimi_tui.tui.widgets.ask_line import AskLine
from tests.tui.sessions import MemoryLibrary
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

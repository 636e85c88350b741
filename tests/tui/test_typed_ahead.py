"""What is typed faster than it is read arrives whole and in order."""

from textual import events

from tests.tui.sessions import MemoryLibrary
from tests.tui.stage import staged


async def test_an_enter_never_overtakes_the_letters_before_it() -> None:
    library = MemoryLibrary()
    question = "how large was the order backlog at the end of the year"
    async with staged(library) as stage:
        for letter in question:
            stage.app.post_message(events.Key("space" if letter == " " else letter, letter))
        stage.app.post_message(events.Key("enter", "\r"))
        await stage.until(lambda: bool(library.held))
        assert [session.summary().question for session in library.held.values()] == [question]

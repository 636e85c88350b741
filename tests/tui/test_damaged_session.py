"""A damaged session on the screen: what is sound, a banner that says what is damaged, and one key that salvages it."""

import pytest
from textual.widgets import Static

from kimi_tui.tui.messages import OpenRequested
from kimi_tui.tui.screens.dialog import Dialog
from kimi_tui.tui.screens.library import LibraryScreen
from kimi_tui.tui.widgets.session_header import SessionHeader
from tests.tui.sessions import MemoryLibrary, MemorySession, finished_session, running_session
from tests.tui.stage import Stage, staged

DAMAGE = "entry 9 (ToolCallStarted) does not match its digest\x1b[2J. The intact part is shown: the 8 before it."


def damaged() -> MemorySession:
    """A session of which a part can be read."""
    session = finished_session("s1")
    session.live, session.damage = False, DAMAGE
    return session


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 12)])
async def test_damage_banner_shows_damage_and_remedy(size: tuple[int, int]) -> None:
    async with staged(MemoryLibrary(damaged()), session_id="s1", size=size) as stage:
        banner = stage.screen.query_one("#damage")
        words = " ".join(str(banner.render()).split())
        assert words.startswith("Damaged, read-only: entry 9 (ToolCallStarted) does not match its digest")
        assert "\x1b" not in words
        assert "S salvages it" in words
        assert banner.size.height >= 1
        assert "damaged" in str(stage.screen.query_one(SessionHeader).render())
        assert not stage.screen.query_one("#ask-frame").display


async def test_damaged_session_salvage_key_opens_recovered_session() -> None:
    async with staged(MemoryLibrary(damaged()), session_id="s1") as stage:
        await stage.press("S")
        await stage.until(lambda: not stage.app.screen.query("#damage") and stage.app.screen.query("#ask"))
        await stage.opened()
        assert stage.screen.bridge.session.live
        assert not stage.screen.query("#damage")


async def test_a_session_that_cannot_be_salvaged_says_why_and_the_library_stays() -> None:
    library = MemoryLibrary(damaged())
    async with staged(library, session_id="s1") as stage:
        library.problem = "session s1 is damaged from its first entry"
        await stage.press("S")
        await stage.until(lambda: isinstance(stage.app.screen, LibraryScreen))
        await stage.until(lambda: any("first entry" in note.message for note in stage.app._notifications))


async def test_a_sound_session_has_no_banner_and_nothing_to_salvage() -> None:
    async with staged(MemoryLibrary(finished_session("s1")), session_id="s1") as stage:
        assert not stage.screen.query("#damage")
        await stage.press("S")
        assert stage.screen.is_current


async def unreadable(stage: Stage) -> Dialog:
    """The question that is asked when a session cannot be opened."""
    stage.app.post_message(OpenRequested("s1"))
    await stage.until(lambda: isinstance(stage.app.screen, Dialog))
    dialog = stage.app.screen
    assert isinstance(dialog, Dialog)
    return dialog


async def test_a_session_that_cannot_be_opened_is_salvaged_on_demand_and_opened() -> None:
    library = MemoryLibrary(finished_session("s1"))
    library.unreadable["s1"] = "the file is damaged (not a database)\x1b[2J"
    async with staged(library) as stage:
        dialog = await unreadable(stage)
        reported = " ".join(str(text.render()) for text in dialog.query(Static))
        assert "not a database" in reported
        assert "\x1b" not in reported
        await stage.press("right", "enter")
        await stage.opened()
        assert not library.unreadable


async def test_session_that_cannot_be_opened_may_be_left_unchanged() -> None:
    library = MemoryLibrary(finished_session("s1"))
    library.unreadable["s1"] = "the file is damaged"
    async with staged(library) as stage:
        await unreadable(stage)
        await stage.press("enter")
        await stage.until(lambda: isinstance(stage.app.screen, LibraryScreen))
        assert library.unreadable


async def test_damaged_session_clock_is_stopped() -> None:
    session = running_session("s1")
    session.live, session.damage = False, DAMAGE
    async with staged(MemoryLibrary(session), session_id="s1") as stage:
        clock = stage.screen.timeline.timeline._clock
        assert clock() == clock()

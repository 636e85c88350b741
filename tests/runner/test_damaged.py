"""A damaged session opens to read, is salvaged in its place, and harms no other session."""

import os
import sqlite3
from contextlib import closing

import pytest

from kimi_tui.commands import Resume, Stop
from kimi_tui.events import RunPaused, ToolCallStarted
from kimi_tui.journal.recovery.damage_mark import mark_damaged
from kimi_tui.runner.client import RunnerSession
from kimi_tui.session import Session, SessionError
from tests.runner.kit import CALCULATE, MEMO, OPEN, Place, is_asked, is_finished, until


def damage(place: Place, session: str, seq: int) -> None:
    """Change one entry of a session's file."""
    with closing(sqlite3.connect(place.library.shelf.path(session))) as connection, connection:
        connection.execute("update entries set at = '1999' where seq = ?", (seq,))


async def left(place: Place, session: Session) -> str:
    """Detach, kill the runner, and return the session's id."""
    await session.close()
    os.kill(place.runner(session.id) or 0, 9)
    await place.ended(session.id)
    return session.id


async def test_a_damaged_session_opens_to_read_and_the_other_one_to_work(place: Place) -> None:
    first = await place.started(OPEN, CALCULATE, MEMO)
    await until(first, is_asked)
    second = await place.library.start("And thrice?")
    await until(second, is_asked)
    damaged, sound = await left(place, first), await left(place, second)
    damage(place, damaged, 3)
    for opened in (await place.library.open(damaged), await place.library.replay(damaged)):
        assert not opened.live
        assert "entry 3" in opened.damage
        assert [entry.seq async for entry in opened.tail()] == [1, 2]
        await opened.close()
    assert place.runner(damaged) is None
    other = await place.library.open(sound)
    assert isinstance(other, RunnerSession)
    assert other.damage == ""
    await until(other, is_asked)
    assert (await other.send(Stop())).accepted
    await until(other, is_finished)
    await other.close()


async def test_a_salvaged_session_holds_until_its_person_has_looked_at_it(place: Place) -> None:
    session = await place.started(CALCULATE, MEMO)
    started = await until(session, lambda entry: isinstance(entry.event, ToolCallStarted))
    await until(session, is_finished)
    name = await left(place, session)
    damage(place, name, started.seq + 1)
    reported = await place.library.salvage(name)
    assert f"Saved {started.seq} entries" in reported
    assert "damaged-1.sqlite" in reported
    again = await place.library.open(name)
    assert again.live
    held = await until(again, lambda entry: isinstance(entry.event, RunPaused))
    assert held.seq == started.seq + 1
    assert (await again.send(Resume())).accepted
    await until(again, is_finished)
    await again.close()


async def test_a_session_without_its_first_page_says_what_to_do_and_is_saved_whole(place: Place) -> None:
    session = await place.started(CALCULATE, MEMO)
    await until(session, is_finished)
    name = await left(place, session)
    path = place.library.shelf.path(name)
    with closing(sqlite3.connect(path)) as connection:
        [whole] = connection.execute("select count(*) from entries").fetchone()
    with path.open("r+b") as file:
        file.write(bytes(2048))
    with pytest.raises(SessionError, match=f"`kimi-tui salvage {name}` saves"):
        await place.library.open(name)
    assert f"Saved {whole} entries" in await place.library.salvage(name)
    again = await place.library.open(name)
    assert again.damage == ""
    await again.close()


async def test_a_sound_session_is_not_salvaged(place: Place) -> None:
    session = await place.started(CALCULATE, MEMO)
    await until(session, is_finished)
    with pytest.raises(SessionError, match="is not damaged"):
        await place.library.salvage(await left(place, session))


async def test_session_that_takes_nothing_more_opens_to_read_and_continues_after_salvage(place: Place) -> None:
    session = await place.started(CALCULATE, MEMO)
    await until(session, is_finished)
    name = await left(place, session)
    path = place.library.shelf.path(name)
    mark_damaged(path, "made for this test")
    opened = await place.library.open(name)
    assert not opened.live
    assert "made for this test" in opened.damage
    shown = [entry.seq async for entry in opened.tail()]
    await opened.close()
    assert f"Saved {len(shown)} entries" in await place.library.salvage(name)
    again = await place.library.open(name)
    assert again.damage == ""
    await again.close()

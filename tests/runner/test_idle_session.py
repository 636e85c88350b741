"""Sessions whose turn is over: read without a process, and set to work when a person asks for something."""

import asyncio
import os
import signal

from kimi_tui.commands import AskQuestion, Resume
from kimi_tui.config import load_settings
from kimi_tui.events import QuestionAsked, TurnFinished
from kimi_tui.runner.library import FolderLibrary
from kimi_tui.session import Session
from tests.runner.kit import CALCULATE, KEY, MEMO, Place, is_finished, until


def library(place: Place) -> FolderLibrary:
    """The library of the data folder, with nothing typed on a command line."""
    typed_nothing = {
        "KIMI_TUI_BASE_URL": place.server.base_url,
        "KIMI_TUI_MODEL": "scripted",
        "KIMI_TUI_API_KEY": KEY,
    }
    return FolderLibrary(load_settings(os.environ | typed_nothing))


async def answered(place: Place) -> Session:
    """A session with an answer and no runner, opened."""
    session = await place.started(CALCULATE, MEMO, CALCULATE, MEMO)
    await until(session, is_finished)
    await session.close()
    runner = place.runner(session.id)
    assert runner
    os.kill(runner, signal.SIGTERM)
    await place.ended(session.id)
    return await library(place).open(session.id)


async def test_a_finished_session_is_opened_without_a_runner(place: Place) -> None:
    session = await answered(place)
    await until(session, is_finished)
    assert session.live
    assert session.storage_trouble is None
    assert place.runner(session.id) is None
    source = await session.source("S1")
    assert source is not None
    await session.close()


async def test_settings_that_were_typed_are_sent_to_a_runner_at_once(place: Place) -> None:
    session = await answered(place)
    await session.close()
    again = await place.library.open(session.id)
    assert place.runner(session.id) is not None
    await again.close()


async def test_a_question_sets_it_to_work(place: Place) -> None:
    session = await answered(place)
    streamed = asyncio.ensure_future(anext(aiter(session.deltas())))
    assert (await session.send(AskQuestion("And three times?"))).accepted
    assert place.runner(session.id) is not None
    seen = []
    async for entry in session.tail():
        seen.append(type(entry.event))
        if seen.count(TurnFinished) == 2:
            break
    assert seen.count(QuestionAsked) == 2
    assert (await streamed).step
    await session.close()


async def test_what_cannot_be_asked_for_is_refused_in_the_words_of_the_engine(place: Place) -> None:
    session = await answered(place)
    assert (await session.send(Resume())).reason == "no turn is running"
    await session.close()


async def test_a_runner_that_cannot_start_is_a_refusal(place: Place) -> None:
    session = await answered(place)
    await place.library.delete(session.id)
    receipt = await session.send(AskQuestion("And three times?"))
    assert not receipt.accepted
    assert session.id in receipt.reason
    await session.close()


async def test_what_another_front_end_asks_is_seen(place: Place) -> None:
    session, other = await answered(place), None
    try:
        other = await library(place).open(session.id)
        assert (await other.send(AskQuestion("And three times?"))).accepted
        seen = 0
        async for entry in session.tail():
            seen += isinstance(entry.event, TurnFinished)
            if seen == 2:
                break
    finally:
        await session.close()
        if other is not None:
            await other.close()

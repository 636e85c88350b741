"""Feeds of fragments: joined by stream, in order, whatever comes between two looks."""

import asyncio

from kimi_tui.engine.change_signal import DeltaFeed
from kimi_tui.events import Delta


def reasoning(text: str, trajectory: str = "main", tokens: int = 0) -> Delta:
    return Delta(trajectory, 1, "reasoning", text, tokens=tokens)


async def handed_out(feed: DeltaFeed, count: int) -> list[Delta]:
    taken: list[Delta] = []
    async with asyncio.timeout(60):
        async for delta in feed:
            taken.append(delta)
            if len(taken) == count:
                break
    return taken


async def test_fragments_of_one_stream_are_joined_until_somebody_takes_them():
    feed = DeltaFeed(0)
    for number, text in enumerate(("one ", "two ", "three"), 1):
        feed.put(reasoning(text, tokens=number))
    assert await handed_out(feed, 1) == [reasoning("one two three", tokens=3)]


async def test_alternating_streams_are_joined_separately():
    feed = DeltaFeed(0)
    for text in "abc":
        feed.put(reasoning(text, "first"))
        feed.put(reasoning(text, "second"))
    assert await handed_out(feed, 2) == [reasoning("abc", "first"), reasoning("abc", "second")]


async def test_a_call_keeps_the_name_of_its_tool():
    feed = DeltaFeed(0)
    feed.put(Delta("main", 1, "call", '{"query"', 0, "search_documents"))
    feed.put(Delta("main", 1, "call", ': "x"}', 0))
    assert await handed_out(feed, 1) == [Delta("main", 1, "call", '{"query": "x"}', 0, "search_documents")]


async def test_a_state_replaces_the_one_before_it():
    feed = DeltaFeed(0)
    for text in ("waiting for the model", "trying again in 2 s"):
        feed.put(Delta("main", 1, "state", text))
    assert [delta.text for delta in await handed_out(feed, 1)] == ["trying again in 2 s"]


async def test_what_comes_after_a_handing_out_comes_with_the_next():
    feed = DeltaFeed(0.01)
    feed.put(reasoning("one"))
    task = asyncio.create_task(handed_out(feed, 2))
    await asyncio.sleep(0)
    feed.put(reasoning(" two"))
    feed.put(reasoning(" three"))
    assert [delta.text for delta in await task] == ["one", " two three"]


async def test_a_closed_feed_ends():
    feed = DeltaFeed(0)
    feed.put(reasoning("one"))
    feed.close()
    assert [delta async for delta in feed] == []


async def test_delta_feed_hands_few_fragments_of_a_slow_stream_out_with_the_next_one(monkeypatch):
    monkeypatch.setattr("kimi_tui.engine.change_signal.NEXT_FRAGMENT_SECONDS", 60)
    feed = DeltaFeed(0.001)
    feed.put(reasoning("one"))
    task = asyncio.create_task(handed_out(feed, 2))
    await asyncio.sleep(0)
    feed.put(reasoning(" two"))
    await asyncio.sleep(0.02)
    feed.put(reasoning(" three"))
    assert [delta.text for delta in await task] == ["one", " two three"]


async def test_delta_feed_hands_the_last_fragment_out_without_a_next_one():
    feed = DeltaFeed(0.001)
    feed.put(reasoning("one"))
    task = asyncio.create_task(handed_out(feed, 2))
    await asyncio.sleep(0)
    feed.put(reasoning(" two"))
    assert [delta.text for delta in await task] == ["one", " two"]


async def test_delta_feed_that_is_closed_while_it_waits_for_the_next_fragment_ends():
    feed = DeltaFeed(0.001)
    feed.put(reasoning("one"))
    task = asyncio.create_task(handed_out(feed, 3))
    await asyncio.sleep(0)
    feed.put(reasoning(" two"))
    feed.close()
    assert [delta.text for delta in await task] == ["one"]

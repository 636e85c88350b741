"""A cut anywhere in the bytes of a reply changes nothing; `python -m tools.splits` tries every place."""

import pytest

from kimi_tui.providers import connect
from tests.providers.replay import Recorded, Replay
from tests.providers.splitting import CHOSEN, changed, read, wrong_splits
from tests.providers.test_contract import QUESTION, ignore

PLACES = 60
"""Cuts tried in each reply; another step for each, so that every part of a frame is met."""


@pytest.mark.parametrize(("name", "changes"), CHOSEN)
def test_a_reply_that_is_cut_in_two_says_the_same(name: str, changes: str) -> None:
    body, says = changed(name, changes)
    step = max(len(body) // PLACES, 1) | 1
    assert list(wrong_splits(body, says, range(0, len(body) + 1, step))) == []


@pytest.mark.parametrize(("name", "changes"), CHOSEN)
def test_a_reply_that_comes_byte_by_byte_says_the_same(name: str, changes: str) -> None:
    body, says = changed(name, changes)
    got = read(*(body[at : at + 1] for at in range(len(body))))
    assert {key: got.get(key) for key in says} == says


def test_the_chosen_replies_are_twenty_and_hold_what_can_be_cut() -> None:
    bodies = [changed(name, changes)[0] for name, changes in CHOSEN]
    assert len(set(CHOSEN)) == len(bodies) == 20
    for mark in (b"<think>", b"<|tool_call_begin|>", b"\r\n", "\U0001f50e".encode(), b'"tool_calls"', b'"error"'):
        assert any(mark in body for body in bodies), mark


async def test_a_cut_inside_a_character_and_a_mark_is_the_same_over_a_connection() -> None:

    body, says = changed("llamacpp/tools_none", "wide crlf")
    places = [body.index("\U0001f50e".encode()) + 2, body.index(b"<|tool") + 3, body.index(b"\r\n") + 1]
    for place in places:
        async with Replay(Recorded(pieces=[body[:place], body[place:]])) as server:
            provider = connect("openai", server.address)
            reply = await provider.generate(QUESTION, ignore)
            await provider.close()
        assert (reply.reasoning, reply.text) == (says["reasoning"], says["text"])
        assert [[call.name, call.arguments] for call in reply.calls] == says["calls"]


@pytest.mark.parametrize("name", ["vllm/tools_auto", "llamacpp/nonstream_final"])
async def test_a_reply_behind_a_byte_order_mark_says_the_same(name: str) -> None:
    recorded = Recorded.capture(name)
    recorded.pieces[0] = b"\xef\xbb\xbf" + recorded.pieces[0]
    listed = Recorded(headers=[("content-type", "application/json")], pieces=[b'\xef\xbb\xbf{"data": [{"id": "m"}]}'])
    says = changed(name, "")[1]
    async with Replay(recorded, listed) as server:
        provider = connect("openai", server.address)
        reply = await provider.generate(QUESTION, ignore)
        assert [model.id for model in await provider.models()] == ["m"]
        await provider.close()
    assert (reply.reasoning, reply.text) == (says["reasoning"], says["text"])
    assert [[call.name, call.arguments] for call in reply.calls] == says["calls"]

"""Frames as chunks: strict first, repaired where that is safe, malformed otherwise; and the counts in them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.providers.chunks import (
    BYTE_ORDER_MARK,
    MAX_CREDIBLE_TOKENS,
    Chunk,
    ChunkChoice,
    MalformedChunk,
    TokenDetails,
    WireUsage,
    decode_chunk,
)


def content(chunk: Chunk) -> Any:
    [choice] = chunk.choices or []
    assert choice.delta is not None
    return choice.delta.content


def frame(text: str) -> bytes:
    return f'{{"choices":[{{"index":0,"delta":{{"content":{text}}}}}]}}'.encode()


@pytest.mark.parametrize("begin", [b"", BYTE_ORDER_MARK])
def test_decode_chunk_of_plain_json_needs_no_repair(begin: bytes) -> None:
    chunk, repair = decode_chunk(begin + frame('"S\u00e4"'))
    assert (content(chunk), repair) == ("S\u00e4", "")


@pytest.mark.parametrize(
    ("data", "text", "repair"),
    [
        (frame('"a\nb"'), "a\nb", "lenient-json"),
        (frame('"a\\ud800b"'), "a\ud800b", "lenient-json"),
        (frame('"XX"').replace(b"XX", b"a\xffb"), "a\ufffdb", "invalid-utf8"),
        (frame('"x"').replace(b'"index":0', b'"index":"0"'), "x", "lenient-json"),
        (frame('"\ufffd\n"'), "\ufffd\n", "lenient-json"),
    ],
)
def test_decode_chunk_names_its_repair(data: bytes, text: str, repair: str) -> None:
    chunk, found = decode_chunk(data)
    assert (content(chunk), found) == (text, repair)


@pytest.mark.parametrize(
    "data",
    [b"", b"nonsense", b"{", b"[]", b"5", b'"x"', b'{"choices":5}', b'{"choices":[{"delta":7}]}', b"[" * 100_000],
)
def test_decode_chunk_of_anything_else_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedChunk) as caught:
        decode_chunk(data)
    assert str(caught.value)


@given(st.binary(max_size=60) | st.text(st.sampled_from('{}[]":,choices01null '), max_size=60).map(str.encode))
def test_decode_chunk_of_any_bytes_is_a_chunk_or_malformed(data: bytes) -> None:
    try:
        chunk, repair = decode_chunk(data)
    except MalformedChunk:
        return
    assert isinstance(chunk, Chunk)
    assert repair in ("", "lenient-json", "invalid-utf8")


def test_decode_chunk_ignores_unknown_fields_and_takes_parts_of_content() -> None:
    data = {"new": 1, "choices": [{"delta": {"content": [{"type": "text", "text": "So."}], "x": {}}}]}
    chunk, repair = decode_chunk(json.dumps(data).encode())
    assert repair == ""
    assert content(chunk)[0].text == "So."


@pytest.mark.parametrize(
    ("usage", "credible"),
    [
        (WireUsage(), True),
        (WireUsage(0, 0), True),
        (WireUsage(MAX_CREDIBLE_TOKENS, 1), True),
        (WireUsage(MAX_CREDIBLE_TOKENS + 1, 1), False),
        (WireUsage(5, -1), False),
        (WireUsage(cached_tokens=-1), False),
        (WireUsage(prompt_tokens_details=TokenDetails(cached_tokens=-1)), False),
        (WireUsage(completion_tokens_details=TokenDetails(reasoning_tokens=10**12)), False),
    ],
)
def test_wire_usage_is_credible_within_bounds(usage: WireUsage, credible: bool) -> None:
    assert usage.is_credible is credible


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        (WireUsage(), (0, 0, 0, 0)),
        (WireUsage(10, 5), (10, 5, 0, 0)),
        (WireUsage(10, 5, 4, 3), (10, 5, 3, 4)),
        (WireUsage(10, 5, 4, 3, TokenDetails(7), TokenDetails(None, 2)), (10, 5, 2, 7)),
        (WireUsage(10, 5, 4, 3, TokenDetails(), TokenDetails()), (10, 5, 3, 4)),
    ],
)
def test_wire_usage_to_usage_prefers_details(usage: WireUsage, counts: tuple[int, ...]) -> None:
    found = usage.to_usage()
    assert (found.prompt_tokens, found.completion_tokens, found.reasoning_tokens, found.cached_tokens) == counts


@pytest.mark.parametrize("key", ["delta", "message"])
def test_choice_calls_are_those_of_a_delta_or_a_message(key: str) -> None:
    data = {"choices": [{key: {"tool_calls": [{"index": 0}]}}]}
    chunk, _ = decode_chunk(json.dumps(data).encode())
    assert [call.index for choice in chunk.choices or () for call in choice.calls] == [0]
    assert ChunkChoice().calls == []

"""The scripted character: what is played when, and each fault in its form on the wire."""

import json
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from kimi_tui.embedded.reply_chunks import Fault
from kimi_tui.embedded.script import RepeatedText, Script, ScriptedCall, ScriptError, ScriptStep, load_script
from kimi_tui.embedded.server import EmbeddedServer
from tests.embedded.wire import HELLO, Raw, body_of, calls_of, chunks_of, deltas_of, events_of, joined, post

DATA = Path(__file__).parent.parent / "data"
CALL = ScriptedCall("read", {"source": "S1", "parts": "a rather long list of parts to split"})
WHOLE = ScriptStep(reasoning="one two three four", text="five six seven", calls=(CALL,))

Starter = Callable[[Script | Path], Coroutine[Any, Any, str]]


@pytest.fixture
async def start() -> AsyncIterator[Starter]:
    """Starts servers and closes them."""
    servers: list[EmbeddedServer] = []

    async def one(script: Script | Path) -> str:
        servers.append(EmbeddedServer(script=script))
        return await servers[-1].start()

    yield one
    for server in servers:
        await server.close()


def faulty(fault: Fault) -> Script:
    """A script of one step that goes wrong, and whole ones after it."""
    return Script(
        steps=(ScriptStep(reasoning=WHOLE.reasoning, text=WHOLE.text, calls=WHOLE.calls, fault=fault),), end=WHOLE
    )


async def test_the_example_plays_three_hundred_numbered_steps_then_the_rest(start: Starter) -> None:
    base_url = await start(DATA / "script-example.json")
    for number in range(1, 301):
        chunks = await chunks_of(base_url)
        assert joined(chunks, "reasoning_content") == f"Step {number}: the desk comes first."
        assert json.loads(calls_of(chunks)[1]["arguments"]) == {"query": f"margin {number}"}
    assert (await Raw.exchange(base_url)).ended == "reset"
    chunks = await chunks_of(base_url)
    assert joined(chunks, "reasoning_content") == "word " * 200
    assert joined(chunks, "content") == "Almost done."
    chunks = await chunks_of(base_url)
    assert calls_of(chunks)[0]["arguments"] == '{"source": "S1'
    assert chunks[-2]["choices"][0]["finish_reason"] == "length"
    assert chunks[-1]["usage"]["prompt_tokens"] == 7
    for _ in range(2):
        assert joined(await chunks_of(base_url), "content") == "The script has ended."


async def test_a_script_in_lines_may_go_by_the_messages(start: Starter) -> None:
    base_url = await start(DATA / "script-example.jsonl")
    later = [*HELLO, {"role": "assistant", "content": "x"}]
    for _ in range(2):
        assert calls_of(await chunks_of(base_url))[0]["name"] == "update_plan"
        assert joined(await chunks_of(base_url, messages=later), "content") == "Step 2 of the lines."


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "{"),
        ("a.json", '{"stepz": []}'),
        ("a.json", '{"steps": [{"fault": {"kind": "explode"}}]}'),
        ("a.json", "[]"),
        ("a.jsonl", '{"script": 5}'),
        ("a.jsonl", '{"script": {}}\n{"script": {}}'),
        ("a.jsonl", '{"steps": []}'),
    ],
)
def test_a_script_that_is_not_valid_names_the_file_and_the_fault(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ScriptError, match=f"{name} is not valid: ."):
        load_script(path)


def test_a_script_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="cannot read the script"):
        load_script(tmp_path / "none.json")


@pytest.mark.parametrize(("split", "count"), [(0, 1), (1, 18), (5, 4), (-1, 4)])
async def test_deltas_are_split_as_the_script_says(start: Starter, split: int, count: int) -> None:
    base_url = await start(Script(end=ScriptStep(reasoning="one two three four", split=split)))
    deltas = deltas_of(await chunks_of(base_url))
    pieces = [delta["reasoning_content"] for delta in deltas if "reasoning_content" in delta]
    assert len(pieces) == count
    assert "".join(pieces) == "one two three four"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("reasoning", {"reasoning": "deep"}),
        ("both", {"reasoning": "deep", "reasoning_content": "deep"}),
        ("think", {"content": "<think>deep</think>"}),
    ],
)
async def test_reasoning_comes_under_the_name_the_script_says(start: Starter, key: Any, expected: Any) -> None:
    base_url = await start(Script(end=ScriptStep(reasoning="deep", reasoning_key=key)))
    chunks = await chunks_of(base_url)
    assert deltas_of(chunks)[1] == expected
    message = (await post(base_url, json=body_of(stream=False))).json()["choices"][0]["message"]
    assert {name: message[name] for name in expected} == expected


async def test_ids_may_be_given_twice_and_indexes_left_out(start: Starter) -> None:
    twice = tuple(ScriptedCall("read", "", id="call_1") for _ in range(2))
    base_url = await start(Script(end=ScriptStep(calls=twice, index=False)))
    parts = [delta["tool_calls"][0] for delta in deltas_of(await chunks_of(base_url)) if "tool_calls" in delta]
    assert [part["id"] for part in parts] == ["call_1", "call_1"]
    assert all("index" not in part for part in parts)
    assert [part["function"]["arguments"] for part in parts] == ["", ""]


async def test_long_texts_are_a_few_characters_of_script(start: Starter) -> None:
    base_url = await start(Script(end=ScriptStep(reasoning=RepeatedText("wörd ", 24_000))))
    chunks = await chunks_of(base_url)
    assert joined(chunks, "reasoning_content") == "wörd " * 24_000
    assert chunks[-1]["usage"]["completion_tokens_details"]["reasoning_tokens"] == 30_000


async def test_an_error_status_comes_with_its_body_and_headers_and_then_the_step(start: Starter) -> None:
    fault = Fault("status", times=2, status=429, body={"error": {"message": "slow"}}, headers={"Retry-After": "3"})
    base_url = await start(faulty(fault))
    for _ in range(2):
        response = await post(base_url, json=body_of())
        assert (response.status_code, response.headers["retry-after"]) == (429, "3")
        assert response.json() == {"error": {"message": "slow"}}
    assert joined(await chunks_of(base_url), "content") == WHOLE.text


async def test_a_page_may_come_with_status_200(start: Starter) -> None:
    response = await post(await start(faulty(Fault("html"))), json=body_of())
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert "<html>" in response.text


async def test_a_fault_without_times_belongs_to_its_step(start: Starter) -> None:
    base_url = await start(faulty(Fault("no-done")))
    assert (await events_of(base_url))[-1] != "[DONE]"
    assert (await events_of(base_url))[-1] == "[DONE]"


async def test_an_error_frame_ends_a_stream_under_status_200(start: Starter) -> None:
    events = await events_of(await start(faulty(Fault("error-frame", at="text"))))
    assert json.loads(events[-2])["error"]["code"] == 500
    assert events[-1] == "[DONE]"
    assert not any('"finish_reason":"' in event for event in events)


async def test_script_invalid_frame_is_between_valid_ones(start: Starter) -> None:
    events = await events_of(await start(faulty(Fault("invalid-frame", at="text"))))
    assert events.count('{"id": "chatcmpl-') == 1
    events.remove('{"id": "chatcmpl-')
    assert joined([json.loads(event) for event in events[:-1]], "content") == WHOLE.text


@pytest.mark.parametrize("at", ["start", "reasoning", "text", "arguments", "end"])
@pytest.mark.parametrize(("kind", "ended"), [("reset", "reset"), ("cut", "end"), ("close", "end")])
async def test_a_connection_breaks_where_the_script_says(start: Starter, at: Any, kind: Any, ended: str) -> None:
    raw = await Raw.exchange(await start(faulty(Fault(kind, at=at))))
    assert raw.ended == ended
    assert b"[DONE]" not in raw.data
    assert b'"finish_reason":"' not in raw.data
    assert raw.data.endswith(b"0\r\n\r\n") == (kind == "close")
    if kind == "reset":  # what was on its way is lost with a reset
        return
    for channel, mark in (("reasoning", b"one"), ("text", b"five"), ("arguments", b"functions.read:0")):
        order = ["start", "reasoning", "text", "arguments", "end"]
        assert (mark in raw.data) == (order.index(at) >= order.index(channel))
    assert (b"to split" in raw.data) == (at == "end")


async def test_a_stalled_stream_stays_open_and_then_closes(start: Starter) -> None:
    raw = await Raw.exchange(await start(faulty(Fault("stall", at="text"))), patience=0.3)
    assert raw.ended == "open"
    assert b"five" in raw.data
    raw = await Raw.exchange(await start(faulty(Fault("stall", at="text", seconds=0.05))))
    assert raw.ended == "end"


@pytest.mark.parametrize(
    ("kind", "finish", "usage", "done"),
    [("no-finish", False, False, False), ("no-usage", True, False, True), ("no-done", True, True, False)],
)
async def test_the_end_of_a_stream_may_lack_a_piece(
    start: Starter, kind: Any, finish: bool, usage: bool, done: bool
) -> None:
    events = await events_of(await start(faulty(Fault(kind))))
    assert ('"finish_reason":"tool_calls"' in "".join(events)) == finish
    assert ('"usage"' in "".join(events)) == usage
    assert (events[-1] == "[DONE]") == done


@pytest.mark.parametrize("kind", ["reset", "cut", "close", "stall"])
async def test_a_whole_reply_breaks_as_well(start: Starter, kind: Any) -> None:
    raw = await Raw.exchange(await start(faulty(Fault(kind, seconds=0.05))), stream=False)
    assert raw.ended == ("reset" if kind == "reset" else "end")
    assert raw.data == b""


async def test_a_whole_reply_may_be_an_error_no_json_or_without_usage(start: Starter) -> None:
    whole = body_of(stream=False)
    assert (await post(await start(faulty(Fault("error-frame"))), json=whole)).status_code == 500
    assert (await post(await start(faulty(Fault("invalid-frame"))), json=whole)).text == '{"id": "chatcmpl-'
    assert "usage" not in (await post(await start(faulty(Fault("no-usage"))), json=whole)).json()

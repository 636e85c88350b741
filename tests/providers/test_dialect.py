"""Replies of servers, quirk by quirk: the same weights speak differently behind each engine and version.

| quirk | what is done |
|---|---|
| 1 reasoning under one of two names, or both | either is read, never their sum |
| 6 names with marks that parsers lose | no tool has one |
| 7 calls inside reasoning or content | taken up, marked as recovered |
| 8 thinking inside the content | split off at its tags |
| 9 section marks left out, a number for a name | read all the same; a tool that was inferred is asked about |
| 10 arguments that are nearly JSON | mended where there is one meaning, else explained to the model |
| 11 finish reasons that say nothing | decided by what came; nothing cut is ever a call |
| 12 a turn that ends after thinking | an error of its own, tried again |
| 13 thinking that eats the whole allowance | an error that says so |
| 14 a stream that just stops | an error that carries what had come |
| 15 an error inside a reply of success | has its kind, like any refusal |
| 16 counts in odd places, or none | found, or estimated and marked so |
| 17 cached tokens, where a server tells them | read from either place |
| 23 two calls at one index, ids that change, repeat or are null | told apart by what begins |

What goes out is in `test_dialect_sent.py`; what waiting, errors and whole servers do in `test_dialect_servers.py`.
"""

import re
from typing import Any

import pytest

from kimi_tui.providers.base import ModelRequest, ProviderError, ToolSchema
from kimi_tui.tools import TOOLS
from tests.providers.replay import Recorded
from tests.providers.test_contract import connected, ignore
from tests.providers.test_reply_assembler import READ, SECTION, assemble, call, calls, delta, spoken

READING = ToolSchema(
    "read",
    "Read",
    {
        "type": "object",
        "properties": {"source": {"type": "string"}, "parts": {"type": "string"}},
        "required": ["source"],
    },
)
FINDING = ToolSchema(
    "find_in",
    "Find",
    {
        "type": "object",
        "properties": {"source": {"type": "string"}, "text": {"type": "string"}, "limit": {"type": "integer"}},
        "required": ["source", "text"],
    },
)
LISTING = ToolSchema("search", "Search", {"type": "object", "properties": {"source": {"type": ["string", "null"]}}})


def numbered(arguments: str) -> str:
    """A call whose header is a bare number."""
    return f"<|tool_call_begin|>3<|tool_call_argument_begin|>{arguments}<|tool_call_end|>"


async def recorded(name: str) -> Any:
    """The reply to a request whose recorded response has this name."""
    async with connected("openai", Recorded.capture(name)) as (provider, _):
        return await provider.generate(ModelRequest("m", (), ()), ignore)


@pytest.mark.parametrize("name", ["vllm/tools_auto", "sglang/tools_auto", "llamacpp/tools_auto"])
async def test_reasoning_is_read_under_either_name(name: str) -> None:
    """Quirk 1, as recorded."""
    assert (await recorded(name)).reasoning


def test_reasoning_that_comes_under_both_names_is_read_once() -> None:
    """Quirk 1, as vLLM 0.11 to 0.14 send it."""
    reply = assemble(delta(reasoning="Hm.", reasoning_content="Hm."), delta(content="So."), delta("stop"))
    assert reply.reasoning == "Hm."


def test_no_tool_has_a_name_that_a_parser_would_cut() -> None:
    """Quirk 6."""
    names = [tool.name for tool in TOOLS]
    assert names
    assert all(re.fullmatch("[a-z0-9_]+", name) for name in names)


async def test_a_call_inside_unclosed_thinking_is_still_a_call() -> None:
    """Quirk 7, as recorded behind each engine's own parser."""
    for server in ("vllm", "sglang", "llamacpp"):
        reply = await recorded(f"{server}/ctl_toolinthink")
        assert len(reply.calls) == 1
        assert "<|" not in reply.reasoning + reply.text


@pytest.mark.parametrize("field", ["reasoning", "content"])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_call_that_no_parser_took_is_taken_up_and_marked(field: str, size: int) -> None:
    """Quirk 7, cut anywhere."""
    text = "Hm. " + SECTION
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    reply = assemble(*(spoken(field, piece) for piece in pieces), delta("stop"))
    assert calls(reply) == [("read", {"source": "S1"})]
    assert reply.calls[0].recovered
    assert not reply.calls[0].inferred
    assert "salvaged-calls" in reply.recoveries
    assert "<|" not in reply.reasoning + reply.text


async def test_calls_that_leaked_as_marks_are_taken_up_from_a_recorded_reply() -> None:
    """Quirk 7, as llama.cpp leaks them."""
    reply = await recorded("llamacpp/tools_none")
    assert [proposed.recovered for proposed in reply.calls] == [True]
    assert "<|" not in reply.text


@pytest.mark.parametrize("text", ["<think>Hm.</think>So.", "Hm.</think>So.", "\n<think>Hm.</think>So."])
@pytest.mark.parametrize("size", [1, 5, 100])
def test_thinking_inside_the_content_is_split_off(text: str, size: int) -> None:
    """Quirk 8: a server without a reasoning parser, with and without the tag that opens."""
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    reply = assemble(*(delta(content=piece) for piece in pieces), delta("stop"))
    assert (reply.reasoning.strip(), reply.text.strip()) == ("Hm.", "So.")


def test_a_tag_in_the_middle_of_an_answer_is_the_authors_own_word() -> None:
    """Quirk 8, its limit."""
    reply = assemble(delta(reasoning="Hm."), delta(content="Models write <think> and </think>."), delta("stop"))
    assert reply.text == "Models write <think> and </think>."


def test_a_call_without_the_marks_of_its_section_is_read() -> None:
    """Quirk 9."""
    bare = SECTION.removeprefix("<|tool_calls_section_begin|>").removesuffix("<|tool_calls_section_end|>")
    assert calls(assemble(delta(reasoning="Hm." + bare), delta("stop"))) == [("read", {"source": "S1"})]


def test_a_number_for_a_name_is_the_one_tool_that_the_arguments_fit() -> None:
    """Quirk 9: recovered and inferred, so that a person is asked."""
    written = numbered('{"source": "S1", "text": "margin"}')
    (proposed,) = assemble(delta(reasoning=written), delta("stop"), tools=(READING, FINDING)).calls
    assert (proposed.name, proposed.recovered, proposed.inferred) == ("find_in", True, True)
    (proposed,) = assemble(call(name="3", arguments='{"source": "S1", "parts": "4"}'), delta(), tools=(READING,)).calls
    assert (proposed.name, proposed.recovered, proposed.inferred) == ("read", True, True)


@pytest.mark.parametrize(
    "arguments",
    [
        '{"source": "S1"}',  # two tools take it
        '{"source": 1}',  # of another type
        '{"source": true, "text": "x"}',
        '{"source": "S1", "text": "x", "limit": true}',
        '{"source": "S1", "other": 1}',
        "{}",
        '{"source"',
        "[]",
    ],
)
def test_a_number_whose_arguments_fit_no_single_tool_stays_without_a_name(arguments: str) -> None:
    """Quirk 9, its limit: nothing is guessed."""
    reply = assemble(delta(reasoning=numbered(arguments)), delta("stop"), tools=(READING, FINDING, LISTING))
    assert [(proposed.name, proposed.inferred) for proposed in reply.calls] == [("", False)]


@pytest.mark.parametrize(
    "raw",
    [
        '```json\n{"source": "S1"}\n```',
        '{"source": "S1",}',
        '"{\\"source\\": \\"S1\\"}"',
        '{"source": "S\t1"}',
    ],
)
def test_reply_unambiguous_arguments_are_repaired(raw: str) -> None:
    """Quirk 10."""
    reply = assemble(call(name="read", arguments=raw), delta("tool_calls"))
    assert calls(reply)[0][1] in ({"source": "S1"}, {"source": "S\t1"})
    assert "arguments" in reply.recoveries


@pytest.mark.parametrize("raw", ['{"source": "S1"', "{source: S1}", '{"source": "S1"} {}', "[1]", "3", "null"])
def test_arguments_with_no_single_meaning_are_explained_and_never_guessed(raw: str) -> None:
    """Quirk 10, its limit."""
    (proposed,) = assemble(call(name="read", arguments=raw), delta("tool_calls")).calls
    assert proposed.arguments is None
    assert "send" in proposed.problem


@pytest.mark.parametrize("finish", ["stop", "tool_calls", "function_call", "length"])
def test_a_whole_call_counts_whatever_the_finish_reason_is(finish: str) -> None:
    """Quirk 11."""
    assert len(assemble(call(**READ), delta(finish)).calls) == 1


@pytest.mark.parametrize("finish", ["length", "abort", "error", None])
def test_a_call_that_was_cut_is_never_a_call(finish: str | None) -> None:
    """Quirk 11: not even with a repair that would make it whole."""
    for raw in ('{"source": "S', '{"source": "S1",', ""):
        with pytest.raises(ProviderError) as caught:
            assemble(call(name="read", arguments=raw), delta(finish))
        assert caught.value.kind == "truncated"


@pytest.mark.parametrize(("server", "kind"), [("vllm", "capped"), ("sglang", "capped"), ("llamacpp", "truncated")])
async def test_a_cap_inside_recorded_arguments_gives_no_call(server: str, kind: str) -> None:
    """Quirk 11, as recorded; two servers send nothing of a call that is not whole, so that only its thinking shows."""
    with pytest.raises(ProviderError) as caught:
        await recorded(f"{server}/length_in_args")
    assert caught.value.kind == kind


def test_a_finish_by_tool_calls_without_any_is_empty() -> None:
    """Quirk 11."""
    with pytest.raises(ProviderError) as caught:
        assemble(delta(reasoning="Hm."), delta("tool_calls"))
    assert (caught.value.kind, caught.value.retryable) == ("empty", True)


async def test_a_turn_that_ends_after_thinking_is_empty_and_may_be_tried_again() -> None:
    """Quirk 12, as recorded; the reasoning stays with the error and out of the context."""
    with pytest.raises(ProviderError) as caught:
        await recorded("vllm/tools_none")
    assert (caught.value.kind, caught.value.retryable) == ("empty", True)
    assert caught.value.reasoning


@pytest.mark.parametrize("server", ["vllm", "sglang", "llamacpp"])
async def test_thinking_that_eats_the_whole_allowance_says_so(server: str) -> None:
    """Quirk 13, as recorded; what it cost is known."""
    with pytest.raises(ProviderError) as caught:
        await recorded(f"{server}/ctl_think_length")
    assert caught.value.kind == "capped"
    assert "while the model was thinking" in caught.value.message
    assert caught.value.usage is not None
    assert caught.value.usage.completion_tokens > 0


@pytest.mark.parametrize("server", ["vllm", "sglang", "llamacpp"])
async def test_a_stream_that_just_stops_is_truncated(server: str) -> None:
    """Quirk 14, as recorded."""
    with pytest.raises(ProviderError) as caught:
        await recorded(f"{server}/disconnect_midstream")
    assert caught.value.kind == "truncated"
    assert caught.value.reasoning


async def test_an_error_inside_a_reply_of_success_is_an_error() -> None:
    """Quirk 15, as recorded: vLLM's engine was killed, and `[DONE]` followed."""
    with pytest.raises(ProviderError) as caught:
        await recorded("vllm/crash_midstream")
    assert (caught.value.kind, caught.value.retryable) == ("overloaded", True)


@pytest.mark.parametrize("place", ["chunk", "choice"])
@pytest.mark.parametrize(
    "counts",
    [
        {"reasoning_tokens": 3, "cached_tokens": 4},
        {"completion_tokens_details": {"reasoning_tokens": 3}, "prompt_tokens_details": {"cached_tokens": 4}},
    ],
)
def test_counts_are_found_wherever_they_are_put(place: str, counts: dict[str, Any]) -> None:
    """Quirks 16 and 17: in the chunk or the choice, flat or in details."""
    usage = {"prompt_tokens": 7, "completion_tokens": 5, **counts}
    last: dict[str, Any] = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
    (last if place == "chunk" else last["choices"][0])["usage"] = usage
    found = assemble(delta(content="So."), last).usage
    assert (found.prompt_tokens, found.completion_tokens) == (7, 5)
    assert (found.reasoning_tokens, found.cached_tokens, found.estimated) == (3, 4, False)


async def test_usage_missing_counts_are_estimated() -> None:
    """Quirk 16, as recorded."""
    reply = await recorded("sglang/tools_auto_nousage")
    assert reply.usage.estimated
    assert "no-usage" in reply.recoveries


def test_two_calls_at_one_index_are_two_calls() -> None:
    """Quirk 23: as proxies and one client library number them."""
    reply = assemble(call(0, "a", **READ), call(0, "b", **READ), call(0, "b", name="read", arguments="{}"), delta())
    assert calls(reply) == [("read", {"source": "S1"}), ("read", {"source": "S1"}), ("read", {})]
    assert "split-calls" in reply.recoveries


def test_ids_that_are_null_repeat_or_change_make_no_difference() -> None:
    """Quirk 23: the server's ids only ever tell where a call begins."""
    for ids in ((None, None), ("a", "a"), ("a", None), ("a", "b"), (None, "b")):
        reply = assemble(
            call(0, ids[0], name="read", arguments='{"source":'), call(0, ids[1], arguments=' "S1"}'), delta()
        )
        assert calls(reply) == [("read", {"source": "S1"})]


def test_the_same_id_twice_is_two_calls() -> None:
    """Quirk 5, as it comes: ids repeat within a turn and between turns."""
    reply = assemble(call(0, "functions.read:0", **READ), call(1, "functions.read:0", **READ), delta("tool_calls"))
    assert len(reply.calls) == 2

"""Replies put together from chunks that no recorded server sent, but some server does."""

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.messages import Message
from kimi_tui.providers.base import ModelReply, ModelRequest, ProviderError, ReplyFragment, ToolSchema
from kimi_tui.providers.chunks import MalformedChunk, decode_chunk
from kimi_tui.providers.reply_assembler import ReplyAssembler

REQUEST = ModelRequest("m", (Message("user", "Hi there"),), ())
READ: dict[str, Any] = {"name": "read", "arguments": '{"source": "S1"}'}
SECTION = (
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.read:0<|tool_call_argument_begin|>"
    '{"source": "S1"}<|tool_call_end|><|tool_calls_section_end|>'
)


def delta(finish: str | None = None, usage: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """One chunk."""
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish}], "usage": usage}


def spoken(field: str, text: str) -> dict[str, Any]:
    """One chunk with text in a field."""
    return {"choices": [{"delta": {field: text}}]}


def call(index: int | None = 0, id: str | None = None, **function: Any) -> dict[str, Any]:
    """One chunk with part of a call."""
    return delta(tool_calls=[{"index": index, "id": id, "function": function}])


def assemble(
    *chunks: dict[str, Any],
    done: bool = True,
    fragments: list[ReplyFragment] | None = None,
    tools: tuple[ToolSchema, ...] = (),
) -> ModelReply:
    """The reply that some chunks make."""
    announced: list[ReplyFragment] = [] if fragments is None else fragments
    reply = ReplyAssembler(ModelRequest("m", REQUEST.messages, tools), announced.append)
    for chunk in chunks:
        reply.add(decode_chunk(msgspec.json.encode(chunk))[0])
    reply.done = reply.done or done
    return reply.finish()


def calls(reply: ModelReply) -> list[tuple[str, Any]]:
    """Names and arguments."""
    return [(proposed.name, proposed.arguments) for proposed in reply.calls]


def test_reasoning_under_both_names_counts_once() -> None:
    reply = assemble(delta(reasoning="Hm.", reasoning_content="Hm."), delta(content="So."), delta("stop"))
    assert (reply.reasoning, reply.text) == ("Hm.", "So.")


def test_the_same_reasoning_in_a_field_and_in_tags_counts_once() -> None:
    reply = assemble(delta(reasoning_content="Hm."), delta(content="<think>Hm.</think>So."), delta("stop"))
    assert (reply.reasoning, reply.text) == ("Hm.", "So.")


def test_tags_in_content_become_reasoning() -> None:
    reply = assemble(delta(content="<thi"), delta(content="nk>Hm.</think>"), delta(content="So."), delta("stop"))
    assert (reply.reasoning, reply.text, reply.recoveries) == ("Hm.", "So.", ("think-tags", "no-usage"))


def test_text_before_a_closing_tag_that_nothing_opened_becomes_reasoning() -> None:
    reply = assemble(delta(content="Hm."), delta(content=" Yes.</think>So."), delta("stop"))
    assert (reply.reasoning, reply.text) == ("Hm. Yes.", "So.")


def test_a_swallowed_closing_tag_is_found_by_the_running_count() -> None:
    def counted(text: str, completion: int, thought: int) -> dict[str, Any]:
        details = {"reasoning_tokens": thought}
        usage = {"prompt_tokens": 9, "completion_tokens": completion, "completion_tokens_details": details}
        return delta(usage=usage, content=text)

    reply = assemble(
        counted("<think>", 1, 0), counted(" Hm.", 2, 1), counted(" Yes.", 3, 2), counted("So.", 5, 2), delta("stop")
    )
    assert (reply.reasoning, reply.text) == (" Hm. Yes.", "So.")
    assert "boundary-from-usage" in reply.recoveries


def test_a_thought_that_never_closes_and_no_call_is_an_empty_reply() -> None:
    with pytest.raises(ProviderError) as caught:
        assemble(delta(content="<think>Hm. The answer"), delta("stop"))
    assert (caught.value.kind, caught.value.reasoning) == ("empty", "Hm. The answer")


@pytest.mark.parametrize("field", ["content", "reasoning_content", "reasoning"])
def test_calls_that_no_parser_took_are_salvaged_from_every_field(field: str) -> None:
    reply = assemble(*(spoken(field, letter) for letter in "Let me look." + SECTION), delta("stop"))
    (proposed,) = reply.calls
    assert (proposed.name, proposed.arguments, proposed.recovered) == ("read", {"source": "S1"}, True)
    assert (reply.text or reply.reasoning) == "Let me look."
    assert "salvaged-calls" in reply.recoveries


def test_a_call_that_came_as_a_call_and_as_text_is_one_call() -> None:
    reply = assemble(call(id="a", **READ), delta(content=SECTION), delta("tool_calls"))
    assert calls(reply) == [("read", {"source": "S1"})]
    assert not reply.calls[0].recovered


@pytest.mark.parametrize("finish", ["stop", "length", "tool_calls"])
def test_an_unfinished_section_is_never_a_call(finish: str) -> None:
    with pytest.raises(ProviderError) as caught:
        assemble(delta(content="Let me look." + SECTION[:-30]), delta(finish))
    assert (caught.value.kind, caught.value.text) == ("truncated", "Let me look.")


@pytest.mark.parametrize("finish", ["stop", "tool_calls"])
def test_answer_that_quotes_a_marker_is_an_answer_beside_whatever_was_called(finish: str) -> None:
    quote = "A call begins with `<|tool_call_begin|>` and a name."
    called = [call(id="a", **READ)] if finish == "tool_calls" else []
    reply = assemble(*called, *(spoken("content", letter) for letter in quote), delta(finish))
    assert (reply.text, len(reply.calls)) == (quote, len(called))


def test_answer_that_ends_in_a_quoted_marker_is_an_answer_if_the_model_stopped() -> None:
    quote = "A call begins with <|tool_call_begin|>"
    assert assemble(delta(content=quote), delta("stop")).text == quote
    with pytest.raises(ProviderError):
        assemble(delta(content=quote), delta("tool_calls"))


def test_marker_that_a_parser_left_behind_is_no_part_of_the_answer() -> None:
    reply = assemble(delta(content="I look.<|tool_calls_section_begin|>"), call(id="a", **READ), delta("tool_calls"))
    assert (reply.text, len(reply.calls)) == ("I look.", 1)


@pytest.mark.parametrize("name", ["tool_call_section", "tool_calls_section"])
@pytest.mark.parametrize("field", ["content", "reasoning"])
def test_section_in_the_singular_and_in_the_plural_is_salvaged(name: str, field: str) -> None:
    section = SECTION.replace("tool_calls_section", name)
    reply = assemble(*(spoken(field, letter) for letter in f"Look.{section}"), delta("stop"))
    assert calls(reply) == [("read", {"source": "S1"})]
    assert (reply.text or reply.reasoning) == "Look."


def test_assembler_calls_without_index_split_by_name() -> None:
    reply = assemble(call(None, **READ), call(None, name="read", arguments='{"source": "S2"}'), delta("tool_calls"))
    assert calls(reply) == [("read", {"source": "S1"}), ("read", {"source": "S2"})]
    assert "split-calls" in reply.recoveries


def test_assembler_calls_at_one_index_split_by_id() -> None:
    reply = assemble(
        call(0, "a", name="read", arguments='{"source"'),
        call(0, None, arguments=': "S1"}'),
        call(0, "b", **READ),
        delta("tool_calls"),
    )
    assert calls(reply) == [("read", {"source": "S1"})] * 2


def test_the_same_id_at_two_indexes_is_two_calls() -> None:
    reply = assemble(call(0, "functions.read:0", **READ), call(1, "functions.read:0", **READ), delta("tool_calls"))
    assert len(reply.calls) == 2


@pytest.mark.parametrize("ids", [("a", "b", "c"), ("a", "a", "a"), (None, None, None)])
def test_a_name_or_an_id_that_changes_in_every_fragment_begins_no_call(ids: tuple[str | None, ...]) -> None:
    reply = assemble(
        call(0, ids[0], name="read", arguments=""),
        call(0, ids[1], arguments='{"source":'),
        call(0, ids[2], arguments=' "S1"}'),
        delta("tool_calls"),
    )
    assert calls(reply) == [("read", {"source": "S1"})]


def test_a_name_repeated_in_every_fragment_begins_no_call() -> None:
    reply = assemble(
        call(0, "a", name="read", arguments='{"source":'), call(0, "a", name="read", arguments=' "S1"}'), delta("stop")
    )
    assert calls(reply) == [("read", {"source": "S1"})]


def test_interleaved_calls_are_kept_apart() -> None:
    reply = assemble(
        call(0, "a", name="read", arguments='{"source": '),
        call(1, "b", name="find_in", arguments='{"text": '),
        call(0, arguments='"S1"}'),
        call(1, arguments='"margin"}'),
        delta("tool_calls"),
    )
    assert calls(reply) == [("read", {"source": "S1"}), ("find_in", {"text": "margin"})]


def test_equal_calls_are_announced_under_their_own_numbers() -> None:
    fragments: list[ReplyFragment] = []
    assemble(call(0, "a", **READ), call(1, "b", **READ), delta("tool_calls"), fragments=fragments)
    assert [(fragment.index, fragment.tool) for fragment in fragments] == [(0, "read"), (1, "read")]


def test_no_arguments_are_an_empty_object_unless_the_reply_was_cut() -> None:
    assert calls(assemble(call(name="list_all", arguments=""), delta("tool_calls"))) == [("list_all", {})]
    with pytest.raises(ProviderError):
        assemble(call(name="list_all", arguments=""), delta("length"))


def test_arguments_may_be_an_object() -> None:
    assert calls(assemble(call(name="read", arguments={"source": "S1"}), delta("stop"))) == [("read", {"source": "S1"})]


def test_broken_arguments_of_a_finished_reply_reach_the_model_as_a_problem() -> None:
    (proposed,) = assemble(call(name="read", arguments='{"source": "S'), delta("tool_calls")).calls
    assert proposed.arguments is None
    assert "end before" in proposed.problem


@pytest.mark.parametrize("finish", ["length", None])
def test_a_call_that_is_whole_counts_although_the_reply_was_cut(finish: str | None) -> None:
    assert len(assemble(call(**READ), delta(finish)).calls) == 1


@pytest.mark.parametrize("finish", ["length", None])
def test_assembler_cut_reply_arguments_are_not_repaired(finish: str | None) -> None:
    with pytest.raises(ProviderError) as caught:
        assemble(call(**READ), call(1, name="read", arguments='{"source": "S1",'), delta(finish))
    assert caught.value.kind == "truncated"


def test_a_name_with_the_server_s_id_around_it_is_bared() -> None:
    assert calls(assemble(call(name="functions.read:0", arguments="{}"), delta("stop"))) == [("read", {})]


def test_a_fragment_without_name_and_arguments_is_no_call() -> None:
    with pytest.raises(ProviderError) as caught:
        assemble(call(), delta("tool_calls"))
    assert caught.value.kind == "empty"


def test_a_stream_that_only_said_done_is_whole_and_says_so() -> None:
    reply = assemble(delta(content="So."))
    assert (reply.text, reply.finish_reason) == ("So.", "")
    assert "no-finish-reason" in reply.recoveries


def test_a_usage_chunk_ends_a_reply_and_running_usage_does_not() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 2}
    assert assemble(delta(content="So."), {"choices": [], "usage": usage}, done=False).usage.prompt_tokens == 5
    with pytest.raises(ProviderError):
        assemble(delta(content="So.", usage=usage), done=False)


@pytest.mark.parametrize(
    "reported", [{}, {"completion_tokens_details": {"reasoning_tokens": 0}}, {"reasoning_tokens": 0}]
)
def test_reasoning_that_the_server_does_not_count_is_counted_here(reported: dict[str, Any]) -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 9, **reported}
    reply = assemble(
        *[delta(reasoning=" Hm.")] * 6, delta(content="So."), delta("stop"), {"choices": [], "usage": usage}
    )
    assert (reply.usage.reasoning_tokens, reply.counted_usage.reasoning_tokens) == (0, 6)
    assert not reply.counted_usage.estimated
    short = assemble(*[delta(reasoning=" Hm.")] * 60, delta(content="So."), delta("stop", usage=usage))
    assert short.counted_usage.reasoning_tokens == 9
    with pytest.raises(ProviderError) as caught:
        assemble(*[delta(reasoning=" Hm.")] * 6, delta("stop"), {"choices": [], "usage": usage})
    assert caught.value.usage is not None
    assert caught.value.usage.reasoning_tokens in (6, 9)


def test_reasoning_that_the_server_counts_is_not_counted_again() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 3}}
    reply = assemble(*[delta(reasoning=" Hm.")] * 6, delta(content="So."), delta("stop", usage=usage))
    assert reply.counted_usage == reply.usage


def test_usage_inside_the_choice_is_taken() -> None:
    last = {"choices": [{"delta": {}, "finish_reason": "stop", "usage": {"prompt_tokens": 7, "cached_tokens": 3}}]}
    usage = assemble(delta(content="So."), last).usage
    assert (usage.prompt_tokens, usage.cached_tokens, usage.estimated) == (7, 3, False)


def test_usage_that_no_server_sent_is_an_estimate_that_says_so() -> None:
    usage = assemble(delta(content="So it is, I think."), delta("stop")).usage
    assert usage.estimated
    assert (usage.prompt_tokens, usage.completion_tokens) == (2, 4)


def test_a_content_of_parts_is_joined() -> None:
    parts = [{"type": "text", "text": "So "}, {"type": "text", "text": "it is."}]
    assert assemble(delta(content=parts), delta("stop")).text == "So it is."


def decoded(*frames: bytes) -> ModelReply:
    """The reply that some raw frames make."""
    reply = ReplyAssembler(REQUEST, lambda _: None)
    for frame in frames:
        chunk, fixed = decode_chunk(frame)
        reply.add(chunk)
        if fixed:
            reply.note_recovery(fixed)
    reply.done = True
    return reply.finish()


def test_lone_surrogates_are_replaced_and_halves_that_meet_are_joined() -> None:
    reply = decoded(
        rb'{"choices":[{"delta":{"content":"a\ud83d"}}]}', rb'{"choices":[{"delta":{"content":"\ude00b\ud800."}}]}'
    )
    assert reply.text == "a\U0001f600b\ufffd."
    assert {"surrogates", "lenient-json"} <= set(reply.recoveries)


def test_wrong_bytes_and_raw_control_characters_are_read_leniently() -> None:
    reply = decoded(b'{"choices":[{"delta":{"content":"a\xff\x01b"}}]}')
    assert reply.text == "a\ufffd\x01b"
    assert "invalid-utf8" in reply.recoveries


@pytest.mark.parametrize("frame", [b"{nope", b"[]", b'{"choices": 3}', b"[" * 100_000, b""])
def test_decode_chunk_invalid_frame_raises(frame: bytes) -> None:
    with pytest.raises(MalformedChunk):
        decode_chunk(frame)


@given(st.text(), st.text(), st.lists(st.integers(0, 200), max_size=6))
def test_ordinary_text_comes_through_unchanged_however_it_is_cut(reasoning: str, text: str, cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), len(text)]
    pieces = [text[start:end] for start, end in itertools.pairwise(bounds)]
    reply = assemble(delta(reasoning=reasoning), *(delta(content=piece) for piece in pieces), call(**READ))
    assert (reply.reasoning, reply.text) == (reasoning, text if text.strip() else "")

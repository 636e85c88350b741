"""A field of a reply, cut anywhere, split into reasoning, text and written calls."""

import json

import pytest

from kimi_tui.providers.channel_splitter import ChannelSplitter
from kimi_tui.providers.written_calls import WrittenCall

SECTION = (
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.read:0<|tool_call_argument_begin|>"
    '{"source": "S1"}<|tool_call_end|><|tool_calls_section_end|>'
)
SOURCE = '{"source": "S1"}'
TEXTS = {
    "<think>Hm. </think>It is 46 %.": ("Hm. ", "It is 46 %.", 0),
    " \n<think>Hm. </think>It is 46 %.": ("Hm. ", " \nIt is 46 %.", 0),
    "<think>Never closed": ("Never closed", "", 0),
    "Write <think> and </thin in a < b text.": ("", "Write <think> and </thin in a < b text.", 0),
    f"<think>Hm.</think>Let me read.{SECTION}": ("Hm.", "Let me read.", 1),
    f"<think>Hm. {SECTION}": ("Hm. ", "", 1),
    f"Two:{SECTION} and {SECTION}": ("", "Two: and ", 2),
    f"Bare:{SECTION[28:-26]}": ("", "Bare:", 1),
    "</think>Only the end tag.": ("", "Only the end tag.", 0),
    "Ends in a marker's beginning <|tool_call": ("", "Ends in a marker's beginning <|tool_call", 0),
    f"One:{SECTION.replace('calls_section', 'call_section')}": ("", "One:", 1),
    f"Mixed:{SECTION.replace('calls_section_end', 'call_section_end')}": ("", "Mixed:", 1),
    f"No end:{SECTION[:-26]}": ("", "No end:", 1),
    f"No end, then:{SECTION[:-26]} text.": ("", "No end, then: text.", 1),
    f"<think>Not {SECTION[:28]}.</think>So.": (f"Not {SECTION[:28]}.", "So.", 0),
}
QUOTED = (
    "Kimi begins a call with <|tool_call_begin|>",
    "Kimi begins a call with `<|tool_call_begin|>` and ends it with `<|tool_call_end|>`.",
    "It writes <|tool_calls_section_begin|>, then <|tool_call_begin|> and so on to <|tool_calls_section_end|>.",
    "First <|tool_call_begin|>functions.NAME:IDX<|tool_call_argument_begin|>{...}<|tool_call_end|> and no more.",
    "A <|tool_call_begin|>functions.{name}:{idx}<|tool_call_argument_begin|>{json}<|tool_call_end|> is one.",
    "After <|tool_call_argument_begin|> come the arguments, after <|tool_call_begin|>\n\nthe name.",
    "In <|tool_call_section_begin|>\n<|tool_call_begin|> a name.",
    "A call is <|tool_call_begin|>x<|tool_call_argument_begin|>` and JSON.",
    f"An example:\n```\n{SECTION[:-43]}\n```\nand a word on it.",
    f"It writes {SECTION[28:-43]}, which is JSON.",
    "A name follows: <|tool_call_begin|>functions.NAME:0",
    "A K3 reply ends with <|end_of_msg|>",
    "K3 opens <|open|>tools<|sep|> and closes <|close|>tools<|sep|> around <|open|>call tool=...<|sep|> markers.",
    "K3 writes <|open|>response<|sep|> and <|close|>response<|sep|> around an answer.",
    "K3 encodes a call as <|open|>call tool",
)
"""Texts about the markers: none of them is a call, all of them are text."""
K3_CALLS = (
    '<|open|>tools<|sep|><|open|>call tool="read" index="1"<|sep|><|open|>argument key="source" type="string"<|sep|>'
    "S<1 <|close|>tools<|sep|><|close|>argument<|sep|>"
    '<|open|>argument key="pages" type="array"<|sep|>[1, 2]<|close|>argument<|sep|><|close|>call<|sep|>\n'
    '<|open|>call index="2" tool="a&amp;&quot;b"<|sep|><|open|>json type="object"<|sep|>{"x": 1}<|close|>json<|sep|>'
    "<|close|>call<|sep|><|close|>tools<|sep|>"
)
K3_END = "<|close|>message<|sep|><|end_of_msg|>"


def split(*fragments: str) -> tuple[str, str, int]:
    """Reasoning, text and the number of calls in a content."""
    splitter = ChannelSplitter("text")
    pieces = [piece for fragment in fragments for piece in splitter.feed(fragment)]
    pieces += splitter.finish()
    said = {kind: "".join(text for which, text in pieces if which == kind) for kind in ("reasoning", "text")}
    return said["reasoning"], said["text"], len(splitter.calls)


def written(*fragments: str) -> list[WrittenCall]:
    """The calls in a content."""
    splitter = ChannelSplitter("text")
    for fragment in fragments:
        list(splitter.feed(fragment))
    list(splitter.finish())
    return splitter.calls


@pytest.mark.parametrize("text", QUOTED)
def test_quoted_marker_in_prose_stays_text_wherever_it_is_cut(text: str) -> None:
    for quote in (text, f"{text}\n\nThat is all."):
        assert split(quote) == split(*quote) == ("", quote, 0)
        for cut in range(len(quote)):
            assert split(quote[:cut], quote[cut:]) == ("", quote, 0)


@pytest.mark.parametrize("quote", QUOTED)
def test_call_after_a_quoted_marker_is_a_call(quote: str) -> None:
    text = f"{quote} So:{SECTION}"
    for cut in range(len(text)):
        assert split(text[:cut], text[cut:]) == ("", f"{quote} So:", 1)


def test_marker_quoted_inside_arguments_is_part_of_them() -> None:
    quoted = '{"memo": "It ends with <|tool_call_end|> and \\" <|tool_calls_section_end|>"}'
    text = f"{SECTION[:28]}{SECTION[28:].replace(SOURCE, quoted)}"
    for cut in range(len(text)):
        assert written(text[:cut], text[cut:]) == [WrittenCall("read", quoted)]


def test_call_with_broken_arguments_is_a_call_for_the_model_to_correct() -> None:
    broken = '{"source": "S1'
    text = SECTION.replace(SOURCE, broken)
    assert written(text) == written(*text) == [WrittenCall("read", broken)]


def test_k3_calls_are_salvaged_wherever_they_are_cut() -> None:
    for text in (f"I look.{K3_CALLS}", f"<|open|>response<|sep|>I look.<|close|>response<|sep|>{K3_CALLS}{K3_END}"):
        for cut in range(len(text)):
            assert split(text[:cut], text[cut:]) == ("", "I look.", 2)
            first, second = written(text[:cut], text[cut:])
            assert (first.name, second) == ("read", WrittenCall('a&"b', '{"x": 1}'))
            assert json.loads(first.raw) == {"source": "S<1 <|close|>tools<|sep|>", "pages": [1, 2]}


def test_k3_channels_are_parsed() -> None:
    text = f"Hm.<|close|>think<|sep|><|open|>response<|sep|>So.<|close|>response<|sep|>{K3_END}"
    assert split("<|open|>think<|sep|>" + text) == split(*("<|open|>think<|sep|>" + text)) == ("Hm.", "So.", 0)
    splitter = ChannelSplitter("reasoning")
    pieces = [piece for letter in text for piece in splitter.feed(letter)] + list(splitter.finish())
    assert "".join(said for kind, said in pieces if kind == "text") == "So."


def test_k3_call_without_its_end_is_unfinished() -> None:
    splitter = ChannelSplitter("text")
    assert list(splitter.feed(f"Hm. {K3_CALLS[:150]}")) == [("text", "Hm. ")]
    assert list(splitter.finish()) == []
    assert splitter.unfinished


@pytest.mark.parametrize("text", TEXTS)
def test_markers_are_found_wherever_the_text_is_cut(text: str) -> None:
    assert split(text) == TEXTS[text]
    assert split(*text) == TEXTS[text]
    for cut in range(len(text)):
        assert split(text[:cut], text[cut:]) == TEXTS[text]


def test_splitter_possible_marker_is_held_back() -> None:
    splitter = ChannelSplitter("text")
    assert list(splitter.feed("It is <|tool_calls_sec")) == [("text", "It is ")]
    assert list(splitter.feed("ond thought")) == [("text", "<|tool_calls_second thought")]


def test_splitter_unopened_closing_tag_makes_reasoning() -> None:
    splitter = ChannelSplitter("text")
    assert list(splitter.feed("Hm.</think>It is.")) == [("text", "Hm."), ("boundary", ""), ("text", "It is.")]


def test_a_closing_tag_in_an_answer_stays_when_the_thinking_came_elsewhere() -> None:
    splitter = ChannelSplitter("text")
    splitter.reasoning_elsewhere = True
    assert list(splitter.feed("Write </think> so.")) == [("text", "Write "), ("text", "</think>"), ("text", " so.")]


def test_a_section_without_its_end_is_unfinished() -> None:
    splitter = ChannelSplitter("reasoning")
    assert list(splitter.feed("Hm. " + SECTION[:-30])) == [("reasoning", "Hm. ")]
    assert list(splitter.finish()) == []
    assert splitter.unfinished
    assert splitter.calls == []


def test_written_calls_are_read_in_order() -> None:
    twice = SECTION.replace(
        "<|tool_calls_section_end|>",
        "<|tool_call_begin|>calculate:1<|tool_call_argument_begin|> {} <|tool_call_end|><|tool_calls_section_end|>",
    )
    assert written(twice) == [WrittenCall("read", '{"source": "S1"}'), WrittenCall("calculate", "{}")]

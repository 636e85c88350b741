"""Markers in text, cut anywhere."""

import pytest

from kimi_tui.providers.tags import ChannelSplitter, WrittenCall, call_name, written_calls

SECTION = (
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.read:0<|tool_call_argument_begin|>"
    '{"source": "S1"}<|tool_call_end|><|tool_calls_section_end|>'
)
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
}


def split(*fragments: str) -> tuple[str, str, int]:
    """Reasoning, text and the number of sections in a content."""
    splitter = ChannelSplitter("text")
    pieces = [piece for fragment in fragments for piece in splitter.feed(fragment)]
    pieces += splitter.finish()
    said = {kind: "".join(text for which, text in pieces if which == kind) for kind in ("reasoning", "text")}
    return said["reasoning"], said["text"], len(splitter.sections)


@pytest.mark.parametrize("text", TEXTS)
def test_markers_are_found_wherever_the_text_is_cut(text: str) -> None:
    assert split(text) == TEXTS[text]
    assert split(*text) == TEXTS[text]
    for cut in range(len(text)):
        assert split(text[:cut], text[cut:]) == TEXTS[text]


def test_nothing_that_may_be_a_marker_is_let_out_early() -> None:
    splitter = ChannelSplitter("text")
    assert list(splitter.feed("It is <|tool_calls_sec")) == [("text", "It is ")]
    assert list(splitter.feed("ond thought")) == [("text", "<|tool_calls_second thought")]


def test_a_closing_tag_that_nothing_opened_makes_what_came_before_it_reasoning() -> None:
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
    assert splitter.sections == []


def test_written_calls_are_read_in_order() -> None:
    twice = SECTION.replace(
        "<|tool_calls_section_end|>",
        "<|tool_call_begin|>calculate:1<|tool_call_argument_begin|> {} <|tool_call_end|><|tool_calls_section_end|>",
    )
    assert written_calls(twice) == (WrittenCall("read", '{"source": "S1"}'), WrittenCall("calculate", "{}"))


@pytest.mark.parametrize(
    ("header", "name"),
    [("functions.read:0", "read"), ("read:12", "read"), (" read ", "read"), ("3", ""), ("functions.3", "")],
)
def test_a_call_s_name_is_what_stands_in_its_header(header: str, name: str) -> None:
    assert call_name(header) == name

"""A section of K3's calls, piece by piece."""

import json

import pytest

from kimi_tui.providers.k3_calls import K3CallSection
from kimi_tui.providers.markers import K3_CALL, K3_TOOLS, MarkerScanner
from kimi_tui.providers.written_calls import FinishResult, TakeResult, WrittenCall

CALL = '<|open|>call tool="read" index="1"<|sep|>'
END_CALL = "<|close|>call<|sep|>"
END_TOOLS = "<|close|>tools<|sep|>"


def argument(key: str, value: str, kind: str = "string") -> str:
    return f'<|open|>argument key="{key}" type="{kind}"<|sep|>{value}<|close|>argument<|sep|>'


def taken(text: str) -> tuple[list[WrittenCall], list[TakeResult], FinishResult]:
    """The calls of a section, what each piece did to it, and what it is at its end."""
    scanner = MarkerScanner()
    opener, *pieces = [*scanner.feed(text), scanner.finish()]
    section = K3CallSection(opener)
    results: list[TakeResult] = []
    for piece in filter(None, pieces):
        results.append(section.take(piece))
        if results[-1] != "open":
            break
    return section.calls, results, section.finish()


@pytest.mark.parametrize(
    ("body", "arguments"),
    [
        ("", {}),
        (argument("source", "S1"), {"source": "S1"}),
        (argument("source", "S1") + "\n" + argument("n", "5", "integer"), {"source": "S1", "n": 5}),
        (argument("n", "[1, 2]", "array"), {"n": [1, 2]}),
        (argument("n", "no json", "array"), {"n": "no json"}),
        (argument("text", "5"), {"text": "5"}),
        (argument("text", ""), {"text": ""}),
        (argument("a&amp;b", "x"), {"a&b": "x"}),
        (argument("text", "a <b> & <|close|>tools<|sep|>"), {"text": "a <b> & <|close|>tools<|sep|>"}),
        (argument("x", "1", "integer") + argument("x", "2", "integer"), {"x": 2}),
    ],
)
def test_section_of_a_call_has_its_arguments(body: str, arguments: dict[str, object]) -> None:
    calls, results, _ = taken(K3_TOOLS + CALL + body + END_CALL + END_TOOLS)
    assert results[-1] == "closed"
    [call] = calls
    assert call.name == "read"
    assert json.loads(call.raw) == arguments


def test_section_with_arguments_as_one_object_keeps_them_as_written() -> None:
    calls, results, _ = taken(
        f'{K3_TOOLS}{CALL}<|open|>json type="object"<|sep|> {{"n":1}} <|close|>json<|sep|>{END_CALL}{END_TOOLS}'
    )
    assert results[-1] == "closed"
    assert calls == [WrittenCall("read", '{"n":1}')]


def test_section_of_several_calls_has_all_in_order() -> None:
    calls, results, _ = taken(K3_TOOLS + (CALL + END_CALL) + "\n" + CALL.replace("read", "find") + END_CALL + END_TOOLS)
    assert [call.name for call in calls] == ["read", "find"]
    assert results[-1] == "closed"


def test_bare_call_ends_with_itself() -> None:
    calls, results, _ = taken(CALL + argument("n", "1", "integer") + END_CALL)
    assert results[-1] == "closed"
    assert calls == [WrittenCall("read", '{"n": 1}')]


@pytest.mark.parametrize(
    "text",
    [
        f"{K3_TOOLS} and prose",
        f"{K3_TOOLS}<|open|>call index=<|sep|>{END_CALL}",
        f"{K3_TOOLS}{CALL}prose{END_CALL}",
        f'{K3_TOOLS}{CALL}<|open|>argument type="string"<|sep|>x',
        f'{K3_TOOLS}<|open|>call tool="{"x" * 700}"<|sep|>',
        f"{K3_CALL}is how it begins",
    ],
)
def test_section_that_is_none_breaks(text: str) -> None:
    calls, results, _ = taken(text)
    assert results[-1] == "broken"
    assert calls == []


def test_section_with_prose_behind_its_calls_ended_before_it() -> None:
    calls, results, _ = taken(f"{K3_TOOLS}{CALL}{END_CALL} and prose")
    assert results[-1] == "ended"
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("text", "end"),
    [
        (f"{K3_TOOLS}", "quoted"),
        (f"{K3_TOOLS}{CALL}{END_CALL}", "complete"),
        (f"{K3_TOOLS}{CALL}", "begun"),
        (f'{K3_TOOLS}{CALL}<|open|>argument key="x"', "begun"),
        (f'{K3_TOOLS}<|open|>call tool="re', "begun"),
        (f"{K3_TOOLS}<|open|>call ", "quoted"),
        (f"{CALL}", "begun"),
    ],
)
def test_section_finish_says_what_it_is(text: str, end: str) -> None:
    assert taken(text)[2] == end


def test_section_text_is_all_that_was_taken() -> None:
    text = K3_TOOLS + CALL + argument("n", "1") + END_CALL + END_TOOLS
    scanner = MarkerScanner()
    opener, *pieces = scanner.feed(text)
    section = K3CallSection(opener)
    for piece in pieces:
        section.take(piece)
    assert section.text == text

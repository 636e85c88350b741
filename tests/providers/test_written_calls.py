"""Calls written as text: names, JSON that goes on, and a section of K2's calls piece by piece."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.providers.markers import ARGUMENTS, CALL, END_CALL, END_SECTION, SECTION
from kimi_tui.providers.written_calls import JsonScanner, K2CallSection, WrittenCall, call_name, is_json


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("functions.read:0", "read"),
        ("read:12", "read"),
        (" read ", "read"),
        ("", ""),
        ("functions.", ""),
        ("x" * 300, "x" * 200),
        ("3", ""),
        ("functions.3", ""),
    ],
)
def test_call_name_is_read_from_header(header: str, name: str) -> None:
    assert call_name(header) == name


@pytest.mark.parametrize(
    ("raw", "valid"),
    [
        ("{}", True),
        ('{"a": "b\nc"}', True),
        ("5", True),
        ("", False),
        ("{", False),
        ("{...}", False),
        ("[" * 100_000, False),
    ],
)
def test_is_json_takes_control_characters_in_strings(raw: str, valid: bool) -> None:
    assert is_json(raw) is valid


def scan(*fragments: str) -> tuple[bool, bool]:
    scanner = JsonScanner()
    for fragment in fragments:
        scanner.feed(fragment)
    return scanner.inside, scanner.over


@pytest.mark.parametrize(
    ("text", "inside", "over"),
    [
        ("", False, False),
        ('{"a', True, False),
        ('{"a"', False, False),
        ('{"a\\"', True, False),
        ('{"a\\\\"', False, False),
        ("{}", False, False),
        ("{} \n", False, False),
        ("{} word", False, True),
        ('{"a": "}"}', False, False),
        ('{"a": {"b": [1]}} x', False, True),
        ("word {", False, False),
    ],
)
def test_json_scanner_knows_where_it_is_wherever_the_text_is_cut(text: str, inside: bool, over: bool) -> None:
    assert scan(text) == (inside, over)
    assert scan(*text) == (inside, over)


@given(st.recursive(st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3), max_leaves=6))
def test_json_scanner_of_any_object_ends_outside(value: object) -> None:
    text = json.dumps({"value": value}, ensure_ascii=False)
    assert scan(text) == scan(*text) == (False, False)
    assert scan(text, " prose")[1]


def taken(*pieces: str) -> tuple[list[WrittenCall], str, str]:
    """The calls of a section, what the last piece did to it, and what it is at its end."""
    section = K2CallSection(pieces[0])
    result = "open"
    for piece in pieces[1:]:
        result = section.take(piece)
        if result != "open":
            break
    return section.calls, result, section.finish()


READ = WrittenCall("read", "{}")


@pytest.mark.parametrize(
    ("pieces", "calls", "result"),
    [
        ((SECTION, CALL, "read:0", ARGUMENTS, "{}", END_CALL, END_SECTION), [READ], "closed"),
        ((SECTION, "\n", CALL, "functions.read:0", ARGUMENTS, " {}", END_CALL, " ", END_SECTION), [READ], "closed"),
        ((CALL, "read", ARGUMENTS, "{}", END_CALL), [READ], "closed"),
        ((SECTION, END_SECTION), [], "closed"),
        ((SECTION, "prose"), [], "broken"),
        ((SECTION, CALL, "read and so on", ARGUMENTS), [], "broken"),
        ((SECTION, CALL, ARGUMENTS), [], "broken"),
        ((SECTION, CALL, "x" * 400), [], "broken"),
        ((SECTION, CALL, "read", ARGUMENTS, "prose"), [], "broken"),
        ((SECTION, CALL, "read", ARGUMENTS, "{}", " prose"), [], "broken"),
        ((SECTION, CALL, "read", ARGUMENTS, "{}", END_CALL, "prose"), [READ], "ended"),
        ((SECTION, CALL, "read", ARGUMENTS, "{}", CALL), [READ], "open"),
        ((SECTION, CALL, "read", ARGUMENTS, "{}", END_SECTION), [READ], "closed"),
    ],
)
def test_k2_section_takes_calls_and_nothing_else(
    pieces: tuple[str, ...], calls: list[WrittenCall], result: str
) -> None:
    found, last, _ = taken(*pieces)
    assert (found, last) == (calls, result)


@pytest.mark.parametrize(
    ("pieces", "end"),
    [
        ((SECTION,), "quoted"),
        ((SECTION, CALL), "quoted"),
        ((SECTION, CALL, "functions.re"), "begun"),
        ((CALL, "functions.re"), "quoted"),
        ((SECTION, CALL, "read:0", ARGUMENTS), "begun"),
        ((SECTION, CALL, "read", ARGUMENTS), "quoted"),
        ((SECTION, CALL, "read", ARGUMENTS, '{"n'), "begun"),
        ((SECTION, CALL, "read", ARGUMENTS, "{}", END_CALL), "complete"),
        ((SECTION, CALL, "read", ARGUMENTS, '{"n": "', END_CALL), "complete"),
    ],
)
def test_k2_section_finish_says_what_it_is(pieces: tuple[str, ...], end: str) -> None:
    assert taken(*pieces)[2] == end

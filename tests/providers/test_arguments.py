"""Argument texts: what is taken, what is repaired, and what the model reads about the rest."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.providers.arguments import is_complete_object, parse_arguments

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON_VALUES, max_size=4))
def test_arguments_object_is_taken_unchanged(value: dict[str, object]) -> None:
    parsed = parse_arguments(json.dumps(value, ensure_ascii=True))
    assert (parsed.arguments, parsed.problem, parsed.repaired) == (value, "", False)


@pytest.mark.parametrize("raw", ["", "  ", "\n"])
def test_no_text_means_no_arguments(raw: str) -> None:
    assert parse_arguments(raw).arguments == {}


@pytest.mark.parametrize(
    "raw",
    [
        '```json\n{"query": "a, b"}\n```',
        '``` {"query": "a, b"} ```',
        '{"query": "a, b",}',
        '{"query": "a, b" , \n}',
        '"{\\"query\\": \\"a, b\\"}"',
    ],
)
def test_parse_arguments_unambiguous_slip_is_repaired(raw: str) -> None:
    parsed = parse_arguments(raw)
    assert parsed.arguments == {"query": "a, b"}
    assert parsed.repaired


def test_raw_control_characters_in_strings_are_taken() -> None:
    assert parse_arguments('{"code": "a\n\tb"}').arguments == {"code": "a\n\tb"}


def test_commas_inside_strings_stay() -> None:
    assert parse_arguments('{"a": ",}", "b": [1, 2,],}').arguments == {"a": ",}", "b": [1, 2]}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ('{"query": "unterminated', "end before"),
        ('{"query": "a"', "end before"),
        ("{'query': 'a'}", "double quotes"),
        ('{"query": "a"} {"query": "b"}', "not valid JSON"),
        ('["a"]', "a list"),
        ("null", "null"),
        ("true", "a boolean"),
        ("3", "a number"),
        ('"just words"', "not valid JSON"),
        ('{"a": NaN}', "NaN"),
        ('{"a": 1e999}', "too large"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_parse_arguments_invalid_text_is_explained(raw: str, words: str) -> None:
    parsed = parse_arguments(raw)
    assert parsed.arguments is None
    assert words in parsed.problem
    assert "\n" not in parsed.problem
    assert len(parsed.problem) < 300


@given(st.text(alphabet='{}[]",:\\` \n\u202eajson1', max_size=60))
def test_any_text_gives_arguments_or_a_problem(raw: str) -> None:
    parsed = parse_arguments(raw)
    assert (parsed.arguments is None) == bool(parsed.problem)


def test_lone_surrogates_are_replaced_in_names_and_values() -> None:
    parsed = parse_arguments('{"\\ud800": ["\\udfff"]}')
    assert parsed.arguments == {"\ufffd": ["\ufffd"]}


def test_a_hostile_text_takes_no_more_than_a_moment() -> None:
    # Either of these took minutes with an expression that starts over at each quote or blank.
    assert parse_arguments('{"a": "' + '\\"' * 300_000).arguments is None
    assert parse_arguments("```" + " " * 300_000).arguments is None


@pytest.mark.parametrize(
    ("raw", "whole"), [("{}", True), ('{"a": 1', False), ("", False), ("[]", False), ("{} x", False)]
)
def test_only_a_closed_object_is_whole(raw: str, whole: bool) -> None:
    assert is_complete_object(raw) is whole

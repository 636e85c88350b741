"""Arguments as text: every kind goes out and comes back, and what is wrong is said in a few words."""

import pytest

from kimi_tui.tui.approval.argument_fields import MISSING, ArgumentField, FieldError, build_fields
from tests.tui.asking import SEARCH_SCHEMA


@pytest.mark.parametrize(
    ("schema", "value", "text"),
    [
        ({"type": "string"}, "a\nb", "a\nb"),
        ({"type": "integer"}, 5, "5"),
        ({"type": "number"}, 2.5, "2.5"),
        ({"type": "boolean"}, True, "true"),
        ({"enum": ["open", "done"], "type": "string"}, "done", "done"),
        ({"type": "array", "items": {"type": "string"}}, ["a", "b"], "a\nb"),
        ({"type": "array", "items": {"type": "object"}}, [{"a": 1}], '[{"a": 1}]'),
        ({"type": "object"}, {"a": {"b": None}}, '{"a": {"b": null}}'),
        (None, [1, 2], "[1, 2]"),
    ],
)
def test_a_value_is_written_and_read_back(schema, value, text):
    assert ArgumentField("x", schema, old_value=value).format_value(value) == text
    assert ArgumentField("x", schema).parse_text(text) == value


@pytest.mark.parametrize(
    ("schema", "text", "words"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 20}, "99", "a whole number from 1 to 20"),
        ({"type": "integer"}, "5.5", "a whole number"),
        ({"type": "integer"}, "true", "a whole number"),
        ({"type": "number", "minimum": 0}, "-1", "0 or more"),
        ({"type": "boolean"}, "maybe", "true or false"),
        ({"enum": ["a", "b"]}, "c", "must be one of a, b"),
        ({"type": "object"}, "[1]", "must be an object"),
        ({"type": "array", "items": {"type": "object"}}, "{", "not valid JSON"),
        ({"type": "string", "maxLength": 3}, "four", "3 characters at most"),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2}, "a", "2 entries or more"),
    ],
)
def test_argument_field_invalid_text_raises_reason(schema, text, words):
    with pytest.raises(FieldError, match=words):
        ArgumentField("x", schema, required=True).parse_text(text)


def test_an_argument_left_empty_is_left_out_unless_it_is_required():
    assert ArgumentField("x", {"type": "integer"}).parse_text("  ") is MISSING
    with pytest.raises(FieldError, match="must not be empty"):
        ArgumentField("x", {"type": "string", "minLength": 1}, required=True).parse_text("")


def test_a_form_has_the_arguments_of_the_schema_and_those_it_does_not_know():
    fields = build_fields(SEARCH_SCHEMA, {"query": "a", "odd": 1})
    assert [field.name for field in fields] == ["query", "limit", "time", "safe", "hosts", "odd"]
    assert [field.kind for field in fields] == ["string", "integer", "choice", "boolean", "lines", "json"]
    assert fields[1].expectation == "a whole number from 1 to 20; 8 when empty"

"""Schemas that are the same bytes everywhere, and arguments read as leniently as their meaning is certain."""

import importlib
import json
import os
from pathlib import Path
from typing import Annotated, Any, ClassVar

import msgspec
import pytest

from kimi_tui.events import Effect
from kimi_tui.tools import TOOLS
from kimi_tui.tools.base import Observation, Tool, ToolContext, ToolError
from kimi_tui.tools.schema import build_schema, parse_arguments

SNAPSHOT = Path(__file__).parents[1] / "data" / "tool_schemas.json"


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row."""

    name: str
    size: int = 1


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of each kind."""

    text: Annotated[str, msgspec.Meta(description="Some words.", max_length=20)]
    count: Annotated[int, msgspec.Meta(description="How many.", ge=1, le=50)] = 8
    share: float = 0.5
    sure: bool = False
    names: list[str] = []
    rows: list[Row] = []
    row: Row | None = None


class Sample(Tool):
    """A tool with one parameter of each kind."""

    name: ClassVar[str] = "sample"
    description: ClassVar[str] = "A sample."
    parameters: ClassVar[type[msgspec.Struct]] = Parameters
    read_only: ClassVar[bool] = True
    timeout: ClassVar[float] = 1.0

    def effects(self, arguments: Parameters) -> tuple[Effect, ...]:
        return ()

    def label(self, arguments: Parameters) -> str:
        return "sample"

    async def run(self, arguments: Parameters, context: ToolContext) -> Observation:
        return Observation("")


def problem(arguments: dict[str, Any]) -> str:
    with pytest.raises(ToolError) as caught:
        parse_arguments(Sample(), arguments)
    return str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"text": "x"}, Parameters("x")),
        ({"text": 5}, Parameters("5")),
        ({"text": 4.5}, Parameters("4.5")),
        ({"text": "[1]"}, Parameters("[1]")),
        ({"text": ""}, Parameters("")),
        ({"text": "x", "count": "5"}, Parameters("x", 5)),
        ({"text": "x", "count": "5.0"}, Parameters("x", 5)),
        ({"text": "x", "count": 5.0}, Parameters("x", 5)),
        ({"text": "x", "count": " 7 "}, Parameters("x", 7)),
        ({"text": "x", "count": None}, Parameters("x")),
        ({"text": "x", "share": "0.25"}, Parameters("x", share=0.25)),
        ({"text": "x", "share": 1}, Parameters("x", share=1.0)),
        ({"text": "x", "sure": "true"}, Parameters("x", sure=True)),
        ({"text": "x", "sure": 1}, Parameters("x", sure=True)),
        ({"text": "x", "sure": "False"}, Parameters("x", sure=False)),
        ({"text": "x", "names": '["a", "b"]'}, Parameters("x", names=["a", "b"])),
        ({"text": "x", "rows": '[{"name": "a", "size": "2"}]'}, Parameters("x", rows=[Row("a", 2)])),
        ({"text": "x", "rows": [{"name": "a"}]}, Parameters("x", rows=[Row("a")])),
        ({"text": "x", "row": '{"name": "a"}'}, Parameters("x", row=Row("a"))),
        ({"text": "x", "row": None}, Parameters("x")),
    ],
)
def test_parse_arguments_certain_meaning_is_accepted(arguments: dict[str, Any], expected: Parameters) -> None:
    assert parse_arguments(Sample(), arguments) == expected


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "object missing required field `text`"),
        ({"text": None}, "text: expected `str`, got `null`"),
        ({"text": ["x"]}, "text: expected `str`, got `array`"),
        ({"text": True}, "text: expected `str`, got `bool`"),
        ({"text": "x" * 21}, "text: expected `str` of length <= 20"),
        ({"text": "x", "count": "many"}, "count: expected `int`, got `str`"),
        ({"text": "x", "count": 5.5}, "count: expected `int`"),
        ({"text": "x", "count": 0}, "count: expected `int` >= 1"),
        ({"text": "x", "count": 10**40}, "count: "),
        ({"text": "x", "sure": "perhaps"}, "sure: expected `bool`"),
        ({"text": "x", "names": "a, b"}, "names: expected `array`, got `str`"),
        ({"text": "x", "rows": [{"name": "a", "sise": 2}]}, "rows[0]: object contains unknown field `sise`"),
        ({"text": "x", "rows": [{"size": 2}]}, "rows[0]: object missing required field `name`"),
        ({"text": "x", "names": "[" * 100_000}, "names: expected `array`"),
    ],
    ids=lambda value: ascii(value)[:50],
)
def test_a_wrong_argument_is_named_with_what_was_expected(arguments: dict[str, Any], words: str) -> None:
    text = problem(arguments)
    assert text.startswith("sample was not run: ")
    assert words in text
    assert "Its parameters are: text (string, required), count (integer from 1 to 50), share (number)" in text
    assert "rows (list of {name: string, size: integer})" in text


def test_parse_arguments_unencodable_text_is_replaced() -> None:
    arguments = {"text": "a\ud800", "names": ["\udfff"], "rows": [{"name": "\ud800"}]}
    assert parse_arguments(Sample(), arguments) == Parameters("a\ufffd", names=["\ufffd"], rows=[Row("\ufffd")])


def test_an_unknown_parameter_brings_the_nearest_name() -> None:
    assert "it has no parameter cuont. Did you mean count?" in problem({"text": "x", "cuont": 3})
    assert "Did you mean" not in problem({"text": "x", "zzzzzz": 3})


def test_a_hostile_name_is_quoted_as_plain_text_of_bounded_length() -> None:
    text = problem({"text": "x", "\x1b[2J" + "n" * 10_000: 3})
    assert "\x1b" not in text
    assert len(text) < 700


def test_build_schema_inlines_references() -> None:
    schema = build_schema(Sample())
    assert "$" not in json.dumps(schema)
    assert schema["properties"]["rows"]["items"]["properties"]["name"] == {"type": "string"}
    assert list(schema["properties"]) == ["text", "count", "share", "sure", "names", "rows", "row"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["text"]["description"] == "Some words."


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tools_schema_is_valid_and_describes_every_parameter(tool: Tool) -> None:
    schema = build_schema(tool)
    importlib.import_module("jsonschema").Draft202012Validator.check_schema(schema)  # it brings no types
    assert schema["type"] == "object"
    assert all(parameter["description"] for parameter in schema["properties"].values())
    assert all("type" in parameter for parameter in schema["properties"].values())
    assert json.dumps(schema) == json.dumps(build_schema(tool))


def test_the_schemas_are_those_of_the_snapshot() -> None:
    """A change here changes the beginning of every prompt: mean it, then write the snapshot with SCHEMAS=write."""
    schemas = {tool.name: {"description": tool.description, "parameters": build_schema(tool)} for tool in TOOLS}
    text = json.dumps(schemas, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("SCHEMAS") == "write":
        SNAPSHOT.write_text(text, encoding="utf-8")
    assert text == SNAPSHOT.read_text(encoding="utf-8")

"""Which tool a call without a name means."""

from typing import Any

import pytest

from kimi_tui.providers.base import ToolSchema
from kimi_tui.providers.tool_inference import infer_tool


def tool(name: str, required: tuple[str, ...] = (), **properties: Any) -> ToolSchema:
    return ToolSchema(name, "", {"type": "object", "properties": properties, "required": list(required)})


READ = tool("read", ("source",), source={"type": "string"}, page={"type": "integer"})
FIND = tool("find", ("query",), query={"type": "string"}, limit={"type": ["integer", "null"]})
CALCULATE = tool("calculate", ("code",), code={"type": "string"}, inputs={"type": "array"}, share={"type": "number"})
ANY = tool("any", (), query={}, other=True)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"source": "S1"}, "read"),
        ({"source": "S1", "page": 4}, "read"),
        ({"query": "x", "limit": None}, "find"),
        ({"query": "x", "limit": 5}, "find"),
        ({"code": "1", "inputs": [], "share": 1}, "calculate"),
        ({"code": "1", "share": 0.5}, "calculate"),
        ({"page": 4}, ""),
        ({"source": 5}, ""),
        ({"source": "S1", "page": "4"}, ""),
        ({"source": "S1", "page": True}, ""),
        ({"source": "S1", "extra": 1}, ""),
        ({"code": "1", "share": True}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_infer_tool_of_arguments_that_fit_one(arguments: dict[str, Any] | None, name: str) -> None:
    assert infer_tool(arguments, (READ, FIND, CALCULATE)) == name


def test_infer_tool_of_arguments_that_fit_several_or_no_tools_is_empty() -> None:
    assert infer_tool({"query": "x"}, (FIND, ANY)) == ""
    assert infer_tool({"query": 5}, (FIND, ANY)) == "any"
    assert infer_tool({"query": "x"}, ()) == ""


@pytest.mark.parametrize(
    "parameters", [{}, {"properties": None, "required": None}, {"properties": {"q": {"type": "x"}}}]
)
def test_infer_tool_with_an_odd_schema(parameters: dict[str, Any]) -> None:
    fits = "q" in (parameters.get("properties") or {})
    assert infer_tool({"q": 1}, (ToolSchema("odd", "", parameters),)) == ("odd" if fits else "")

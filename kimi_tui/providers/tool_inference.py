"""Infer which tool a call without a name means, from its arguments.

Some models write a bare number where the name belongs. An answer is given only when the arguments fit exactly one
tool, and whoever uses it marks the call as inferred, so that a person is asked before anything runs.
"""

from typing import Any

from kimi_tui.providers.base import ToolSchema

_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


def infer_tool(arguments: dict[str, Any] | None, tools: tuple[ToolSchema, ...]) -> str:
    """Return the only tool that the arguments fit; empty when none or several do, or without arguments."""
    if not arguments:
        return ""
    fitting = [tool.name for tool in tools if _fits(arguments, tool.parameters)]
    return fitting[0] if len(fitting) == 1 else ""


def _fits(arguments: dict[str, Any], schema: dict[str, Any]) -> bool:
    """Return whether every argument is a parameter of its type, and no required parameter is missing."""
    properties = schema.get("properties") or {}
    return set(schema.get("required") or ()) <= arguments.keys() <= properties.keys() and all(
        _is_of_kind(value, properties[name]) for name, value in arguments.items()
    )


def _is_of_kind(value: Any, schema: Any) -> bool:
    """Return whether a value is of the type that a schema names; a schema that names none takes any."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    kinds = [name for name in (kind if isinstance(kind, list) else [kind]) if name in _KINDS]
    if not kinds:
        return True
    if isinstance(value, bool):
        return "boolean" in kinds
    return any(isinstance(value, _KINDS[name]) for name in kinds)

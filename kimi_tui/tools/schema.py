"""Convert a tool's parameters to JSON Schema, and a model's arguments to those parameters.

The schema is the same bytes in every process, since it begins every prompt. Reading is lenient where the meaning is
certain (`"5"` for a number, JSON in a string for a list) and otherwise says which parameter is wrong and what it
should be: the text is an observation that the model acts on.
"""

import difflib
from functools import cache
from typing import Any

import msgspec

from kimi_tui.text import one_line, replace_surrogates
from kimi_tui.tools.base import Tool, ToolError


def build_schema(tool: Tool) -> dict[str, Any]:
    """Return the JSON Schema of a tool's parameters: one object without references, in declared order."""
    schema = msgspec.json.schema(tool.parameters)
    definitions = schema.pop("$defs")
    inlined = _inline_references(schema, definitions)
    assert isinstance(inlined, dict)
    del inlined["description"]  # the struct's docstring speaks to readers of the code
    return inlined


def _inline_references(node: Any, definitions: dict[str, Any]) -> Any:
    """Return a schema with each reference replaced by what it names, without titles, keys in order."""
    if isinstance(node, list):
        return [_inline_references(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        named = definitions[node["$ref"].rpartition("/")[2]]
        return _inline_references(named | {key: value for key, value in node.items() if key != "$ref"}, definitions)
    kept = {key: node[key] for key in sorted(node) if key != "title"}
    if "enum" in kept:
        kept["type"] = "string"
    return {
        key: {name: _inline_references(one, definitions) for name, one in value.items()}
        if key == "properties"
        else _inline_references(value, definitions)
        for key, value in kept.items()
    }


@cache
def fields_of(parameters: type[msgspec.Struct]) -> dict[str, msgspec.inspect.Field]:
    """Return the fields of a tool's parameters by name; asked several times a call, so worked out once."""
    info = msgspec.inspect.type_info(parameters)
    assert isinstance(info, msgspec.inspect.StructType)
    return {field.encode_name: field for field in info.fields}


def parse_arguments(tool: Tool, arguments: dict[str, Any]) -> msgspec.Struct:
    """Return an instance of the tool's `parameters`; raises `ToolError` in words that the model can act on."""
    fields = fields_of(tool.parameters)
    for name in arguments:
        if name not in fields:
            raise ToolError(_unknown(tool, name))
    try:
        cleaned = {
            name: _coerce(_replace_unencodable(value), fields[name].type)
            for name, value in arguments.items()
            if value is not None or fields[name].required
        }
        return msgspec.convert(cleaned, tool.parameters, strict=False)
    except (msgspec.ValidationError, RecursionError, OverflowError) as error:
        raise ToolError(f"{tool.name} was not run: {_reason(error)}. {_usage(tool)}") from None


def _replace_unencodable(value: Any) -> Any:
    """Return a value whose texts can all be encoded; JSON allows others."""
    match value:
        case str():
            return replace_surrogates(value)
        case list():
            return [_replace_unencodable(item) for item in value]
        case dict():
            return {_replace_unencodable(name): _replace_unencodable(item) for name, item in value.items()}
        case _:
            return value


def _coerce(value: Any, wanted: msgspec.inspect.Type) -> Any:
    """Return a value in the form its parameter needs, where the meaning is certain; else unchanged."""
    if isinstance(wanted, msgspec.inspect.Metadata):
        wanted = wanted.type
    if isinstance(wanted, msgspec.inspect.StrType):
        return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
    if isinstance(value, str):
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return value
    return value


def _unknown(tool: Tool, name: str) -> str:
    """Return the error text for a parameter that the tool does not have."""
    known = [field.encode_name for field in msgspec.structs.fields(tool.parameters)]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"{tool.name} was not run: it has no parameter {one_line(name, 60)}.{hint} {_usage(tool)}"


def _reason(error: Exception) -> str:
    """Return the library's error as `limit: expected `int`, got `str``."""
    text, _, path = one_line(str(error), 300).partition(" - at `$")
    where = path.strip("`.")
    return f"{where}: {text[:1].lower()}{text[1:]}" if where else f"{text[:1].lower()}{text[1:]}"


def _usage(tool: Tool) -> str:
    """Return the parameters with their types, in one sentence."""
    schema = build_schema(tool)
    required = schema.get("required", [])
    listed = [
        f"{name} ({_kind(one)}{', required' if name in required else ''})" for name, one in schema["properties"].items()
    ]
    return f"Its parameters are: {', '.join(listed)}."


def _kind(schema: dict[str, Any]) -> str:
    """Return a parameter's type in a few words."""
    if "enum" in schema:
        return " or ".join(str(value) for value in schema["enum"])
    kind = str(schema.get("type", "value"))
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if kind == "object" and "additionalProperties" in schema and "properties" not in schema:
        return f"object of {_kind(schema['additionalProperties'])}s by name"
    if kind == "object":
        return "{" + ", ".join(f"{name}: {_kind(one)}" for name, one in schema.get("properties", {}).items()) + "}"
    low, high = schema.get("minimum"), schema.get("maximum")
    return f"{kind} from {low} to {high}" if low is not None and high is not None else kind

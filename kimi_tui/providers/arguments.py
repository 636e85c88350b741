"""Parse the arguments of a call as leniently as is safe.

Only a repair with one possible meaning is made: a code fence taken off, a trailing comma dropped, raw control
characters accepted inside strings, JSON wrapped in a JSON string unwrapped. Anything else is left alone and
explained, because guessing what the model meant would run something it did not ask for.
"""

import json
import math
import re
from typing import Any

import msgspec

from kimi_tui.text import one_line, replace_surrogates

_FENCE_HEAD = re.compile(r"```[A-Za-z]*\s*")
_STRING_OR_COMMA = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|,(?=\s*[}\]])', re.DOTALL)
"""A string (an unclosed one reaches to the end, so that the time stays linear) or a trailing comma."""
_EXCERPT = 60


class ParsedArguments(msgspec.Struct, frozen=True):
    """The result of parsing an argument text."""

    arguments: dict[str, Any] | None
    """The arguments; None when the text has no single meaning as a JSON object."""
    problem: str = ""
    """One sentence on what is wrong and what to send instead; empty if nothing is."""
    repaired: bool = False
    """True when the text had to be repaired."""


def is_complete_object(raw: str) -> bool:
    """Return whether `raw` is a closed JSON object, so that no part of it can be missing."""
    try:
        return isinstance(json.loads(raw, strict=False), dict)
    except (ValueError, RecursionError):
        return False


def parse_arguments(raw: str) -> ParsedArguments:
    """Parse the arguments in `raw`; an empty text means no arguments."""
    if not raw.strip():
        return ParsedArguments({})
    try:
        return _validate_arguments(_load(raw, strict=True), repaired=False)
    except (ValueError, RecursionError):
        pass
    repaired = _without_trailing_commas(_without_fence(raw))
    try:
        return _validate_arguments(_load(repaired, strict=False), repaired=True)
    except RecursionError:
        return ParsedArguments(None, "The arguments are nested too deeply; send one flat JSON object.")
    except ValueError as error:
        return ParsedArguments(None, _explain(raw, error))


def _load(text: str, *, strict: bool) -> Any:
    """JSON with finite numbers only: what is stored and sent back must be JSON again."""
    return json.loads(text, strict=strict, parse_constant=_no_constant, parse_float=_finite)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits} is too large a number")
    return value


def _validate_arguments(value: Any, *, repaired: bool) -> ParsedArguments:
    """`value` as arguments: an object, or a string that holds one."""
    if isinstance(value, str):
        value, repaired = _load(_without_fence(value), strict=False), True
    if not isinstance(value, dict):
        kind = {list: "a list", type(None): "null", bool: "a boolean", str: "text"}.get(type(value), "a number")
        return ParsedArguments(None, f"The arguments are {kind}; send one JSON object with the parameters by name.")
    return ParsedArguments(_replace_lone_surrogates(value), repaired=repaired)


def _replace_lone_surrogates(value: Any) -> Any:
    """`value` with lone surrogates replaced in every string, so that it can be stored and sent back."""
    if isinstance(value, str):
        return replace_surrogates(value)
    if isinstance(value, dict):
        return {replace_surrogates(key): _replace_lone_surrogates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_replace_lone_surrogates(item) for item in value]
    return value


def _without_fence(raw: str) -> str:
    """`raw` without a Markdown code fence around the whole of it."""
    text = raw.strip()
    if len(text) < 6 or not (text.startswith("```") and text.endswith("```")):
        return raw
    return _FENCE_HEAD.sub("", text[:-3], count=1)


def _without_trailing_commas(raw: str) -> str:
    """Return `raw` without commas before a closing bracket outside strings."""
    return _STRING_OR_COMMA.sub(lambda match: "" if match.group() == "," else match.group(), raw)


def _explain(raw: str, error: ValueError) -> str:
    """Why `raw` is not JSON, with the place, for the model that wrote it."""
    if not isinstance(error, json.JSONDecodeError):
        return f"The arguments are not valid JSON ({one_line(str(error), 80)}); send one JSON object."
    if error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string"):
        return (
            f"The arguments end before the JSON object is closed (they end with {_excerpt(raw[-_EXCERPT:])}); "
            "send the whole object again."
        )
    near = _excerpt(error.doc[max(error.pos - 20, 0) : error.pos + 20])
    return f"The arguments are not valid JSON ({error.msg} near {near}); send one JSON object with double quotes."


def _excerpt(text: str) -> str:
    """Return a piece of argument text, quoted on one line."""
    return f"`{one_line(text, _EXCERPT)}`"

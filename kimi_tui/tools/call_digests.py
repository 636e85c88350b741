"""Digests of calls and outcomes: the same for every spelling of the same call.

White space, the order of arguments, defaults and number forms never count; in search words, neither do case and
the punctuation at the end. Nothing is decided here, so a digest that is too coarse costs a remark and no result.
"""

import hashlib
import re
from typing import Any, Literal

import msgspec

from kimi_tui.text import one_line, replace_surrogates
from kimi_tui.tools.base import Observation, Tool
from kimi_tui.tools.schema import fields_of

ComparisonForm = Literal["words", "manner"]
"""How a parameter counts: `words` are looked for in any case; a `manner` says how to ask and not for what."""

COUNTS_AS_WORDS: dict[str, Any] = {"counts_as": "words"}
"""`extra` of a parameter's `msgspec.Meta`."""
COUNTS_AS_MANNER: dict[str, Any] = {"counts_as": "manner"}
"""`extra` of a parameter's `msgspec.Meta`."""

_END = " .,;:!?\u2026\u3002\uff1f\uff01"
_SOURCE = re.compile(r"\bS\d{1,9}\b")
_PLACE = re.compile(r"^\[(S\d{1,9})\b([^\]\n]{0,80})\]", re.MULTILINE)
_SHORT_DIGEST_CHARS = 12
"""Characters of a digest that is only compared within a session."""


def call_digest(tool: Tool, parsed: msgspec.Struct) -> str:
    """SHA-256 of what a call asks for; `parsed` is an instance of the tool's parameters."""
    forms = _forms(tool.parameters)
    plain: dict[str, Any] = msgspec.to_builtins(parsed)
    kept = {
        name: _normalize_value(value, forms.get(name)) for name, value in plain.items() if forms.get(name) != "manner"
    }
    return _digest([tool.name, kept])


def are_identical_calls(tool: Tool, one: msgspec.Struct, other: msgspec.Struct) -> bool:
    """Return whether two calls are the same to the letter, apart from defaults and number forms."""
    manners = [name for name, form in _forms(tool.parameters).items() if form == "manner"]
    return msgspec.structs.replace(one, **{name: getattr(other, name) for name in manners}) == other


def outcome_digest(tool: Tool, parsed: msgspec.Struct, observation: Observation) -> str:
    """SHA-256 of what a call gave: its wording left out, and each source named by its content."""
    head, line_end, rest = replace_surrogates(observation.text).partition("\n")
    for name, form in _forms(tool.parameters).items():
        words = one_line(str(getattr(parsed, name)))
        if form == "words" and words:  # the first line says what was looked for
            head = head.replace(words, "")
    contents = {ref.id: ref.text_digest or ref.digest for ref in observation.sources}
    text = _SOURCE.sub(lambda match: contents.get(match[0], match[0]), f"{head}{line_end}{rest}")
    artifact = observation.artifact or {}
    plan = artifact if artifact.get("kind") == "plan" else None
    return _digest([observation.status, _normalize_value(text, "words"), plan])


def place_digests(tool: Tool, observation: Observation) -> tuple[str, ...]:
    """For a tool that looks for words: short digests of the places and addresses it named, each once."""
    if "words" not in _forms(tool.parameters).values():
        return ()
    contents = {ref.id: ref.text_digest or ref.digest for ref in observation.sources}
    named = [f"{contents.get(match[1], match[1])} {match[2]}" for match in _PLACE.finditer(observation.text)]
    return tuple(dict.fromkeys(_digest(place)[:_SHORT_DIGEST_CHARS] for place in (*named, *observation.leads)))


def _forms(parameters: type[msgspec.Struct]) -> dict[str, ComparisonForm]:
    """Return the parameters that are compared in a special way."""
    extras = {name: getattr(field.type, "extra", None) or {} for name, field in fields_of(parameters).items()}
    return {name: extra["counts_as"] for name, extra in extras.items() if "counts_as" in extra}


def _normalize_value(value: Any, form: ComparisonForm | None) -> Any:
    """Return a value without the parts that do not count."""
    match value:
        case str() if form == "words":
            return " ".join(value.split()).casefold().rstrip(_END)
        case str():
            return " ".join(value.split())
        case list():
            return [_normalize_value(item, form) for item in value]
        case dict():
            return {name: _normalize_value(item, form) for name, item in value.items()}
        case _:
            return value


def _digest(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()

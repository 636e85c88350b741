"""What a call asks for and what it gave, as digests: the same for every way to write the same call.

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

Form = Literal["words", "manner"]
"""How a parameter counts: `words` are looked for in any case; a `manner` says how to ask and not for what."""

WORDS: dict[str, Any] = {"counts_as": "words"}
"""`extra` of a parameter's `msgspec.Meta`."""
MANNER: dict[str, Any] = {"counts_as": "manner"}
"""`extra` of a parameter's `msgspec.Meta`."""

_END = " .,;:!?\u2026\u3002\uff1f\uff01"
_SOURCE = re.compile(r"\bS\d{1,9}\b")
_PLACE = re.compile(r"^\[(S\d{1,9})\b([^\]\n]{0,80})\]", re.MULTILINE)
_SHORT = 12
"""Characters of a digest that is only compared within a session."""


def asks(tool: Tool, parsed: msgspec.Struct) -> str:
    """SHA-256 of what a call asks for; `parsed` is an instance of the tool's parameters."""
    forms = _forms(tool.parameters)
    plain: dict[str, Any] = msgspec.to_builtins(parsed)
    kept = {name: _folded(value, forms.get(name)) for name, value in plain.items() if forms.get(name) != "manner"}
    return _digest([tool.name, kept])


def identical(tool: Tool, one: msgspec.Struct, other: msgspec.Struct) -> bool:
    """Whether two calls ask for the same to the letter, defaults and number forms aside."""
    manners = [name for name, form in _forms(tool.parameters).items() if form == "manner"]
    return msgspec.structs.replace(one, **{name: getattr(other, name) for name in manners}) == other


def outcome(tool: Tool, parsed: msgspec.Struct, observation: Observation) -> str:
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
    return _digest([observation.status, _folded(text, "words"), plan])


def places(tool: Tool, observation: Observation) -> tuple[str, ...]:
    """For a tool that looks for words: short digests of the places and addresses it named, each once."""
    if "words" not in _forms(tool.parameters).values():
        return ()
    contents = {ref.id: ref.text_digest or ref.digest for ref in observation.sources}
    named = [f"{contents.get(match[1], match[1])} {match[2]}" for match in _PLACE.finditer(observation.text)]
    return tuple(dict.fromkeys(_digest(place)[:_SHORT] for place in (*named, *observation.leads)))


def _forms(parameters: type[msgspec.Struct]) -> dict[str, Form]:
    """The parameters that count in another way than as they stand."""
    extras = {name: getattr(field.type, "extra", None) or {} for name, field in fields_of(parameters).items()}
    return {name: extra["counts_as"] for name, extra in extras.items() if "counts_as" in extra}


def _folded(value: Any, form: Form | None) -> Any:
    """A value without what does not count."""
    match value:
        case str() if form == "words":
            return " ".join(value.split()).casefold().rstrip(_END)
        case str():
            return " ".join(value.split())
        case list():
            return [_folded(item, form) for item in value]
        case dict():
            return {name: _folded(item, form) for name, item in value.items()}
        case _:
            return value


def _digest(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()

"""One argument of a call as editable text: formatted by its schema, parsed back and validated.

A quick check beside the line; whether a tool takes the arguments is for the engine to say.
"""

import json
from typing import Any

import msgspec

MISSING = msgspec.UNSET
"""What an argument is that a person left empty."""


class FieldError(Exception):
    """A text that cannot be parsed; the message says what is expected."""


class ArgumentField(msgspec.Struct, frozen=True):
    """One argument."""

    name: str
    schema: dict[str, Any] | None
    """Its JSON Schema; None when it is not known."""
    required: bool = False
    """True when the call needs it."""
    old_value: Any = MISSING
    """Its value in the call; `MISSING` when it has none."""

    @property
    def kind(self) -> str:
        """`string`, `integer`, `number`, `boolean`, `choice`, `lines` (a list of texts) or `json`."""
        schema = self.schema
        if schema is None:
            return "string" if isinstance(self.old_value, str) else "json"
        if "enum" in schema:
            return "choice"
        kind = schema.get("type")
        if kind == "array" and (schema.get("items") or {}).get("type") == "string":
            return "lines"
        return kind if kind in ("string", "integer", "number", "boolean") else "json"

    @property
    def choices(self) -> tuple[str, ...]:
        """Return the permitted values, for `choice` and `boolean`."""
        if self.kind == "boolean":
            return ("true", "false")
        return tuple(_plain(value) for value in (self.schema or {}).get("enum", ()))

    @property
    def expectation(self) -> str:
        """Return what is expected here, in a few words."""
        schema = self.schema or {}
        low, high = schema.get("minimum"), schema.get("maximum")
        ends = f" from {low} to {high}" if low is not None and high is not None else ""
        ends = ends or (f", {low} or more" if low is not None else f", at most {high}" if high is not None else "")
        kinds = {"integer": f"a whole number{ends}", "number": f"a number{ends}", "lines": "one a line", "json": "JSON"}
        words = kinds.get(self.kind, "text")
        default = schema.get("default", MISSING)
        return words if default is MISSING or default == "" else f"{words}; {_plain(default)} when empty"

    def format_value(self, value: Any) -> str:
        """Return a value as text."""
        if value is MISSING:
            return ""
        if self.kind == "lines" and isinstance(value, list) and all(isinstance(item, str) for item in value):
            return "\n".join(value)
        return _plain(value)

    def parse_text(self, text: str) -> Any:
        """Return the value of a text; `MISSING` for an empty optional one. Raises `FieldError`."""
        if self.old_value is not MISSING and text == self.format_value(self.old_value):
            return self.old_value
        if not text.strip() and self.schema is not None and not self.required:
            return MISSING
        value = self._parse(text)
        self._check(value)
        return value

    def _parse(self, text: str) -> Any:
        match self.kind:
            case "string":
                return text
            case "lines":
                return [line.strip() for line in text.split("\n") if line.strip()]
            case "choice":
                return self._chosen(text.strip())
            case "integer" | "number" | "boolean" if self.schema is not None:
                return self._simple(text.strip())
            case _:
                return self._json(text)

    def _chosen(self, text: str) -> Any:
        for value in (self.schema or {}).get("enum", ()):
            if _plain(value) == text:
                return value
        raise FieldError(f"must be one of {', '.join(self.choices)}")

    def _simple(self, text: str) -> Any:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        kinds: dict[str, tuple[type, ...]] = {"integer": (int,), "number": (int, float), "boolean": (bool,)}
        wanted = kinds[self.kind]
        if not isinstance(value, wanted) or (self.kind != "boolean" and isinstance(value, bool)):
            raise FieldError("must be true or false" if self.kind == "boolean" else f"must be {self.expectation}")
        return value

    def _json(self, text: str) -> Any:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise FieldError(f"is not valid JSON: {error}") from None
        wanted = {"array": list, "object": dict}.get(str((self.schema or {}).get("type")))
        if wanted is not None and not isinstance(value, wanted):
            raise FieldError("must be a list in JSON" if wanted is list else "must be an object in JSON")
        return value

    def _check(self, value: Any) -> None:
        """The bounds of the schema."""
        schema = self.schema or {}
        if isinstance(value, int | float) and not isinstance(value, bool):
            low, high = schema.get("minimum"), schema.get("maximum")
            if (low is not None and value < low) or (high is not None and value > high):
                raise FieldError(f"must be {self.expectation}")
        if isinstance(value, str | list):
            noun, ends = ("characters", "Length") if isinstance(value, str) else ("entries", "Items")
            low, high = schema.get(f"min{ends}"), schema.get(f"max{ends}")
            if low is not None and len(value) < low:
                raise FieldError("must not be empty" if low == 1 else f"needs {low} {noun} or more")
            if high is not None and len(value) > high:
                raise FieldError(f"may have {high} {noun} at most")


def build_fields(schema: dict[str, Any] | None, arguments: dict[str, Any]) -> list[ArgumentField]:
    """Return the arguments in the order of the schema, then those that it does not know."""
    known: dict[str, Any] = (schema or {}).get("properties", {})
    required = (schema or {}).get("required", ())
    fields = [ArgumentField(name, one, name in required, arguments.get(name, MISSING)) for name, one in known.items()]
    return fields + [
        ArgumentField(name, None, old_value=value) for name, value in arguments.items() if name not in known
    ]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

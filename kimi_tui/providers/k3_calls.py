"""Parse calls that K3 writes as text: a channel of calls whose arguments are channels of their own.

A value of type `string` is raw text, any other is JSON; attributes have their quotes and ampersands escaped. At times
the model writes all arguments as one object in a channel `json`, and the channel around the calls may be missing.
"""

import json
import re
from typing import Any, Literal

from kimi_tui.providers.markers import (
    K3_ARGUMENT,
    K3_CALL,
    K3_END_ARGUMENT,
    K3_END_CALL,
    K3_END_JSON,
    K3_END_TOOLS,
    K3_JSON,
    SEP,
)
from kimi_tui.providers.written_calls import FinishResult, TakeResult, WrittenCall, call_name

_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_MAX_HEADER_CHARS = 600
_ATTRIBUTES = re.compile(r'\s*(?:\w+="[^"]*"\s*)*(?:\w+(?:=(?:"[^"]*)?)?)?')
"""Attributes as far as they are written."""


class K3CallSection:
    """A channel of K3's calls, or one call without a channel around it."""

    def __init__(self, opener: str) -> None:
        """`opener` is the marker that it begins with."""
        self.calls: list[WrittenCall] = []
        self._bare = opener == K3_CALL
        self._state: Literal["between", "call", "body", "argument", "value"] = "call" if self._bare else "between"
        self._pieces = [opener]
        self._header = ""
        self._tool = ""
        self._arguments: dict[str, Any] = {}
        self._json: str | None = None
        self._key: dict[str, str] = {}
        self._value: list[str] = []
        self._closer = ""

    @property
    def text(self) -> str:
        """All of it, markers included."""
        return "".join(self._pieces)

    def take(self, piece: str) -> TakeResult:
        """Go on with a plain piece or a marker."""
        steps = {
            "between": self._between,
            "call": self._in_call_header,
            "body": self._in_body,
            "argument": self._in_argument_header,
            "value": self._in_value,
        }
        taken = steps[self._state](piece)
        if taken in ("open", "closed"):
            self._pieces.append(piece)
        return taken

    def finish(self) -> FinishResult:
        """Say what it is, when nothing more comes."""
        if self._state == "between":
            return "complete" if self.calls else "quoted"
        return "begun" if self.calls or self._state != "call" or 'tool="' in self._header else "quoted"

    def _between(self, piece: str) -> TakeResult:
        if piece == K3_CALL:
            self._state, self._header, self._arguments, self._json = "call", "", {}, None
            return "open"
        if piece == K3_END_TOOLS:
            return "closed"
        if not piece.strip():
            return "open"
        return "ended" if self.calls else "broken"

    def _in_call_header(self, piece: str) -> TakeResult:
        if piece != SEP:
            return self._in_header(piece)
        self._tool = call_name(_attributes(self._header).get("tool", ""))
        self._state = "body"
        return "open" if self._tool else "broken"

    def _in_argument_header(self, piece: str) -> TakeResult:
        if piece != SEP:
            return self._in_header(piece)
        self._key = _attributes(self._header)
        self._state, self._value = "value", []
        return "open" if self._closer == K3_END_JSON or self._key.get("key") else "broken"

    def _in_header(self, piece: str) -> TakeResult:
        self._header += piece
        fits = len(self._header) <= _MAX_HEADER_CHARS and _ATTRIBUTES.fullmatch(self._header)
        return "open" if fits else "broken"

    def _in_body(self, piece: str) -> TakeResult:
        if piece == K3_END_CALL:
            raw = self._json if self._json is not None else json.dumps(self._arguments, ensure_ascii=False)
            self.calls.append(WrittenCall(self._tool, raw.strip()))
            self._state = "between"
            return "closed" if self._bare else "open"
        if piece in (K3_ARGUMENT, K3_JSON):
            self._state, self._header = "argument", ""
            self._closer = K3_END_ARGUMENT if piece == K3_ARGUMENT else K3_END_JSON
            return "open"
        return "broken" if piece.strip() else "open"

    def _in_value(self, piece: str) -> TakeResult:
        if piece != self._closer:
            self._value.append(piece)
            return "open"
        value, self._state = "".join(self._value), "body"
        if self._closer == K3_END_JSON:
            self._json = value
        else:
            self._arguments[self._key["key"]] = _decode_value(value, self._key.get("type", "string"))
        return "open"


def _attributes(header: str) -> dict[str, str]:
    """Attributes by name, unescaped."""
    return {name: value.replace("&quot;", '"').replace("&amp;", "&") for name, value in _ATTRIBUTE.findall(header)}


def _decode_value(value: str, kind: str) -> Any:
    """Return a value by its type; invalid JSON remains text, for the schema to refuse."""
    if kind == "string":
        return value
    try:
        return json.loads(value, strict=False)
    except (ValueError, RecursionError):
        return value

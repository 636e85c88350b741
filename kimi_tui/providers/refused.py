"""Doing without what a server refuses: the same request once more, less the parameters that its refusal names.

Only what a request can do without is ever left out, and only after the server named it; the server is not sent it
again. The reply that comes of it tells what was left out, so that nothing is silently different.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from typing import Any

import msgspec

from kimi_tui.providers.base import Reply, Request
from kimi_tui.providers.failures import Refusal

_MISSING = re.compile(r"\b(missing|required)\b", re.IGNORECASE)
_PLACES = frozenset({"param", "parameter", "loc", "location", "field", "path", "pointer", "name", "property"})
"""Fields of an error that say which part of the request it is about."""
_MOST_ENTRIES = 50
_DEEPEST = 6


class RefusedParameters:
    """What one server turned out to refuse."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        """Fields of a body, its options and its messages."""
        self.most_tokens: int | None = None
        """The longest reply that the server turned out to write; None while it refused none."""

    def fitted(self, request: Request) -> Request:
        """The request with no more tokens for the reply than the server allows."""
        if self.most_tokens is None or request.max_tokens is None or request.max_tokens <= self.most_tokens:
            return request
        return msgspec.structs.replace(request, max_tokens=self.most_tokens)

    async def do_without(self, ask: Callable[[], Awaitable[Reply]], sent: Callable[[], Collection[str]]) -> Reply:
        """The reply to `ask`, which is called again after each refusal that names something of what was `sent`."""
        left_out: set[str] = set()
        while True:
            try:
                reply = await ask()
            except Refusal as error:
                if self._learns(error, sent()):
                    continue
                named = self._named(error, sent())
                if not named:
                    raise
                left_out |= named
                self.names |= named
            else:
                recoveries = tuple(f"without-{name}" for name in sorted(left_out))
                return msgspec.structs.replace(reply, recoveries=reply.recoveries + recoveries)

    def _learns(self, error: Refusal, sent: Collection[str]) -> bool:
        """Whether a refusal told how long a reply may be, and shorter than was known."""
        most = error.limits.reply
        if not most or "max_tokens" not in sent or (self.most_tokens is not None and most >= self.most_tokens):
            return False
        self.most_tokens = most
        return True

    def _named(self, error: Refusal, sent: Collection[str]) -> frozenset[str]:
        """What a refusal is about; nothing when it is no complaint of a request."""
        if error.kind != "bad-request" or error.limits.window:  # a window that is told is not met by saying nothing
            return frozenset()
        return named_parameters(error.details, error.said, frozenset(sent) - self.names)


def named_parameters(details: Mapping[str, Any], said: str, sent: Collection[str]) -> frozenset[str]:
    """Which of the names that were `sent` a refusal is about: by the places it names, else by its words.

    A server that misses something is not helped by being sent less.
    """
    located = frozenset(_located(details, sent))
    if located:
        return located
    if _MISSING.search(said):
        return frozenset()
    return frozenset(name for name in sent if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said))


def _located(details: Any, sent: Collection[str], depth: int = 0) -> Iterator[str]:
    """The names among `sent` in the fields of an error that say where a fault lies, like `param` or pydantic's `loc`.

    Of one place the innermost name counts; an entry on something that is missing does not.
    """
    if isinstance(details, list) and depth < _DEEPEST:
        for entry in details[:_MOST_ENTRIES]:
            yield from _located(entry, sent, depth + 1)
    if not isinstance(details, Mapping) or depth >= _DEEPEST or _is_of_missing(details):
        return
    for key, value in details.items():
        if key in _PLACES:
            names = [name for name in _names_in(value) if name in sent]
            yield from names[-1:]
        elif isinstance(value, Mapping | list) and key != "input":
            yield from _located(value, sent, depth + 1)


def _is_of_missing(entry: Mapping[str, Any]) -> bool:
    said = " ".join(str(entry[key])[:300] for key in ("type", "msg", "message") if isinstance(entry.get(key), str))
    return bool(_MISSING.search(said))


def _names_in(place: Any) -> list[str]:
    """The names in a place: a list of steps, or text like `body.messages[1].reasoning` or `/body/top_p`."""
    steps = place[:_MOST_ENTRIES] if isinstance(place, list) else [place]
    return [name for step in steps if isinstance(step, str) for name in re.findall(r"\w+", step[:300])]

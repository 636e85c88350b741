"""Retry without refused parameters: the same request, less the parameters that the refusal names.

Only what a request can do without is ever left out, and only after the server named it; the server is not sent it
again. The reply that comes of it tells what was left out, so that nothing is silently different.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from typing import Any

import msgspec

from kimi_tui.providers.base import ModelReply, ModelRequest
from kimi_tui.providers.failures import ServerRefusal

_MISSING = re.compile(r"\b(missing|required)\b", re.IGNORECASE)
_PLACES = frozenset({"param", "parameter", "loc", "location", "field", "path", "pointer", "name", "property"})
"""Fields of an error that say which part of the request it is about."""
_MAX_ENTRIES = 50
_MAX_DEPTH = 6


class RefusedParameters:
    """The parameters that one server refused so far."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        """Fields of a body, its options and its messages."""
        self.max_tokens: int | None = None
        """The longest reply that the server turned out to write; None while it refused none."""

    def fit_request(self, request: ModelRequest) -> ModelRequest:
        """Return the request with no more tokens for the reply than the server allows."""
        if self.max_tokens is None or request.max_tokens is None or request.max_tokens <= self.max_tokens:
            return request
        return msgspec.structs.replace(request, max_tokens=self.max_tokens)

    async def retry_without(
        self, ask: Callable[[], Awaitable[ModelReply]], sent: Callable[[], Collection[str]]
    ) -> ModelReply:
        """Return the reply to `ask`, repeated after each refusal that names something of what was `sent`."""
        left_out: set[str] = set()
        while True:
            try:
                reply = await ask()
            except ServerRefusal as error:
                if self._learn_token_limit(error, sent()):
                    continue
                named = self._named(error, sent())
                if not named:
                    raise
                left_out |= named
                self.names |= named
            else:
                recoveries = tuple(f"without-{name}" for name in sorted(left_out))
                return msgspec.structs.replace(reply, recoveries=reply.recoveries + recoveries)

    def _learn_token_limit(self, error: ServerRefusal, sent: Collection[str]) -> bool:
        """Return whether a refusal gave a shorter reply limit than was known."""
        most = error.limits.reply
        if not most or "max_tokens" not in sent or (self.max_tokens is not None and most >= self.max_tokens):
            return False
        self.max_tokens = most
        return True

    def _named(self, error: ServerRefusal, sent: Collection[str]) -> frozenset[str]:
        """Return the parameters that a refusal names; none when it is about something else."""
        if error.kind != "bad-request" or error.limits.window:  # a window that is told is not met by saying nothing
            return frozenset()
        return named_parameters(error.details, error.said, frozenset(sent) - self.names)


def named_parameters(details: Mapping[str, Any], said: str, sent: Collection[str]) -> frozenset[str]:
    """Return which of the names that were `sent` a refusal is about: by the places it names, else by its words.

    A server that misses something is not helped by being sent less.
    """
    located = frozenset(_names_by_location(details, sent))
    if located:
        return located
    if _MISSING.search(said):
        return frozenset()
    return frozenset(name for name in sent if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said))


def _names_by_location(details: Any, sent: Collection[str], depth: int = 0) -> Iterator[str]:
    """Yield the `sent` names in error fields that locate a fault, like `param` or pydantic's `loc`.

    Of one place the innermost name counts; an entry on something that is missing does not.
    """
    if isinstance(details, list) and depth < _MAX_DEPTH:
        for entry in details[:_MAX_ENTRIES]:
            yield from _names_by_location(entry, sent, depth + 1)
    if not isinstance(details, Mapping) or depth >= _MAX_DEPTH or _is_of_missing(details):
        return
    for key, value in details.items():
        if key in _PLACES:
            names = [name for name in _names_in(value) if name in sent]
            yield from names[-1:]
        elif isinstance(value, Mapping | list) and key != "input":
            yield from _names_by_location(value, sent, depth + 1)


def _is_of_missing(entry: Mapping[str, Any]) -> bool:
    said = " ".join(str(entry[key])[:300] for key in ("type", "msg", "message") if isinstance(entry.get(key), str))
    return bool(_MISSING.search(said))


def _names_in(place: Any) -> list[str]:
    """Return the names in a place: a list of steps, or text like `body.messages[1].reasoning` or `/body/top_p`."""
    steps = place[:_MAX_ENTRIES] if isinstance(place, list) else [place]
    return [name for step in steps if isinstance(step, str) for name in re.findall(r"\w+", step[:300])]

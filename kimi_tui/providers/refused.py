"""Doing without what a server refuses: the same request once more, less the parameters that its refusal names.

Only what a request can do without is ever left out, and only after the server named it; the server is not sent it
again. The reply that comes of it tells what was left out, so that nothing is silently different.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

import msgspec

from kimi_tui.providers.base import Reply
from kimi_tui.providers.failures import Refusal

_MISSING = re.compile(r"\b(missing|required)\b", re.IGNORECASE)


class RefusedParameters:
    """What one server turned out to refuse."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        """Fields of a body, its options and its messages."""

    async def do_without(self, ask: Callable[[], Awaitable[Reply]], sent: Callable[[], Collection[str]]) -> Reply:
        """The reply to `ask`, which is called again after each refusal that names something of what was `sent`."""
        left_out: set[str] = set()
        while True:
            try:
                reply = await ask()
            except Refusal as error:
                named = self._named(error, sent())
                if not named:
                    raise
                left_out |= named
                self.names |= named
            else:
                recoveries = tuple(f"without-{name}" for name in sorted(left_out))
                return msgspec.structs.replace(reply, recoveries=reply.recoveries + recoveries)

    def _named(self, error: Refusal, sent: Collection[str]) -> frozenset[str]:
        """What a refusal is about; nothing when it is no complaint of a request."""
        if error.kind != "bad-request":
            return frozenset()
        return named_parameters(error.details, error.said, frozenset(sent) - self.names)


def named_parameters(details: Mapping[str, Any], said: str, sent: Collection[str]) -> frozenset[str]:
    """Which of the names that were `sent` a refusal is about: by its `param` field, else by its words.

    A server that misses something is not helped by being sent less.
    """
    if _MISSING.search(said):
        return frozenset()
    param = str(details.get("param") or "").rpartition(".")[2]
    if param in sent:
        return frozenset({param})
    return frozenset(name for name in sent if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said))

"""Encode messages as JSON once each, since most of a request was already sent before."""

import msgspec

from kimi_tui.messages import Message
from kimi_tui.providers.request_dialect import Dialect, wire_messages


class MessageEncoder:
    """Caches encoded messages: the same message at the same index in the same dialect gives the same bytes."""

    def __init__(self) -> None:
        self._dialect: Dialect | None = None
        self._known: list[tuple[Message, msgspec.Raw]] = []

    def encode(self, messages: tuple[Message, ...], dialect: Dialect) -> list[msgspec.Raw]:
        """Every message in the dialect, with sorted keys."""
        known = self._known if dialect == self._dialect else []
        fresh = known[: len(messages)]
        for place, message in enumerate(messages):
            if place >= len(fresh) or fresh[place][0] is not message:
                [wire] = wire_messages((message,), dialect)
                fresh[place : place + 1] = [(message, msgspec.Raw(msgspec.json.encode(wire, order="sorted")))]
        self._dialect, self._known = dialect, fresh
        return [raw for _, raw in fresh]

"""Messages as JSON, each encoded once: in a session that goes on, nearly all of a request was sent before."""

import msgspec

from kimi_tui.projections.context import Message
from kimi_tui.providers.kimi import Dialect, wire_messages


class MessageEncoder:
    """Keeps what it encoded last: the same message at the same place, in the same dialect, gives the same bytes."""

    def __init__(self) -> None:
        self._dialect: Dialect | None = None
        self._known: list[tuple[Message, msgspec.Raw]] = []

    def encoded(self, messages: tuple[Message, ...], dialect: Dialect) -> list[msgspec.Raw]:
        """Every message in the dialect, with sorted keys."""
        known = self._known if dialect == self._dialect else []
        fresh = known[: len(messages)]
        for place, message in enumerate(messages):
            if place >= len(fresh) or fresh[place][0] is not message:
                [wire] = wire_messages((message,), dialect)
                fresh[place : place + 1] = [(message, msgspec.Raw(msgspec.json.encode(wire, order="sorted")))]
        self._dialect, self._known = dialect, fresh
        return [raw for _, raw in fresh]

"""A projection: a state that follows from the entries of a journal, by one table of handlers."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from kimi_tui.events import AnyEvent, Entry

Handlers = Mapping[type[AnyEvent], Callable[[Any, Entry, Any], None]]
"""By type of event, the method that applies it; the method is given the entry and its event."""


class Projection:
    """Apply entries by the class's table; events that are not in it change nothing."""

    __slots__ = ()
    _HANDLERS: ClassVar[Handlers]
    HANDLES: ClassVar[tuple[type[AnyEvent], ...]]
    """The events that change it, in the order of its table."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.HANDLES = tuple(cls._HANDLERS)

    def apply(self, entry: Entry) -> None:
        """Apply one entry."""
        handler = self._HANDLERS.get(type(entry.event))
        if handler is not None:
            handler(self, entry, entry.event)

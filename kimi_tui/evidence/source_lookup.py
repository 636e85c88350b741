"""Lookup of sources for checks: stored in a session, or documents of a desk."""

from collections.abc import Mapping
from typing import Protocol

from kimi_tui.cells import Cell
from kimi_tui.sources import Source


class SourceLookup(Protocol):
    """Sources by id or path."""

    def get(self, source_id: str) -> Source | None:
        """Return the source with its text, None if there is none; raises `SessionError` when it cannot be read."""
        ...

    def cells(self, source_id: str, label: str = "") -> tuple[Cell, ...]:
        """Return the figures that were read from a source, or from its part with this label; raises `SessionError`."""
        ...


class InMemorySources:
    """Sources that are held already."""

    def __init__(self, sources: Mapping[str, Source], cells: Mapping[str, tuple[Cell, ...]] | None = None) -> None:
        self._sources = sources
        self._cells = cells or {}

    def get(self, source_id: str) -> Source | None:
        """Return the source, if it is there."""
        return self._sources.get(source_id)

    def cells(self, source_id: str, label: str = "") -> tuple[Cell, ...]:
        """Its cells, those of one part only if a label is given."""
        return tuple(cell for cell in self._cells.get(source_id, ()) if label in ("", cell.part))

"""The passages that a memo cites, each prepared only once."""

from functools import cached_property

from kimi_tui.cells import Cell
from kimi_tui.evidence.cell_table import FoundCell
from kimi_tui.evidence.entity_check import find_entity
from kimi_tui.evidence.places import SourcePlace, part_labels, text_at_place
from kimi_tui.evidence.source_lookup import SourceLookup
from kimi_tui.evidence.typography import is_quoted_in, normalize_typography, normalized_paragraphs
from kimi_tui.sources import Source

MAX_PARTS_WITHOUT_PLACE = 4
"""A source of more parts is too long for a figure that is cited without its page, section or row."""


class CitedPassage:
    """The text and the cells at one place of one source."""

    def __init__(self, source: Source, place: SourcePlace, text: str, cells: tuple[Cell, ...]) -> None:
        self.source = source
        self.place = place
        self.text = text
        self._cells = cells

    @property
    def is_too_large(self) -> bool:
        """Return whether it is a whole long source, where any figure could be found."""
        return not (self.place.unit or self.place.row) and len(self.source.parts) > MAX_PARTS_WITHOUT_PLACE

    @cached_property
    def entity(self) -> str:
        """Return the entity that the source is about; empty if unknown."""
        return find_entity(self._cells)

    @cached_property
    def currencies(self) -> frozenset[str]:
        """Return the currencies of the source's figures."""
        units = {cell.unit.split("/")[0] for cell in self._cells if cell.unit}
        return frozenset(unit for unit in units if len(unit) == 3 and unit.isupper())

    @cached_property
    def cells(self) -> list[FoundCell]:
        """Return the cells at the place."""
        labels = part_labels(self.source, self.place)
        wanted = (cell for cell in self._cells if cell.part in labels)
        if self.place.unit == "row":
            rows = range(self.place.first, self.place.last + 1)
            wanted = (cell for cell in wanted if cell.row_number in rows)
        return [FoundCell(self.source.ref.id, cell) for cell in wanted]

    def contains_quote(self, quote: str) -> bool:
        """Return whether it contains these words as the source's own, not typed by the model.

        A calculation never does; a query only what its statement does not spell out.
        """
        ref = self.source.ref
        if ref.kind == "calculation" or (
            ref.kind == "query" and is_quoted_in(quote, normalize_typography(ref.address))
        ):
            return False
        if not is_quoted_in(quote, self._folded):
            return False
        left_out = "\u2026" in quote or "..." in quote
        return not left_out or any(is_quoted_in(quote, block) for block in self._paragraphs)

    @cached_property
    def _folded(self) -> str:
        return normalize_typography(self.text)

    @cached_property
    def _paragraphs(self) -> list[str]:
        return normalized_paragraphs(self.text)


class PassageFinder:
    """Finds the passages of places."""

    def __init__(self, stored: SourceLookup) -> None:
        self._stored = stored
        self._sources: dict[str, Source | None] = {}
        self._cells: dict[str, tuple[Cell, ...]] = {}
        self._found: dict[SourcePlace, CitedPassage | None] = {}

    def find_passage(self, place: SourcePlace) -> CitedPassage | str:
        """Return the passage, or why there is none, in words the model can act on; raises `SessionError`."""
        stored = self.source(place.source)
        if stored is None:
            return f"there is no source {place.source}; cite ids that observations gave"
        if place not in self._found:
            text = text_at_place(stored, place)
            cells = self._cells_of(place.source)
            self._found[place] = None if text is None else CitedPassage(stored, place, text, cells)
        labels = f"{stored.parts[0].label} to {stored.parts[-1].label}" if stored.parts else "nothing"
        return self._found[place] or f"{place.source} has no {place.label}; it has {labels}"

    def source(self, source_id: str) -> Source | None:
        """Return a source, looked up once; raises `SessionError` when it cannot be read."""
        if source_id not in self._sources:
            self._sources[source_id] = self._stored.get(source_id)
        return self._sources[source_id]

    def _cells_of(self, source_id: str) -> tuple[Cell, ...]:
        if source_id not in self._cells:
            self._cells[source_id] = self._stored.cells(source_id)
        return self._cells[source_id]

"""The passages that a memo cites, each prepared once however often it is cited."""

from collections.abc import Callable
from functools import cached_property

from kimi_tui.evidence.figures import Numbers
from kimi_tui.evidence.places import Place, locate
from kimi_tui.evidence.typography import fold, stands_in
from kimi_tui.sources import Source


class Passage:
    """The text at one place of one source."""

    def __init__(self, source: Source, text: str) -> None:
        self._source = source
        self._text = text

    def says(self, quote: str) -> bool:
        """Whether it holds words of the source, and not words that the model put there itself.

        A calculation never does; a query only what its statement does not spell out.
        """
        kind = self._source.ref.kind
        if kind == "calculation" or (kind == "query" and stands_in(quote, fold(self._source.ref.address))):
            return False
        return stands_in(quote, self._folded)

    def holds(self, figure: str) -> bool:
        """Whether one of its numbers is a figure."""
        return self._numbers.hold(figure)

    @cached_property
    def _folded(self) -> str:
        return fold(self._text)

    @cached_property
    def _numbers(self) -> Numbers:
        return Numbers(self._text)


class Passages:
    """Finds the passages of places."""

    def __init__(self, source: Callable[[str], Source | None]) -> None:
        self._source = source
        self._sources: dict[str, Source | None] = {}
        self._found: dict[Place, Passage | None] = {}

    def at(self, place: Place) -> Passage | str:
        """The passage, or why there is none, in words the model can act on."""
        if place.source not in self._sources:
            self._sources[place.source] = self._source(place.source)
        stored = self._sources[place.source]
        if stored is None:
            return f"there is no source {place.source}; cite ids that observations gave"
        if place not in self._found:
            text = locate(stored, place)
            self._found[place] = None if text is None else Passage(stored, text)
        labels = f"{stored.parts[0].label} to {stored.parts[-1].label}" if stored.parts else "nothing"
        return self._found[place] or f"{place.source} has no {place.label}; it has {labels}"

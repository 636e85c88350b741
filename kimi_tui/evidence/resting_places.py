"""The places of a source that statements of a memo rest on: figures, quotes and rows, each with its statements."""

from collections.abc import Iterator

import msgspec

from kimi_tui.evidence.cited_places import CitedPlace, cited_place, marks_in_part
from kimi_tui.evidence.memo import CheckedMemo, Statement
from kimi_tui.evidence.places import part_labels
from kimi_tui.sources import Source, TextMark

MAX_SEARCHED_PARTS = 12
"""A citation of more parts counts only where its figures are; its words are not looked for in all of them."""
MAX_SEARCHED_CHARS = 2_000_000
"""Quotes are looked for in so much text of one source, about half a second of work; figures are found anyway."""


class RestingPlace(msgspec.Struct, frozen=True):
    """A piece of a source's text."""

    part: str
    """The label of its part."""
    start: int
    """Where it begins in the part's text."""
    end: int
    statements: tuple[int, ...]
    """Those that rest on it, by their numbers in the memo, from 0, in order."""

    @property
    def mark(self) -> TextMark:
        """Return the mark that shows it."""
        return TextMark(self.start, self.end, "rests")


def find_resting_places(memo: CheckedMemo, source: Source) -> tuple[RestingPlace, ...]:
    """Return every such place of a source, in the order of its text."""
    found: dict[tuple[int, int, int], dict[int, None]] = {}
    texts = {part.label: (number, part) for number, part in enumerate(source.parts)}
    left = MAX_SEARCHED_CHARS
    for number, statement in enumerate(memo.statements):
        for cited in _cited_in(memo, statement, source):
            for at, part in (texts[label] for label in _labels(source, cited) if label in texts):
                left -= len(part.text) if cited.quotes else 0
                looked_for = cited if left > 0 else msgspec.structs.replace(cited, quotes=())
                for mark in marks_in_part(source, part, looked_for):
                    if mark.role == "cited":
                        found.setdefault((at, mark.start, mark.end), {})[number] = None
    return tuple(
        RestingPlace(source.parts[at].label, start, end, tuple(numbers))
        for (at, start, end), numbers in sorted(found.items())
    )


def statements_at(memo: CheckedMemo, place: RestingPlace) -> list[tuple[int, Statement]]:
    """Return the statements of a place with their numbers."""
    return [(number, memo.statements[number]) for number in place.statements if number < len(memo.statements)]


def _cited_in(memo: CheckedMemo, statement: Statement, source: Source) -> Iterator[CitedPlace]:
    """Yield the places of a source that a statement cites, with the cells that it rests on."""
    for number in statement.citations:
        cite = memo.citations[number] if number < len(memo.citations) else None
        for index, place in enumerate(cite.places if cite else ()):
            if cite is not None and place.source == source.ref.id:
                yield cited_place(cite, index)


def _labels(source: Source, cited: CitedPlace) -> list[str]:
    """Return the parts in which a cited place may have a figure, a quote or a row."""
    named = part_labels(source, cited.place)
    searched = sorted(named) if len(named) <= MAX_SEARCHED_PARTS else []
    return list(dict.fromkeys([*(cell.part for cell in cited.own_cells), *searched]))

"""The citations and headings of a drawn memo: where each is on its lines, and which of the checked memo it is.

A memo is drawn from Markdown, so that what is drawn is matched with what was checked: both hold the same citations in
the same order, but for those in code. A citation that cannot be matched still leads to its place.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from kimi_tui.evidence.cited_places import CitedPlace, cited_place
from kimi_tui.evidence.letter_index import LetterIndex
from kimi_tui.evidence.markdown_text import code_spans
from kimi_tui.evidence.memo import CheckedMemo, Citation
from kimi_tui.evidence.memo_outline import MemoHeading
from kimi_tui.evidence.memo_printing import render_citation
from kimi_tui.evidence.places import SourcePlace, parse_places
from kimi_tui.tui.rendering.blocks import valid_memo
from kimi_tui.tui.rendering.lines import StyledLine
from kimi_tui.tui.timeline.layout import LinePosition, TimelineLayout

HEADING_ROLE = "heading"

_SIGNIFICANT = re.compile("[^\\W_]|[\u2713\u25e6?\u2717!]")
"""What makes two citations the same: letters, digits, and the mark of the finding."""


class StopPiece(NamedTuple):
    """The part of a citation on one line."""

    spot: LinePosition
    start: int
    """Offset in the line's characters."""
    end: int


class CitationStop(NamedTuple):
    """One place that a drawn citation names."""

    pieces: tuple[StopPiece, ...]
    """More than one where it is wrapped."""
    cited: CitedPlace
    """Where it leads."""
    citation: int
    """Its citation among all of the memo, from 0; -1 if it could not be matched."""


class _Bracket:
    """A citation as drawn: its text and the places inside."""

    def __init__(self) -> None:
        self.text = ""
        self.places: list[tuple[str, list[StopPiece]]] = []

    def add_place(self, target: str, piece: StopPiece, *, extends: bool) -> None:
        if extends and self.places and self.places[-1][0] == target:
            self.places[-1][1].append(piece)
        else:
            self.places.append((target, [piece]))


def find_citation_stops(layout: TimelineLayout, block: int) -> list[CitationStop]:
    """Return the citations of a block in the order of reading; draws all of it."""
    memo = valid_memo(layout.blocks[block]) if layout.blocks[block].kind == "memo" else None
    flagged = layout.state.sources.flagged
    expected = _visible_citations(memo, flagged) if memo is not None else []
    stops: list[CitationStop] = []
    at = 0
    for bracket in _drawn_brackets(block_lines(layout, block)):
        key = _key(bracket.text)
        number = next((index for index in range(at, len(expected)) if expected[index][0] == key), -1)
        if (
            number < 0
            and memo is not None
            and at < len(expected)
            and _leads_to(bracket, memo.citations[expected[at][1]])
        ):
            number = at  # in a narrow column its text is mixed with that of its neighbours
        at = number + 1 if number >= 0 else at
        citation = expected[number][1] if number >= 0 else -1
        cite = memo.citations[citation] if memo is not None and citation >= 0 else None
        for index, (target, pieces) in enumerate(bracket.places):
            stops.append(CitationStop(tuple(pieces), _cited(target, cite, index), citation))
    return stops


def cited_at(layout: TimelineLayout, spot: LinePosition, offset: int, target: str) -> CitedPlace:
    """Return where the citation at a character of a line leads; `target` names the place."""
    if spot.block < len(layout.blocks) and layout.blocks[spot.block].kind == "memo":
        for stop in find_citation_stops(layout, spot.block):
            if any(piece.spot == spot and piece.start <= offset < piece.end for piece in stop.pieces):
                return stop.cited
    return _cited(target, None, 0)


def block_lines(layout: TimelineLayout, block: int) -> Iterator[tuple[LinePosition, StyledLine]]:
    """Yield every line of a block with its place; draws all of it."""
    for section in range(len(layout.lay_out_block(block).sections)):
        for row, line in enumerate(layout.lines(block, section)):
            yield LinePosition(block, section, row), line


def drawn_places(lines: Sequence[StyledLine]) -> list[tuple[StopPiece, ...]]:
    """Return where each cited place is in drawn lines, in the order of `find_citation_stops`; rows are line numbers."""
    numbered = ((LinePosition(0, 0, row), line) for row, line in enumerate(lines))
    return [tuple(pieces) for bracket in _drawn_brackets(numbered) for _, pieces in bracket.places]


def _drawn_brackets(lines: Iterable[tuple[LinePosition, StyledLine]]) -> Iterator[_Bracket]:
    """Yield the citations of some lines as they are drawn."""
    bracket: _Bracket | None = None
    for spot, line in lines:
        offset, fresh = 0, True
        for span in line.spans:
            start, offset = offset, offset + len(span.text)
            if "cite" not in span.style.split():
                if bracket is not None and start >= line.lead:
                    bracket.text += span.text
                continue
            if span.text == "[":
                if bracket is not None:
                    yield bracket
                bracket = _Bracket()
            elif bracket is not None and span.target.startswith("source:"):
                piece = StopPiece(spot, start, offset)
                bracket.add_place(span.target.removeprefix("source:"), piece, extends=fresh)
                bracket.text += span.text
            elif bracket is not None and span.text == "]":
                yield bracket
                bracket = None
            fresh = False
    if bracket is not None:
        yield bracket


def _leads_to(bracket: _Bracket, cite: Citation) -> bool:
    """Return whether a drawn citation names the places of a checked one."""
    drawn = list(dict.fromkeys(target for target, _ in bracket.places))
    return drawn == list(dict.fromkeys(f"{place.source} {place.label}".strip() for place in cite.places))


def _visible_citations(memo: CheckedMemo, flagged: frozenset[str]) -> list[tuple[str, int]]:
    """Return the citations that are drawn as such: their keys and their numbers."""
    hidden = code_spans(memo.text)
    return [
        (_key(render_citation(cite, flagged).partition("]")[0]), number)
        for number, cite in enumerate(memo.citations)
        if cite.is_followable and not any(start <= cite.start < end for start, end in hidden)
    ]


def _key(text: str) -> str:
    return "".join(_SIGNIFICANT.findall(text))


def _cited(target: str, cite: Citation | None, index: int) -> CitedPlace:
    """Return where one place of a citation leads."""
    if cite is not None and index < len(cite.places):
        return cited_place(cite, index)
    places: Sequence[SourcePlace] = parse_places(target) or ()
    return CitedPlace(places[0] if places else SourcePlace(target.partition(" ")[0]))


def find_heading_line(layout: TimelineLayout, block: int, headings: Sequence[MemoHeading], number: int) -> int | None:
    """Return the line of a heading, by its number among all; None if it is not drawn as one."""
    spots: list[tuple[int, LinePosition]] = []
    text = ""
    for spot, line in block_lines(layout, block):
        if any(HEADING_ROLE in span.style.split() for span in line.spans):
            spots.append((len(text), spot))
            text += line.text[line.lead :] + "\n"
    letters, at = LetterIndex(text), 0
    for index, heading in enumerate(headings[: number + 1]):
        span = letters.find(heading.title, at)
        if span is not None and index == number:
            spot = next(spot for start, spot in reversed(spots) if start <= span[0])
            return layout.line_of(spot)
        at = span[1] if span is not None else at
    return None

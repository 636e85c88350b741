"""Search the text of all blocks, collapsed ones too; going to a match opens its block.

Counting reads the blocks' own text, so nothing has to be laid out for it; going to a match lays out that block
alone. Counting can be done in slices, so that keys need not wait for it, and while a person goes on typing a word
only what held its beginning is read again. A match may run over the end of a line.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec
from textual.cache import LRUCache

from kimi_tui.projections.calls import Call
from kimi_tui.projections.timeline import TimelineBlock
from kimi_tui.session import SearchQuery
from kimi_tui.tui.rendering.blocks import searchable_text
from kimi_tui.tui.rendering.lines import StyledLine
from kimi_tui.tui.timeline.layout import LinePosition, TimelineLayout
from kimi_tui.tui.timeline.painter import Overlay

FAILED_STATES = ("error", "lookup-failed", "interrupted")
"""Statuses of a call that `is:error` finds."""
SLICE_CHARS = 200_000
"""Characters that are read at once; a few milliseconds."""
_BLOCK_COST_CHARS = 100
"""What looking at a block costs besides its text, in characters."""
_MAX_CACHED_SECTIONS = 128
"""Sections whose matches are kept."""


class TimelineMatch(NamedTuple):
    """One match on the timeline."""

    spot: LinePosition
    """The line it begins on."""
    start: int
    """Offset of its first character in the line."""
    number: int
    """Which match of its block it is, from 0."""


class _MatchSpan(NamedTuple):
    """The part of a match on one row."""

    start: int
    end: int
    match: tuple[int, int]
    """Row and offset where the whole match begins."""


class TimelineSearch:
    """A searched text, its matches, and the current match."""

    def __init__(self, layout: TimelineLayout) -> None:
        self.text = ""
        """What is searched; empty when nothing is."""
        self.current: TimelineMatch | None = None
        self._layout = layout
        self._query = SearchQuery()
        self._pattern = re.compile("")
        self._counts: dict[int, int] = {}
        self._seq = -1
        self._kept: LRUCache[tuple[int, ...], tuple[list[StyledLine], dict[int, list[_MatchSpan]]]] = LRUCache(
            _MAX_CACHED_SECTIONS
        )

    def search(self, text: str) -> int:
        """Search for words, without regard for case and kind of blank, and filters; returns how many matches there are.

        The words must stand in this order, as they do in the text; filters are those of `SearchQuery`.
        """
        for _ in self.search_in_slices(text):
            pass
        return self.count

    def search_in_slices(self, text: str) -> Iterator[None]:
        """Search in slices; the former search stays in force until the last slice is done."""
        seq = self._layout.state.run.seq
        if text == self.text and seq == self._seq:
            return
        query, counts = SearchQuery.parse(text), dict[int, int]()
        if not query.is_empty:
            yield from self._count(query, counts, self._candidates(query, seq))
        if text != self.text:
            self.text, self.current, self._query = "" if query.is_empty else text, None, query
            self._pattern = re.compile(_expression(query.words), re.IGNORECASE)
            self._kept.clear()
        self._counts, self._seq = counts, seq

    def matches(self, block: int) -> int:
        """Return how many matches a block has."""
        return self._counts.get(block, 0)

    @property
    def count(self) -> int:
        """Return how many matches there are."""
        return sum(self._counts.values())

    @property
    def position(self) -> int:
        """Return which match of all the current one is, from 1; 0 before any was gone to."""
        if self.current is None:
            return 0
        block = self.current.spot.block
        before = sum(count for index, count in self._counts.items() if index < block)
        return before + min(self.current.number, max(self._counts.get(block, 1) - 1, 0)) + 1

    def _candidates(self, query: SearchQuery, seq: int) -> Iterable[int]:
        """Return the blocks to search: while a word grows, those that matched its beginning."""
        before = self._query
        grown = before.words and query.words.startswith(before.words)
        if grown and seq == self._seq and msgspec.structs.replace(query, words=before.words) == before:
            return list(self._counts)
        return range(len(self._layout.blocks))

    def _count(self, query: SearchQuery, counts: dict[int, int], blocks: Iterable[int]) -> Iterator[None]:
        """Count the matches of each block that passes the filters; without words each block counts once."""
        layout, read = self._layout, 0
        pattern = re.compile(_expression(query.words.lower()))  # five times as fast as one that ignores case
        for index in blocks:
            block, call = layout.blocks[index], layout.call(index)
            read += _BLOCK_COST_CHARS
            if self._passes(query, block, call):
                text = searchable_text(block, call) if query.words else ""
                found = len(pattern.findall(text.lower()))
                read += len(text)
                if found:
                    counts[index] = found
            if read > SLICE_CHARS:
                read = 0
                yield

    @staticmethod
    def _passes(query: SearchQuery, block: TimelineBlock, call: Call | None) -> bool:
        """Return whether a block passes the filters."""
        if query.sources or not query.includes_step(block.step):
            return False
        if call is None:
            return not query.is_call_filter or (block.level == "error" and not query.tool and not query.host)
        failed = call.observation is not None and call.observation.status in FAILED_STATES
        return (failed or not query.errors) and query.matches_call(
            call.tool, (effect.target for effect in call.effects)
        )

    def go_to_match(self, start: int, *, backwards: bool = False) -> TimelineMatch | None:
        """Return the next match after the current one, or from block `start` on if there is none; opens its block."""
        order = sorted(self._counts)
        if not order:
            self.current = None
            return None
        if self.current is not None:
            block = self.current.spot.block
            inside = [match for match in self._visible_matches(block) if self._is_further(match, backwards=backwards)]
            if inside:
                self.current = inside[-1 if backwards else 0]
                return self.current
            start = block - 1 if backwards else block + 1
        ahead = [index for index in order if (index <= start if backwards else index >= start)]
        block = (ahead or order)[-1] if backwards else (ahead or order)[0]
        found = self._matches_after_opening(block)
        self.current = found[-1 if backwards else 0] if found else TimelineMatch(LinePosition(block, 0, 0), -1, 0)
        return self.current

    def _is_further(self, match: TimelineMatch, *, backwards: bool) -> bool:
        """Return whether a match of the current block lies further on."""
        assert self.current is not None
        here, there = (self.current.spot, self.current.start), (match.spot, match.start)
        return there < here if backwards else there > here

    def _matches_after_opening(self, block: int) -> list[TimelineMatch]:
        """Return the matches of a block, opened as far as it takes to see them all."""
        layout = self._layout
        found = self._visible_matches(block)
        while (
            self._query.words
            and len(found) < self._counts.get(block, 0)
            and layout.level(block) < layout.top_level(block)
        ):
            layout.set_level(block, layout.level(block) + 1)
            found = self._visible_matches(block)
        return found

    def _visible_matches(self, block: int) -> list[TimelineMatch]:
        """Return the matches in a block unchanged drawn."""
        found: list[TimelineMatch] = []
        for section in range(len(self._layout.lay_out_block(block).sections)):
            rows = self._match_spans(LinePosition(block, section, 0), self._layout.lines(block, section))
            for row, stretches in sorted(rows.items()):
                for stretch in stretches:
                    if stretch.match == (row, stretch.start):
                        found.append(TimelineMatch(LinePosition(block, section, row), stretch.start, len(found)))
        return found

    def overlays(self, spot: LinePosition, lines: list[StyledLine]) -> list[Overlay]:
        """Return the matches on one line of a section."""
        if not self.text:
            return []
        current = self.current
        here = (current.spot.row, current.start) if current and current.spot[:2] == spot[:2] else None
        return [
            Overlay(stretch.start, stretch.end, "match-current" if stretch.match == here else "match")
            for stretch in self._match_spans(spot, lines).get(spot.row, ())
        ]

    def _match_spans(self, spot: LinePosition, lines: list[StyledLine]) -> dict[int, list[_MatchSpan]]:
        """Return the matches of a section by row, found once for as long as its lines are the same."""
        kept = self._kept.get(spot[:2])
        if kept is None or kept[0] is not lines:
            kept = (lines, self._find_matches(lines))
            self._kept.discard(spot[:2])
            self._kept[spot[:2]] = kept
        return kept[1]

    def _find_matches(self, lines: list[StyledLine]) -> dict[int, list[_MatchSpan]]:
        """Every match in drawn lines, cut where it runs over the end of a line."""
        text = "\n".join(line.text[line.lead :] for line in lines)
        starts, at = [], 0
        for line in lines:
            starts.append(at)
            at += len(line.text) - min(line.lead, len(line.text)) + 1
        rows: dict[int, list[_MatchSpan]] = {}
        if not self._query.words:
            return rows
        row = 0
        for match in self._pattern.finditer(text):
            while row + 1 < len(starts) and starts[row + 1] <= match.start():
                row += 1
            begins = (row, match.start() - starts[row] + lines[row].lead)
            at = row
            while at < len(lines) and starts[at] < match.end():
                lead, size = lines[at].lead, len(lines[at].text)
                first = max(match.start() - starts[at], 0) + lead
                rows.setdefault(at, []).append(_MatchSpan(first, min(match.end() - starts[at] + lead, size), begins))
                at += 1
        return rows


def _expression(words: str) -> str:
    """Return a pattern for words in their order, with any blanks between them."""
    return r"\s+".join(map(re.escape, words.split()))

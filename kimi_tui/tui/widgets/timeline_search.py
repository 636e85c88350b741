"""Search over the text of all blocks, folded ones too: what matches is opened when it is gone to.

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
from kimi_tui.tui.rendering.blocks import searchable
from kimi_tui.tui.rendering.lines import Line
from kimi_tui.tui.widgets.timeline_layout import Spot, TimelineLayout
from kimi_tui.tui.widgets.timeline_paint import Overlay

FAILED = ("error", "lookup-failed", "interrupted")
"""Statuses of a call that `is:error` finds."""
SLICE = 200_000
"""Characters that are read at once; a few milliseconds."""
_BLOCK = 100
"""What looking at a block costs besides its text, in characters."""
_KEPT = 128
"""Sections whose matches are kept."""


class Match(NamedTuple):
    """One place on the timeline where the searched text stands."""

    spot: Spot
    """The line it begins on."""
    start: int
    """Offset of its first character in the line."""
    number: int
    """Which match of its block it is, from 0."""


class _Stretch(NamedTuple):
    """The part of a match that stands on one row."""

    start: int
    end: int
    match: tuple[int, int]
    """Row and offset where the whole match begins."""


class TimelineSearch:
    """A searched text, where it stands, and the match that was gone to last."""

    def __init__(self, layout: TimelineLayout) -> None:
        self.text = ""
        """What is searched; empty when nothing is."""
        self.current: Match | None = None
        self._layout = layout
        self._query = SearchQuery()
        self._pattern = re.compile("")
        self._counts: dict[int, int] = {}
        self._seq = -1
        self._kept: LRUCache[tuple[int, ...], tuple[list[Line], dict[int, list[_Stretch]]]] = LRUCache(_KEPT)

    def set(self, text: str) -> int:
        """Search for words, without regard for case and kind of blank, and filters; returns how many matches there are.

        The words must stand in this order, as they do in the text; filters are those of `SearchQuery`.
        """
        for _ in self.counting(text):
            pass
        return self.count

    def counting(self, text: str) -> Iterator[None]:
        """The same, a slice at a time; what was searched before stays in force until the last one is done."""
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
        """How many matches a block has."""
        return self._counts.get(block, 0)

    @property
    def count(self) -> int:
        """How many matches there are."""
        return sum(self._counts.values())

    @property
    def position(self) -> int:
        """Which match of all the current one is, from 1; 0 before any was gone to."""
        if self.current is None:
            return 0
        block = self.current.spot.block
        before = sum(count for index, count in self._counts.items() if index < block)
        return before + min(self.current.number, max(self._counts.get(block, 1) - 1, 0)) + 1

    def _candidates(self, query: SearchQuery, seq: int) -> Iterable[int]:
        """The blocks in which a query can stand: while a word grows, those in which its beginning stood."""
        before = self._query
        grown = before.words and query.words.startswith(before.words)
        if grown and seq == self._seq and msgspec.structs.replace(query, words=before.words) == before:
            return list(self._counts)
        return range(len(self._layout.blocks))

    def _count(self, query: SearchQuery, counts: dict[int, int], blocks: Iterable[int]) -> Iterator[None]:
        """Count the matches of each block that the filters let through; without words each of these counts once."""
        layout, read = self._layout, 0
        pattern = re.compile(_expression(query.words.lower()))  # five times as fast as one that ignores case
        for index in blocks:
            block, call = layout.blocks[index], layout.call(index)
            read += _BLOCK
            if self._passes(query, block, call):
                text = searchable(block, call) if query.words else ""
                found = len(pattern.findall(text.lower()))
                read += len(text)
                if found:
                    counts[index] = found
            if read > SLICE:
                read = 0
                yield

    @staticmethod
    def _passes(query: SearchQuery, block: TimelineBlock, call: Call | None) -> bool:
        """Whether the filters let a block through."""
        if query.sources or not query.includes_step(block.step):
            return False
        if call is None:
            return not query.is_call_filter or (block.level == "error" and not query.tool and not query.host)
        failed = call.observation is not None and call.observation.status in FAILED
        return (failed or not query.errors) and query.matches_call(
            call.tool, (effect.target for effect in call.effects)
        )

    def go(self, start: int, *, backwards: bool = False) -> Match | None:
        """The next match after the current one, or from block `start` on if there is none; opens its block."""
        order = sorted(self._counts)
        if not order:
            self.current = None
            return None
        if self.current is not None:
            block = self.current.spot.block
            inside = [match for match in self._shown(block) if self._beyond(match, backwards=backwards)]
            if inside:
                self.current = inside[-1 if backwards else 0]
                return self.current
            start = block - 1 if backwards else block + 1
        ahead = [index for index in order if (index <= start if backwards else index >= start)]
        block = (ahead or order)[-1] if backwards else (ahead or order)[0]
        found = self._opened(block)
        self.current = found[-1 if backwards else 0] if found else Match(Spot(block, 0, 0), -1, 0)
        return self.current

    def _beyond(self, match: Match, *, backwards: bool) -> bool:
        """Whether a match of the current block lies further on."""
        assert self.current is not None
        here, there = (self.current.spot, self.current.start), (match.spot, match.start)
        return there < here if backwards else there > here

    def _opened(self, block: int) -> list[Match]:
        """The matches of a block, opened as far as it takes to see them all."""
        layout = self._layout
        found = self._shown(block)
        while (
            self._query.words
            and len(found) < self._counts.get(block, 0)
            and layout.level(block) < layout.top_level(block)
        ):
            layout.set_level(block, layout.level(block) + 1)
            found = self._shown(block)
        return found

    def _shown(self, block: int) -> list[Match]:
        """The matches in a block as it is drawn."""
        found: list[Match] = []
        for section in range(len(self._layout.lay(block).sections)):
            rows = self._stretches(Spot(block, section, 0), self._layout.lines(block, section))
            for row, stretches in sorted(rows.items()):
                for stretch in stretches:
                    if stretch.match == (row, stretch.start):
                        found.append(Match(Spot(block, section, row), stretch.start, len(found)))
        return found

    def overlays(self, spot: Spot, lines: list[Line]) -> list[Overlay]:
        """The matches on one line of a section."""
        if not self.text:
            return []
        current = self.current
        here = (current.spot.row, current.start) if current and current.spot[:2] == spot[:2] else None
        return [
            Overlay(stretch.start, stretch.end, "match-current" if stretch.match == here else "match")
            for stretch in self._stretches(spot, lines).get(spot.row, ())
        ]

    def _stretches(self, spot: Spot, lines: list[Line]) -> dict[int, list[_Stretch]]:
        """The matches of a section by row, found once for as long as its lines are the same."""
        kept = self._kept.get(spot[:2])
        if kept is None or kept[0] is not lines:
            kept = (lines, self._found(lines))
            self._kept.discard(spot[:2])
            self._kept[spot[:2]] = kept
        return kept[1]

    def _found(self, lines: list[Line]) -> dict[int, list[_Stretch]]:
        """Every match in drawn lines, cut where it runs over the end of a line."""
        text = "\n".join(line.text[line.lead :] for line in lines)
        starts, at = [], 0
        for line in lines:
            starts.append(at)
            at += len(line.text) - min(line.lead, len(line.text)) + 1
        rows: dict[int, list[_Stretch]] = {}
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
                rows.setdefault(at, []).append(_Stretch(first, min(match.end() - starts[at] + lead, size), begins))
                at += 1
        return rows


def _expression(words: str) -> str:
    """What finds words in their order, whatever blank is between them."""
    return r"\s+".join(map(re.escape, words.split()))

"""Walk the citations and the doubtful statements of a drawn memo: one is chosen, marked and in sight."""

import html
import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from kimi_tui.evidence.cited_places import CitedPlace, cells_in_words
from kimi_tui.evidence.decisions import decision_in_words
from kimi_tui.evidence.letter_index import LetterIndex
from kimi_tui.evidence.memo import CheckedMemo, Statement
from kimi_tui.text import one_line
from kimi_tui.tui.rendering.blocks import valid_memo
from kimi_tui.tui.timeline.citation_stops import CitationStop, StopPiece, block_lines, find_citation_stops
from kimi_tui.tui.timeline.layout import LinePosition
from kimi_tui.tui.timeline.painter import Overlay, row_key
from kimi_tui.tui.timeline.view import TimelineView

CONTEXT_LINES = 2
"""Lines that stay in sight above and below what is chosen."""
MAX_REASON_CHARS = 300
"""More of a reason is cut."""
_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s+")
"""What begins an item of a list; a number may be drawn as another one."""


class DrawnStatement(NamedTuple):
    """A statement and where it is drawn."""

    number: int
    """Among the statements of the memo, from 0."""
    statement: Statement
    stops: tuple[int, ...]
    """Its citations among the drawn ones."""
    pieces: tuple[StopPiece, ...]
    """Where its words are drawn; none if they could not be found."""


class MemoReader:
    """Chooses citations and statements in the memo that a timeline shows as one of its blocks."""

    def __init__(self, view: TimelineView, block: int = 0) -> None:
        self._view = view
        self._block = block
        self._stop = -1
        self._statement = -1
        self.note = ""
        """What is to be said of what is chosen; empty while nothing is."""

    @property
    def chosen(self) -> CitedPlace | None:
        """Return where the chosen citation leads; None while none is chosen."""
        stops = self._stops()
        return stops[self._stop].cited if 0 <= self._stop < len(stops) else None

    @property
    def chosen_statement(self) -> DrawnStatement | None:
        """Return the chosen statement, or the one with the chosen citation; None while nothing is chosen."""
        stops, statements = self._stops(), self._statements()
        if 0 <= self._statement < len(statements):
            return statements[self._statement]
        return next((one for one in statements if self._stop in one.stops), None) if stops else None

    @property
    def place_in_text(self) -> int:
        """Return where in the memo's text what is chosen is; else where the first statement in sight begins."""
        if (chosen := self.chosen_statement) is not None:
            return chosen.statement.start
        layout, top = self._view.timeline, self._view.scroll_offset.y
        drawn = (one for one in self._statements() if one.pieces and one.statement.end)
        seen = (one for one in drawn if layout.line_of(one.pieces[-1].spot) >= top)
        return next((one.statement.start for one in seen), 0)

    def clear(self) -> None:
        """Choose nothing, since another memo is shown."""
        self._stop = self._statement = -1
        self.note, self._view.painter.highlights = "", {}

    def walk(self, by: int) -> None:
        """Choose the next citation, or with -1 the one before; round from the last to the first."""
        stops = self._stops()
        if not stops:
            self.note = "There is no citation in this memo." if self._has_block else "There is no memo yet."
            return
        at = self._stop
        if at < 0:
            at = self._first_below(stops) - (1 if by > 0 else 0)
        self._stop, self._statement = (at + by) % len(stops), -1
        self.show()

    def next_doubt(self) -> None:
        """Choose the next statement that is not supported."""
        memo = valid_memo(self._view.timeline.blocks[self._block]) if self._has_block else None
        doubts = [one for one in self._statements() if one.statement.is_open]
        if not doubts:
            checked = memo is not None and bool(memo.statements or memo.citations)
            said = "Every statement is supported or accepted." if checked else "Nothing of this memo has been checked."
            self.note = said
            return
        chosen = next((one for one in doubts if one.number > self._statement), doubts[0])
        self._statement = chosen.number
        self._stop = chosen.stops[0] if chosen.stops else -1
        self.show()

    def choose_statement(self, number: int) -> None:
        """Choose a statement by its number."""
        statements = self._statements()
        if 0 <= number < len(statements):
            self._statement = number
            self._stop = next(iter(statements[number].stops), -1)
            self.show()

    def choose_citation(self, number: int) -> None:
        """Choose a citation by its number among the drawn ones."""
        if 0 <= number < len(self._stops()):
            self._stop, self._statement = number, -1
            self.show()

    def show(self) -> None:
        """Mark what is chosen and bring it into sight; also after the lines were drawn for another width."""
        view, stops = self._view, self._stops()
        statements = self._statements() if self._statement >= 0 else []
        pieces: list[tuple[StopPiece, str]] = []
        if 0 <= self._statement < len(statements):
            pieces += [(piece, "match") for piece in statements[self._statement].pieces]
            self.note = self._statement_note(statements)
        if 0 <= self._stop < len(stops):
            pieces += [(piece, "match-current") for piece in stops[self._stop].pieces]
            self.note = self.note if self._statement >= 0 else self._stop_note(stops)
        view.painter.highlights = _overlays_by_row(pieces)
        if pieces:
            lines = [view.timeline.line_of(piece.spot) for piece, _ in pieces]
            view.redraw_now()
            view.viewport.show_lines(max(min(lines) - CONTEXT_LINES, 0), max(lines) + 1 + CONTEXT_LINES)
        view.refresh()

    @property
    def _has_block(self) -> bool:
        return self._block < len(self._view.timeline.blocks)

    def _stops(self) -> list[CitationStop]:
        return find_citation_stops(self._view.timeline, self._block) if self._has_block else []

    def _first_below(self, stops: list[CitationStop]) -> int:
        """Return the first citation below the chosen statement, else the first one in view."""
        layout, view = self._view.timeline, self._view
        statements = self._statements() if self._statement >= 0 else []
        chosen = statements[self._statement : self._statement + 1] if self._statement >= 0 else []
        spots = [piece.spot for one in chosen for piece in one.pieces]
        top = max(map(layout.line_of, spots)) if spots else view.scroll_offset.y
        return next((n for n, stop in enumerate(stops) if layout.line_of(stop.pieces[0].spot) >= top), 0)

    def _statements(self) -> list[DrawnStatement]:
        """Return every statement, in order."""
        memo = valid_memo(self._view.timeline.blocks[self._block]) if self._has_block else None
        if memo is None:
            return []
        by_citation: dict[int, list[int]] = {}
        for index, stop in enumerate(self._stops()):
            by_citation.setdefault(stop.citation, []).append(index)
        drawn = _DrawnWords(self._view, self._block)
        statements: list[DrawnStatement] = []
        for number, statement in enumerate(memo.statements or _statements_of_citations(memo)):
            pieces = drawn.find(_own_words(memo, statement))
            stops = tuple(stop for cite in statement.citations for stop in by_citation.get(cite, ()))
            statements.append(DrawnStatement(number, statement, stops, pieces))
        return statements

    def _statement_note(self, statements: list[DrawnStatement]) -> str:
        chosen = statements[self._statement].statement
        doubts = [one.number for one in statements if one.statement.is_open]
        place = f"Not supported {doubts.index(self._statement) + 1} of {len(doubts)} · " if chosen.is_open else ""
        there = cells_in_words(chosen.cells)
        reason = one_line(chosen.reason, MAX_REASON_CHARS)
        said = "".join(f" · {decision_in_words(made)}" for made in chosen.decisions[-2:])
        found = f"{place}{chosen.finding}{f': {reason}' if reason else ''}"
        return f"{found}{f' · The source has {there}.' if there else ''}{said}"

    def _stop_note(self, stops: list[CitationStop]) -> str:
        cited = stops[self._stop].cited
        where = " ".join(word for word in (cited.place.source, cited.place.label) if word)
        there = cells_in_words(cited.cells)
        finding = f"{cited.finding}, judged by the model" if cited.by_judge else cited.finding
        parts = (f"Citation {self._stop + 1} of {len(stops)}", where, finding, there)
        return " · ".join(part for part in parts if part)


class _DrawnWords:
    """The words of a block as drawn; those of one statement after the other are found in them."""

    def __init__(self, view: TimelineView, block: int) -> None:
        self._lines = list(block_lines(view.timeline, block))
        self._starts: list[int] = []
        text = ""
        for _, line in self._lines:
            self._starts.append(len(text))
            text += line.text[line.lead :] + "\n"
        self._letters = LetterIndex(text)
        self._at = 0

    def find(self, words: str) -> tuple[StopPiece, ...]:
        """Return where words are drawn, behind those found before; none if they are not found."""
        span = self._letters.find(words, self._at)
        if span is None:
            return ()
        start, self._at = span
        pieces = []
        for row in range(bisect_right(self._starts, start) - 1, bisect_right(self._starts, self._at - 1)):
            spot, line = self._lines[row]
            first = max(start - self._starts[row], 0) + line.lead
            last = min(self._at - self._starts[row] + line.lead, len(line.text))
            if first < last:
                pieces.append(StopPiece(LinePosition(*spot), first, last))
        return tuple(pieces)


def _own_words(memo: CheckedMemo, statement: Statement) -> str:
    """Return the words of a statement up to its first citation, or behind it if it begins with that."""
    if statement.end <= statement.start:
        return statement.text.removesuffix("\u2026")
    words = memo.text[statement.start : statement.end]
    inside = [memo.citations[number] for number in statement.citations if number < len(memo.citations)]
    if inside:
        before = memo.text[statement.start : inside[0].start]
        after = memo.text[inside[-1].end : statement.end]
        words = before if LetterIndex(before).find(before) else after
    return html.unescape(_ITEM.sub("", words))


def _statements_of_citations(memo: CheckedMemo) -> list[Statement]:
    """Return the citations of a memo of an earlier version, which has no statements, as statements of no words."""
    return [
        Statement(0, 0, "", cite.finding, cite.by, cite.detail, cite.cells, citations=(number,))
        for number, cite in enumerate(memo.citations)
    ]


def _overlays_by_row(pieces: Sequence[tuple[StopPiece, str]]) -> dict[int, tuple[Overlay, ...]]:
    """Return what to mark on each line, given pieces of lines with their roles."""
    marked: dict[int, tuple[Overlay, ...]] = {}
    for piece, role in pieces:
        key = row_key(piece.spot)
        marked[key] = (*marked.get(key, ()), Overlay(piece.start, piece.end, role))
    return marked

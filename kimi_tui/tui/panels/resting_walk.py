"""Walk what statements of the memo rest on in the text of a source: one place is chosen, marked and in sight."""

from collections.abc import Sequence

from kimi_tui.evidence.memo import CheckedMemo, Statement
from kimi_tui.evidence.resting_places import RestingPlace, find_resting_places, statements_at
from kimi_tui.sources import Source, TextMark
from kimi_tui.text import count_noun, one_line
from kimi_tui.tui.widgets.text_view import Piece, TextView

MAX_SHOWN_CHARS = 60
"""More of a place's words is cut in the note."""


class RestingWalk:
    """Chooses such places in a text view whose passages are a head and then the parts of the source."""

    def __init__(self, view: TextView, memo: CheckedMemo | None, source: Source) -> None:
        self._view = view
        self._memo = memo
        self._source = source
        self._places = find_resting_places(memo, source) if memo is not None else ()
        self._at = -1

    def marks(self, part: str) -> tuple[TextMark, ...]:
        """Return the marks of one part; of places that overlap the first one."""
        marks: list[TextMark] = []
        for place in self._places:
            if place.part == part and (not marks or marks[-1].end <= place.start):
                marks.append(place.mark)
        return tuple(marks)

    @property
    def chosen(self) -> RestingPlace | None:
        """Return the chosen place; None while none is."""
        return self._places[self._at] if 0 <= self._at < len(self._places) else None

    @property
    def statements(self) -> list[tuple[int, Statement]]:
        """Return the statements that rest on the chosen place, with their numbers."""
        return statements_at(self._memo, self.chosen) if self._memo is not None and self.chosen is not None else []

    @property
    def words(self) -> str:
        """Return the part and the words of the chosen place on one line."""
        if self.chosen is None:
            return ""
        part = next(part for part in self._source.parts if part.label == self.chosen.part)
        return one_line(f"{part.label} {part.text[self.chosen.start : self.chosen.end]}", MAX_SHOWN_CHARS)

    @property
    def note(self) -> str:
        """Return what is to be said of the chosen place."""
        if self.chosen is None:
            return ""
        count = len(self.statements)
        rests = f"{count_noun(count, 'statement')} of the memo {'rests' if count == 1 else 'rest'} on it"
        return f"{self._at + 1} of {len(self._places)} · {self.words} · {rests}"

    def walk(self, by: int) -> None:
        """Choose the next place, or with -1 the one before; from the lines in sight on while none is chosen."""
        drawn = self._drawn()
        known = [number for number in range(len(self._places)) if number in drawn]
        if not known:
            return
        if self._at in known:
            number = known[(known.index(self._at) + by) % len(known)]
        else:
            top = self._view.scroll_offset.y
            below = [number for number in known if drawn[number][0][0] >= top]
            number = (below or known)[0] if by > 0 else ([one for one in known if one not in below] or known)[-1]
        self._choose(number, drawn[number])

    def click(self, line: int, offset: int) -> bool:
        """Choose the place at a character of a drawn line; return whether there is one."""
        for number, pieces in self._drawn().items():
            if any(row == line and start <= offset < end for row, start, end in pieces):
                self._choose(number, pieces)
                return True
        return False

    def _choose(self, number: int, pieces: Sequence[Piece]) -> None:
        self._at = number
        self._view.choose(pieces)

    def _drawn(self) -> dict[int, list[Piece]]:
        """Return where each place is drawn, by its number; a wrapped one has several pieces."""
        passages = {part.label: number for number, part in enumerate(self._source.parts, 1)}
        drawn = (
            (number, self._view.pieces_of(passages[place.part], place.start, place.end))
            for number, place in enumerate(self._places)
        )
        return {number: pieces for number, pieces in drawn if pieces}

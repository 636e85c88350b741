"""Put a page's words in reading order: rows by baseline, columns by gaps.

Columns of prose are read one after the other, and a row of a table as `label | a | b`, each figure in its column.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import attrgetter
from statistics import median

import msgspec

from kimi_tui.tools.text.grid import is_amount

_SAME_ROW = 0.35
"""Baselines nearer than this share of the size of type are one row."""
_GAP = 0.9
"""A wider gap, in sizes of type, parts two cells."""
_FIGURE_GAP = 0.55
"""The same between two figures."""
_LEADERS = frozenset("._·…-–—_")
_SIGNS = frozenset(("$", "€", "£", "¥", "US$", "C$", "A$", "(", "($", "-", "–", "—("))
_OPENING = frozenset(("$", "€", "£", "¥", "(", "($"))
_PUNCTUATION = frozenset(".,;:!?)]")
_NO_GAP = 0.2
_MAX_SIGN_WIDTHS = 2.0
"""A minus is not further from its figure than so many times its own width."""
_APART = _PUNCTUATION | _LEADERS
_LEFT, _BASELINE = attrgetter("left"), attrgetter("baseline")
_ENDS = frozenset((")", "%", ")%", "%)", "*", "x"))
_DASHES = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
_NO_DIGITS = re.compile(r"\D*")
_PLAIN_AMOUNT = re.compile(r"\(?[$€£]?\d{1,3}(?:,\d{3})*(?:\.\d+)?%?\)?")
_AMOUNT_CHARACTERS = 60
_MAX_PROSE_CELLS = 1.6
"""Lines of one column of prose have not more gaps on average."""
_MIN_COLUMN_ROWS = 3
"""Columns of prose have at least so many lines."""
_MAX_DEPTH = 4
_TWICE = 0.3
"""The same word is drawn twice, as bold letters are faked, when both begin nearer than this share of its size."""
_OVERLAP = 0.5
"""Words of a line do not reach further over each other, in sizes of type."""


class PdfWord(msgspec.Struct, frozen=True, gc=False):
    """One word and its place, in points."""

    text: str
    """Its letters, raised ones written as such."""
    left: float
    """Where it begins."""
    right: float
    """Where it ends."""
    baseline: float
    """The line that it is written on, upwards from the foot of the page."""
    size: float
    """Of its type."""
    place: int = -1
    """The number of its first character on the page; -1 for a word that is no text of the page."""
    apart: bool = False
    """True when it is written in another direction than the rest of the page."""


class PdfSegment(msgspec.Struct, gc=False):
    """Words of one row without a wide gap between them."""

    text: str
    """The words with blanks between them."""
    left: float
    """Where it begins."""
    right: float
    """Where it ends."""
    figure: bool = False
    """True when it is an amount."""


class PdfRow(msgspec.Struct):
    """The words of one baseline."""

    segments: list[PdfSegment]
    """From left to right; at least one."""
    baseline: float
    """The line that they are written on, upwards from the foot of the page."""
    size: float
    """The largest of its type."""
    first: PdfWord
    """Its first word."""
    column: int = 0
    """Goes up where another column or part of the page begins."""

    @property
    def left(self) -> float:
        """Return where its first word begins."""
        return self.segments[0].left

    @property
    def right(self) -> float:
        """Return where its last word ends."""
        return self.segments[-1].right


def order_rows(words: Sequence[PdfWord]) -> list[PdfRow]:
    """Return the rows of a page in reading order."""
    upright = [word for word in words if not word.apart]
    found = list(_in_order(_rows(upright), 0))
    aside = [word for word in words if word.apart]
    if aside:
        found.append(PdfRow([PdfSegment(" ".join(word.text for word in aside), 0, 0)], 0, aside[0].size, aside[0]))
    number = 0
    for before, row in pairwise(found):
        number += row.baseline > before.baseline
        row.column = number
    return found


def _rows(words: Sequence[PdfWord]) -> list[PdfRow]:
    """Return the words of each baseline, from top to bottom."""
    ordered = sorted(sorted(words, key=_LEFT), key=_BASELINE, reverse=True)
    rows: list[list[PdfWord]] = [ordered[:1]] if ordered else []
    for word in ordered[1:]:
        first = rows[-1][0]
        if first.baseline - word.baseline <= _SAME_ROW * (first.size if first.size < word.size else word.size):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [row for one in rows if (row := _row(one)) is not None]


def _row(words: list[PdfWord]) -> PdfRow | None:
    """One row with its segments; None if it only leads the eye."""
    words.sort(key=_LEFT)
    if _is_one_line(words):
        text = " ".join([word.text for word in words])
        segment = PdfSegment(text, words[0].left, max([word.right for word in words]), _is_amount(text))
        return PdfRow([segment], words[0].baseline, max([word.size for word in words]), words[0])
    segments: list[PdfSegment] = []
    open_gap = True
    last: PdfWord | None = None
    for word in words:
        text = word.text
        if last is not None and text == last.text and word.left - last.left < _TWICE * word.size:
            continue
        last = word
        if text.isalpha():
            figure = text[-1] in "lL" and _is_amount(text)  # as `nil`
        elif text[0] in _LEADERS and _is_leader(text):
            open_gap = True
            continue
        else:
            figure = _is_amount(text)
        before = segments[-1] if segments else None
        gap = (word.left - before.right) / (word.size if word.size > 1.0 else 1.0) if before else 0.0
        least = _FIGURE_GAP if before and figure and before.figure else _GAP
        if before is None or open_gap or gap > least or (before.figure and text in _OPENING):
            segments.append(PdfSegment(text, word.left, word.right, figure))
        else:
            joined = before.text in _OPENING or (gap < _NO_GAP and text[0] in _PUNCTUATION)
            before.text += text if joined else f" {text}"
            before.right = max(before.right, word.right)
            before.figure = False
        open_gap = False
    if not segments:
        return None
    first = words[0]
    return PdfRow(_with_signs(segments), first.baseline, max(word.size for word in words), first)


def _is_one_line(words: Sequence[PdfWord]) -> bool:
    """Return whether the words of a row are a line of prose: no wide gap, no sign apart, no figure at its beginning."""
    first = words[0].text
    if not first.isalpha() or (first[-1] in "lL" and _is_amount(first)):
        return False
    end = words[0].left
    for word in words:
        left, size = word.left, word.size
        if left - end > _GAP * size or end - left > _OVERLAP * size or size < 1.0 or word.text[0] in _APART:
            return False
        end = word.right if word.right > end else end
    return True


def _is_amount(text: str) -> bool:
    """Return whether a text is an amount, or a dash in place of one; most texts are ruled out by a quick look."""
    if _NO_DIGITS.fullmatch(text):
        return text in _DASHES or (len(text) < 12 and is_amount(text))
    return len(text) <= _AMOUNT_CHARACTERS and (_PLAIN_AMOUNT.fullmatch(text) is not None or is_amount(text))


def _is_leader(text: str) -> bool:
    """Return whether a word is a line of dots between a label and its figure."""
    return len(text) >= 3 and set(text) <= _LEADERS and len(set(text)) == 1


def _with_signs(segments: list[PdfSegment]) -> list[PdfSegment]:
    """Return the segments with currency signs and brackets that are set apart joined to their figures."""
    joined: list[PdfSegment] = []
    for segment in segments:
        before = joined[-1] if joined else None
        if before is not None and _is_sign_of(before, segment):
            before.text += ("" if before.text in _OPENING else " ") + segment.text
            before.right, before.figure = segment.right, _is_amount(before.text)
        elif before is not None and segment.text in _ENDS and before.figure:
            before.text += segment.text
            before.right = segment.right
        else:
            segment.figure = segment.figure or _is_amount(segment.text)
            joined.append(segment)
    return joined


def _is_sign_of(sign: PdfSegment, figure: PdfSegment) -> bool:
    """Return whether a segment is the sign of the figure behind it: a currency however far away, a dash only near.

    A dash that is further away is the amount of a column of its own.
    """
    if sign.text not in _SIGNS or figure.text[:1] not in "0123456789(.-–—":
        return False
    return sign.text not in _DASHES or figure.left - sign.right <= _MAX_SIGN_WIDTHS * (sign.right - sign.left)


def _in_order(rows: list[PdfRow], depth: int) -> Iterator[PdfRow]:
    """Yield the rows with columns of prose one after the other."""
    gutter = _gutter(rows, depth) if depth < _MAX_DEPTH else None
    if gutter is None:
        yield from rows
        return
    first, last, place = gutter
    yield from _in_order(rows[:first], depth + 1)
    for side in _sides(rows[first:last], place):
        yield from _in_order(side, depth + 1)
    yield from _in_order(rows[last:], depth + 1)


def _sides(rows: Sequence[PdfRow], place: float) -> tuple[list[PdfRow], list[PdfRow]]:
    """Split rows at a place: what is left of it, and what is right of it."""
    sides: tuple[list[PdfRow], list[PdfRow]] = [], []
    for row in rows:
        for side, segments in zip(sides, _split_row(row, place), strict=True):
            if segments:
                side.append(msgspec.structs.replace(row, segments=segments))
    return sides


def _split_row(row: PdfRow, place: float) -> tuple[list[PdfSegment], list[PdfSegment]]:
    left = [segment for segment in row.segments if segment.right <= place]
    return left, row.segments[len(left) :]


def _gutter(rows: Sequence[PdfRow], depth: int = 0) -> tuple[int, int, float] | None:
    """Return the first run of rows with columns of prose in it: its ends, and the place between the columns."""
    if len(rows) < _MIN_COLUMN_ROWS:
        return None
    left, right = min(row.left for row in rows), max(row.right for row in rows)
    starts = {round(segment.left / 4) for row in rows for segment in row.segments if segment.left > left + 40}
    counted = dict.fromkeys(starts, 0)
    for row in rows:
        for segment in row.segments:
            key = round(segment.left / 4)
            if key in counted:
                counted[key] += 1
    likely = sorted((key for key in counted if counted[key] >= _MIN_COLUMN_ROWS), key=lambda key: -counted[key])[:6]
    best: tuple[int, int, float] | None = None
    for key in likely:
        place = key * 4 - 3.0
        if not left + 40 < place < right - 40:
            continue
        for first, last in _runs(rows, place):
            if _is_prose(rows[first:last], place, depth) and (best is None or last - first > best[1] - best[0]):
                best = first, last, place
    return best


def _runs(rows: Sequence[PdfRow], place: float) -> Iterator[tuple[int, int]]:
    """Runs of rows in which nothing crosses a place."""
    start = 0
    for index in range(len(rows) + 1):
        crosses = index == len(rows) or any(one.left < place < one.right for one in rows[index].segments)
        if crosses:
            if index - start >= _MIN_COLUMN_ROWS:
                yield start, index
            start = index + 1


def _is_prose(rows: Sequence[PdfRow], place: float, depth: int) -> bool:
    """Return whether on both sides of a place there are lines of prose that fill their column."""
    for side in _sides(rows, place):
        if len(side) < _MIN_COLUMN_ROWS:
            return False
        edge = min(row.left for row in side)
        widths = [row.right - edge for row in side]
        text = " ".join(segment.text for row in side for segment in row.segments)
        letters, digits = sum(map(str.isalpha, text)), sum(map(str.isdigit, text))
        cells = sum(len(row.segments) for row in side) / len(side)
        if median(widths) < 0.55 * max(widths) or digits > 0.15 * letters or len(text) < 16 * len(side):
            return False
        if cells > _MAX_PROSE_CELLS and (depth >= _MAX_DEPTH or _gutter(side, depth + 1) is None):
            return False  # neither one column nor several
    return True


class PdfGrid(msgspec.Struct):
    """The rows of a table on a page, with cells in columns."""

    rows: list[list[str]]
    """The texts of each row, empty where a column has none."""
    spans: list[list[tuple[int, int]]]
    """For each row the first and last column of each of its segments."""
    figures: set[tuple[int, int]]
    """Row and column of each cell that is an amount and no label."""


def build_grid(rows: Sequence[PdfRow]) -> PdfGrid:
    """Return the rows of a table with each segment in the column that it is over."""
    columns = _columns(rows)
    cells: list[list[str]] = []
    spans: list[list[tuple[int, int]]] = []
    figures: set[tuple[int, int]] = set()
    for number, row in enumerate(rows):
        texts = [""] * len(columns)
        places = []
        for segment in row.segments:
            first, last = _covered_columns(columns, segment)
            if texts[first]:
                figures.discard((number, first))
            elif segment.figure:
                figures.add((number, first))
            texts[first] = f"{texts[first]} {segment.text}".strip()
            places.append((first, last))
        cells.append(texts)
        spans.append(places)
    return PdfGrid(cells, spans, figures)


def _columns(rows: Sequence[PdfRow]) -> list[tuple[float, float]]:
    """Return where the columns are, by the rows that show amounts; else by all."""
    shown = [row for row in rows if any(segment.figure for segment in row.segments[1:])] or list(rows)
    intervals = sorted((segment.left, segment.right) for row in shown for segment in row.segments)
    columns: list[tuple[float, float]] = []
    for left, right in intervals:
        if columns and left < columns[-1][1]:
            columns[-1] = columns[-1][0], max(columns[-1][1], right)
        else:
            columns.append((left, right))
    for row in rows:  # what is over no column has one of its own
        for segment in row.segments:
            if not any(segment.left < right and left < segment.right for left, right in columns):
                columns.append((segment.left, segment.right))
                columns.sort()
    return columns


def _covered_columns(columns: Sequence[tuple[float, float]], segment: PdfSegment) -> tuple[int, int]:
    """Return the first and the last column that a segment is over."""
    found = [n for n, (left, right) in enumerate(columns) if segment.left < right and left < segment.right]
    return (found[0], found[-1]) if found else (0, 0)

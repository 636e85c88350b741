"""Read the words of a PDF page with their positions; worker processes only.

Coordinates are those of the page as it is read: x to the right, y upwards, turned text turned back. Text that a reader
of a page cannot see (white on nothing, without any ink, off the page) is left out and counted.
"""

import ctypes
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from functools import cache
from statistics import median
from typing import Any, NamedTuple

import msgspec

from kimi_tui.tools.text.pdf_layout import PdfWord

MAX_WORDS = 20_000
"""Words of one page that are placed; the text of a larger page is taken as PDFium gives it."""
_RAISED = str.maketrans("0123456789()+-=n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾⁺⁻⁼ⁿ")
_MAX_MARK_SIZE_RATIO = 0.9
_MIN_MARK_RISE = 0.12
_WORD = re.compile("[^\\s\x02\ufffe]+[\x02\ufffe]?|[\x02\ufffe]")
"""A hyphen at the end of a line ends a word: the next line goes on without a blank."""
_LAST_SIGNS = frozenset(".,;:!?)]%\"'’”")
_INVISIBLE_MODES = (3, 7)
_WHITE = 250
_FAR = 1e6
"""No page reaches so far, in points."""


class PdfPageWords(msgspec.Struct):
    """The words of a page."""

    words: list[PdfWord]
    """In the order of the page's content."""
    hidden: int = 0
    """Characters of words that no reader of the page sees."""


class _Style(msgspec.Struct, frozen=True, gc=False):
    """The drawing style of one text object."""

    size: float
    angle: int
    """Quarters of a turn, counted against the clock; -1 for any other angle."""
    white: bool
    inkless: bool


class PageWordReader:
    """Reads the words of one text page."""

    def __init__(self, page: Any, text_page: Any) -> None:
        """`page` and `text_page` are pypdfium2's."""
        import pypdfium2.raw as pdfium

        self._pdfium = pdfium
        self._page = page
        self._text = text_page
        self._styles: dict[int, _Style] = {}
        self._numbers = [ctypes.c_double() for _ in range(4)]
        self._places = [ctypes.byref(number) for number in self._numbers]
        self._matrix = pdfium.FS_MATRIX()
        self._matrix_place = ctypes.byref(self._matrix)
        self._colours = [ctypes.c_uint() for _ in range(4)]
        self._colour_places = [ctypes.byref(colour) for colour in self._colours]
        self._calls = _calls()
        self._raw = _address(text_page.raw)

    def words(self, text: str) -> PdfPageWords | None:
        """Return the words of `text`, which is all of the page's; None when they cannot be placed."""
        spans = [match.span() for match in _WORD.finditer(text)]
        if not spans or len(spans) > MAX_WORDS:
            return None
        offset = self._offsets(text)
        placed = [self._word(text[start:end], offset(start), offset(end - 1)) for start, end in spans]
        found = [word for word in placed if word is not None]
        angle = Counter(style.angle for _, style in found).most_common(1)[0][0] if found else 0
        if angle < 0 or len(found) < len(spans) * 0.9:
            return None
        kept, hidden = self._seen(found)
        words = [_turned(word, angle) for word, style in kept if style.angle == angle]
        words += [msgspec.structs.replace(word, apart=True) for word, style in kept if style.angle != angle]
        return PdfPageWords(_with_marks(words), hidden)

    def font_weight(self, word: PdfWord) -> int:
        """Return the weight of a word's type, 0 when unknown."""
        return max(int(self._calls.weight(self._raw, word.place)), 0) if word.place >= 0 else 0

    def _offsets(self, text: str) -> Any:
        """Return how places in the text become numbers of characters."""
        if self._pdfium.FPDFText_CountChars(self._text) == len(text):
            return lambda place: place
        wide = [place for place, letter in enumerate(text) if letter > "\uffff"]  # PDFium counts each of these twice
        to_character = self._pdfium.FPDFText_GetCharIndexFromTextIndex
        return lambda place: to_character(self._text, place + bisect_left(wide, place))

    def _word(self, text: str, first: int, last: int) -> tuple[PdfWord, _Style] | None:
        """One word with the style of its first character; None if it has no place."""
        if first < 0 or last < 0:
            return None
        page, (one, two, three, four) = self._raw, self._places
        calls, numbers = self._calls, self._numbers
        start = calls.drawn(page, first)
        if not start or not calls.origin(page, first, one, two):
            return None
        left, baseline = numbers[0].value, numbers[1].value
        if not calls.box(page, last, one, two, three, four):
            return None
        style = self._styles.get(start) or self._style(start, first)
        right, bottom = numbers[1].value, numbers[2].value
        if style.angle:
            box = [number.value for number in numbers]
            right = left + _length(box, style.angle, left, baseline)
            bottom = min(_up(style.angle, x, y) for x in box[:2] for y in box[2:])
        word = PdfWord(text, left, right, baseline, style.size, place=first)
        above = bottom - (baseline if not style.angle else _up(style.angle, left, baseline))
        if last > first and (
            above > _MIN_MARK_RISE * style.size
            or _may_begin_with_mark(text)
            or (_may_hold_mark(text) and calls.drawn(page, last - 1) != start)
        ):
            word = self._split_marks(word, style.angle, first, last)
        return word, style

    def _split_marks(self, word: PdfWord, angle: int, first: int, last: int) -> PdfWord:
        """Return a word drawn in pieces, with what is raised in it written as raised."""
        text = word.text
        if last - first != len(text) - 1:
            return word
        pieces = []
        for place in range(first, last + 1):
            start = self._calls.drawn(self._raw, place)
            self._calls.origin(self._raw, place, self._places[0], self._places[1])
            height = _up(angle, self._numbers[0].value, self._numbers[1].value)
            pieces.append((text[place - first], self._style(start, place).size if start else word.size, height))
        size = max(one[1] for one in pieces)
        baseline = min(y for _, height, y in pieces if height >= size * 0.98)
        shown = ""
        run = ""
        for letter, height, y in pieces:
            if height < _MAX_MARK_SIZE_RATIO * size and y > baseline + _MIN_MARK_RISE * size:
                run += letter
                continue
            shown, run = shown + to_superscript(run) + letter, ""
        baseline = baseline if not angle else word.baseline
        return msgspec.structs.replace(word, text=shown + to_superscript(run), size=size, baseline=baseline)

    def _style(self, address: int, place: int) -> _Style:
        """Return how the text object of a character is drawn; asked once for each."""
        if address not in self._styles:
            self._styles[address] = self._new_style(address, place)
        return self._styles[address]

    def _new_style(self, address: int, place: int) -> _Style:
        calls, page = self._calls, self._raw
        size = calls.size(page, place)
        angle = 0
        if calls.matrix(page, place, self._matrix_place):
            a, b, c, d = self._matrix.a, self._matrix.b, self._matrix.c, self._matrix.d
            size *= (c * c + d * d) ** 0.5 or 1.0
            angle = _quarters(a, b)
        known = calls.colour(page, place, *self._colour_places)
        mode = calls.mode(address)
        filled = bool(known) and mode in (0, 4)
        red, green, blue, alpha = self._colours
        return _Style(
            size=abs(size) if abs(size) < _FAR else 0.0,
            angle=angle,
            white=filled and red.value >= _WHITE and green.value >= _WHITE and blue.value >= _WHITE,
            inkless=mode in _INVISIBLE_MODES or (filled and alpha.value == 0),
        )

    def _seen(self, found: Sequence[tuple[PdfWord, _Style]]) -> tuple[list[tuple[PdfWord, _Style]], int]:
        """Return the words that a reader sees, and how many characters the others have."""
        left, bottom, right, top = self._page.get_bbox()
        suspects = any(style.white or style.inkless for _, style in found)
        backgrounds = self._backgrounds() if suspects else []
        pictures = suspects and any(kind == "picture" for kind, *_ in backgrounds)
        kept = []
        hidden = 0
        for word, style in found:
            off = not (max(map(abs, (word.left, word.right, word.baseline))) < _FAR)  # nor what is no number
            off |= word.right < left or word.left > right
            off |= word.baseline > top or word.baseline + word.size < bottom
            unseen = style.inkless and not pictures  # over a picture it is what the picture shows
            unseen |= style.white and not any(_holds(box, word) for _, *box in backgrounds)
            if off or unseen or (style.size < 1.0 and word.right - word.left < 0.5 * len(word.text)):
                hidden += len(word.text)
            else:
                kept.append((word, style))
        return kept, hidden

    def _backgrounds(self) -> list[tuple[Any, ...]]:
        """Kind and box of everything on the page that may be behind white text."""
        import pypdfium2

        pdfium = self._pdfium
        found: list[tuple[Any, ...]] = []
        kinds = {pdfium.FPDF_PAGEOBJ_IMAGE: "picture", pdfium.FPDF_PAGEOBJ_SHADING: "shade"}
        kinds[pdfium.FPDF_PAGEOBJ_PATH] = "path"
        try:
            for drawn in self._page.get_objects(max_depth=4):
                kind = kinds.get(drawn.type)
                if kind and (kind != "path" or self._is_filled(drawn.raw)):
                    found.append((kind, *drawn.get_bounds()))
        except pypdfium2.PdfiumError:
            return found
        return found

    def _is_filled(self, path: Any) -> bool:
        """Return whether a path is filled with something that is not white."""
        mode, stroke = ctypes.c_int(), ctypes.c_int()
        self._pdfium.FPDFPath_GetDrawMode(path, ctypes.byref(mode), ctypes.byref(stroke))
        colours = [ctypes.c_uint() for _ in range(4)]
        known = self._pdfium.FPDFPageObj_GetFillColor(path, *map(ctypes.byref, colours))
        return bool(mode.value) and (not known or min(one.value for one in colours[:3]) < _WHITE)


def to_superscript(text: str) -> str:
    """Raised letters as such: figures have characters of their own, others come after `^`."""
    if not text:
        return ""
    shown = text.translate(_RAISED)
    return shown if all(letter not in text for letter in shown if letter.isalnum()) else f"^{text}"


def _may_begin_with_mark(text: str) -> bool:
    """Return whether a word may be the mark of a note and the word that it is before: `1Restated`."""
    return not text[0].isalpha() and text[1].isalpha()


def _may_hold_mark(text: str) -> bool:
    """Return whether a word may have a mark before the sign that ends it: `1,2341.`, `567(2)%`."""
    return len(text) > 2 and text[-1] in _LAST_SIGNS and any(map(str.isdigit, text))


def _with_marks(words: Sequence[PdfWord]) -> list[PdfWord]:
    """Return the words with raised ones joined to the word that they belong to."""
    joined: list[PdfWord] = []
    for word in words:
        before = joined[-1] if joined else None
        if before is not None and _is_mark(word, before) and -0.5 < (word.left - before.right) / before.size < 0.4:
            joined[-1] = msgspec.structs.replace(before, text=before.text + to_superscript(word.text), right=word.right)
        elif before is not None and _is_mark(before, word) and -0.5 < (word.left - before.right) / word.size < 0.6:
            joined[-1] = msgspec.structs.replace(
                word, text=f"{to_superscript(before.text)} {word.text}", left=before.left
            )
        else:
            joined.append(word)
    return _with_far_marks(joined)


def _with_far_marks(words: list[PdfWord]) -> list[PdfWord]:
    """Return the same for raised words that are drawn somewhere else in the page's content."""
    usual = median(word.size for word in words) if words else 0.0
    marks = [word for word in words if word.size < 0.8 * usual and len(word.text) <= 3]
    if not marks or len(marks) > 200:
        return words
    found = {id(word): word for word in words}
    for mark in marks:
        for word in words:
            if id(word) in found and _is_mark(mark, word):
                if -0.3 < (mark.left - word.right) / word.size < 0.5:
                    text, right = found[id(word)].text + to_superscript(mark.text), mark.right
                    found[id(word)] = msgspec.structs.replace(found[id(word)], text=text, right=right)
                elif -0.3 < (word.left - mark.right) / word.size < 0.8:
                    text = f"{to_superscript(mark.text)} {found[id(word)].text}"
                    found[id(word)] = msgspec.structs.replace(found[id(word)], text=text, left=mark.left)
                else:
                    continue
                del found[id(mark)]
                break
    return list(found.values())


def _is_mark(word: PdfWord, beside: PdfWord) -> bool:
    """Return whether a word is a raised mark of the one beside it."""
    higher = word.baseline - beside.baseline
    small = word.size < _MAX_MARK_SIZE_RATIO * beside.size
    return small and len(word.text) <= 6 and _MIN_MARK_RISE * beside.size < higher < 0.8 * beside.size


def _address(pointer: Any) -> int:
    """Return where something is in memory."""
    return ctypes.cast(pointer, ctypes.c_void_p).value or 0


class _PdfiumCalls(NamedTuple):
    """Functions of PDFium that take plain addresses: these are asked for every word, or every text object."""

    drawn: Any
    origin: Any
    box: Any
    size: Any
    matrix: Any
    colour: Any
    weight: Any
    mode: Any


@cache
def _calls() -> _PdfiumCalls:
    import pypdfium2.raw as pdfium

    at, number, real = ctypes.c_void_p, ctypes.c_int, ctypes.c_double
    types = (
        (pdfium.FPDFText_GetTextObject, (at, at, number)),
        (pdfium.FPDFText_GetCharOrigin, (number, at, number, at, at)),
        (pdfium.FPDFText_GetCharBox, (number, at, number, at, at, at, at)),
        (pdfium.FPDFText_GetFontSize, (real, at, number)),
        (pdfium.FPDFText_GetMatrix, (number, at, number, at)),
        (pdfium.FPDFText_GetFillColor, (number, at, number, at, at, at, at)),
        (pdfium.FPDFText_GetFontWeight, (number, at, number)),
        (pdfium.FPDFTextObj_GetTextRenderMode, (number, at)),
    )
    return _PdfiumCalls(*(ctypes.CFUNCTYPE(*kind)(_address(function)) for function, kind in types))


def _quarters(a: float, b: float) -> int:
    """Quarters of a turn of a matrix, -1 for any other angle."""
    if abs(b) <= 0.1 * abs(a):
        return 0 if a > 0 else 2
    if abs(a) <= 0.1 * abs(b):
        return 1 if b > 0 else 3
    return -1


def _length(box: Sequence[float], angle: int, left: float, baseline: float) -> float:
    """Return how long a turned word is; `box` is that of its last character."""
    return {1: box[3] - baseline, 2: left - box[0], 3: baseline - box[2]}.get(angle, box[1] - left)


def _up(angle: int, x: float, y: float) -> float:
    """Return the height of a point for text that is turned by quarters."""
    return {1: -x, 2: -y, 3: x}.get(angle, y)


def _turned(word: PdfWord, angle: int) -> PdfWord:
    """Return a word that is turned by quarters against the clock, as if it were upright."""
    if not angle:
        return word
    x, y = word.left, word.baseline
    left = {1: y, 2: -x, 3: -y}[angle]
    return msgspec.structs.replace(word, left=left, right=left + word.right - x, baseline=_up(angle, x, y))


def _holds(box: Sequence[float], word: PdfWord) -> bool:
    """Return whether the middle of a word is inside a box."""
    x, y = (word.left + word.right) / 2, word.baseline + word.size * 0.3
    return box[0] - 1 <= x <= box[2] + 1 and box[1] - 1 <= y <= box[3] + 1

"""Read the words of a PDF page with their positions; worker processes only.

Coordinates are those of the page as it is read: x to the right, y upwards, turned text turned back. Text that a reader
of a page cannot see (white on nothing, without any ink, off the page) is left out and counted.
"""

import ctypes
import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec

from kimi_tui.tools.text.pdf_characters import CharacterReader
from kimi_tui.tools.text.pdf_layout import PdfWord
from kimi_tui.tools.text.pdf_marks import MAX_MARK_SIZE_RATIO, MIN_MARK_RISE, join_marks, to_superscript

MAX_WORDS = 20_000
"""Words of one page that are placed; the text of a larger page is taken as PDFium gives it."""
_WORD = re.compile("[^\\s\x02\ufffe]+[\x02\ufffe]?|[\x02\ufffe]")
"""A hyphen at the end of a line ends a word: the next line goes on without a blank."""
_LAST_SIGNS = frozenset(".,;:!?)]%\"'’”")
_QUOTES = frozenset("\"'‘’“”")
_DIGIT = re.compile(r"\d")
_INVISIBLE_MODES = frozenset((3, 7))
_FILLED_MODES = frozenset((0, 4))
_WHITE = 250
_CLEAR_RISE = 0.25
"""Letters as large as the others are raised when they are so much higher, in sizes of type."""
_LOOKED_AT = 48
"""Words of a page whose letters are checked."""
_FAR = 1e6
"""No page reaches so far, in points."""


class PdfPageWords(msgspec.Struct):
    """The words of a page."""

    words: list[PdfWord]
    """In the order of the page's content."""
    hidden: int = 0
    """Characters of words that no reader of the page sees."""
    is_unmapped: bool = False
    """True when the fonts do not say which letters much of the page is."""


class _DrawnWords(msgspec.Struct):
    """The words of a page that have a place."""

    words: list[PdfWord]
    on_page: bool
    """True when all are on the page and of a size that can be seen."""
    angles: list[int]
    """Of each word, in quarters of a turn, counted against the clock; -1 for any other angle."""
    white: set[int]
    """The numbers of the words that are filled with white."""
    inkless: set[int]
    """The numbers of the words that are drawn without ink."""


class PageWordReader:
    """Reads the words of one text page."""

    def __init__(self, page: Any, text_page: Any) -> None:
        """`page` and `text_page` are pypdfium2's."""
        import pypdfium2.raw as pdfium

        self._pdfium = pdfium
        self._page = page
        self._text = text_page
        self._characters = CharacterReader(text_page)
        self._scales: dict[tuple[float, ...], tuple[float, int]] = {}

    def words(self, text: str) -> PdfPageWords | None:
        """Return the words of `text`, which is all of the page's; None when they cannot be placed."""
        spans = [match.span() for match in _WORD.finditer(text)]
        if not spans or len(spans) > MAX_WORDS:
            return None
        found = self._measure(text, spans)
        angle = Counter(found.angles).most_common(1)[0][0] if found.words else 0
        if angle < 0 or len(found.words) < len(spans) * 0.9:
            return None
        unseen = self._find_unseen(found)
        words, angles = found.words, found.angles
        if unseen:
            words = [word for number, word in enumerate(words) if number not in unseen]
            angles = [own for number, own in enumerate(angles) if number not in unseen]
        if any(angles):
            pairs = list(zip(words, angles, strict=True))
            words = [_turned(word, angle) for word, own in pairs if own == angle]
            words += [msgspec.structs.replace(word, apart=True) for word, own in pairs if own != angle]
        hidden = sum(len(found.words[number].text) for number in unseen)
        return PdfPageWords(join_marks(words), hidden, self._is_unmapped(found.words))

    def font_weight(self, word: PdfWord) -> int:
        """Return the weight of a word's type, 0 when unknown."""
        return self._characters.font_weight(word.place) if word.place >= 0 else 0

    def _is_unmapped(self, words: Sequence[PdfWord]) -> bool:
        """Return whether the letters of many words are unknown, by words from all over the page."""
        looked_at = [word.place for word in words[:: len(words) // _LOOKED_AT + 1]]
        return 4 * self._characters.unmapped(looked_at) > len(looked_at)

    def _offsets(self, text: str, places: list[int]) -> list[int]:
        """Return the numbers of the characters at places in the text; less than 0 for one that is unknown."""
        if self._pdfium.FPDFText_CountChars(self._text) == len(text):
            return places
        wide = [place for place, letter in enumerate(text) if letter > "\uffff"]  # PDFium counts each of these twice
        to_character = self._pdfium.FPDFText_GetCharIndexFromTextIndex
        return [to_character(self._text, place + bisect_left(wide, place)) for place in places]

    def _measure(self, text: str, spans: Sequence[tuple[int, int]]) -> _DrawnWords:
        """Return the words at `spans` that have a place, each in the type of its first character."""
        texts = [text[start:end] for start, end in spans]
        firsts = self._offsets(text, [start for start, _ in spans])
        lasts = self._offsets(text, [end - 1 for _, end in spans])
        objects = self._characters.text_objects(firsts)
        if None in objects or min(lasts) < 0:
            drawn = [number for number, last in enumerate(lasts) if last >= 0 and objects[number]]
            firsts, lasts = [firsts[number] for number in drawn], [lasts[number] for number in drawn]
            texts, objects = [texts[number] for number in drawn], [objects[number] for number in drawn]
        lefts, baselines = self._characters.origins(firsts)
        boxes = self._characters.boxes(lasts)
        sizes, angles = self._types(firsts, objects)
        rights, bottoms = boxes[1], boxes[2]
        rises = [bottom - baseline for bottom, baseline in zip(bottoms, baselines, strict=True)]
        for number in [number for number, angle in enumerate(angles) if angle]:
            angle, left, baseline = angles[number], lefts[number], baselines[number]
            box = [side[number] for side in boxes]
            rights[number] = left + _length(box, angle, left, baseline)
            rises[number] = min(_up(angle, x, y) for x in box[:2] for y in box[2:]) - _up(angle, left, baseline)
        words = list(map(PdfWord, texts, lefts, rights, baselines, sizes, firsts))
        self._split_marks(words, angles, self._find_mixed(_find_marked(texts, rises, sizes), objects, lasts))
        on_page = self._is_on_page(lefts, rights, baselines, sizes)
        return _DrawnWords(words, on_page, angles, *self._inks(firsts, objects))

    def _find_mixed(
        self, numbers: Sequence[int], objects: Sequence[int | None], lasts: Sequence[int]
    ) -> list[tuple[int, int]]:
        """Return those of the words that end in another text object, with their last characters; others have one type.

        `objects` are those of the words' first characters.
        """
        ends = self._characters.text_objects([lasts[number] for number in numbers])
        return [(number, lasts[number]) for number, end in zip(numbers, ends, strict=True) if end != objects[number]]

    def _types(self, places: Sequence[int], objects: Sequence[int | None]) -> tuple[list[float], list[int]]:
        """Return size on the page and angle of the type of each character; it is the same all over a text object."""
        one_each = dict(zip(objects, places, strict=True))
        if 2 * len(one_each) < len(places):
            found = dict(zip(one_each, zip(*self._types_of(list(one_each.values())), strict=True), strict=True))
            sizes, angles = zip(*map(found.__getitem__, objects), strict=True)
            return list(sizes), list(angles)
        return self._types_of(places)

    def _types_of(self, places: Sequence[int]) -> tuple[list[float], list[int]]:
        """Return size on the page and angle of the type of each character."""
        sizes = self._characters.sizes(places)
        matrices = self._characters.matrices(places)
        scales = self._scales
        for matrix in set(matrices).difference(scales):  # most pages have one
            scales[matrix] = _scale_and_angle(*matrix)
        if len(scales) == 1:
            scale, angle = next(iter(scales.values()))
            scaled, angles = [abs(size * scale) for size in sizes], [angle] * len(sizes)
        else:
            found = [scales[matrix] for matrix in matrices]
            scaled = [abs(size * scale) for size, (scale, _) in zip(sizes, found, strict=True)]
            angles = [angle for _, angle in found]
        if not max(scaled, default=0.0) < _FAR:
            scaled = [size if size < _FAR else 0.0 for size in scaled]
        return scaled, angles

    def _split_marks(self, words: list[PdfWord], angles: Sequence[int], marked: Sequence[tuple[int, int]]) -> None:
        """Write what is raised in words as raised; `marked` are the numbers of words and of their last characters."""
        marked = [
            (number, last) for number, last in marked if last - words[number].place == len(words[number].text) - 1 > 0
        ]
        places = list(chain.from_iterable(range(words[number].place, last + 1) for number, last in marked))
        across, up = self._characters.origins(places)
        objects = self._characters.text_objects(places)
        sizes, _ = self._types(places, objects)
        end = 0
        for number, last in marked:
            word, angle = words[number], angles[number]
            start, end = end, end + last + 1 - word.place
            heights = up[start:end]
            if angle:
                heights = [_up(angle, x, y) for x, y in zip(across[start:end], heights, strict=True)]
            own = [
                size if drawn else word.size for size, drawn in zip(sizes[start:end], objects[start:end], strict=True)
            ]
            words[number] = _with_raised(word, own, heights, moves=not angle)

    def _inks(self, places: Sequence[int], objects: Sequence[int | None]) -> tuple[set[int], set[int]]:
        """Return the numbers of the characters that are filled with white, and of those without ink."""
        one_each = dict(zip(objects, places, strict=True))
        if 2 * len(one_each) < len(places):  # the ink is the same all over a text object
            drawn = list(one_each)
            unseen = ({drawn[number] for number in one} for one in self._inks(list(one_each.values()), drawn))
            return _numbers_of(objects, next(unseen)), _numbers_of(objects, next(unseen))
        inks = self._characters.inks(places, objects)
        modes = inks.modes
        reds, alphas = set(inks.red), set(inks.alpha)
        if max(reds, default=0) < _WHITE and 0 not in alphas and not _INVISIBLE_MODES.intersection(modes):
            return set(), set()
        light = [number for number, red in enumerate(inks.red) if red >= _WHITE]
        light = [number for number in light if inks.green[number] >= _WHITE and inks.blue[number] >= _WHITE]
        clear = [number for number, alpha in enumerate(inks.alpha) if alpha == 0]
        white, inkless = (
            {number for number in found if inks.known[number] and modes[number] in _FILLED_MODES}
            for found in (light, clear)
        )
        return white, inkless | {number for number, mode in enumerate(modes) if mode in _INVISIBLE_MODES}

    def _find_unseen(self, found: _DrawnWords) -> set[int]:
        """Return the numbers of the words that no reader sees."""
        suspects = bool(found.white or found.inkless)
        backgrounds = self._backgrounds() if suspects else []
        pictures = suspects and any(kind == "picture" for kind, *_ in backgrounds)
        unseen = set() if pictures else set(found.inkless)  # over a picture it is what the picture shows
        unseen |= {n for n in found.white if not any(_holds(box, found.words[n]) for _, *box in backgrounds)}
        if found.on_page:
            return unseen
        left, bottom, right, top = self._page.get_bbox()
        for number, word in enumerate(found.words):
            start, end, baseline, size = word.left, word.right, word.baseline, word.size
            is_far = not max(map(abs, (start, end, baseline))) < _FAR  # nor what is no number
            is_far |= end < left or start > right or baseline > top or baseline + size < bottom
            if is_far or (size < 1.0 and end - start < 0.5 * len(word.text)):
                unseen.add(number)
        return unseen

    def _is_on_page(
        self, lefts: Sequence[float], rights: Sequence[float], baselines: Sequence[float], sizes: Sequence[float]
    ) -> bool:
        """Return whether words are on the page, all of them, and of a size that can be seen."""
        if not lefts or not math.isfinite(sum(lefts) + sum(rights) + sum(baselines)):
            return False
        left, bottom, right, top = (min(max(edge, -_FAR), _FAR) for edge in self._page.get_bbox())
        across = left <= min(rights) and max(lefts) <= right and max(rights) < _FAR and min(lefts) > -_FAR
        return across and bottom <= min(baselines) and max(baselines) <= top and min(sizes) >= 1.0

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


def _numbers_of(objects: Sequence[int | None], wanted: set[int | None]) -> set[int]:
    """Return the numbers of the characters that these text objects drew."""
    return {number for number, drawn in enumerate(objects) if drawn in wanted} if wanted else set()


def _find_marked(texts: Sequence[str], rises: Sequence[float], sizes: Sequence[float]) -> list[int]:
    """Return the numbers of the words that may have a raised mark in them; `rises` are those of their last letters."""
    high = {
        number
        for number, (rise, size) in enumerate(zip(rises, sizes, strict=True))
        if rise > MIN_MARK_RISE * size and not (texts[number][-1] in _QUOTES and texts[number][:-1].isalpha())
    }
    high |= {number for number, text in enumerate(texts) if not text.isalpha() and _may_hold_mark(text)}
    return sorted(high)


def _may_hold_mark(text: str) -> bool:
    """Return whether a word may be a mark and the word that it is before, or have one before the sign that ends it.

    As `1Restated`, and `1,2341.` or `567(2)%`.
    """
    if len(text) > 1 and text[1].isalpha() and not text[0].isalpha():
        return text[0] not in _QUOTES
    return text[-1] in _LAST_SIGNS and len(text) > 2 and _DIGIT.search(text) is not None


def _with_raised(word: PdfWord, sizes: Sequence[float], heights: Sequence[float], *, moves: bool) -> PdfWord:
    """Return a word with what is raised in it written as raised, by the size and height of each of its letters.

    The word is as large as its largest letter; it `moves` to the baseline of its large letters.
    """
    size = max(sizes)
    baseline = min(height for height, own in zip(heights, sizes, strict=True) if own >= size * 0.98)
    if min(sizes) >= MAX_MARK_SIZE_RATIO * size and max(heights) <= baseline + _CLEAR_RISE * size:
        return msgspec.structs.replace(word, size=size, baseline=baseline if moves else word.baseline)
    shown = run = ""
    for letter, own, height in zip(word.text, sizes, heights, strict=True):
        least = MIN_MARK_RISE if own < MAX_MARK_SIZE_RATIO * size else _CLEAR_RISE
        if height > baseline + least * size:
            run += letter
            continue
        shown, run = shown + to_superscript(run) + letter, ""
    baseline = baseline if moves else word.baseline
    return msgspec.structs.replace(word, text=shown + to_superscript(run), size=size, baseline=baseline)


def _scale_and_angle(a: float, b: float, c: float, d: float) -> tuple[float, int]:
    """Return by how much a matrix enlarges type, and its quarters of a turn."""
    return (c * c + d * d) ** 0.5 or 1.0, _quarters(a, b)


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

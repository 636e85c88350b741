"""Measure many characters of a PDF page at once; worker processes only.

A page has hundreds of words, and each needs several answers of PDFium. The functions are called by `map` with places in
one buffer, made once, and without a declaration of their parameters: a third of what the usual calls cost.
"""

import ctypes
from array import array
from collections.abc import Sequence
from functools import cache
from itertools import repeat
from typing import Any, NamedTuple

_BATCH = 1_024
"""Characters that are measured before their answers are taken out of the buffer."""


class Inks(NamedTuple):
    """How characters are filled, with one entry for each in every list."""

    known: Sequence[int]
    """0 where nothing is known of the fill."""
    red: Sequence[int]
    """From 0 to 255, as all four."""
    green: Sequence[int]
    """The share of green."""
    blue: Sequence[int]
    """The share of blue."""
    alpha: Sequence[int]
    """0 where nothing is seen of it."""
    modes: Sequence[int]
    """PDF's text rendering modes; -1 when unknown."""


class CharacterReader:
    """Measures characters of one text page by their numbers on it, which must all be there. One thread at a time."""

    def __init__(self, text_page: Any) -> None:
        """`text_page` is pypdfium2's; it must stay open."""
        self._calls = _calls()
        self._page = ctypes.c_void_p(ctypes.cast(text_page.raw, ctypes.c_void_p).value)

    def text_objects(self, places: Sequence[int]) -> list[int | None]:
        """Return the address of the text object that drew each character; None for one that nothing drew."""
        return list(map(self._calls.drawn, repeat(self._page), places))

    def origins(self, places: Sequence[int]) -> tuple[list[float], list[float]]:
        """Return x and y of where each character is set, in points."""
        numbers, _ = self._fill(self._calls.origin, places, _points())
        return numbers[0::2].tolist(), numbers[1::2].tolist()

    def boxes(self, places: Sequence[int]) -> tuple[list[float], list[float], list[float], list[float]]:
        """Return left, right, bottom and top of what each character shows, in points."""
        numbers, _ = self._fill(self._calls.box, places, _boxes())
        return numbers[0::4].tolist(), numbers[1::4].tolist(), numbers[2::4].tolist(), numbers[3::4].tolist()

    def sizes(self, places: Sequence[int]) -> list[float]:
        """Return the size of the font of each character, before its matrix."""
        return list(map(self._calls.size, repeat(self._page), places))

    def matrices(self, places: Sequence[int]) -> list[tuple[float, ...]]:
        """Return the text matrix of each character without its place: a, b, c, d; zeros where it is unknown."""
        numbers, _ = self._fill(self._calls.matrix, places, _matrices())
        columns = [numbers[place::6] for place in range(4)]
        if places and all(column.tobytes() == column[:1].tobytes() * len(places) for column in columns):
            return [tuple(column[0] for column in columns)] * len(places)  # as on most pages
        return list(zip(*columns, strict=True))

    def inks(self, places: Sequence[int], objects: Sequence[int | None]) -> Inks:
        """Return how each character is filled; `objects` are their text objects."""
        numbers, known = self._fill(self._calls.colour, places, _colours())
        modes = list(map(self._calls.mode, objects))
        return Inks(known, numbers[0::4], numbers[1::4], numbers[2::4], numbers[3::4], modes)

    def unmapped(self, places: Sequence[int]) -> int:
        """Return of how many characters the font does not say which letters they are."""
        return sum(one > 0 for one in map(self._calls.unmapped, repeat(self._page), places))

    def font_weight(self, place: int) -> int:
        """Return the weight of a character's type, 0 when unknown."""
        return max(int(self._calls.weight(self._page, place)), 0)

    def _fill(self, call: Any, places: Sequence[int], buffer: "_Buffer") -> "tuple[array[Any], list[int]]":
        """Return the answers to a call for each character, one after the other, and what the call returned."""
        answers = array(buffer.code)
        returned: list[int] = []
        for start in range(0, len(places), _BATCH):
            batch = places[start : start + _BATCH]
            returned += map(call, repeat(self._page), batch, *buffer.references)
            answers.frombytes(buffer.bytes[: len(batch) * buffer.width])
        return answers, returned


class _Buffer(NamedTuple):
    """Memory for the answers to a batch of calls."""

    bytes: memoryview
    width: int
    """Bytes of one answer."""
    code: str
    """The type of its numbers, as `array` has it."""
    references: list[list[Any]]
    """For each parameter the places of its answers."""


def _buffer(kind: Any, code: str, count: int, parameters: int) -> _Buffer:
    """Return memory for answers of `count` numbers, to each of which, or to the first alone, a parameter leads."""
    numbers = (kind * (count * _BATCH))()
    size = ctypes.sizeof(kind)
    starts = range(0, size * count * _BATCH, size * count)
    references = [[ctypes.byref(numbers, start + size * one) for start in starts] for one in range(parameters)]
    return _Buffer(memoryview(numbers).cast("B"), size * count, code, references)


@cache
def _points() -> _Buffer:
    return _buffer(ctypes.c_double, "d", 2, 2)


@cache
def _boxes() -> _Buffer:
    return _buffer(ctypes.c_double, "d", 4, 4)


@cache
def _matrices() -> _Buffer:
    return _buffer(ctypes.c_float, "f", 6, 1)


@cache
def _colours() -> _Buffer:
    return _buffer(ctypes.c_uint, "I", 4, 4)


class _PdfiumCalls(NamedTuple):
    """Functions of PDFium without declared parameters: only C integers, pointers and references may be given."""

    drawn: Any
    origin: Any
    box: Any
    size: Any
    matrix: Any
    colour: Any
    weight: Any
    mode: Any
    """Takes an address."""
    unmapped: Any


@cache
def _calls() -> _PdfiumCalls:
    import pypdfium2.raw as pdfium

    at, number, real = ctypes.c_void_p, ctypes.c_int, ctypes.c_double

    def declare(function: Any, result: Any, *parameters: Any) -> Any:
        """The function, called without letting go of the interpreter."""
        address = ctypes.cast(function, at).value or 0
        return ctypes.PYFUNCTYPE(result, *parameters)(address)

    return _PdfiumCalls(
        drawn=declare(pdfium.FPDFText_GetTextObject, at),
        origin=declare(pdfium.FPDFText_GetCharOrigin, number),
        box=declare(pdfium.FPDFText_GetCharBox, number),
        size=declare(pdfium.FPDFText_GetFontSize, real),
        matrix=declare(pdfium.FPDFText_GetMatrix, number),
        colour=declare(pdfium.FPDFText_GetFillColor, number),
        weight=declare(pdfium.FPDFText_GetFontWeight, number),
        mode=declare(pdfium.FPDFTextObj_GetTextRenderMode, number, at),
        unmapped=declare(pdfium.FPDFText_HasUnicodeMapError, number),
    )

"""Find where pieces of a page's text are on the page; worker processes only.

The text of a page was made from its words in reading order, and their letters are the same in both: a piece is found by
its letters together with those around it. What is not the only such place is not found, so that no other is shown.
"""

import ctypes
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from kimi_tui.tools.text.parts import clean_text
from kimi_tui.tools.text.pdf_layout import PdfRow, PdfWord, order_rows
from kimi_tui.tools.text.pdf_words import PageWordReader

CONTEXT_LETTERS = (160, 80, 40, 20, 10, 0)
"""Letters before and after a piece that are looked for with it, most first: fewer where a text was put together."""
_NO_LETTERS = frozenset("|\x02\ufffe\u00ad-\u2010")
"""Characters that a page's text adds between its words or leaves out: bars of tables, hyphens at the end of lines."""


class PageBox(NamedTuple):
    """A rectangle of a page in points, x to the right and y upwards, as the file has it before the page is turned."""

    left: float
    """Where it begins."""
    bottom: float
    """Its lower edge."""
    right: float
    """Where it ends."""
    top: float
    """Its upper edge."""


class PagePlaces:
    """The letters of one page, each with the box of its word."""

    def __init__(self, page: Any, text_page: Any) -> None:
        """`page` and `text_page` are pypdfium2's."""
        letters: list[str] = []
        self._boxes: list[PageBox] = []
        found = PageWordReader(page, text_page).words(str(text_page.get_text_range()))
        for word in _words_in_order(found.words if found else []):
            box = _box_of(text_page, word)
            kept = "".join(_letters(clean_text(word.text)))
            letters.append(kept)
            self._boxes += [box] * len(kept)
        self._letters = "".join(letters)

    def find(self, text: str, start: int, end: int) -> list[PageBox]:
        """Return the boxes of the words at a piece of the page's `text`; none when it is not found, or not sure."""
        before, piece, after = ("".join(_letters(part)) for part in (text[:start], text[start:end], text[end:]))
        if not piece:
            return []
        for around in CONTEXT_LETTERS:
            for ahead, behind in ((around, around), (around, 0), (0, around)):
                lead = before[len(before) - ahead :] if ahead else ""
                at = self._only(lead + piece + after[:behind])
                if at >= 0:
                    first = at + len(lead)
                    return _join_on_lines(list(dict.fromkeys(self._boxes[first : first + len(piece)])))
        return []

    def _only(self, wanted: str) -> int:
        """Return where letters are that are there once; -1 else."""
        at = self._letters.find(wanted)
        return at if at >= 0 and self._letters.find(wanted, at + 1) < 0 else -1


def _letters(text: str) -> Iterator[str]:
    """Yield the signs of a text that a page shows at a place of their own."""
    return (letter for letter in text if not letter.isspace() and letter not in _NO_LETTERS)


def _words_in_order(words: Sequence[PdfWord]) -> Iterator[PdfWord]:
    """Yield words row by row, in the order in which the text of the page has them."""
    left = sorted((word for word in words if not word.apart), key=lambda word: word.left)
    for row in order_rows(words):
        inside = [word for word in left if _is_in_row(word, row)]
        yield from inside
        taken = set(map(id, inside))
        left = [word for word in left if id(word) not in taken]
    yield from (word for word in words if word.apart)


def _is_in_row(word: PdfWord, row: PdfRow) -> bool:
    near = abs(word.baseline - row.baseline) <= 0.5 * max(row.size, word.size)
    return near and word.left >= row.left - 0.5 and word.right <= row.right + 0.5


def _box_of(text_page: Any, word: PdfWord) -> PageBox:
    """Return the box of a word's characters as they are drawn, else of where its line is."""
    import pypdfium2.raw as pdfium

    boxes = []
    for place in range(word.place, word.place + len(word.text)) if word.place >= 0 else ():
        sides = [ctypes.c_double() for _ in range(4)]
        left, right, bottom, top = sides
        if pdfium.FPDFText_GetCharBox(text_page, place, *(ctypes.byref(side) for side in (left, right, bottom, top))):
            boxes.append(PageBox(left.value, bottom.value, right.value, top.value))
    if not boxes:
        return PageBox(word.left, word.baseline - 0.2 * word.size, word.right, word.baseline + 0.8 * word.size)
    return surround(boxes)


def _join_on_lines(boxes: Sequence[PageBox]) -> list[PageBox]:
    """Return boxes with those of neighbouring words of one line joined."""
    joined: list[PageBox] = []
    for box in boxes:
        last = joined[-1] if joined else box
        height = max(last.top - last.bottom, box.top - box.bottom)
        on_line = min(last.top, box.top) - max(last.bottom, box.bottom) > 0.3 * min(
            last.top - last.bottom, box.top - box.bottom
        )
        if joined and on_line and 0 <= box.left - last.right < height:
            joined[-1] = surround((last, box))
        else:
            joined.append(box)
    return joined


def surround(boxes: Sequence[PageBox]) -> PageBox:
    """Return the smallest box around some others."""
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return PageBox(min(lefts), min(bottoms), max(rights), max(tops))

"""Find words in a text by their letters and digits alone, whatever blanks, marks or line ends are between them."""

import re
import unicodedata

MAX_INDEXED_CHARS = 500_000
"""Characters of a text that are looked at; a page has a few thousand."""
MIN_LETTERS = 3
"""Fewer letters and digits are found everywhere."""
_LETTER = re.compile(r"[^\W_]")
_LEFT_OUT = re.compile(r"\[\s*(?:\u2026|\.{3})\s*\]|\(\s*(?:\u2026|\.{3})\s*\)|\u2026|\.{3,}")


class LetterIndex:
    """The letters and digits of a text, each with its offset."""

    def __init__(self, text: str) -> None:
        letters: list[str] = []
        self._offsets: list[int] = []
        for match in _LETTER.finditer(text, 0, MAX_INDEXED_CHARS):
            folded = _fold(match.group())
            letters.append(folded)
            self._offsets += [match.start()] * len(folded)
        self._letters = "".join(letters)

    def find(self, words: str, after: int = 0) -> tuple[int, int] | None:
        """Return the offsets of the words' first and behind their last letter, from offset `after` on; None without."""
        wanted = "".join(_fold(match.group()) for match in _LETTER.finditer(words[:MAX_INDEXED_CHARS]))
        if len(wanted) < MIN_LETTERS:
            return None
        at = self._letters.find(wanted)
        while at >= 0 and self._offsets[at] < after:
            at = self._letters.find(wanted, at + 1)
        return (self._offsets[at], self._offsets[at + len(wanted) - 1] + 1) if at >= 0 else None

    def find_quote(self, quote: str) -> list[tuple[int, int]]:
        """Return the offsets of a quote, of each of its pieces where words are left out; none if one is missing."""
        found: list[tuple[int, int]] = []
        for piece in _LEFT_OUT.split(quote):
            if not _LETTER.search(piece):
                continue
            place = self.find(piece, found[-1][1] if found else 0)
            if place is None:
                return []
            found.append(place)
        return found


def _fold(letter: str) -> str:
    if letter.isascii():
        return letter
    return "".join(_LETTER.findall(unicodedata.normalize("NFKC", letter)))

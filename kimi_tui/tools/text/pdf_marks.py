"""Join raised marks of notes to the words of a PDF page that they belong to."""

from collections.abc import Sequence
from statistics import median

import msgspec

from kimi_tui.tools.text.pdf_layout import PdfWord

MAX_MARK_SIZE_RATIO = 0.9
"""Raised type is smaller than this share of the type beside it."""
MIN_MARK_RISE = 0.12
"""It is raised by at least this share of the size beside it."""
_MAX_MARKS = 200
"""Small words of a page whose words are looked for."""
_RAISED = str.maketrans("0123456789()+-=n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾⁺⁻⁼ⁿ")


def to_superscript(text: str) -> str:
    """Raised letters as such: figures have characters of their own, others come after `^`."""
    if not text:
        return ""
    shown = text.translate(_RAISED)
    return shown if all(letter not in text for letter in shown if letter.isalnum()) else f"^{text}"


def join_marks(words: list[PdfWord]) -> list[PdfWord]:
    """Return the words with raised ones joined to the word that they belong to."""
    if not words:
        return []
    sizes = [word.size for word in words]
    if min(sizes) >= MAX_MARK_SIZE_RATIO * max(sizes):
        return words
    return _with_far_marks(_with_near_marks(words))


def _with_near_marks(words: Sequence[PdfWord]) -> list[PdfWord]:
    """Return the same for raised words that are drawn right before or after theirs."""
    joined = [words[0]]
    for word in words[1:]:
        before = joined[-1]
        if word.size == before.size:
            joined.append(word)
        elif _is_mark(word, before) and -0.5 < (word.left - before.right) / before.size < 0.4:
            joined[-1] = msgspec.structs.replace(before, text=before.text + to_superscript(word.text), right=word.right)
        elif _is_mark(before, word) and -0.5 < (word.left - before.right) / word.size < 0.6:
            joined[-1] = msgspec.structs.replace(
                word, text=f"{to_superscript(before.text)} {word.text}", left=before.left
            )
        else:
            joined.append(word)
    return joined


def _with_far_marks(words: list[PdfWord]) -> list[PdfWord]:
    """Return the same for raised words that are drawn somewhere else in the page's content."""
    usual = median(word.size for word in words)
    marks = [word for word in words if word.size < 0.8 * usual and len(word.text) <= 3]
    if not marks or len(marks) > _MAX_MARKS:
        return words
    found = {id(word): word for word in words}
    for mark in marks:
        baseline = mark.baseline
        below = [word for word in words if word.baseline < baseline < word.baseline + word.size]
        for word in below:
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
    small = word.size < MAX_MARK_SIZE_RATIO * beside.size
    return small and len(word.text) <= 6 and MIN_MARK_RISE * beside.size < higher < 0.8 * beside.size

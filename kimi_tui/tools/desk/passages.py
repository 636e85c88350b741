"""Split parts of a document into passages: the search ranks passages and returns parts."""

from collections.abc import Iterator

PASSAGE_CHARS = 1_200
"""About how long a passage is."""
OVERLAP_CHARS = 150
"""About how much of a passage the next one begins with."""
MAX_PASSAGES = 64
"""Passages of one part; a part that is longer has longer ones."""


def split_passages(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each passage of a part begins and ends: on line ends where there are any, else between words."""
    size = max(PASSAGE_CHARS, len(text) // (MAX_PASSAGES - 2) + OVERLAP_CHARS)
    if not text.strip():
        return
    start = 0
    while len(text) - start > size + size // 4:
        end = _break(text, start + size // 2, start + size)
        yield start, end
        start = max(_break(text, end - OVERLAP_CHARS, end), end - 2 * OVERLAP_CHARS)
        if start >= end:
            start = end - OVERLAP_CHARS
    if text[start:].strip():
        yield start, len(text)


def _break(text: str, low: int, high: int) -> int:
    """Return the best place to cut between two others: after a line, else after a word, else at the later one."""
    for mark in ("\n", " "):
        place = text.rfind(mark, low, high)
        if place >= 0:
            return place + 1
    return high

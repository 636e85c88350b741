"""Read a document's table of contents: the titles of its pages, by printed page numbers."""

import itertools
import re
from collections import Counter
from collections.abc import Sequence

from kimi_tui.sources import Part

MIN_ENTRIES = 5
"""Lines that make a table of contents."""
_FIRST_PAGES = 15
"""Pages at the front among which a table of contents is looked for."""
_ENTRY = re.compile(r"^\W*(\S.{2,110}?)[\s.…_·]+(\d{1,4})\s*$")
_FIGURE_BEFORE = re.compile(r"[\d$%]\s*$")
_WORDS = re.compile(r"[^\W\d_]{3,}")
_PRINTED = re.compile(r"^(?:\W*(?:page|p\.)?\s*[-–—|]?\s*)?(\d{1,4})(?:\s*[-–—|])?\s*$", re.IGNORECASE)
_EDGE_WORDS = re.compile(r"^(\d{1,4})\s+\D|\D\s(\d{1,4})$")


def titles_from_contents(parts: Sequence[Part]) -> dict[int, list[str]]:
    """Return the titles that the contents pages give to pages, by the page's place from 0; none for other documents."""
    if not parts or not parts[0].label.startswith("p."):
        return {}
    entries = [entry for part in parts[:_FIRST_PAGES] for entry in _entries(part.text)]
    if not entries:
        return {}
    shift = _page_number_shift(parts)
    if shift is None:
        return {}
    found: dict[int, list[str]] = {}
    for title, printed in entries:
        place = printed + shift
        if 0 <= place < len(parts):
            found.setdefault(place, []).append(title)
    return found


def _entries(text: str) -> list[tuple[str, int]]:
    """Return the lines of a contents page; none when there are too few, or when their numbers do not rise."""
    found = [
        (match[1].strip(" ."), int(match[2]))
        for line in text.split("\n")
        if (match := _ENTRY.match(line)) and _WORDS.search(match[1]) and not _FIGURE_BEFORE.search(match[1])
    ]
    if len(found) < MIN_ENTRIES:
        return []
    rising = sum(before <= after for (_, before), (_, after) in itertools.pairwise(found))
    return found if rising >= 0.8 * (len(found) - 1) else []


def _page_number_shift(parts: Sequence[Part]) -> int | None:
    """Return the difference of page index and printed number; None when pages disagree."""
    shifts: Counter[int] = Counter()
    for place, part in enumerate(parts):
        shifts.update({place - number for number in _printed_numbers(part.text)})
    shift, count = shifts.most_common(1)[0] if shifts else (0, 0)
    return shift if count >= max(3, len(parts) // 3) else None


def _printed_numbers(text: str) -> set[int]:
    """Return the numbers at the edges of a page that may be its own."""
    lines = [line.strip() for line in text.strip().split("\n") if line.strip()]
    found: set[int] = set()
    for line in {*lines[:2], *lines[-2:]}:
        if match := _PRINTED.match(line):
            found.add(int(match[1]))
        elif match := _EDGE_WORDS.search(line):
            found.add(int(match[1] or match[2]))
    return found

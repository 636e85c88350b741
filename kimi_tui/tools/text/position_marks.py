"""Marks inside a text during reading: where figures begin and end, and where tables go.

They are characters of a private plane, taken out of what comes from outside, and gone from what a reader returns.
They survive the way through other libraries, so that a figure can be followed from its element to its place in a part.
"""

import re
from collections.abc import Iterator

START, END, TABLE = "\U000f0000", "\U000f0001", "\U000f0002"
"""Before a figure, with its number; after it; where a table goes, with its number."""
_FIRST = 0xF1000
_BASE = 0x1000
_DIGIT = "[\U000f1000-\U000f1fff]"
_ANY = re.compile("[\U000f0000-\U000ffffd]+")
_PLACE = re.compile(f"{START}({_DIGIT})({_DIGIT})|{END}")
TABLE_TOKEN = re.compile(f"{TABLE}({_DIGIT})({_DIGIT})")
"""Where a table goes; see `number_of`."""
MAX_MARKS = _BASE * _BASE
"""How many figures, or tables, can be marked."""


def remove_marks(text: str) -> str:
    """Return a text without any mark."""
    return text if text.isascii() or not _is_marked(text) else _ANY.sub("", text)


def _is_marked(text: str) -> bool:
    """Return whether a text has any mark; takes much less than a search for all of them."""
    return START in text or END in text or TABLE in text


def mark_figure(text: str, number: int) -> str:
    """Return a figure between its marks."""
    return f"{START}{_digits(number)}{text}{END}"


def start_of(number: int) -> str:
    """Return the mark before a figure."""
    return START + _digits(number)


def table_token(number: int) -> str:
    """Return the mark that holds the place of a table."""
    return TABLE + _digits(number)


def number_of(match: re.Match[str]) -> int:
    """Return the number in a mark."""
    return (ord(match[1]) - _FIRST) * _BASE + ord(match[2]) - _FIRST


def marks_in(text: str) -> list[int]:
    """Return the numbers of the figures that are marked in a text."""
    if text.isascii() or START not in text:
        return []
    return [number_of(match) for match in _PLACE.finditer(text) if match[1]]


def remove_marks_with_places(text: str) -> tuple[str, list[tuple[int, int, int]]]:
    """Return a text without marks, and for each marked figure its number, where it begins and where it ends."""
    if text.isascii():
        return text, []
    pieces: list[str] = []
    found: list[tuple[int, int, int]] = []
    opened: list[tuple[int, int]] = []
    length = at = 0
    for match in _PLACE.finditer(text):
        pieces.append(text[at : match.start()])
        length += len(pieces[-1])
        at = match.end()
        if match[1]:
            opened.append((number_of(match), length))
        elif opened:
            number, start = opened.pop()
            found.append((number, start, length))
    pieces.append(text[at:])
    return remove_marks("".join(pieces)), found


def tables_in(text: str) -> Iterator[tuple[str, int]]:
    """Yield the pieces of a text that end at a table, with the table's number, and the rest with -1."""
    at = 0
    for match in TABLE_TOKEN.finditer(text):
        yield text[at : match.start()], number_of(match)
        at = match.end()
    yield text[at:], -1


def _digits(number: int) -> str:
    return chr(_FIRST + number // _BASE) + chr(_FIRST + number % _BASE)

"""Find rows in the bytes of a session file, whatever its page headers say.

SQLite finds rows through the heads of pages: one damaged bit there hides rows that are whole. A row tells by itself
how long it is and which columns it has, so it is found without them (SQLite's file format, sections 1.6 and 2.1).
What is found may also be an old copy of a row, or bytes of a source that are made to look like one: whoever takes it
checks it against a digest that is known from elsewhere.
"""

import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

Row = tuple[Any, ...]
_PAGE_SIZE_BY_CODE = {1: 1 << 16} | {size: size for size in (1 << power for power in range(9, 16))}
"""Bytes that a page may have, by what a file tells of them."""
_PAGE_SIZE_OFFSET = 16
"""Offset of the page size in the file."""
_OVERFLOW_LINK_BYTES = 4
"""Bytes of the page number before the rest of a row in another page."""
_WIDTH_BY_TYPE = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)
"""Bytes of a value by its type; from type 12 on every second one is bytes, every other one text."""
_FLOAT, _ZERO, _BYTES = 7, 8, 12
_NUMBER_TYPE, _DIGEST_TYPE, _SESSION_TYPE = b"\x00", b"\x81\x0d", b"\x1b"
"""The type of a key: of a number, which stands before the row, of a SHA-256 in hexadecimal, of `session`."""


class TableShape(msgspec.Struct, frozen=True):
    """The properties by which rows of a table are recognized."""

    columns: int
    """How many there are, the key included."""
    key: bytes = _NUMBER_TYPE
    """The type of the first one. A table whose key is no number is an index of itself."""

    @property
    def has_number_key(self) -> bool:
        """Return whether the key is a number."""
        return self.key == _NUMBER_TYPE


ENTRIES, SOURCES, PARTS = TableShape(8), TableShape(4), TableShape(5)
BLOBS, SESSION = TableShape(2, _DIGEST_TYPE), TableShape(2, _SESSION_TYPE)


class FilePages:
    """The bytes of a session file as pages."""

    def __init__(self, data: mmap.mmap, usual_size: int) -> None:
        """`usual_size` is taken where the file tells no size of a page that can be."""
        declared_size = int.from_bytes(data[_PAGE_SIZE_OFFSET : _PAGE_SIZE_OFFSET + 2], "big")
        size = _PAGE_SIZE_BY_CODE.get(declared_size, usual_size)
        self._size = usual_size if len(data) % size else size
        self._data = data
        self._left = 0
        """Bytes that may still be put together: rows that share theirs are made to cost time and memory."""

    def find_rows(self, table: TableShape) -> Iterator[Row]:
        """Yield every row that may be one of a table, in the order of the file; at most four times its bytes."""
        self._left = 4 * len(self._data)
        for head in _header_pattern(table).finditer(self._data):
            if head[1][0] == len(head[1]) and (row := self._row_at(table, head[1], head.start())) is not None:
                yield row

    def _row_at(self, table: TableShape, head: bytes, start: int) -> Row | None:
        """The row whose list of types is `head`, None if there is none."""
        try:
            types = _decode_varints(head[1:])
            length = len(head) + sum(_width_of(one) for one in types)
            number_at = _varint_start(self._data, start) if table.has_number_key else start
            if not self._data[max(0, number_at - 9) : number_at].endswith(_encode_varint(length)):
                return None
            values = _decode_values(types, self._payload(start, length, table.has_number_key)[len(head) :])
            return (
                (*_decode_varints(self._data[number_at:start]), *values[1:]) if table.has_number_key else tuple(values)
            )
        except ValueError:
            return None

    def _payload(self, start: int, length: int, numbered: bool) -> bytes:
        """The bytes of a row that begins at `start`; raises `ValueError` when they are not all there."""
        size, data = self._size, self._data
        most = size - 35 if numbered else (size - 12) * 64 // 255 - 23
        here, end = _local_bytes(length, size, most), (start // size + 1) * size
        self._left -= length
        if self._left < 0 or start + here + (_OVERFLOW_LINK_BYTES if here < length else 0) > end:
            raise ValueError("the row does not end where it says")
        pieces, at, left = [data[start : start + here]], start + here, length - here
        while left:
            at = (int.from_bytes(data[at : at + _OVERFLOW_LINK_BYTES], "big") - 1) * size
            if not 0 <= at <= len(data) - size:
                raise ValueError("the row goes on in no page")
            pieces.append(
                data[at + _OVERFLOW_LINK_BYTES : at + _OVERFLOW_LINK_BYTES + min(left, size - _OVERFLOW_LINK_BYTES)]
            )
            left -= len(pieces[-1])
        return b"".join(pieces)


@contextmanager
def read_pages(path: Path, usual_size: int) -> Iterator[FilePages | None]:
    """Return the pages of a file, None of an empty one; raises `OSError`."""
    if not path.stat().st_size:
        yield None
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield FilePages(data, usual_size)


def _header_pattern(table: TableShape) -> re.Pattern[bytes]:
    """Return a pattern for the type list of a row: its length, the first type, all others."""
    others = rb"(?:[\x80-\xff]{0,4}[\x00-\x7f]){%d}" % (table.columns - 1)
    return re.compile(rb"(?s)(?=([\x03-\x7f]" + table.key + others + rb"))")


def _local_bytes(length: int, size: int, most: int) -> int:
    """Return the bytes of a row that are in its own page."""
    if length <= most:
        return length
    least = (size - 12) * 32 // 255 - 23
    share = least + (length - least) % (size - _OVERFLOW_LINK_BYTES)
    return share if share <= most else least


def _decode_varints(data: bytes) -> list[int]:
    """Decode the variable-length numbers that fill some bytes."""
    numbers, number = [], 0
    for byte in data:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            numbers.append(number)
            number = 0
    return numbers


def _encode_varint(number: int) -> bytes:
    """Encode a number with variable length."""
    reverse = [number & 0x7F]
    while number := number >> 7:
        reverse.append(number & 0x7F | 0x80)
    return bytes(reversed(reverse))


def _varint_start(data: mmap.mmap, end: int) -> int:
    """Return where the variable-length number begins that ends before `end`."""
    at = end - 1
    while at > max(0, end - 9) and data[at - 1] >= 0x80:
        at -= 1
    return at


def _width_of(kind: int) -> int:
    if kind >= _BYTES:
        return (kind - _BYTES) // 2
    if kind >= len(_WIDTH_BY_TYPE):
        raise ValueError(f"there is no type {kind}")
    return _WIDTH_BY_TYPE[kind]


def _decode_values(types: list[int], data: bytes) -> list[Any]:
    """Decode consecutive values of these types; raises `ValueError` for invalid text."""
    values: list[Any] = []
    at = 0
    for kind in types:
        piece = data[at : at + _width_of(kind)]
        at += len(piece)
        values.append(_decode_value(kind, piece))
    return values


def _decode_value(kind: int, piece: bytes) -> Any:
    if kind >= _BYTES:
        return piece.decode() if kind % 2 else piece
    if kind in (0, _FLOAT):
        return None  # no column of ours holds a fraction
    return kind - _ZERO if kind >= _ZERO else int.from_bytes(piece, "big", signed=True)

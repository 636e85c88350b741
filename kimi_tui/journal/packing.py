"""How texts and bytes stand in a session file: short texts as they are, everything else compressed.

What is packed carries a checksum of its compressed form: some bits of that say nothing of the contents, and a flip of
one of them would not be seen in what is unpacked.
"""

import zlib

_LEAST = 256
"""Characters from which packing a text is worth it."""
_MOST = 1 << 24
"""Characters up to which a text is packed: no file of others fills the memory with what little of it stands there."""
_CHECKSUM_BYTES = 4
Stored = str | bytes
"""A text as it stands in the file."""


def pack(data: bytes) -> bytes:
    """The bytes compressed, their checksum behind them."""
    compressed = zlib.compress(data, 6)
    return compressed + _checksum(compressed)


def unpack(packed: bytes, most: int = 0) -> bytes:
    """The bytes; those of the first schema have no checksum. Raises `ValueError` when they are damaged.

    `most` is how many there may be, 0 for any number.
    """
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(packed, most)
    except zlib.error as error:
        raise ValueError(f"what is packed is damaged: {error}") from None
    checksum = stream.unused_data
    if not stream.eof or checksum not in (b"", _checksum(packed[: -len(checksum)])):
        raise ValueError("what is packed is damaged: it does not match its checksum")
    return data


def pack_text(text: str) -> Stored:
    """The form in which a text is stored."""
    return pack(text.encode()) if _LEAST <= len(text) <= _MOST else text


def unpack_text(stored: Stored) -> str:
    """The text of a stored form; raises `ValueError` when it is damaged."""
    return unpack(stored, 4 * _MOST + 1).decode() if isinstance(stored, bytes) else stored


def _checksum(compressed: bytes) -> bytes:
    return zlib.crc32(compressed).to_bytes(_CHECKSUM_BYTES, "big")

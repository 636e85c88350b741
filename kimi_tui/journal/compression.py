"""Compress texts and bytes in a session file; short texts stay plain.

What is packed carries a checksum of its compressed form: some bits of that say nothing of the contents, and a flip of
one of them would not be seen in what is unpacked.
"""

import zlib

_MIN_PACKED_CHARS = 256
"""Characters from which packing a text is worth it."""
_MAX_PACKED_CHARS = 1 << 24
"""Characters up to which a text is compressed, so that a small hostile file cannot fill the memory."""
_CHECKSUM_BYTES = 4
StoredText = str | bytes
"""A text in its stored form."""


def compress(data: bytes) -> bytes:
    """Return the bytes compressed, with their checksum behind them."""
    compressed = zlib.compress(data, 6)
    return compressed + _checksum(compressed)


def decompress(packed: bytes, most: int = 0) -> bytes:
    """Return the bytes; those of the first schema have no checksum. Raises `ValueError` when they are damaged.

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


def compress_text(text: str) -> StoredText:
    """Return the stored form of a text."""
    return compress(text.encode()) if _MIN_PACKED_CHARS <= len(text) <= _MAX_PACKED_CHARS else text


def decompress_text(stored: StoredText) -> str:
    """Return the text of a stored form; raises `ValueError` when it is damaged."""
    return decompress(stored, 4 * _MAX_PACKED_CHARS + 1).decode() if isinstance(stored, bytes) else stored


def _checksum(compressed: bytes) -> bytes:
    return zlib.crc32(compressed).to_bytes(_CHECKSUM_BYTES, "big")

"""Extract the text of documents, with readers that run in worker processes.

A document ends as an `Extraction` or as one `UnreadableError`, whatever its bytes do to the readers.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from kimi_tui.tools.text.parts import Extraction
from kimi_tui.tools.workers.pool import WorkerError, WorkerPool

DOCUMENT_TYPES = {
    ".pdf": "application/pdf",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
    ".mht": "text/html",
    ".mhtml": "text/html",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".rst": "text/x-rst",
    ".txt": "text/plain",
    ".log": "text/plain",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".json": "application/json",
}
"""Media type by the end of a document's name."""
READING_SECONDS = 30.0
"""How much processor time each of the two readers of a document may take."""
PATIENCE_FACTOR = 6
"""Times its processor time that a document may take by the clock, when the machine has other things to do."""
MAX_MEMORY_BYTES = 1 << 30
"""Bytes that reading one document may take."""


class UnreadableError(Exception):
    """A document that gave no text; the text says why."""


def media_type_of(name: str) -> str:
    """Return the media type that a file's name tells, or nothing for a kind that no reader takes."""
    _, dot, ending = name.rpartition(".")
    return DOCUMENT_TYPES.get(dot + ending.lower(), "")


async def extract(
    workers: WorkerPool, data: bytes, media_type: str, *, charset: str = "", seconds: float = READING_SECONDS
) -> Extraction:
    """Return the text of a document in memory, read in a worker; raises `UnreadableError`.

    `media_type` is one of `DOCUMENT_TYPES` or any `text/...`; `charset` is what the server said, if it did.
    """
    call = "kimi_tui.tools.text.readers:read_bytes"
    arguments = {"data": data, "media_type": media_type, "charset": charset}
    return msgspec.convert(await read_with_fallback(workers, call, arguments, seconds), Extraction)


async def read_with_fallback(
    workers: WorkerPool,
    function: str,
    arguments: dict[str, Any],
    seconds: float = READING_SECONDS,
    files: Sequence[int] = (),
) -> Any:
    """Return the preferred reader's result, or the fallback's when that was too slow, too large or crashed.

    Each may take `seconds` of processor time; `files` are open ones, as `WorkerPool.call` takes them.
    """
    limits: dict[str, Any] = {"timeout": seconds * PATIENCE_FACTOR, "cpu": seconds, "memory": MAX_MEMORY_BYTES}
    limits["files"] = files
    try:
        return await workers.call(function, arguments, **limits)
    except WorkerError as error:
        if error.kind in ("failed", "too-large"):
            raise UnreadableError(str(error)) from None
    try:
        return await workers.call(function, arguments | {"second": True}, **limits)
    except WorkerError as error:
        raise UnreadableError(f"no reader could bear it: {error}") from None

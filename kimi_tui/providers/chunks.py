"""Data types of OpenAI-compatible chunks, as far as they are used, and their decoder.

A chunk of a stream and a whole reply are one shape here: a choice holds a `delta` or a `message`. Decoding is
strict and fast first; what fails is read once more by a lenient decoder, and only then called malformed.
"""

import json
from typing import Any

import msgspec

from kimi_tui.events import Usage


class FunctionDelta(msgspec.Struct):
    """A fragment of a call's function."""

    name: str | None = None
    arguments: str | dict[str, Any] | None = None
    """A piece of JSON text; a few servers send the object itself."""


class CallDelta(msgspec.Struct):
    """A fragment of a call."""

    index: int | None = None
    """Which call of the reply; some servers leave it out or always say 0."""
    id: str | None = None
    """The server's name for it, which may come twice or change."""
    function: FunctionDelta | None = None


class ContentPart(msgspec.Struct):
    """One part of a content that is a list."""

    text: str | None = None


class ChunkDelta(msgspec.Struct):
    """A fragment of a message, or a whole message."""

    content: str | list[ContentPart] | None = None
    """The answer's text; with no reasoning parser the thinking is in it too."""
    reasoning_content: str | None = None
    """The thinking, as SGLang, llama.cpp and older vLLM call it."""
    reasoning: str | None = None
    """The thinking, as vLLM calls it."""
    tool_calls: list[CallDelta] | None = None
    """Parts of calls; several may come in one chunk."""


MAX_CREDIBLE_TOKENS = 100_000_000
"""Tokens that no request reads or writes; a server that tells more, or fewer than none, does not count."""


class TokenDetails(msgspec.Struct):
    """Detailed token counts."""

    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


class WireUsage(msgspec.Struct):
    """Token counts as servers send them; some put the detailed counts beside the others."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    prompt_tokens_details: TokenDetails | None = None
    """How many of those read came from the prefix cache."""
    completion_tokens_details: TokenDetails | None = None
    """How many of those written are thinking."""

    @property
    def is_credible(self) -> bool:
        """Return whether every count is plausible."""
        finer = (self.prompt_tokens_details, self.completion_tokens_details)
        counts = [self.prompt_tokens, self.completion_tokens, self.cached_tokens, self.reasoning_tokens]
        counts += [count for details in finer if details for count in (details.cached_tokens, details.reasoning_tokens)]
        return all(0 <= count <= MAX_CREDIBLE_TOKENS for count in counts if count is not None)

    @property
    def reasoning_count(self) -> int:
        """Tokens of reasoning; 0 when the server does not tell."""
        details = self.completion_tokens_details
        return (details.reasoning_tokens if details else None) or self.reasoning_tokens or 0

    def to_usage(self) -> Usage:
        """Convert the counts to the project's own type."""
        details = self.prompt_tokens_details
        return Usage(
            prompt_tokens=self.prompt_tokens or 0,
            completion_tokens=self.completion_tokens or 0,
            reasoning_tokens=self.reasoning_count,
            cached_tokens=(details.cached_tokens if details else None) or self.cached_tokens or 0,
        )


class Timings(msgspec.Struct):
    """Running counts of llama.cpp, sent on request."""

    predicted_n: int | None = None
    """Tokens written so far."""


class ChunkChoice(msgspec.Struct):
    """One of the requested replies; only the first is used."""

    index: int = 0
    delta: ChunkDelta | None = None
    message: ChunkDelta | None = None
    finish_reason: str | None = None
    usage: WireUsage | None = None

    @property
    def calls(self) -> list[CallDelta]:
        """Parts of calls."""
        message = self.delta or self.message
        return (message.tool_calls if message else None) or []


class Chunk(msgspec.Struct):
    """One frame of a stream, or the body of a reply that was not streamed."""

    choices: list[ChunkChoice] | None = None
    """Empty in the chunk that only counts tokens."""
    id: str | None = None
    """The server's name for the reply, by which it can be told to end the thinking."""
    timings: Timings | None = None
    """llama.cpp's own counts."""
    usage: WireUsage | None = None
    error: Any = None
    """An error under a status of success, in any shape."""
    object: str | None = None
    """What the server says this is; `error` for a flat error."""
    message: Any = None
    """The words of a flat error."""


class MalformedChunk(Exception):
    """A frame that is not a valid chunk; the message says why."""


BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DECODER = msgspec.json.Decoder(Chunk)


def decode_chunk(frame: bytes) -> tuple[Chunk, str]:
    """Decode a frame; returns the chunk and the name of the repair made to it, if any. Raises `MalformedChunk`."""
    frame = frame.removeprefix(BYTE_ORDER_MARK)
    try:
        return _DECODER.decode(frame), ""
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _decode_leniently(frame)


def _decode_leniently(frame: bytes) -> tuple[Chunk, str]:
    """Read a frame with wrong bytes, raw control characters, lone surrogates or numbers as text."""
    text = frame.decode("utf-8", "replace")
    try:
        chunk = msgspec.convert(json.loads(text, strict=False), Chunk, strict=False)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise MalformedChunk(str(error)) from error
    return chunk, "invalid-utf8" if "\ufffd" in text and b"\xef\xbf\xbd" not in frame else "lenient-json"

"""The shapes that an OpenAI-compatible server sends, as far as they are read, and their decoding.

A chunk of a stream and a whole reply are one shape here: a choice holds a `delta` or a `message`. Decoding is
strict and fast first; what fails is read once more by a lenient decoder, and only then called malformed.
"""

import json
from typing import Any

import msgspec

from kimi_tui.events import Usage


class FunctionDelta(msgspec.Struct):
    """Part of a call's function."""

    name: str | None = None
    arguments: str | dict[str, Any] | None = None
    """A piece of JSON text; a few servers send the object itself."""


class CallDelta(msgspec.Struct):
    """Part of a call."""

    index: int | None = None
    """Which call of the reply; some servers leave it out or always say 0."""
    id: str | None = None
    """The server's name for it, which may come twice or change."""
    function: FunctionDelta | None = None


class ContentPart(msgspec.Struct):
    """Part of a content that is a list."""

    text: str | None = None


class Delta(msgspec.Struct):
    """Part of a message, or a whole one."""

    content: str | list[ContentPart] | None = None
    """The answer's text; with no reasoning parser the thinking is in it too."""
    reasoning_content: str | None = None
    """The thinking, as SGLang, llama.cpp and older vLLM call it."""
    reasoning: str | None = None
    """The thinking, as vLLM calls it."""
    tool_calls: list[CallDelta] | None = None
    """Parts of calls; several may come in one chunk."""


MOST_TOKENS = 100_000_000
"""Tokens that no request reads or writes; a server that tells more, or fewer than none, does not count."""


class TokenDetails(msgspec.Struct):
    """Finer counts."""

    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


class WireUsage(msgspec.Struct):
    """Counts as servers send them; some put the finer ones beside the others."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    prompt_tokens_details: TokenDetails | None = None
    """How many of those read came from the prefix cache."""
    completion_tokens_details: TokenDetails | None = None
    """How many of those written are thinking."""

    @property
    def credible(self) -> bool:
        """Whether every count can be one."""
        finer = (self.prompt_tokens_details, self.completion_tokens_details)
        counts = [self.prompt_tokens, self.completion_tokens, self.cached_tokens, self.reasoning_tokens]
        counts += [count for details in finer if details for count in (details.cached_tokens, details.reasoning_tokens)]
        return all(0 <= count <= MOST_TOKENS for count in counts if count is not None)

    @property
    def reasoned(self) -> int:
        """Tokens of reasoning; 0 when the server does not tell."""
        details = self.completion_tokens_details
        return (details.reasoning_tokens if details else None) or self.reasoning_tokens or 0

    def neutral(self) -> Usage:
        """The same counts in the project's own form."""
        details = self.prompt_tokens_details
        return Usage(
            prompt_tokens=self.prompt_tokens or 0,
            completion_tokens=self.completion_tokens or 0,
            reasoning_tokens=self.reasoned,
            cached_tokens=(details.cached_tokens if details else None) or self.cached_tokens or 0,
        )


class Timings(msgspec.Struct):
    """What llama.cpp counts as it goes, where it is asked to."""

    predicted_n: int | None = None
    """Tokens written so far."""


class Choice(msgspec.Struct):
    """One of the replies asked for; there is only ever use for the first."""

    index: int = 0
    delta: Delta | None = None
    message: Delta | None = None
    finish_reason: str | None = None
    usage: WireUsage | None = None

    @property
    def calls(self) -> list[CallDelta]:
        """Parts of calls."""
        message = self.delta or self.message
        return (message.tool_calls if message else None) or []


class Chunk(msgspec.Struct):
    """One frame of a stream, or the body of a reply that was not streamed."""

    choices: list[Choice] | None = None
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
    """A frame that is not a chunk; the text says why."""


BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DECODER = msgspec.json.Decoder(Chunk)


def decode_chunk(frame: bytes) -> tuple[Chunk, str]:
    """The chunk in a frame, and the name of what was mended in it if anything; raises `MalformedChunk`."""
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

"""Decode the bytes of one reply, however they were cut on the way.

Nothing here knows of sockets: what a split of the bytes could change is all in this file and below it.
"""

from collections.abc import Iterator
from typing import Any

from kimi_tui.providers import failures
from kimi_tui.providers.chunks import Chunk, MalformedChunk, decode_chunk
from kimi_tui.providers.reply_assembler import ReplyAssembler
from kimi_tui.providers.sse import FrameReader

MAX_REPLY_BYTES = 256 * 1024 * 1024
"""Bytes that a streamed reply may hold."""
_DONE = b"[DONE]"


class ReplyStream:
    """Feeds one reply to its assembler; raises `MalformedChunk`, and `ProviderError` for an error of the server."""

    def __init__(self, reply: ReplyAssembler, secret: str = "") -> None:
        """`secret` is kept out of the server's words."""
        self._reply = reply
        self._secret = secret
        self._frames = FrameReader()
        self._size = 0

    def feed(self, data: bytes) -> Iterator[None]:
        """Take the bytes that were read, yielding after each frame so that thinking can be ended between two."""
        self._size += len(data)
        if self._size > MAX_REPLY_BYTES:
            raise MalformedChunk(f"it is longer than {MAX_REPLY_BYTES} bytes")
        for frame in self._frames.feed(data):
            self.take(frame)
            yield

    def take(self, frame: bytes) -> None:
        """Take one frame, or the body of a reply that was not streamed."""
        if frame == _DONE:
            self._reply.done = True
            return
        if not frame or self._reply.done:
            return
        chunk, recovery = decode_chunk(frame)
        if recovery:
            self._reply.note_recovery(recovery)
        if recovery == "invalid-utf8" and any(choice.calls for choice in chunk.choices or ()):
            raise MalformedChunk("the arguments of a call were damaged on the way")
        if chunk.error or chunk.object == "error":
            raise self._reply.with_partial_reply(failures.error_from_frame(_error_of(chunk), self._secret))
        self._reply.add(chunk)

    def end(self) -> None:
        """Take a last frame without its empty line; half a frame is no fault of the protocol, the stream was cut."""
        for frame in self._frames.finish():
            try:
                self.take(frame.strip())
            except MalformedChunk:
                self._reply.note_recovery("cut-frame")
        if self._size and not self._frames.recognised:
            raise MalformedChunk("it is no stream of events")


def _error_of(chunk: Chunk) -> Any:
    return {"error": chunk.error} if chunk.error else {"message": chunk.message}

"""A model server that fails in a chosen way at a chosen moment, on a bare loopback socket.

It plays a run of three steps: two calls, two calls more, the memo. Which step a request is for depends on its history
alone. The fault strikes in the second step, or in the third for the phase `memo`; what the wire carries up to that
moment is what a healthy server sends.
"""

import asyncio
import contextlib
import json
import socket
import struct
from typing import Any, Literal

from kimi_tui.embedded.reply_chunks import ChunkEnvelope, ReplyDelta, sse_frame
from tools.drill.message_rules import find_problem

Phase = Literal["connect", "first token", "reasoning", "arguments", "between calls", "memo"]
PHASES: tuple[Phase, ...] = ("connect", "first token", "reasoning", "arguments", "between calls", "memo")
ENVELOPE = ChunkEnvelope("chatcmpl-drill", 1, "scripted")
MEMO_TEXT = "The gamma figure is 25 [S3 p.1], as one would expect in Zürich and 東京."
_THOUGHTS = ("I look ", "for words, ", "in Zürich ", "and in ", "東京, ", "with care. ")
_STREAM = {"Content-Type": "text/event-stream; charset=utf-8"}


def call_pieces(index: int, name: str, fragments: tuple[str, ...], call_id: str) -> list[ReplyDelta]:
    """One call in deltas."""
    head = {"index": index, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
    rest = [{"index": index, "function": {"arguments": fragment}} for fragment in fragments]
    return [ReplyDelta("arguments", {"tool_calls": [delta]}) for delta in (head, *rest)]


def lookup_step(words: tuple[str, str], first: int, ids: tuple[str, str] | None = None) -> list[ReplyDelta]:
    """A step that looks two words up; its calls are numbered from `first`."""
    names = ids or (f"functions.lookup:{first}", f"functions.lookup:{first + 1}")
    pieces = [ReplyDelta("start", {"role": "assistant", "content": ""})]
    pieces += [ReplyDelta("reasoning", {"reasoning_content": thought}) for thought in _THOUGHTS]
    for index, word in enumerate(words):
        pieces += call_pieces(index, "lookup", ('{"word": "', word[:3], word[3:], '"}'), names[index])
    return pieces


def memo_step(call_id: str) -> list[ReplyDelta]:
    """The step that hands the memo in."""
    pieces = [
        ReplyDelta("start", {"role": "assistant", "content": ""}),
        ReplyDelta("reasoning", {"reasoning_content": "Enough."}),
    ]
    fragments = ('{"title": "Words", "memo": "', MEMO_TEXT[:12], MEMO_TEXT[12:], '", "final": true}')
    return pieces + call_pieces(0, "submit_memo", fragments, call_id)


POINTS: dict[Phase, int] = {
    "connect": -1,
    "first token": 0,
    "reasoning": 4,
    "arguments": 10,
    "between calls": 12,
    "memo": 5,
}
"""The piece of the step before which a phase's fault strikes."""


class ResponseWriter:
    """One response on its connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.manner: Literal["plain", "slow", "bytes", "crlf"] = "plain"
        """How frames are written from now on."""

    async def raw(self, data: bytes) -> None:
        """Write bytes unchanged; slowly if set so."""
        if self.manner == "slow":
            for place in range(min(len(data), 12)):
                self.writer.write(data[place : place + 1])
                await asyncio.sleep(0.004)
            data = data[12:]
        if self.writer.is_closing():
            raise ConnectionResetError
        self.writer.write(data)
        await self.writer.drain()

    async def head(self, status: int, headers: dict[str, str], *, chunked: bool = False) -> None:
        """The status line and the headers."""
        if chunked:
            headers = headers | {"Transfer-Encoding": "chunked"}
        lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        await self.raw("\r\n".join(lines).encode())

    async def chunk(self, data: bytes) -> None:
        """One piece of a chunked body."""
        if self.manner == "crlf":
            data = b": still here\r\n\r\n" + data.replace(b"\n\n", b"\r\n\r\n")
        parts = [bytes([byte]) for byte in data] if self.manner == "bytes" else [data]
        for part in parts:
            await self.raw(b"%x\r\n%b\r\n" % (len(part), part))

    async def end(self) -> None:
        """The proper end of a chunked body."""
        await self.raw(b"0\r\n\r\n")
        self.writer.close()

    async def whole(self, status: int, body: bytes, media_type: str, wish: str = "") -> None:
        """A response that is no stream; `wish` is how long to wait."""
        headers = {"Content-Type": media_type, "Content-Length": str(len(body))}
        await self.head(status, headers | ({"Retry-After": wish} if wish else {}))
        await self.raw(body)
        self.writer.close()

    def reset(self) -> None:
        """Break the connection off."""
        connection: socket.socket = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class Fault:
    """One way to fail; the base does not."""

    harmless_at: tuple[Phase, ...] = ()
    """The phases at which a client that is worth its name goes on as if nothing had been."""
    needs_person = False
    """True when nothing but a person can mend it."""
    ends_with_done = True
    """True when the stream says that nothing follows."""

    async def before_head(self, server: "FaultyServer", wire: ResponseWriter) -> bool:
        """Strike instead of, or before, the head; whether the reply ends with it."""
        return await self.strike(server, wire, "connect")

    async def strike(self, server: "FaultyServer", wire: ResponseWriter, phase: Phase) -> bool:
        """Strike inside the stream; whether the reply ends with it."""
        return False

    def ids(self) -> tuple[str, str] | None:
        """Other ids for the calls of the step."""
        return None


class FaultyServer:
    """Serves one session."""

    def __init__(self, fault: Fault, phase: Phase, times: int) -> None:
        """The fault strikes `times` times."""
        self.base_url = ""
        self.left = times
        """How often it will strike still."""
        self.struck = 0
        """How often it did."""
        self.problems: list[str] = []
        """What was wrong with requests."""
        self.loading = False
        """True when it says that it is not ready."""
        self._fault = fault
        self._phase: Phase = phase
        self._server: asyncio.Server | None = None
        self._opening: asyncio.Task[None] | None = None
        self._port = 0

    async def open(self) -> None:
        """Listen, on the same port as before."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, limit=1 << 24)
            self._port = self._server.sockets[0].getsockname()[1]
            self.base_url = f"http://127.0.0.1:{self._port}/v1"

    def go_away(self, seconds: float) -> None:
        """Stop listening for a while, or until it is healed."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self.left <= 0:
            self._opening = asyncio.create_task(self._come_back(seconds))

    async def _come_back(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.open()

    async def heal(self) -> None:
        """Never fail again."""
        self.left, self.loading = 0, False
        await self.open()

    async def close(self) -> None:
        """Stop."""
        if self._opening is not None:
            await self._opening
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._answer(ResponseWriter(reader, writer))
        with contextlib.suppress(ConnectionError):
            writer.close()

    async def _answer(self, wire: ResponseWriter) -> None:
        head = (await wire.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        if head.startswith("GET"):
            await wire.whole(503 if self.loading else 200, b"{}", "application/json")
            return
        length = next(line for line in head.lower().split("\r\n") if line.startswith("content-length:"))
        messages = json.loads(await wire.reader.readexactly(int(length.partition(":")[2])))["messages"]
        problem = find_problem(messages)
        self.problems += [problem] if problem else []
        await self._play(messages, wire)

    async def _play(self, messages: list[dict[str, Any]], wire: ResponseWriter) -> None:
        """The reply to a request, with the fault if it is its time."""
        if self.loading:
            await wire.whole(503, b'{"error": {"message": "Loading model"}}', "application/json")
            return
        step = 1 + sum(message["role"] == "assistant" for message in messages)
        strikes = self.left > 0 and (step == 2 if self._phase != "memo" else step >= 3)
        if strikes:
            self.left -= 1
            self.struck += 1
        ids = self._fault.ids() if strikes else None
        if step == 1:
            pieces = lookup_step(("alpha", "beta"), 0)
        elif step == 2:
            pieces = lookup_step(("gamma", "delta"), 2, ids)
        else:
            pieces = memo_step(ids[0] if ids else "functions.submit_memo:4")
        point = POINTS[self._phase] if strikes else -2
        if point == -1 and await self._fault.before_head(self, wire):
            return
        await wire.head(200, _STREAM, chunked=True)
        for place, piece in enumerate(pieces):
            if place == point and await self._fault.strike(self, wire, self._phase):
                return
            await wire.chunk(sse_frame(ENVELOPE.chunk(piece.delta)))
        await wire.chunk(sse_frame(ENVELOPE.chunk({}, "tool_calls")))
        await wire.chunk(sse_frame(ENVELOPE.usage_chunk({"prompt_tokens": 100 * step, "completion_tokens": 20})))
        if not strikes or self._fault.ends_with_done:
            await wire.chunk(sse_frame("[DONE]"))
        await wire.end()

"""Send one planned reply over HTTP: streamed or whole, at its pace, with its fault if it has one.

When nothing is planned to go wrong, the client receives every delta, one finish, usage if asked for, and `[DONE]`.
A client that hangs up ends the work here at once, because the server cancels the handler.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Iterator
from typing import Any

import msgspec

from kimi_tui.embedded.http_server import HttpRequest, HttpResponse, json_response
from kimi_tui.embedded.reply_chunks import (
    Channel,
    ChunkEnvelope,
    Fault,
    PlannedReply,
    ReplyDelta,
    reply_deltas,
    sse_frame,
)

DONE = sse_frame("[DONE]")
"""The event that ends a stream."""
BATCH_BYTES = 32_768
"""Bytes that are collected before a write when there is no pace."""
_INTERNAL = {"error": {"message": "Internal server error", "type": "InternalServerError", "param": None, "code": 500}}
_PAGE = "<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
_BREAKING = ("error-frame", "invalid-frame", "reset", "cut", "close", "stall")


class PacedEventStream:
    """A stream of events to one client: paced, or batched when there is no pace."""

    def __init__(self, request: HttpRequest, pace: float) -> None:
        self._request = request
        self._gap = 1 / pace if pace > 0 else 0.0
        self._due = asyncio.get_running_loop().time()
        self._waiting = bytearray()

    async def send(self, event: bytes) -> None:
        """Send one event, now or when its turn comes."""
        self._waiting += event
        if self._gap:
            await self.flush()
            self._due += self._gap
            await asyncio.sleep(max(self._due - asyncio.get_running_loop().time(), 0))
        elif len(self._waiting) >= BATCH_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Write the waiting events."""
        if self._waiting:
            await self._request.write(bytes(self._waiting))
            self._waiting.clear()


def fault_body_text(body: Any, usual: Any) -> str:
    """Return a fault's body as text: unchanged, or as JSON; `usual` when it is null."""
    body = usual if body is None else body
    return body if isinstance(body, str) else msgspec.json.encode(body).decode()


def fault_response(fault: Fault) -> HttpResponse | None:
    """Return the response of a fault that replaces the whole reply, or None for the others."""
    if fault.kind == "html":
        headers = {"Content-Type": "text/html; charset=utf-8"}
        return HttpResponse(fault_body_text(fault.body, _PAGE).encode(), headers=headers)
    if fault.kind != "status":
        return None
    text = fault_body_text(fault.body, _INTERNAL)
    headers = {"Content-Type": "application/json", **fault.headers}
    return HttpResponse(text.encode(), status=fault.status, headers=headers)


async def break_connection(request: HttpRequest, fault: Fault) -> None:
    """Close the connection without an answer; never returns normally."""
    if fault.kind == "stall":
        await asyncio.sleep(fault.seconds)
    transport = request.transport
    if fault.kind == "reset":
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
    await asyncio.Event().wait()  # the closed connection cancels this handler


def find_breaking_point(all_pieces: list[ReplyDelta], at: Channel) -> int:
    """Before which delta the stream breaks: in the middle of channel `at`, or after the last delta."""
    places = [number for number, piece in enumerate(all_pieces) if piece.channel == at]
    return places[len(places) // 2] if places else len(all_pieces)


async def send_stream(
    request: HttpRequest, reply: PlannedReply, envelope: ChunkEnvelope, usage: dict[str, Any] | None
) -> None:
    """Stream a reply as server-sent events; `usage` is None when it was not asked for."""
    headers = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
    await request.begin_stream(headers)
    outgoing = PacedEventStream(request, reply.pace)
    planned = list(reply_deltas(reply))
    fault = reply.fault if reply.fault and reply.fault.kind in _BREAKING else None
    point = find_breaking_point(planned, fault.at) if fault else -1
    for number in range(len(planned) + 1):
        if fault and number == point and await _play_fault(fault, request, outgoing):
            break
        if number < len(planned):
            await outgoing.send(sse_frame(envelope.chunk(planned[number].delta)))
    else:
        for event in _final_events(reply, envelope, usage):
            await outgoing.send(event)
    await outgoing.flush()
    with contextlib.suppress(ConnectionResetError):  # a client may hang up as soon as it has seen the end
        await request.end_stream()


async def _play_fault(fault: Fault, request: HttpRequest, outgoing: PacedEventStream) -> bool:
    """Play a fault in mid-stream; returns whether it ended the stream."""
    if fault.kind == "invalid-frame":
        await outgoing.send(sse_frame(fault_body_text(fault.body, '{"id": "chatcmpl-')))
        return False
    if fault.kind == "error-frame":
        await outgoing.send(sse_frame(fault_body_text(fault.body, _INTERNAL)))
        await outgoing.send(DONE)
    await outgoing.flush()
    if fault.kind in ("reset", "cut", "stall"):
        await break_connection(request, fault)
    return True


def _final_events(reply: PlannedReply, envelope: ChunkEnvelope, usage: dict[str, Any] | None) -> Iterator[bytes]:
    """Yield the events after the last delta, less those that the fault leaves out."""
    kind = reply.fault.kind if reply.fault else None
    if kind == "no-finish":
        return
    yield sse_frame(envelope.chunk({}, reply.sent_finish_reason))
    if usage is not None and kind != "no-usage":
        yield sse_frame(envelope.usage_chunk(usage))
    if kind != "no-done":
        yield DONE


async def send_whole(
    request: HttpRequest, reply: PlannedReply, envelope: ChunkEnvelope, usage: dict[str, Any]
) -> HttpResponse:
    """Answer with one JSON object, after the time that streaming would have taken."""
    fault = reply.fault
    if fault and fault.kind in ("reset", "cut", "close", "stall"):
        await break_connection(request, fault)
    if fault and fault.kind == "error-frame":
        return json_response(fault_body_text(fault.body, _INTERNAL).encode(), 500)
    if fault and fault.kind == "invalid-frame":
        return json_response(fault_body_text(fault.body, '{"id": "chatcmpl-').encode())
    if reply.pace > 0:
        await asyncio.sleep(sum(1 for _ in reply_deltas(reply)) / reply.pace)
    body = envelope.whole(reply, usage)
    if fault and fault.kind == "no-usage":
        del body["usage"]
    return json_response(body)

"""The 21 faults of a server: each can strike at any phase of a reply.

Before the head a refusal is a status; inside a stream it is what a gateway then sends, a frame with the error.
"""

import asyncio
import json
from typing import Any

from kimi_tui.embedded.reply_chunks import sse_frame
from tools.drill.faulty_server import ENVELOPE, PHASES, Fault, FaultyServer, Phase, ResponseWriter

AWAY_SECONDS = 0.4
"""How long a server that goes away once is gone."""
_PAGE = b"<!doctype html><html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"
_SAME = 300
_LONG = 8 << 20


class ConnectionRefused(Fault):
    """The server goes away and stops listening."""

    async def strike(self, server: FaultyServer, wire: ResponseWriter, phase: Phase) -> bool:
        """Break off and stop listening."""
        wire.reset()
        server.go_away(AWAY_SECONDS)
        return True


class ConnectionReset(Fault):
    """The connection is reset."""

    async def strike(self, server: FaultyServer, wire: ResponseWriter, phase: Phase) -> bool:
        """Break off."""
        wire.reset()
        return True


class CleanClose(Fault):
    """The response ends properly, the reply does not."""

    async def strike(self, server: FaultyServer, wire: ResponseWriter, phase: Phase) -> bool:
        """End the body; before the head, the connection."""
        if phase != "connect":
            await wire.end()
        return True


class StalledStream(Fault):
    """Nothing more arrives, and the connection stays open."""

    async def strike(self, server: FaultyServer, wire: ResponseWriter, phase: Phase) -> bool:
        """Wait until the client has had enough."""
        await wire.reader.read()
        return True


class SlowStream(Fault):
    """The rest comes in drops."""

    harmless_at = PHASES

    async def strike(self, server: FaultyServer, wire: ResponseWriter, phase: Phase) -> bool:
        """Write slowly from now on."""
        wire.manner = "slow"
        return False


class HtmlPage(Fault):
    """A web page under a status of success, or in the middle of a stream."""

    async def strike(self, server: FaultyServer, wire: ResponseWriter, phase: Phase) -> bool:
        """Send the page."""
        if phase == "connect":
            await wire.whole(200, _PAGE, "text/html")
        else:
            await wire.chunk(_PAGE)
            await wire.end()
        return True


class RefusalFault(Fault):
    """A refusal in the server's words, by status or by frame; the words may take turns over the phases."""

    status = 500
    wish = ""
    """The `Retry-After` that goes with the status."""
    bodies: tuple[Any, ...] = ({"error": {"message": "Internal server error", "type": "InternalServerError"}},)

    def body(self, phase: Phase) -> Any:
        """The words at a phase."""
        return self.bodies[PHASES.index(phase) % len(self.bodies)]

    async def strike(self, server: FaultyServer, wire: ResponseWriter, phase: Phase) -> bool:
        """Refuse; inside a stream `[DONE]` follows, as if all were well."""
        body = self.body(phase)
        if phase == "connect":
            media_type = "application/json" if isinstance(body, dict) else "text/html"
            data = json.dumps(body).encode() if isinstance(body, dict) else body
            await wire.whole(self.status, data, media_type, self.wish)
        elif isinstance(body, dict):
            error = {"code": self.status, **body["error"]}
            await wire.chunk(sse_frame({"error": error}))
            await wire.chunk(sse_frame("[DONE]"))
            await wire.end()
        else:
            await wire.chunk(body)
            await wire.end()
        return True


class ErrorFrame(RefusalFault):
    """An error under status 200, then `[DONE]`."""

    status = 200

    async def before_head(self, server: FaultyServer, wire: ResponseWriter) -> bool:
        """The error as the whole body."""
        return await self.strike(server, wire, "connect")


class NoDone(Fault):
    """The stream ends without saying so."""

    harmless_at = PHASES
    ends_with_done = False


class BadJson(Fault):
    """A frame, or a body, that is no JSON."""

    async def strike(self, server: FaultyServer, wire: ResponseWriter, phase: Phase) -> bool:
        """Send it; the stream goes on."""
        if phase == "connect":
            await wire.whole(200, b'{"id": "chatcmpl-', "application/json")
            return True
        await wire.chunk(b'data: {"id": "chatcmpl-\n\n')
        return False


class BadUtf8(Fault):
    """Bytes that are no UTF-8, in a header or a delta."""

    harmless_at = ("connect", "first token", "reasoning")

    async def before_head(self, server: FaultyServer, wire: ResponseWriter) -> bool:
        """A header with wrong bytes; the reply is whole."""
        await wire.raw(b"HTTP/1.1 102 Processing\r\nX-Note: \xff\xfe\r\n\r\n")
        return False

    async def strike(self, server: FaultyServer, wire: ResponseWriter, phase: Phase) -> bool:
        """A delta of its own, in the stream that is under way."""
        await wire.chunk(_delta(phase, "\ufffd").replace("\ufffd".encode(), b"\xff"))
        return False


class SplitUtf8(Fault):
    """Every byte arrives separately."""

    harmless_at = PHASES

    async def strike(self, server: FaultyServer, wire: ResponseWriter, phase: Phase) -> bool:
        """Write single bytes from now on."""
        wire.manner = "bytes"
        return False


class Crlf(Fault):
    """Other line ends, and comments between the frames."""

    harmless_at = PHASES

    async def strike(self, server: FaultyServer, wire: ResponseWriter, phase: Phase) -> bool:
        """Write so from now on."""
        wire.manner = "crlf"
        return False


class LongLine(Fault):
    """A line of 8 MB, in the head or the stream."""

    async def before_head(self, server: FaultyServer, wire: ResponseWriter) -> bool:
        """A header without an end."""
        await wire.raw(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * _LONG)
        return True

    async def strike(self, server: FaultyServer, wire: ResponseWriter, phase: Phase) -> bool:
        """A frame without an end."""
        await wire.chunk(b'data: {"choices": [{"delta": {"content": "' + b"x" * _LONG)
        return False


class RateLimited(RefusalFault):
    """429, with a wish to wait."""

    status = 429
    wish = "0"
    bodies = ({"error": {"message": "Rate limit reached", "type": "rate_limit_error"}},)


class ServerError(RefusalFault):
    """500 in JSON, 502 as a page."""

    bodies = (*RefusalFault.bodies, _PAGE)


class Loading(RefusalFault):
    """The server restarts: it breaks off, and while it loads it refuses."""

    status = 503
    bodies = ({"error": {"message": "Loading model", "type": "unavailable_error"}},)

    async def strike(self, server: FaultyServer, wire: ResponseWriter, phase: Phase) -> bool:
        """Refuse, or break off; then load for a while if it was the last time."""
        server.loading = True
        if server.left <= 0:
            asyncio.get_running_loop().call_later(AWAY_SECONDS, setattr, server, "loading", False)
        if phase == "connect":
            return await super().strike(server, wire, phase)
        wire.reset()
        return True


class Overflow(RefusalFault):
    """The prompt is too long, said in four dialects in turn."""

    status = 400
    bodies = tuple(
        {"error": {"message": message}}
        for message in (
            "This model's maximum context length is 9 tokens. However, your prompt contains at least 10 input tokens.",
            "The input (10 tokens) is longer than the model's context length (9 tokens).",
            "the request exceeds the available context size, try increasing it",
            "Invalid request: Your request exceeded model token limit: 9 (requested: 10)",
        )
    )


class Unauthorized(RefusalFault):
    """The key is not taken any more."""

    needs_person = True
    status = 401
    bodies = ({"error": {"message": "Invalid API key", "type": "invalid_request_error"}},)


class DuplicateIds(Fault):
    """The calls have ids that were used before, both the same."""

    harmless_at = PHASES

    def ids(self) -> tuple[str, str]:
        """The first id of the session, twice."""
        return ("functions.lookup:0", "functions.lookup:0")


class IdenticalChunks(Fault):
    """The same chunk 300 times, as in the rule of a long table."""

    harmless_at = PHASES

    async def before_head(self, server: FaultyServer, wire: ResponseWriter) -> bool:
        """The same interim response 300 times."""
        await wire.raw(b"HTTP/1.1 102 Processing\r\n\r\n" * _SAME)
        return False

    async def strike(self, server: FaultyServer, wire: ResponseWriter, phase: Phase) -> bool:
        """More of the stream that is under way."""
        for _ in range(_SAME):
            await wire.chunk(_delta(phase, " " if phase == "between calls" else "-"))
        return False


class CutByLength(Fault):
    """The allowance is spent: the reply is cut and says so; a call that was whole by then counts."""

    harmless_at = ("between calls",)

    async def before_head(self, server: FaultyServer, wire: ResponseWriter) -> bool:
        """A whole body that is cut inside a call."""
        call = {
            "id": "functions.lookup:2",
            "type": "function",
            "function": {"name": "lookup", "arguments": '{"word": "gam'},
        }
        choice = {"index": 0, "message": {"role": "assistant", "tool_calls": [call]}, "finish_reason": "length"}
        await wire.whole(200, json.dumps({"choices": [choice]}).encode(), "application/json")
        return True

    async def strike(self, server: FaultyServer, wire: ResponseWriter, phase: Phase) -> bool:
        """Say that it is cut, and end."""
        await wire.chunk(sse_frame(ENVELOPE.chunk({}, "length")))
        await wire.chunk(sse_frame("[DONE]"))
        await wire.end()
        return True


def _delta(phase: Phase, text: str) -> bytes:
    """A frame that adds to what is under way at a phase."""
    if phase in ("arguments", "between calls", "memo"):
        return sse_frame(ENVELOPE.chunk({"tool_calls": [{"index": 0, "function": {"arguments": text}}]}))
    return sse_frame(ENVELOPE.chunk({"reasoning_content": text}))


FAULTS: dict[str, type[Fault]] = {
    "refused": ConnectionRefused,
    "reset": ConnectionReset,
    "clean close": CleanClose,
    "stall": StalledStream,
    "slow bytes": SlowStream,
    "page with 200": HtmlPage,
    "error frame, then [DONE]": ErrorFrame,
    "no [DONE]": NoDone,
    "invalid JSON": BadJson,
    "invalid UTF-8": BadUtf8,
    "UTF-8 split by byte": SplitUtf8,
    "CRLF and comments": Crlf,
    "8 MB line": LongLine,
    "429 with Retry-After": RateLimited,
    "500 and 502 page": ServerError,
    "503 loading": Loading,
    "overflow, four dialects": Overflow,
    "401": Unauthorized,
    "duplicate call ids": DuplicateIds,
    "300 identical chunks": IdenticalChunks,
    "length": CutByLength,
}
"""Every fault by the name of its row."""

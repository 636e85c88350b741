"""Drill 11: a person interrupts the generation, and the server must see the hang-up at once.

Half of the interruptions come while the reply streams, half before its first byte, as in a long prompt.
"""

import asyncio
import contextlib
import statistics
import tempfile
import time
from pathlib import Path

from kimi_tui.commands import AskQuestion, Interrupt, Resume
from kimi_tui.config import Settings
from kimi_tui.embedded.reply_chunks import ChunkEnvelope, sse_frame
from tools.drill.drill_environment import seconds_since
from tools.drill.in_process_session import InProcessSession
from tools.drill.result import DrillResult, summarize_faults

MAX_SECONDS = 0.1
"""Within this the server must see it."""
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
_GAP = 0.01
_CHUNK = sse_frame(ChunkEnvelope("chatcmpl-drill", 1, "scripted").chunk({"reasoning_content": "thinking "}))


class EndlessServer:
    """Streams reasoning for ever, or nothing, and notes when its client hangs up."""

    def __init__(self) -> None:
        self.silent = False
        """True when the next reply never begins."""
        self.asked = asyncio.Event()
        """Set when a request has come, and its reply has begun unless that is silent."""
        self.left = asyncio.Event()
        """Set when the client has hung up."""
        self.left_at = 0.0
        self._writer: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One reply, or a word on its health."""
        self._writer = writer
        with contextlib.suppress(asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"GET"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                writer.close()
                return
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
            streaming = None if self.silent else asyncio.create_task(self._stream(writer))
            await asyncio.sleep(0 if streaming is None else 5 * _GAP)
            self.asked.set()
            with contextlib.suppress(ConnectionError):  # it may also see a reset, for what it wrote was not read
                await reader.read()
            self.left_at = time.monotonic()
            self.left.set()
            if streaming is not None:
                streaming.cancel()
        writer.close()

    def break_off(self) -> None:
        """Break the connection of the last client."""
        if self._writer is not None:
            self._writer.transport.abort()

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            writer.write(_HEAD)
            while not writer.is_closing():
                writer.write(_CHUNK)
                await writer.drain()
                await asyncio.sleep(_GAP)


async def drill(times: int, folder: Path) -> tuple[list[float], list[str]]:
    """Seconds from each interruption to the moment the server saw it, and what went wrong."""
    endless, waits, wrong = EndlessServer(), [], []
    server = await asyncio.start_server(endless.serve, "127.0.0.1", 0)
    settings = Settings(base_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with InProcessSession(folder, settings) as workshop:
        for number in range(times):
            endless.silent = bool(number % 2)
            endless.asked.clear()
            endless.left.clear()
            await workshop.send(Resume() if number else AskQuestion("What is endless?"))
            async with asyncio.timeout(20):
                await endless.asked.wait()
                began = time.monotonic()
                await workshop.send(Interrupt())
                await endless.left.wait()
            waits.append(endless.left_at - began)
            if not await workshop.until(lambda: not workshop.state.run.thinking, 20):
                wrong.append("the step is not recorded as interrupted")
        wrong += workshop.faults()
    server.close()
    return waits, wrong


def run(times: int, seed: int) -> DrillResult:
    """The drill: so many interruptions of one session."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        waits, wrong = asyncio.run(drill(times, Path(folder)))
    median, worst = statistics.median(waits) * 1000, max(waits) * 1000
    return DrillResult(
        drill="cancel",
        done=f"{len(waits)} interruptions of a model call, half in the stream and half before its first byte",
        found=f"the server saw the client hang up after {median:.1f} ms (median), {worst:.1f} ms (worst)",
        faults=summarize_faults(wrong),
        reached=worst <= MAX_SECONDS * 1000,
        seconds=seconds_since(began),
    )

"""Small test requests to a server: the raw exchange and what kimi-tui makes of it.

At most a few requests are under way at once, each ends when the server keeps silent, and once it has stalled nothing
more is asked: a probe ends, whatever the server does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from kimi_tui.events import Grade, ServerFinding
from kimi_tui.providers.base import ModelReply, ModelRequest, ProviderError
from kimi_tui.providers.chunks import Chunk, ChunkDelta, MalformedChunk, WireUsage, decode_chunk
from kimi_tui.providers.failures import malformed_error, refusal_from_response
from kimi_tui.providers.raw_client import HttpExchange, RawClient
from kimi_tui.providers.reply_assembler import ReplyAssembler

_DONE = b"[DONE]"
REASONING_KEYS = ("reasoning_content", "reasoning")
"""The fields under which servers send and read reasoning."""
StopWhen = Callable[[list[bytes]], bool]
WaitForTurn = Callable[[], Awaitable[None]]
"""Returns when a request may go out."""


class ProbeReply(msgspec.Struct):
    """The reply to one probe request, on the wire and as parsed."""

    exchange: HttpExchange
    """The bytes, and when they came."""
    reasoning: dict[str, str] = {}
    """What came under each of `REASONING_KEYS`, as it was on the wire."""
    content: str = ""
    """The answer's text, as it was on the wire."""
    calls_on_wire: int = 0
    """Calls that came as calls."""
    usage: WireUsage | None = None
    finish_reason: str = ""
    reply: ModelReply | None = None
    """What kimi-tui reads out of it; None when that is no whole reply."""
    error: ProviderError | None = None
    """Why it is none."""
    untried: bool = False
    """True when it was never asked, because the server stalled before."""

    @property
    def failed(self) -> str:
        """Return why there is nothing to judge, as a clause; empty when part of a reply arrived."""
        if self.exchange.problem:
            return self.exchange.problem
        if self.exchange.status != 200:
            return self.error.message.rstrip(".") if self.error else f"the server answered {self.exchange.status}"
        if self.usage is None and not (self.content or self.reasoning or self.calls_on_wire or self.finish_reason):
            return "the reply is no chat completion"
        return ""

    @property
    def prompt_tokens(self) -> int | None:
        """Tokens that the server read; None when it does not tell."""
        return self.usage.prompt_tokens if self.usage else None


def unjudged_finding(
    name: str, heard: ProbeReply, grade: Grade, remedy: str, lead: str = "nothing to judge"
) -> ServerFinding:
    """Return the finding for a missing reply: grey when it was never requested, else of this grade."""
    if heard.untried:
        return ServerFinding(name, "grey", heard.failed)
    return ServerFinding(name, grade, f"{lead}: {heard.failed}", remedy)


class ProbeClient:
    """Sends probe requests to one model of one server."""

    def __init__(
        self, client: RawClient, model: str, *, at_once: int = 4, seconds: float = 60.0, turn: WaitForTurn | None = None
    ) -> None:
        """`at_once` bounds the requests under way, `seconds` the silence in each; `turn` is awaited before each."""
        self.client = client
        self.model = model
        self.seconds = seconds
        self.stalled = False
        """True when the server kept silent for too long; nothing is asked any more then."""
        self._turns = asyncio.Semaphore(at_once)
        self._turn = turn

    async def ask(
        self,
        messages: Sequence[dict[str, Any]],
        *,
        tools: Sequence[dict[str, Any]] = (),
        max_tokens: int = 1024,
        stream: bool = True,
        enough: StopWhen | None = None,
        model: str = "",
        **more: Any,
    ) -> ProbeReply:
        """Request one chat completion; `more` goes into the body unchanged."""
        body: dict[str, Any] = {
            "model": model or self.model,
            "messages": list(messages),
            "max_tokens": max_tokens,
            "stream": stream,
            **more,
        }
        if tools:
            body["tools"] = list(tools)
        if stream:
            body["stream_options"] = {"include_usage": True}
        async with self._turns:
            if self.stalled:
                return ProbeReply(
                    HttpExchange(problem="not tried, because the server stalls", stalled=True), untried=True
                )
            if self._turn is not None:
                await self._turn()
            exchange = await self.client.post("/chat/completions", body, self.seconds, enough)
        self.stalled |= exchange.stalled
        return parse_exchange(exchange)

    async def count_tokens(self, messages: Sequence[dict[str, Any]], **more: Any) -> ProbeReply:
        """Send a request for its token counts alone: one token is written, nothing is streamed."""
        return await self.ask(messages, max_tokens=1, stream=False, **more)


def parse_exchange(exchange: HttpExchange) -> ProbeReply:
    """Parse an exchange, on the wire and as kimi-tui reads it."""
    heard = ProbeReply(exchange)
    if exchange.status != 200:
        heard.error = (
            refusal_from_response(exchange.status, exchange.headers, exchange.body) if exchange.status else None
        )
        return heard
    assembler = ReplyAssembler(ModelRequest("", (), ()), lambda fragment: None)
    try:
        for frame in exchange.frames if exchange.streamed else [exchange.body]:
            if frame == _DONE:
                assembler.done = True
            elif frame:
                chunk, _ = decode_chunk(frame)
                _take(chunk, heard)
                assembler.add(chunk)
        heard.reply = assembler.finish()
    except MalformedChunk as error:
        heard.error = malformed_error(str(error))
    except ProviderError as error:
        heard.error = error
    return heard


def _take(chunk: Chunk, heard: ProbeReply) -> None:
    """Note what one chunk brought."""
    _take_usage(chunk.usage, heard)
    for choice in chunk.choices or ():
        _take_usage(choice.usage, heard)
        heard.finish_reason = choice.finish_reason or heard.finish_reason
        if (delta := choice.delta or choice.message) is not None:
            _take_delta(delta, heard)


def _take_usage(usage: WireUsage | None, heard: ProbeReply) -> None:
    if usage is not None and usage.is_credible:
        heard.usage = usage


def _take_delta(delta: ChunkDelta, heard: ProbeReply) -> None:
    for key in REASONING_KEYS:
        if text := getattr(delta, key):
            heard.reasoning[key] = heard.reasoning.get(key, "") + text
    if isinstance(delta.content, str):
        heard.content += delta.content
    heard.calls_on_wire += sum(bool(call.function and call.function.name) for call in delta.tool_calls or ())

"""Client for self-hosted OpenAI-compatible servers; the default provider.

One request, one connection, nothing between the socket and the reply but this file: what it returns was whole on
the wire. Nothing is tried again, with one exception: a request that is refused for a parameter it can do without
is sent once more without it, and the reply says so.
"""

import asyncio
from collections.abc import Callable

import httpx
import msgspec

from kimi_tui.providers import failures
from kimi_tui.providers.base import (
    ModelInfo,
    ModelReply,
    ModelRequest,
    ProviderError,
    ReplyFragment,
    ServerPresence,
    SilenceLimits,
)
from kimi_tui.providers.chunks import MalformedChunk
from kimi_tui.providers.connection import MAX_BODY_BYTES, MAX_ERROR_BODY_BYTES, ServerConnection, read_body
from kimi_tui.providers.model_listing import list_models
from kimi_tui.providers.read_batching import LoopTurn, batch_reads
from kimi_tui.providers.refused_parameters import RefusedParameters
from kimi_tui.providers.reply_assembler import ReplyAssembler
from kimi_tui.providers.reply_stream import ReplyStream
from kimi_tui.providers.request_dialect import MANAGED, SELF_HOSTED, MessageEncoder, optional_parameters, wire_body
from kimi_tui.providers.thinking_limit import ThinkingLimit
from kimi_tui.providers.watchdog import Watchdog, stalled_error
from kimi_tui.text import one_line

_HEALTH_SECONDS = 3.0
_CONTROL_SECONDS = 3.0
_NOT_IMPLEMENTED = 501
_HEALTH_PATHS = ("/health/readiness", "/health")
"""LiteLLM's `/health` asks every model it knows, which takes its time and is paid for; others know that one alone."""


class OpenAIProvider:
    """Provider for one server that speaks chat completions."""

    def __init__(
        self,
        base_url: str,
        api_key: str = "",
        *,
        managed: bool = False,
        patience: SilenceLimits | None = None,
    ) -> None:
        """`base_url` may end in `/v1` or not; raises `ProviderError` when it or the key cannot be used.

        A `managed` endpoint refuses fields that it does not know, so it is sent no others.
        """
        self._connection = ServerConnection(base_url, api_key)
        self._dialect = MANAGED if managed else SELF_HOSTED
        self._patience = patience or SilenceLimits()
        self._refused = RefusedParameters()
        self._encoder = MessageEncoder()

    async def models(self) -> tuple[ModelInfo, ...]:
        """Return the server's models, with their context windows where it reports them."""
        return await list_models(self._connection)

    async def presence(self) -> ServerPresence:
        """Return whether the server answers at its health path, or else lists its models."""
        places = [self._connection.root + path for path in _HEALTH_PATHS] + [self._connection.base_url + "/models"]
        try:
            async with asyncio.timeout(_HEALTH_SECONDS):
                for place in places:
                    status = await self._connection.get_status(place)
                    if status < 300 or (status >= 500 and status != _NOT_IMPLEMENTED):
                        return "there" if status < 300 else "unwell"
        except httpx.ConnectError:
            return "absent"
        except (httpx.HTTPError, TimeoutError):
            return "unwell"
        except ProviderError:  # the next try says what is wrong with the way there
            return "there"
        return "there"

    async def generate(
        self, request: ModelRequest, announce: Callable[[ReplyFragment], None], enough: asyncio.Event | None = None
    ) -> ModelReply:
        """One whole reply; cancelling the task closes the connection, and the server stops."""
        refused, dialect, encode = self._refused, self._dialect, self._encoder.encode
        return await refused.retry_without(
            lambda: self._request_reply(
                wire_body(refused.fit_request(request), dialect, refused.names, encode), request, announce, enough
            ),
            lambda: optional_parameters(request, dialect, refused.names),
        )

    async def close(self) -> None:
        """Close what is open; the next call opens it anew."""
        await self._connection.close()

    async def _request_reply(
        self,
        body: bytes,
        request: ModelRequest,
        announce: Callable[[ReplyFragment], None],
        enough: asyncio.Event | None,
    ) -> ModelReply:
        """Return the reply to a body."""
        reply, limit = ReplyAssembler(request, announce), ThinkingLimit(request, enough)
        try:
            async with asyncio.timeout(self._patience.first_seconds) as timeout:
                watchdog = Watchdog(timeout, reply, self._patience)
                async with self._connection.open_response("POST", "/chat/completions", body) as response:
                    await self._read_reply(response, reply, limit, watchdog)
        except TimeoutError:
            if not reply.is_over:
                raise stalled_error(reply, self._patience) from None
        except MalformedChunk as error:
            raise reply.with_partial_reply(failures.malformed_error(str(error))) from error
        except httpx.HTTPError as error:
            raise self._connection.unreachable(error) from error
        except ProviderError as error:
            if error.kind == "unknown-model":
                error.advice = await self._advice_on_models(error.advice)
            raise
        return reply.finish()

    async def _read_reply(
        self, response: httpx.Response, reply: ReplyAssembler, limit: ThinkingLimit, watchdog: Watchdog
    ) -> None:
        """Read a streamed or a whole reply, whichever the server sent."""
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if "html" in media_type:
            raise failures.web_page_error(await read_body(response, MAX_ERROR_BODY_BYTES, cut=True))
        if media_type.endswith("json"):
            ReplyStream(reply, self._connection.key).take(await read_body(response, MAX_BODY_BYTES))
            if not reply.is_over:
                raise MalformedChunk("it is JSON without a finished choice")
            return
        try:
            await self._read_frames(response, reply, limit, watchdog)
        except httpx.HTTPError as error:
            if not reply.is_over:
                raise reply.failure("truncated", "The connection broke inside the reply.", "Try again.") from error

    async def _read_frames(
        self, response: httpx.Response, reply: ReplyAssembler, limit: ThinkingLimit, watchdog: Watchdog
    ) -> None:
        """Read events until the server says that the reply is finished, or just stops."""
        stream, turn = ReplyStream(reply, self._connection.key), LoopTurn()
        async for data in batch_reads(response.aiter_bytes()):
            for _ in stream.feed(data):
                if limit.is_reached(reply):
                    await self._end_thinking(reply, limit)
                await turn.give_way()
            if reply.done:
                return
            watchdog.note_read()
        stream.end()

    async def _end_thinking(self, reply: ReplyAssembler, limit: ThinkingLimit) -> None:
        """Ask the server to end the thinking; raise an error that ends the stream when it cannot."""
        if limit.by_server and not limit.asked and reply.id and await self._send_end_thinking(reply.id):
            limit.wait_for_server(reply)
            reply.note_recovery("thinking-ended")
            return
        raise limit.limit_error(reply)

    async def _send_end_thinking(self, reply_id: str) -> bool:
        """Return whether the server accepted the request to end the thinking of this reply."""
        body = msgspec.json.encode({"id": reply_id, "action": "reasoning_end"})
        url = self._connection.base_url + "/chat/completions/control"
        try:
            async with asyncio.timeout(_CONTROL_SECONDS):
                answer = await self._connection.get_json(url, "POST", body)
        except (ProviderError, TimeoutError):
            return False
        return isinstance(answer, dict) and answer.get("success") is True

    async def _advice_on_models(self, advice: str) -> str:
        """`advice` with the names of the models that the server offers, if it tells them."""
        try:
            names = [model.id for model in await self.models()]
        except ProviderError:
            return advice
        return f"{advice} It offers: {one_line(', '.join(names[:8]), 200)}." if names else advice

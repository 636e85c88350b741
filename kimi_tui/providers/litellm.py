"""Managed endpoints through LiteLLM; the only module that imports it.

LiteLLM turns a dropped stream into a finished one and counts tokens that no server counted. Nothing of that is
believed here: a reply is finished only if the server's own finish reason came, and usage counts only if a server's
chunk carried it. The library is imported in a thread at the first call, with its network access at import, its
telemetry and its printing switched off. Written for and tested with version 1.95.1.

What it hides, and cannot be had back from outside of it:
- a whole reply that answers a streaming request is lost; the reply is `truncated`;
- a web page under a status of success is an empty stream; `truncated` instead of `malformed_error`;
- redirects are followed to wherever they lead, where the thin client refuses them;
- counts that run along, so that thinking is metered and capped by an estimate, and where a server swallowed
  `</think>` in a stream it is found by the last count alone;
- the reply's own id, so that llama.cpp cannot be told to end its thinking: the stream is ended instead;
- fields of a chunk that it does not know, and the words `error` frames came with, as far as it rewrites them.
"""

import asyncio
import json
import logging
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

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
from kimi_tui.providers.chunks import Chunk, ChunkChoice, WireUsage
from kimi_tui.providers.connection import normalize_base_url
from kimi_tui.providers.http_client import open_client, unreachable_error
from kimi_tui.providers.openai_stream import OpenAIProvider
from kimi_tui.providers.read_batching import give_way_between
from kimi_tui.providers.refused_parameters import RefusedParameters
from kimi_tui.providers.reply_assembler import ReplyAssembler
from kimi_tui.providers.request_dialect import (
    MANAGED,
    SELF_HOSTED,
    dialect_for,
    optional_parameters,
    wire_messages,
    wire_parameters,
    wire_tools,
)
from kimi_tui.providers.retry_after import wait_in_headers
from kimi_tui.providers.thinking_limit import ThinkingLimit
from kimi_tui.providers.watchdog import Watchdog, stalled_error
from kimi_tui.text import one_line

_ENVIRONMENT = {
    "LITELLM_MODE": "PRODUCTION",  # else it takes variables from a file `.env` in the folder it runs in or above
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_OFFLINE_MODE": "true",
    "LITELLM_LOG": "CRITICAL",
    "LITELLM_TELEMETRY": "False",
    # The rule of a long table is many equal chunks, which is no fault.
    "REPEATED_STREAMING_CHUNK_LIMIT": "1000000",
}
_DEFAULT_BASE_URL = "https://api.moonshot.ai"
"""Where a request without a base URL may go, for the settings of the way there."""
_CONNECT_SECONDS = 10.0
_STANDARD = ("max_tokens", "temperature", "top_p")
"""Parameters that every provider of LiteLLM takes by name."""
_LOGGERS = ("LiteLLM", "LiteLLM Proxy", "LiteLLM Router")
_PREFIXES = re.compile(r"^(litellm\.)?(\w+Error|Timeout): |^\w*Exception - |^Error code: \d+ - ")


class LiteLLMProvider:
    """Provider for any endpoint that LiteLLM supports, chosen by the model's prefix."""

    def __init__(
        self,
        base_url: str = "",
        api_key: str = "",
        *,
        managed: bool = False,
        patience: SilenceLimits | None = None,
    ) -> None:
        """Without a base URL requests go to a managed endpoint, by the model's prefix (`moonshot/kimi-k3`)."""
        self.base_url = normalize_base_url(base_url) if base_url else ""
        """The server, or empty for the provider's own."""
        self._key = api_key.strip()
        self._dialect = MANAGED if managed or not base_url else SELF_HOSTED
        self._patience = patience or SilenceLimits()
        self._refused = RefusedParameters()
        self._client: httpx.AsyncClient | None = None

    async def models(self) -> tuple[ModelInfo, ...]:
        """Return the models listed at the base URL; none without one."""
        if not self.base_url:
            return ()
        direct = OpenAIProvider(self.base_url, self._key)
        try:
            return await direct.models()
        finally:
            await direct.close()

    async def presence(self) -> ServerPresence:
        """Return whether the server at the base URL answers; `there` without one."""
        if not self.base_url:
            return "there"
        direct = OpenAIProvider(self.base_url, self._key)
        try:
            return await direct.presence()
        finally:
            await direct.close()

    async def generate(
        self, request: ModelRequest, announce: Callable[[ReplyFragment], None], enough: asyncio.Event | None = None
    ) -> ModelReply:
        """One whole reply; cancelling the task closes the connection."""
        litellm = await self._load_library()
        refused, dialect = self._refused, self._dialect
        return await refused.retry_without(
            lambda: self._request_reply(litellm, refused.fit_request(request), announce, enough),
            lambda: optional_parameters(request, dialect, refused.names),
        )

    async def _load_library(self) -> Any:
        """LiteLLM with our own connections below it; raises `ProviderError` when one of the two cannot be had."""
        if self._client is None or self._client.is_closed:
            timeout = httpx.Timeout(None, connect=_CONNECT_SECONDS)
            self._client = open_client(self.base_url or _DEFAULT_BASE_URL, timeout, follow_redirects=True)
        try:
            library = await asyncio.to_thread(_import_quietly)
        except Exception as error:
            message = f"LiteLLM cannot be loaded: {one_line(str(error), 200)}."
            raise ProviderError("bad-request", message, advice="Install kimi-tui again.") from error
        library.aclient_session = self._client  # its own would obey the environment on the way to this machine
        return library

    async def _request_reply(
        self,
        litellm: Any,
        request: ModelRequest,
        announce: Callable[[ReplyFragment], None],
        enough: asyncio.Event | None,
    ) -> ModelReply:
        """Return the reply to a request, less what the server refuses."""
        reply, limit = ReplyAssembler(request, announce), ThinkingLimit(request, enough)
        try:
            async with asyncio.timeout(self._patience.first_seconds) as timeout:
                watchdog = Watchdog(timeout, reply, self._patience)
                stream = await litellm.acompletion(**self._arguments(litellm, request))
                try:
                    await self._read(stream, reply, limit, watchdog)
                finally:
                    await stream.aclose()
        except TimeoutError:
            raise stalled_error(reply, self._patience) from None
        except ProviderError:
            raise
        except Exception as error:
            raise reply.with_partial_reply(self._failure(litellm, error, reply)) from error
        return reply.finish()

    async def close(self) -> None:
        """End the connections that LiteLLM keeps; they are shared by all providers of the process."""
        own, self._client = self._client, None
        if own is not None:
            await own.aclose()
        litellm: Any = sys.modules.get("litellm")
        if litellm is not None:
            litellm.aclient_session = None
            clients = list(litellm.in_memory_llm_clients_cache.cache_dict.values())
            litellm.in_memory_llm_clients_cache.flush_cache()
            for client in clients:
                if hasattr(client, "close"):
                    await client.close()
            await sys.modules["litellm.litellm_core_utils.logging_worker"].GLOBAL_LOGGING_WORKER.stop()

    def _arguments(self, litellm: Any, request: ModelRequest) -> dict[str, Any]:
        """Return new arguments for `acompletion`, since it modifies them."""
        prefix = request.model.partition("/")[0]
        known = "/" in request.model and prefix in litellm.provider_list
        without = self._refused.names
        dialect = dialect_for(request, self._dialect, without)
        parameters = wire_parameters(request, dialect, without)
        standard = {name: parameters.pop(name) for name in _STANDARD if name in parameters}
        arguments: dict[str, Any] = {
            "model": request.model if known else f"openai/{request.model}",
            "messages": wire_messages(request.messages, dialect),
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_retries": 0,
            "num_retries": 0,
            "timeout": self._patience.first_seconds + self._patience.between_seconds,
            "api_base": self.base_url or None,
            # The OpenAI library refuses to start without a key, even for servers that want none.
            "api_key": self._key or ("none" if self.base_url else None),
            # What LiteLLM does not know by name it drops, unless it is told to pass it on.
            "extra_body": parameters or None,
            **standard,
        }
        if "stream_options" in without:
            del arguments["stream_options"]
        if request.tools:
            arguments["tools"] = wire_tools(request.tools)
        return {name: value for name, value in arguments.items() if value is not None}

    async def _read(self, stream: Any, reply: ReplyAssembler, limit: ThinkingLimit, watchdog: Watchdog) -> None:
        """Take every chunk, then believe only what the server itself said about the end."""
        async for chunk in give_way_between(aiter(stream)):
            choices = msgspec.convert(list(chunk.choices), list[ChunkChoice], strict=False, from_attributes=True)
            reply.add(Chunk(choices=choices))
            if limit.is_reached(reply):
                raise limit.limit_error(reply)
            watchdog.note_read()
        reply.finish_reason = getattr(stream, "received_finish_reason", None) or ""
        counted = [chunk.usage for chunk in stream.chunks if getattr(chunk, "usage", None) is not None]
        if reply.finish_reason and counted:
            usage = msgspec.convert(counted[-1].model_dump(), WireUsage, strict=False)
            reply.add(Chunk(usage=usage))

    def _failure(self, litellm: Any, error: Exception, reply: ReplyAssembler) -> ProviderError:
        """Return the error for an exception of LiteLLM; the wrapped exception is more specific than its own type."""
        causes = list(_causes(error))
        said = self._error_message(error)
        if any(isinstance(cause, json.JSONDecodeError) for cause in causes):
            return failures.malformed_error(said)
        if any(isinstance(cause, litellm.Timeout | httpx.TransportError | OSError) for cause in causes):
            if reply.has_started:
                return ProviderError("truncated", "The connection broke inside the reply.", advice="Try again.")
            broken = next((cause for cause in causes if isinstance(cause, httpx.TransportError)), None)
            if broken is not None:
                return unreachable_error(broken, self.base_url or _address_of(broken))
            return ProviderError(
                "unreachable",
                f"The server cannot be reached: {said}",
                advice="Start the server, or check its address and the network.",
            )
        status = getattr(error, "status_code", 0)
        headers = getattr(error, "litellm_response_headers", None) or {}
        return failures.refusal_from_text(
            status if isinstance(status, int) else 0, said, wait_in_headers(headers), str(error)
        )

    def _error_message(self, error: Exception) -> str:
        """Return the server's message from an exception, on one line, without the key and LiteLLM's prefixes."""
        said = str(error).partition(" Original exception:")[0].replace(self._key or "\0", "[key]")
        while (bare := _PREFIXES.sub("", said)) != said:
            said = bare
        return one_line(failures.page_title(said.encode("utf-8", "replace")) or said, 300)


def _address_of(error: httpx.TransportError) -> str:
    """Return the address of the failed server; empty when the error does not have it."""
    try:
        return str(error.request.url.copy_with(path="/", query=None))
    except RuntimeError:
        return ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those it wraps, outermost first."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = getattr(cause, "original_exception", None) or cause.__cause__ or cause.__context__


def _import_quietly() -> Any:
    """Import the library so that it neither contacts the network nor prints."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
    # What the library warns of in its own use of others is no business of a screen.
    warnings.filterwarnings("ignore", module=r"(litellm|pydantic|openai)(\.|$)")
    import litellm

    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.disable_streaming_logging = True
    # With aiohttp below it LiteLLM leaves sessions open, which complain on stderr.
    litellm.disable_aiohttp_transport = True
    return litellm

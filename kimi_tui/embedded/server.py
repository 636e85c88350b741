"""The embedded server: OpenAI-compatible chat completions on loopback, in vLLM's shape.

It listens on 127.0.0.1 only and answers only requests addressed to a loopback name, so that neither the network
nor a page in a browser reaches it. A generation ends when its client hangs up. This module imports aiohttp:
import it inside a function.
"""

import asyncio
import hmac
import time
import uuid
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec
from aiohttp import web

from kimi_tui.embedded.requests import ChatRequest, Refusal, parse_request
from kimi_tui.embedded.researcher import Researcher
from kimi_tui.embedded.script import Script, Scripted, load_script
from kimi_tui.embedded.streaming import send_stream, send_whole, whole_fault
from kimi_tui.embedded.usage import PrefixCache, count_tokens, render, usage_of
from kimi_tui.embedded.wire import Envelope, PlannedReply

MAX_BODY = 64 * 1024 * 1024
"""Bytes of a request; a 300-step history is far below."""
_LOOPBACK_NAMES = ("127.0.0.1", "localhost")


class Character(Protocol):
    """Who answers under a model id."""

    model: str
    """The model id."""
    description: str
    """One line for `/v1/models`; it says that there is no neural model."""
    context_window: int
    """Tokens; a longer prompt is refused."""

    async def reply(self, request: ChatRequest) -> PlannedReply:
        """The whole reply to a request."""
        ...


class Server:
    """An embedded server; `start` it, use the base URL, `close` it."""

    def __init__(
        self,
        *,
        script: Script | Path | None = None,
        pace: float | None = None,
        api_key: str = "",
        keep_requests: int = 0,
        others: tuple[Character, ...] = (),
    ) -> None:
        """`pace` is deltas a second, 0 for no delay, None for each character's own.

        `others` answer beside the researcher and the script.

        With an `api_key`, every request but `/health` needs it. The last `keep_requests` bodies are kept in
        `requests`, for tests. Raises `ScriptError` for a script file that is not valid.
        """
        characters: list[Character] = [Researcher() if pace is None else Researcher(pace), *others]
        if script is not None:
            loaded = load_script(script) if isinstance(script, Path) else script
            characters.append(Scripted(loaded, pace))
        self._characters = {character.model: character for character in characters}
        self._api_key = api_key
        self._cache = PrefixCache()
        self._runner: web.AppRunner | None = None
        self.base_url = ""
        """Where clients send requests (`http://127.0.0.1:PORT/v1`); empty before `start`."""
        self.requests: deque[dict[str, Any]] = deque(maxlen=keep_requests)
        """The bodies of the last accepted chat requests, the latest last."""
        self.generating = 0
        """Replies that are being sent now."""
        self.hung_up = 0
        """Replies whose client went away before their end."""

    async def start(self, port: int = 0) -> str:
        """Listen on 127.0.0.1 (on a free port for 0) and return the base URL; raises `OSError`."""
        app = web.Application(client_max_size=MAX_BODY, middlewares=[self._guard])
        app.router.add_get("/health", self._health)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/chat/completions", self._complete)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", port).start()
        except OSError:
            await self.close()
            raise
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self.base_url

    async def close(self) -> None:
        """Stop listening and end every generation; harmless when it does not run."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
        """Check who asks, and give every error vLLM's shape."""
        if request.url.host not in _LOOPBACK_NAMES:
            return web.json_response({"error": "Only loopback names are served"}, status=403)
        if self._api_key and request.path != "/health" and not self._authorized(request):
            return web.json_response({"error": "Unauthorized"}, status=401)
        try:
            response: web.StreamResponse = await handler(request)
        except Refusal as refusal:
            return web.json_response(refusal.body, status=refusal.status)
        except web.HTTPException as error:
            return web.json_response({"detail": error.reason}, status=error.status)
        return response

    def _authorized(self, request: web.Request) -> bool:
        """Whether the request carries the key."""
        expected = f"Bearer {self._api_key}".encode()
        return hmac.compare_digest(request.headers.get("Authorization", "").encode("utf-8", "replace"), expected)

    async def _health(self, request: web.Request) -> web.Response:
        """Empty and 200, as vLLM answers."""
        return web.Response()

    async def _metrics(self, request: web.Request) -> web.Response:
        """How many replies are being sent, as vLLM tells it."""
        return web.Response(text=f"vllm:num_requests_running {float(self.generating)}\n")

    async def _models(self, request: web.Request) -> web.Response:
        """The characters as a list of models."""
        data = [
            {
                "id": character.model,
                "object": "model",
                "created": 0,
                "owned_by": "kimi-tui",
                "root": character.model,
                "parent": None,
                "max_model_len": character.context_window,
                "description": character.description,
            }
            for character in self._characters.values()
        ]
        return web.json_response({"object": "list", "data": data})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        """One chat completion."""
        if request.content_type != "application/json":
            raise Refusal(400, "Unsupported Media Type: Only 'application/json' is allowed", "Bad Request")
        raw = await request.read()
        asked = parse_request(raw)
        character = self._character(asked.model)
        if self.requests.maxlen:
            self.requests.append(msgspec.json.decode(raw))
        blocks = render(asked)
        prompt = sum(count_tokens(block) for block in blocks)
        self._check_length(prompt, character.context_window)
        cached = self._cache.look_up(blocks)
        self.generating += 1
        try:
            return await self._answer(request, asked, character, prompt, cached)
        except asyncio.CancelledError:
            self.hung_up += 1
            raise
        except ConnectionError:  # there is nobody to answer, and no fault to log
            self.hung_up += 1
            return web.Response()
        finally:
            self.generating -= 1

    def _character(self, model: str) -> Character:
        """Who answers under this model id; raises `Refusal` with status 404."""
        character = self._characters.get(model)
        if character is None:
            known = ", ".join(self._characters)
            message = f"The model `{model}` does not exist. Valid aliases: {known}."
            raise Refusal(404, message, "NotFoundError", "model")
        return character

    def _check_length(self, prompt: int, window: int) -> None:
        """Refuse a prompt that is longer than the window, in vLLM's words."""
        if prompt >= window:
            message = (
                f"This model's maximum context length is {window} tokens. However, your prompt contains at least "
                f"{prompt} input tokens, which exceeds this limit even without any output tokens. Please reduce the "
                f"length of the input prompt. (parameter=input_tokens, value={prompt})"
            )
            raise Refusal(400, message, param="input_tokens")

    async def _answer(
        self, request: web.Request, asked: ChatRequest, character: Character, prompt: int, cached: int
    ) -> web.StreamResponse:
        """Let the character answer, and send what it says."""
        reply = await character.reply(asked)
        if reply.fault and (response := whole_fault(reply.fault)):
            return response
        usage = {**usage_of(prompt, cached, reply.reasoning, reply.answer), **(reply.usage or {})}
        envelope = Envelope(f"chatcmpl-{uuid.uuid4().hex[:16]}", int(time.time()), asked.model)
        if asked.stream:
            return await send_stream(request, reply, envelope, usage if asked.include_usage else None)
        return await send_whole(request, reply, envelope, usage)


async def serve(
    port: int, script: Path | None, pace: float | None, ready: Callable[[str], None] = lambda base_url: None
) -> None:
    """Serve until cancelled; `ready` is called with the base URL once requests are taken.

    Raises `OSError` when the port is taken and `ScriptError` for a script that is not valid.
    """
    server = Server(script=script, pace=pace)
    ready(await server.start(port))
    try:
        await asyncio.Event().wait()
    finally:
        await server.close()

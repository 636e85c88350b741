"""The embedded server: OpenAI-compatible chat completions on loopback, in vLLM's form.

It listens on 127.0.0.1 only and answers only requests addressed to a loopback name, so that neither the network
nor a page in a browser reaches it. A generation ends when its client hangs up.
"""

import asyncio
import hmac
import time
import uuid
from collections import deque
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol

import msgspec

from kimi_tui.embedded.chat_requests import ChatRequest, RequestRefusal, parse_request
from kimi_tui.embedded.http_server import HttpError, HttpRequest, HttpResponse, HttpServer, json_response
from kimi_tui.embedded.reply_chunks import ChunkEnvelope, PlannedReply
from kimi_tui.embedded.researcher import Researcher
from kimi_tui.embedded.script import Script, ScriptedModel, load_script
from kimi_tui.embedded.streaming import fault_response, send_stream, send_whole
from kimi_tui.embedded.usage import PrefixCache, build_usage, count_tokens, render_prompt

MAX_BODY_BYTES = 64 * 1024 * 1024
"""Bytes of a request; a 300-step history is far below."""
_LOOPBACK_NAMES = ("127.0.0.1", "localhost")


class EmbeddedModel(Protocol):
    """A model that the embedded server offers."""

    model: str
    """The model id."""
    description: str
    """One line for `/v1/models`; it says that there is no neural model."""
    context_window: int
    """Tokens; a longer prompt is refused."""

    async def reply(self, request: ChatRequest) -> PlannedReply:
        """Return the whole reply to a request."""
        ...


class EmbeddedServer:
    """The embedded server; `start` it, use the base URL, `close` it."""

    def __init__(
        self,
        *,
        script: Script | Path | None = None,
        pace: float | None = None,
        api_key: str = "",
        keep_requests: int = 0,
        others: tuple[EmbeddedModel, ...] = (),
    ) -> None:
        """`pace` is deltas a second, 0 for no delay, None for each character's own.

        `others` answer beside the researcher and the script.

        With an `api_key`, every request but `/health` needs it. The last `keep_requests` bodies are kept in
        `requests`, for tests. Raises `ScriptError` for a script file that is not valid.
        """
        characters: list[EmbeddedModel] = [Researcher() if pace is None else Researcher(pace), *others]
        if script is not None:
            loaded = load_script(script) if isinstance(script, Path) else script
            characters.append(ScriptedModel(loaded, pace))
        self._characters = {character.model: character for character in characters}
        self._api_key = api_key
        self._cache = PrefixCache()
        self._http: HttpServer | None = None
        self._places = {
            ("GET", "/health"): self._health,
            ("GET", "/metrics"): self._metrics,
            ("GET", "/v1/models"): self._models,
            ("POST", "/v1/chat/completions"): self._complete,
        }
        self.base_url = ""
        """Where clients send requests (`http://127.0.0.1:PORT/v1`); empty before `start`."""
        self.requests: deque[dict[str, Any]] = deque(maxlen=keep_requests)
        """The bodies of the last accepted chat requests, the latest last."""
        self.generating = 0
        """Replies that are being sent now."""
        self.cancelled_replies = 0
        """Replies whose client went away before their end."""

    async def start(self, port: int = 0) -> str:
        """Listen on 127.0.0.1 (on a free port for 0) and return the base URL; raises `OSError`."""
        self._http = HttpServer(self._check_request, MAX_BODY_BYTES)
        bound = await self._http.start(port)
        self.base_url = f"http://127.0.0.1:{bound}/v1"
        return self.base_url

    async def close(self) -> None:
        """Stop listening and end every generation; harmless when it does not run."""
        http, self._http = self._http, None
        if http is not None:
            await http.close()

    async def _check_request(self, request: HttpRequest) -> HttpResponse | None:
        """Check who asks, and give every error vLLM's shape."""
        if request.host not in _LOOPBACK_NAMES:
            return json_response({"error": "Only loopback names are served"}, 403)
        if self._api_key and request.path != "/health" and not self._authorized(request):
            return json_response({"error": "Unauthorized"}, 401)
        try:
            return await self._find_route(request)(request)
        except RequestRefusal as refusal:
            return json_response(refusal.body, refusal.status)
        except HttpError as error:
            return json_response({"detail": error.reason}, error.status)

    def _find_route(self, request: HttpRequest) -> Callable[[HttpRequest], Coroutine[Any, Any, HttpResponse | None]]:
        """Return the handler of a path; raises `HttpError`."""
        methods = {method: place for (method, path), place in self._places.items() if path == request.path}
        method = "GET" if request.method == "HEAD" else request.method
        if not methods:
            raise HttpError(404, "Not Found")
        if method not in methods:
            raise HttpError(405, "Method Not Allowed")
        return methods[method]

    def _authorized(self, request: HttpRequest) -> bool:
        """Return whether the request carries the key."""
        expected = f"Bearer {self._api_key}".encode()
        return hmac.compare_digest(request.headers.get("authorization", "").encode("latin-1", "replace"), expected)

    async def _health(self, request: HttpRequest) -> HttpResponse:
        """Empty and 200, as vLLM answers."""
        return HttpResponse()

    async def _metrics(self, request: HttpRequest) -> HttpResponse:
        """Return the number of replies being sent, in vLLM's format."""
        return HttpResponse(f"vllm:num_requests_running {float(self.generating)}\n".encode())

    async def _models(self, request: HttpRequest) -> HttpResponse:
        """List the embedded models."""
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
        return json_response({"object": "list", "data": data})

    async def _complete(self, request: HttpRequest) -> HttpResponse | None:
        """One chat completion."""
        if request.content_type != "application/json":
            raise RequestRefusal(400, "Unsupported Media Type: Only 'application/json' is allowed", "Bad Request")
        raw = request.body
        asked = parse_request(raw)
        character = self._find_model(asked.model)
        if self.requests.maxlen:
            self.requests.append(msgspec.json.decode(raw))
        blocks = render_prompt(asked)
        prompt = sum(count_tokens(block) for block in blocks)
        self._check_length(prompt, character.context_window)
        cached = self._cache.look_up(blocks)
        self.generating += 1
        try:
            return await self._answer(request, asked, character, prompt, cached)
        except asyncio.CancelledError:
            self.cancelled_replies += 1
            raise
        except ConnectionError:  # there is nobody to answer, and no fault to log
            self.cancelled_replies += 1
            return HttpResponse()
        finally:
            self.generating -= 1

    def _find_model(self, model: str) -> EmbeddedModel:
        """Return the model with this id; raises `RequestRefusal` with status 404."""
        character = self._characters.get(model)
        if character is None:
            known = ", ".join(self._characters)
            message = f"The model `{model}` does not exist. Valid aliases: {known}."
            raise RequestRefusal(404, message, "NotFoundError", "model")
        return character

    def _check_length(self, prompt: int, window: int) -> None:
        """Refuse a prompt that is longer than the window, in vLLM's words."""
        if prompt >= window:
            message = (
                f"This model's maximum context length is {window} tokens. However, your prompt contains at least "
                f"{prompt} input tokens, which exceeds this limit even without any output tokens. Please reduce the "
                f"length of the input prompt. (parameter=input_tokens, value={prompt})"
            )
            raise RequestRefusal(400, message, param="input_tokens")

    async def _answer(
        self, request: HttpRequest, asked: ChatRequest, character: EmbeddedModel, prompt: int, cached: int
    ) -> HttpResponse | None:
        """Get the model's reply and send it."""
        reply = await character.reply(asked)
        if reply.fault and (response := fault_response(reply.fault)):
            return response
        usage = {**build_usage(prompt, cached, reply.reasoning, reply.answer_text), **(reply.usage or {})}
        envelope = ChunkEnvelope(f"chatcmpl-{uuid.uuid4().hex[:16]}", int(time.time()), asked.model)
        if asked.stream:
            await send_stream(request, reply, envelope, usage if asked.include_usage else None)
            return None
        return await send_whole(request, reply, envelope, usage)


async def serve(
    port: int, script: Path | None, pace: float | None, ready: Callable[[str], None] = lambda base_url: None
) -> None:
    """Serve until cancelled; `ready` is called with the base URL once requests are taken.

    Raises `OSError` when the port is taken and `ScriptError` for a script that is not valid.
    """
    server = EmbeddedServer(script=script, pace=pace)
    ready(await server.start(port))
    try:
        await asyncio.Event().wait()
    finally:
        await server.close()

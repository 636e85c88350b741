"""The embedded server: OpenAI-compatible chat completions on loopback, in vLLM's shape.

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

from kimi_tui.embedded.http_server import HttpError, HttpServer, Request, Response, json_response
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
        self.hung_up = 0
        """Replies whose client went away before their end."""

    async def start(self, port: int = 0) -> str:
        """Listen on 127.0.0.1 (on a free port for 0) and return the base URL; raises `OSError`."""
        self._http = HttpServer(self._guard, MAX_BODY)
        bound = await self._http.start(port)
        self.base_url = f"http://127.0.0.1:{bound}/v1"
        return self.base_url

    async def close(self) -> None:
        """Stop listening and end every generation; harmless when it does not run."""
        http, self._http = self._http, None
        if http is not None:
            await http.close()

    async def _guard(self, request: Request) -> Response | None:
        """Check who asks, and give every error vLLM's shape."""
        if request.host not in _LOOPBACK_NAMES:
            return json_response({"error": "Only loopback names are served"}, 403)
        if self._api_key and request.path != "/health" and not self._authorized(request):
            return json_response({"error": "Unauthorized"}, 401)
        try:
            return await self._place(request)(request)
        except Refusal as refusal:
            return json_response(refusal.body, refusal.status)
        except HttpError as error:
            return json_response({"detail": error.reason}, error.status)

    def _place(self, request: Request) -> Callable[[Request], Coroutine[Any, Any, Response | None]]:
        """What answers at a path; raises `HttpError`."""
        methods = {method: place for (method, path), place in self._places.items() if path == request.path}
        method = "GET" if request.method == "HEAD" else request.method
        if not methods:
            raise HttpError(404, "Not Found")
        if method not in methods:
            raise HttpError(405, "Method Not Allowed")
        return methods[method]

    def _authorized(self, request: Request) -> bool:
        """Whether the request carries the key."""
        expected = f"Bearer {self._api_key}".encode()
        return hmac.compare_digest(request.headers.get("authorization", "").encode("latin-1", "replace"), expected)

    async def _health(self, request: Request) -> Response:
        """Empty and 200, as vLLM answers."""
        return Response()

    async def _metrics(self, request: Request) -> Response:
        """How many replies are being sent, as vLLM tells it."""
        return Response(f"vllm:num_requests_running {float(self.generating)}\n".encode())

    async def _models(self, request: Request) -> Response:
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
        return json_response({"object": "list", "data": data})

    async def _complete(self, request: Request) -> Response | None:
        """One chat completion."""
        if request.content_type != "application/json":
            raise Refusal(400, "Unsupported Media Type: Only 'application/json' is allowed", "Bad Request")
        raw = request.body
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
            return Response()
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
        self, request: Request, asked: ChatRequest, character: Character, prompt: int, cached: int
    ) -> Response | None:
        """Let the character answer, and send what it says."""
        reply = await character.reply(asked)
        if reply.fault and (response := whole_fault(reply.fault)):
            return response
        usage = {**usage_of(prompt, cached, reply.reasoning, reply.answer), **(reply.usage or {})}
        envelope = Envelope(f"chatcmpl-{uuid.uuid4().hex[:16]}", int(time.time()), asked.model)
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
    server = Server(script=script, pace=pace)
    ready(await server.start(port))
    try:
        await asyncio.Event().wait()
    finally:
        await server.close()

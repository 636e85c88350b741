"""A small server that speaks a real engine's dialect, as recorded, with any of the defects that those engines have.

It stands for the engine and for the model: what it is asked for it calls, and its words come one at a time.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from aiohttp import web

REASONING = " The person wants figures , so I note them and nothing else ."
MODEL = "kimi-k2-thinking"


@dataclass(frozen=True)
class Engine:
    """The server: its settings, and its faults."""

    owned_by: str = "vllm"
    server: str = "uvicorn"
    version: str = "0.32.0"
    places: dict[str, Any] = field(default_factory=dict)
    """Documents by path, besides those below."""
    models: tuple[str, ...] = (MODEL,)
    window: int = 262_144
    """0 leaves it out."""
    reasoning_out: tuple[str, ...] = ("reasoning",)
    """Empty sends the tags inside the answer."""
    thinks: bool = True
    reads: tuple[str, ...] = ("reasoning", "reasoning_content")
    demands_reasoning: bool = False
    refuses_keys: tuple[str, ...] = ()
    leaks: bool = False
    """After an observation, the thinking comes in the answer and its end is lost."""
    passes_tags: bool = True
    """Whether `thinking: false` is a way round that."""
    calls: Literal["parsed", "written", "none"] = "parsed"
    parallel: bool = True
    broken_arguments: int = 0
    """How many of the single calls have arguments that break the schema."""
    counts: bool = True
    cached: Literal["told", "hidden", "off"] = "told"
    pieces: Literal["each", "once", "whole"] = "each"
    obeys_cap: bool = True
    stops: bool = True
    metrics: str = "vllm:num_requests_running"
    """The name of the gauge; empty for none."""
    gauge_sticks: bool = False
    """Whether the gauge still shows the last request after it ended."""
    unknown_model: int = 404
    key: str = ""
    any_key: bool = False
    budget: Literal["unknown", "refused", "obeyed"] = "obeyed"
    shows_prompts: bool = False
    """Whether it applies its template for anybody who asks."""
    silent: bool = False
    """Takes every question to the model and never answers."""
    silent_after: int = 1_000_000
    """How many questions it answers before it falls silent."""
    pace: float = 0.002
    """Seconds between two words."""
    pings: bool = False
    """Whether it shows signs of life while it is silent."""
    status: int = 200
    """Of every answer of the model."""
    overflow: bool = True
    """Whether it refuses a prompt that is too long."""


VLLM = Engine()
SGLANG = Engine(
    owned_by="sglang",
    version="",
    reasoning_out=("reasoning_content",),
    reads=("reasoning_content",),
    metrics="sglang:num_running_reqs",
    unknown_model=200,
    budget="unknown",
    places={"/get_server_info": {"version": "0.5.23", "tool_call_parser": "kimi_k2", "max_total_num_tokens": 700_000}},
)
KTRANSFORMERS = replace(
    SGLANG,
    reasoning_out=(),
    calls="written",
    metrics="",
    cached="hidden",
    places={
        "/server_info": {
            "version": "0.5.6",
            "kt_method": "RAWINT4",
            "kt_weight_path": "/w",
            "max_total_num_tokens": 37_000,
        }
    },
)
LLAMACPP = Engine(
    owned_by="llamacpp",
    server="llama.cpp",
    shows_prompts=True,
    version="",
    window=0,
    reasoning_out=("reasoning_content",),
    reads=("reasoning_content",),
    metrics="",
    unknown_model=200,
    budget="unknown",
    places={
        "/props": {
            "build_info": "b7100-0c1e570",
            "total_slots": 1,
            "default_generation_settings": {"n_ctx": 131_072},
        },
        "/v1/chat/completions/control": {},
    },
)
LITELLM = Engine(
    owned_by="openai",
    version="",
    reasoning_out=("reasoning_content",),
    metrics="",
    cached="hidden",
    places={"/health/readiness": {"status": "healthy", "litellm_version": "1.108.7"}},
)


class MiniServer:
    """Serves one engine on loopback."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.base_url = ""
        self.asked: list[dict[str, Any]] = []
        """The bodies of all questions to the model."""
        self.most_at_once = 0
        """The most questions that were under way together."""
        self._running = 0
        self._prompts: set[str] = set()
        self._written = 0
        self._broken = engine.broken_arguments

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 26, middlewares=[self._guard])
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_route("*", "/{rest:.*}", self._place)
        self._runner = web.AppRunner(app, handler_cancellation=self.engine.stops, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        engine = self.engine
        if engine.key and not engine.any_key and request.headers.get("Authorization") != f"Bearer {engine.key}":
            return web.json_response({"error": "Unauthorized"}, status=401)
        response: web.StreamResponse = await handler(request)
        if not response.prepared:
            response.headers["Server"] = engine.server
        return response

    async def _models(self, request: web.Request) -> web.Response:
        window = {"max_model_len": self.engine.window} if self.engine.window else {}
        data = [
            {"id": name, "object": "model", "owned_by": self.engine.owned_by, **window} for name in self.engine.models
        ]
        return web.json_response({"object": "list", "data": data})

    async def _place(self, request: web.Request) -> web.Response:
        engine = self.engine
        if request.path in engine.places:
            return web.json_response(engine.places[request.path])
        if request.path == "/version" and engine.version:
            return web.json_response({"version": engine.version})
        if request.path == "/apply-template" and engine.shows_prompts:
            messages = (await request.json())["messages"]
            read = [str(message[key]) for message in messages for key in ("content", *engine.reads) if key in message]
            return web.json_response({"prompt": "<|im_end|>".join(read)})
        if request.path == "/slots" and engine.owned_by == "llamacpp" and engine.metrics != "none":
            return web.json_response([{"id": 0, "is_processing": self._running > 0}])
        if request.path == "/metrics" and engine.metrics:
            running = float(self._running or (engine.gauge_sticks and self._written > 0))
            written = f"vllm:generation_tokens_total{{}} {float(self._written)}" if engine.gauge_sticks else ""
            return web.Response(text=f'# TYPE x gauge\n{engine.metrics}{{model_name="m"}} {running}\n{written}\n')
        return web.json_response({"detail": "Not Found"}, status=404)

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append(body)
        self._running += 1
        self.most_at_once = max(self.most_at_once, self._running)
        try:
            if self.engine.pings:
                return await self._ping(request)
            if self.engine.silent or len(self.asked) > self.engine.silent_after:
                await asyncio.sleep(60)
            refused = self._refusal(body)
            if refused is not None:
                return refused
            return await self._answer(request, body)
        finally:
            self._running -= 1

    def _refusal(self, body: dict[str, Any]) -> web.Response | None:
        engine = self.engine
        keys = {key for message in body["messages"] for key in message}
        said, status = "", 400
        if engine.status != 200:
            said, status = "the engine is dead", engine.status
        elif body["model"] != MODEL and engine.unknown_model != 200:
            said, status = f"The model `{body['model']}` does not exist.", engine.unknown_model
        elif engine.demands_reasoning and len(body["messages"]) > 1 and "reasoning_content" not in keys:
            said = "thinking is enabled but reasoning_content is missing in assistant tool call message at index 1"
        elif keys & set(engine.refuses_keys):
            said = "unknown field in message"
        elif engine.overflow and engine.window and prompt_tokens(body, engine) > engine.window:
            said = f"This model's maximum context length is {engine.window} tokens."
        elif self._refuses_budget(body.get("thinking_token_budget")):
            said = "thinking_token_budget is not what it should be"
        return (
            web.json_response({"error": {"message": said, "type": "x", "code": status}}, status=status)
            if said
            else None
        )

    def _refuses_budget(self, budget: Any) -> bool:
        known = self.engine.budget != "unknown" and budget is not None
        return known and (not isinstance(budget, int) or self.engine.budget == "refused")

    async def _answer(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        engine = self.engine
        deltas = list(self._deltas(body))
        cap = int(body["max_tokens"])
        finish = "tool_calls" if any("tool_calls" in delta for delta in deltas) else "stop"
        if engine.obeys_cap and len(deltas) > cap:
            deltas, finish = deltas[:cap], "length"
        usage = self._usage(body, len(deltas))
        if not body.get("stream") or engine.pieces == "whole":
            message = merged(deltas)
            return web.json_response({"choices": [{"index": 0, "message": message, "finish_reason": finish}]} | usage)
        chunks: list[Any] = [{"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}]
        chunks += [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
        chunks += [{"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}, {"choices": []} | usage]
        return await self._stream(request, [json.dumps(chunk) for chunk in chunks] + ["[DONE]"])

    async def _stream(self, request: web.Request, frames: list[str]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Server": self.engine.server})
        await response.prepare(request)
        if self.engine.pieces == "once":
            frames = ["\n\ndata: ".join(frames)]
        for frame in frames:
            try:
                await response.write(f"data: {frame}\n\n".encode())
            except ConnectionError:
                if self.engine.stops:
                    raise
            self._written += "hundred as words" in str(self.asked[-1])
            await asyncio.sleep(self.engine.pace)
        return response

    async def _ping(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        while True:
            await response.write(b": ping\n\n")
            await asyncio.sleep(0.02)

    def _usage(self, body: dict[str, Any], written: int) -> dict[str, Any]:
        engine, messages = self.engine, json.dumps(body["messages"])
        if not engine.counts:
            return {}
        read = prompt_tokens(body, engine)
        cached = read - 1 if messages in self._prompts and engine.cached == "told" else 0
        self._prompts.add(messages)
        details = {"prompt_tokens_details": None if engine.cached == "hidden" else {"cached_tokens": cached}}
        return {"usage": {"prompt_tokens": read, "completion_tokens": written} | details}

    def _deltas(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Return the model's words in the engine's fields, one at a time."""
        asked = body["messages"][-1]
        text = " The margin is 20 % ." if asked["role"] == "tool" else ""
        wanted = figures(asked["content"]) if asked["role"] == "user" and body.get("tools") else []
        if not wanted and asked["role"] == "user":
            text = " one" * 1500 if "hundred as words" in asked["content"] else " It is 25 ."
        yield from self._thinking(body, asked["role"] == "tool")
        yield from ({"content": word} for word in words(text))
        if self.engine.calls != "none":
            yield from self._calls(wanted if self.engine.parallel else wanted[:1])

    def _thinking(self, body: dict[str, Any], observed: bool) -> Iterator[dict[str, Any]]:
        engine = self.engine
        passed = engine.passes_tags and body.get("chat_template_kwargs") == {"thinking": False}
        if not engine.thinks:
            return
        if not engine.reasoning_out or (engine.leaks and observed):
            ends = not engine.reasoning_out or passed
            yield from ({"content": word} for word in ["<think>", *words(REASONING), *(["</think>"] if ends else [])])
        else:
            yield from (dict.fromkeys(engine.reasoning_out, word) for word in words(REASONING))

    def _calls(self, wanted: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for n, arguments in enumerate(wanted):
            if self._broken:
                self._broken -= 1
                arguments = {**arguments, "unit": "marks"}
            raw, name = json.dumps(arguments), f"functions.note_figures:{n}"
            if self.engine.calls == "written":
                yield {"content": f"<|tool_calls_section_begin|><|tool_call_begin|>{name}<|tool_call_argument_begin|>"}
                yield {"content": f"{raw}<|tool_call_end|><|tool_calls_section_end|>"}
                continue
            function = {"name": "note_figures", "arguments": ""}
            yield {"tool_calls": [{"index": n, "id": name, "type": "function", "function": function}]}
            yield {"tool_calls": [{"index": n, "function": {"arguments": raw}}]}


def words(text: str) -> list[str]:
    """A text as it streams."""
    return re.findall(r" \S+", text)


def figures(asked: str) -> list[dict[str, Any]]:
    """The arguments that a question spells out."""
    found = re.findall(r"company (\w+), year (\d+), unit (\w+), values ([\d.]+) and ([\d.]+\d|\d)", asked)
    return [{"company": c, "year": int(y), "unit": u, "values": [float(a), float(b)]} for c, y, u, a, b in found]


def prompt_tokens(body: dict[str, Any], engine: Engine) -> int:
    """Words that the engine's template puts before the model."""
    read = 10
    for message in body["messages"]:
        read += len(str(message.get("content", "")).split())
        read += max((len(message[key].split()) for key in engine.reads if key in message), default=0)
    return read


def merged(deltas: list[dict[str, Any]]) -> dict[str, Any]:
    """A whole message of its pieces."""
    message: dict[str, Any] = {"role": "assistant", "content": "", "tool_calls": []}
    for delta in deltas:
        for key, value in delta.items():
            if key != "tool_calls":
                message[key] = message.get(key, "") + value
            elif "id" in value[0]:
                message["tool_calls"].append(value[0] | {"function": dict(value[0]["function"])})
            else:
                message["tool_calls"][-1]["function"]["arguments"] += value[0]["function"]["arguments"]
    return message

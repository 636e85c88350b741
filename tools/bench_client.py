"""Measure the CPU cost of one streamed chunk: our client against bare reading, over 20,000 chunks on loopback.

    python tools/bench_client.py [--chunks 20000] [--runs 5] [--counts] [--all]

The server is a process of its own, so only the client is measured. `read_bare` is httpx's line reader with
`json.loads`, the least that any client does; `--all` adds the OpenAI library and LiteLLM, which take seconds to
import. The clients take turns, so that what else the machine does falls on all of them. `--counts` puts token counts
into each chunk, as servers do that are asked to.
"""

import argparse
import asyncio
import json
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Coroutine
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from kimi_tui.messages import Message
from kimi_tui.providers import connect
from kimi_tui.providers.base import ModelRequest

Client = Callable[[str], Coroutine[Any, Any, int]]
"""Reads one reply at a base URL and says how many characters it held."""


def stream(chunks: int, *, counts: bool) -> bytes:
    """A reply of some chunks as vLLM sends them, with chunked transfer, one write a chunk."""
    usage = {"prompt_tokens": 9, "total_tokens": 99, "completion_tokens": 90}

    def frame(delta: dict[str, str], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish, "token_ids": None}
        body: dict[str, object] = {
            "id": "chatcmpl-838fe825352e41c5",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
        }
        body |= {"usage": usage} if counts else {}
        text = b"data: " + json.dumps({**body, "choices": [choice]}).encode() + b"\n\n"
        return b"%x\r\n%s\r\n" % (len(text), text)

    half = chunks // 2
    frames = [frame({"reasoning": " because"})] * half + [frame({"content": " answer"})] * (chunks - half)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return head + b"".join(frames) + frame({}, "stop") + b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


def serve(chunks: int, ready: Connection, *, counts: bool = False) -> None:
    """Answer every request with the same reply; runs in a process of its own until it is ended."""
    reply = stream(chunks, counts=counts)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
        await reader.readexactly(int(lengths[0]) if lengths else 0)
        writer.write(reply)
        await writer.drain()
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


async def read_bare(base_url: str) -> int:
    """Read with httpx and json, nothing else."""
    size = 0
    async with (
        httpx.AsyncClient(trust_env=False, timeout=60) as client,
        client.stream("POST", f"{base_url}/v1/chat/completions", json={"stream": True}) as response,
    ):
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                delta = json.loads(line[6:])["choices"][0]["delta"]
                size += len(delta.get("content") or delta.get("reasoning") or "")
    return size


async def read_with_provider(base_url: str, kind: str = "openai") -> int:
    """A provider of this project, with every fragment announced."""
    provider = connect(kind, base_url)
    size = 0

    def count(fragment: object) -> None:
        nonlocal size
        size += len(getattr(fragment, "text", ""))

    await provider.generate(ModelRequest("m", (Message("user", "Hi"),), ()), count)
    await provider.close()
    return size


async def read_with_litellm(base_url: str) -> int:
    """The provider over LiteLLM."""
    return await read_with_provider(base_url, "litellm")


async def read_with_openai(base_url: str) -> int:
    """Read with the OpenAI library alone."""
    import openai

    size = 0
    async with openai.AsyncOpenAI(base_url=f"{base_url}/v1", api_key="none", max_retries=0) as client:
        chunks = await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "Hi"}], stream=True
        )
        async for chunk in chunks:
            delta = chunk.choices[0].delta
            size += len(delta.content or getattr(delta, "reasoning", None) or "")
    return size


def measure(client: Client, base_url: str, chunks: int) -> float:
    """The CPU time of one chunk in microseconds."""
    before = time.process_time()
    size = asyncio.run(asyncio.wait_for(client(base_url), 300))
    if size < chunks:
        raise SystemExit("A client lost part of the reply.")
    return (time.process_time() - before) / chunks * 1e6


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--chunks", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--all", action="store_true", help="also the OpenAI library and LiteLLM")
    parser.add_argument("--counts", action="store_true", help="token counts in every chunk")
    options = parser.parse_args()
    ready, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=serve, args=(options.chunks, theirs), kwargs={"counts": options.counts}, daemon=True
    )
    server.start()
    try:
        base_url = f"http://127.0.0.1:{ready.recv()}"
        clients: dict[str, Client] = {"bare httpx and json": read_bare, "kimi-tui (openai)": read_with_provider}
        if options.all:
            clients |= {"OpenAI library": read_with_openai, "kimi-tui (litellm)": read_with_litellm}
        table(clients, base_url, options.chunks, options.runs)
    finally:
        server.terminate()


def table(clients: dict[str, Client], base_url: str, chunks: int, runs: int) -> None:
    """Print one line a client, each against the first and against ours."""
    costs: dict[str, list[float]] = {name: [] for name in clients}
    for _ in range(runs + 1):  # the first does not count: it imports and connects
        for name, client in clients.items():
            costs[name].append(measure(client, base_url, chunks))
    medians = {name: statistics.median(each[1:]) for name, each in costs.items()}
    first, second = list(medians.values())[:2]
    print(f"CPU per chunk, {chunks} chunks, medians of {runs} runs\n")
    print("| client | µs | times bare | times ours |\n|---|--:|--:|--:|")
    for name, cost in medians.items():
        print(f"| {name} | {cost:.1f} | {cost / first:.2f} | {cost / second:.2f} |", flush=True)


if __name__ == "__main__":
    main()

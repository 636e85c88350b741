"""Run a hook's program: one JSON object in, one out, within bounds of time and size, without secrets.

Whatever goes wrong is a denial with its reason: a hook that cannot answer must not be a way around it.
"""

import asyncio
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from kimi_tui.engine.interruptible import cancel_and_wait
from kimi_tui.events import HookAnswered
from kimi_tui.policy.hook_protocol import HookReply, HookRequest, decode_reply
from kimi_tui.text import one_line

MAX_REPLY_BYTES = 65_536
"""Bytes that a program may print as its answer."""
MAX_ERROR_BYTES = 4_096
"""Bytes of its errors that are read."""
MAX_REASON_CHARS = 400
"""Characters of a reason that are kept."""
_BLOCK_BYTES = 16_384
_PASSED_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "LOGNAME", "USER", "TMPDIR", "TZ", "XDG_RUNTIME_DIR")


class _HookFailed(Exception):
    """The program gave no answer; the text says why."""


async def ask_hook(command: tuple[str, ...], request: HookRequest, seconds: float, asks: str) -> HookAnswered:
    """Return the program's answer, or a denial that says why there is none; `asks` names the arguments."""
    name, begun = one_line(Path(command[0]).name, 60), time.monotonic()
    reply, problem = HookReply("deny"), ""
    try:
        async with asyncio.timeout(seconds):
            reply = decode_reply(await _run(command, msgspec.json.encode(request)))
    except TimeoutError:
        problem = f"it did not answer within {seconds:g} seconds"
    except (_HookFailed, ValueError, OSError) as error:
        problem = one_line(getattr(error, "strerror", None) or str(error), MAX_REASON_CHARS)
    if problem:
        reply = HookReply("deny", f"no answer, so the call is refused: {problem}")
    reason = one_line(reply.reason, MAX_REASON_CHARS)
    return HookAnswered(request.call_id, name, reply.verdict, reason, asks, problem, round(time.monotonic() - begun, 3))


async def _run(command: tuple[str, ...], request: bytes) -> bytes:
    """Return what a program prints; raises `_HookFailed`, or `OSError` when it cannot be started."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={name: os.environ[name] for name in _PASSED_VARIABLES if name in os.environ},
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    work = (
        asyncio.create_task(_write(process.stdin, request)),
        asyncio.create_task(_read(process.stdout, MAX_REPLY_BYTES)),
        asyncio.create_task(_read(process.stderr, MAX_ERROR_BYTES, cut=True)),
    )
    try:
        _, printed, errors = await asyncio.gather(*work)
        code = await process.wait()
    finally:
        await cancel_and_wait(*work)
        await _end(process)
    if code:
        said = one_line(errors.decode("utf-8", "replace"), 200)
        raise _HookFailed(f"it ended with code {code}" + (f": {said}" if said else ""))
    return printed


async def _write(stream: asyncio.StreamWriter, data: bytes) -> None:
    """Write to a program that may not want to read."""
    with suppress(ConnectionError):
        stream.write(data)
        await stream.drain()
    stream.close()


async def _read(stream: asyncio.StreamReader, most: int, *, cut: bool = False) -> bytes:
    """Return all that a program prints; of more than `most` bytes the first if `cut`, else raises `_HookFailed`."""
    found = bytearray()
    while block := await stream.read(_BLOCK_BYTES):
        found += block[: most + 1 - len(found)]
        if len(found) > most and not cut:
            raise _HookFailed(f"it prints more than {most:,} bytes")
    return bytes(found[:most])


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a program and what it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()

"""How long a silent server is waited for: fixed before the first fragment, prolonged by reads after it."""

import asyncio
import json
from collections.abc import Callable, Sequence

import pytest

from kimi_tui.messages import Message
from kimi_tui.providers.base import ModelRequest, SilenceLimits
from kimi_tui.providers.chunks import decode_chunk
from kimi_tui.providers.reply_assembler import ReplyAssembler
from kimi_tui.providers.watchdog import Watchdog, stalled_error
from tests.virtual_time import run_in_virtual_time

PATIENCE = SilenceLimits(first_seconds=100.0, between_seconds=20.0)


def assembler() -> ReplyAssembler:
    return ReplyAssembler(ModelRequest("m", (Message("user", "Hi"),), ()), lambda fragment: None)


def add(reply: ReplyAssembler, content: str = "x", finish: str | None = None) -> None:
    frame = {"choices": [{"delta": {"content": content}, "finish_reason": finish}]}
    reply.add(decode_chunk(json.dumps(frame).encode())[0])


Action = Callable[[ReplyAssembler], None]


def nothing(reply: ReplyAssembler) -> None:
    """A sign of life: bytes without a fragment."""


def finished(reply: ReplyAssembler) -> None:
    add(reply, "", "stop")


def ended_after(*reads: tuple[float, Action], whole: float = PATIENCE.first_seconds) -> float:
    """Seconds until a reply is given up whose reads come after such pauses, and then no more."""

    async def scene() -> None:
        reply = assembler()
        try:
            async with asyncio.timeout(whole) as timeout:
                watchdog = Watchdog(timeout, reply, PATIENCE)
                await _play(reads, reply, watchdog)
        except TimeoutError:
            return

    return run_in_virtual_time(scene())[1]


async def _play(reads: Sequence[tuple[float, Action]], reply: ReplyAssembler, watchdog: Watchdog) -> None:
    for pause, action in reads:
        await asyncio.sleep(pause)
        action(reply)
        watchdog.note_read()
    await asyncio.sleep(10_000)


@pytest.mark.parametrize(
    ("reads", "seconds"),
    [
        ([], 100.0),
        ([(50.0, nothing)], 100.0),
        ([(30.0, nothing)] * 4, 100.0),
        ([(50.0, add)], 70.0),
        ([(90.0, add)], 110.0),
        ([(50.0, add), (15.0, add)], 85.0),
        ([(50.0, add), (15.0, nothing)], 85.0),
        ([(10.0, add), *[(15.0, nothing)] * 20], 110.0),
        ([(10.0, add), (5.0, finished)], 25.0),
        ([(10.0, add), (5.0, finished), (9.0, nothing)], 25.0),
    ],
)
def test_note_read_prolongs_the_wait_as_far_as_the_reply_grows(
    reads: list[tuple[float, Action]], seconds: float
) -> None:
    assert ended_after(*reads) == pytest.approx(seconds)


@pytest.mark.parametrize(("started", "seconds"), [(False, "100"), (True, "20")])
def test_stalled_error_names_the_seconds_and_carries_what_streamed(started: bool, seconds: str) -> None:
    reply = assembler()
    if started:
        add(reply, "Half")
    error = stalled_error(reply, PATIENCE)
    assert (error.kind, error.retryable) == ("stalled", True)
    assert error.message == f"The server sent nothing for {seconds} seconds."
    assert error.text == ("Half" if started else "")

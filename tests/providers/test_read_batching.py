"""Reading what streams no more often than somebody looks at it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from kimi_tui.providers.read_batching import LoopTurn, batch_reads
from tests.virtual_time import run_in_virtual_time


async def reads(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """A socket's reads: each gives all that has come by then."""
    while data := await stream.read(65_536):
        yield data


def test_pieces_that_come_one_by_one_are_read_several_at_a_time() -> None:
    async def scene() -> list[bytes]:
        stream = asyncio.StreamReader()

        async def send() -> None:
            for number in range(60):
                stream.feed_data(f"{number} ".encode())
                await asyncio.sleep(0.003)
            stream.feed_eof()

        sending = asyncio.create_task(send())
        read = [piece async for piece in batch_reads(reads(stream))]
        await sending
        return read

    read, _ = run_in_virtual_time(scene())
    assert b"".join(read).split() == [str(number).encode() for number in range(60)]
    assert len(read) <= 20


def test_batch_reads_available_bytes_come_at_once() -> None:
    async def scene() -> list[bytes]:
        async def pieces() -> AsyncIterator[bytes]:
            for number in range(1_000):
                yield f"{number} ".encode()

        return [piece async for piece in batch_reads(pieces())]

    read, waited = run_in_virtual_time(scene())
    assert len(read) == 1_000
    assert waited == 0


def longest_wait(take: Callable[[AsyncIterator[bytes]], Awaitable[None]]) -> tuple[int, int]:
    """Return how many pieces were read, and the most between two turns of the rest of the loop.

    Each piece takes half a millisecond of the loop's own clock, and all are there already.
    """

    async def scene() -> tuple[int, int]:
        loop, now = asyncio.get_running_loop(), [0.0]
        counts, since = [0, 0], [0]
        patch = pytest.MonkeyPatch()
        patch.setattr(loop, "time", lambda: now[0])

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(1_000):
                counts[0] += 1
                since[0] += 1
                counts[1] = max(counts[1], since[0])
                now[0] += 0.0005
                yield b"x"

        async def everything_else() -> None:
            while True:
                since[0] = 0
                await asyncio.sleep(0)

        beside = asyncio.create_task(everything_else())
        try:
            await take(pieces())
        finally:
            patch.undo()
            beside.cancel()
        return counts[0], counts[1]

    return asyncio.run(scene())


def test_batch_reads_of_pieces_that_are_all_there_give_way_to_the_rest_of_the_loop() -> None:
    async def read(pieces: AsyncIterator[bytes]) -> None:
        assert [piece async for piece in batch_reads(pieces)] == [b"x"] * 1_000

    pieces, most = longest_wait(read)
    assert (pieces, most <= 22) == (1_000, True)


def test_loop_turn_between_the_frames_of_one_read_gives_way() -> None:
    async def read(pieces: AsyncIterator[bytes]) -> None:
        turn = LoopTurn()
        async for _ in pieces:
            await turn.give_way()

    pieces, most = longest_wait(read)
    assert (pieces, most <= 22) == (1_000, True)

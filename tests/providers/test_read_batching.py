"""Reading what streams no more often than somebody looks at it."""

import asyncio
from collections.abc import AsyncIterator

from kimi_tui.providers.read_batching import batch_reads
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

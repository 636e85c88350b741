"""Reading what streams no more often than somebody looks at it."""

import asyncio
from collections.abc import AsyncIterator

from kimi_tui.providers.gathering import gathered


async def reads(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """What a socket gives: all that has come by then."""
    while data := await stream.read(65_536):
        yield data


async def test_pieces_that_come_one_by_one_are_read_several_at_a_time() -> None:
    stream = asyncio.StreamReader()

    async def send() -> None:
        for number in range(60):
            stream.feed_data(f"{number} ".encode())
            await asyncio.sleep(0.003 if number % 6 == 5 else 0)
        stream.feed_eof()

    sending = asyncio.create_task(send())
    read = [piece async for piece in gathered(reads(stream))]
    await sending
    assert b"".join(read).split() == [str(number).encode() for number in range(60)]
    assert len(read) <= 20


async def test_what_is_there_already_is_not_waited_for() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(1_000):
            yield f"{number} ".encode()

    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    read = [piece async for piece in gathered(pieces())]
    counting.cancel()
    assert len(read) == 1_000
    assert turns == 0

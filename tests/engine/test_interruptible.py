"""Work that a person can end at any moment: nothing of it is left when the wait for it is over."""

import asyncio

import pytest

from kimi_tui.engine.interruptible import Interruptible, cancel_and_wait


async def test_result_of_work_that_ends_is_what_it_gives() -> None:
    async def work() -> int:
        return 3

    assert await Interruptible().run(work()) == 3


async def test_interrupt_gives_none() -> None:
    one = Interruptible()
    waiting = asyncio.create_task(one.run(asyncio.Event().wait()))
    await asyncio.sleep(0)
    one.interrupt()
    assert await waiting is None
    assert not one.is_running


async def test_result_that_is_cancelled_waits_for_the_end_of_the_work_and_takes_what_it_raises() -> None:
    left: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            left.append("cleaned up")
            raise ValueError("while it is cleaned up")

    waiting = asyncio.create_task(Interruptible().run(work()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert left == ["cleaned up"]


async def test_ended_takes_what_tasks_raise() -> None:
    async def fail() -> None:
        raise ValueError("at once")

    tasks = [asyncio.create_task(fail()), asyncio.create_task(asyncio.sleep(600))]
    await asyncio.sleep(0)
    await cancel_and_wait(*tasks)
    assert all(task.done() for task in tasks)

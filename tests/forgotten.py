"""A plugin of pytest: a test fails when it leaves an exception of a task or future, or a coroutine, that nobody takes.

asyncio tells of these only when they are collected as garbage, which may be many tests later. So the tasks and futures
of each test are looked at when it ends, and what it has just made is collected.
"""

import asyncio
import gc
import sys
import weakref
from collections.abc import Generator
from typing import Any

import pytest

_LOOP = asyncio.BaseEventLoop
_handle, _create_task, _create_future = _LOOP.call_exception_handler, _LOOP.create_task, _LOOP.create_future
_COMPLAINS = "_log_destroy_pending"
_forgotten: list[str] = []
_made: list[weakref.ref[asyncio.Future[Any]]] = []


def _note(loop: asyncio.BaseEventLoop, context: dict[str, Any]) -> None:
    """Keep what a loop has nobody to tell, and let it go on as ever."""
    about = next((context[name] for name in ("future", "task", "handle", "transport") if name in context), "")
    _forgotten.append(f"{context.get('message')}: {context.get('exception')!r} {about!r}")
    _handle(loop, context)


def _task(loop: asyncio.BaseEventLoop, *arguments: Any, **options: Any) -> Any:
    made = _create_task(loop, *arguments, **options)
    _made.append(weakref.ref(made))
    return made


def _future(loop: asyncio.BaseEventLoop) -> Any:
    made = _create_future(loop)
    _made.append(weakref.ref(made))
    return made


def _note_unraisable(raised: Any) -> None:
    _forgotten.append(f"{raised.exc_value!r}: {raised.object!r}")


_HEARD = {"call_exception_handler": _note, "create_task": _task, "create_future": _future}
_PLAIN = {name: getattr(_LOOP, name) for name in _HEARD}


def pytest_configure() -> None:
    """Listen to every event loop."""
    for name, heard in _HEARD.items():
        setattr(_LOOP, name, heard)


def pytest_unconfigure() -> None:
    """Leave the event loops alone."""
    for name, plain in _PLAIN.items():
        setattr(_LOOP, name, plain)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_teardown() -> Generator[None, None, None]:
    """Fail a test for what it left and nobody took."""
    try:
        return (yield)
    finally:
        if _made:
            _look()
        if _forgotten:
            found = "\n".join(dict.fromkeys(_forgotten))
            _forgotten.clear()
            pytest.fail(f"the test leaves what nobody takes:\n{found}", pytrace=False)


def _look() -> None:
    """Note exceptions that were not taken and tasks that never ended, and forget all of the test."""
    before, sys.unraisablehook = sys.unraisablehook, _note_unraisable
    try:
        gc.collect(0)  # a coroutine that was never awaited tells so
    finally:
        sys.unraisablehook = before
    for reference in _made:
        future = reference()
        if future is None:
            continue
        if future.done():
            if future._log_traceback and not _is_close_waiter(future):
                _forgotten.append(f"exception was never retrieved: {future!r}")
                future._log_traceback = False
        elif isinstance(future, asyncio.Task):
            _forgotten.append(f"the task never ended: {future!r}")
            setattr(future, _COMPLAINS, False)
    _made.clear()


def _is_close_waiter(future: asyncio.Future[Any]) -> bool:
    """Return whether the future only tells that a stream was closed: asyncio takes its exception when it lets it go."""
    return any(
        isinstance(holder, asyncio.StreamReaderProtocol)
        or (isinstance(holder, dict) and holder.get("_closed") is future and "_stream_writer" in holder)
        for holder in gc.get_referrers(future)
    )

"""Keys in their turn: whatever is typed ahead does what the same keys do when they are typed one by one.

Textual hands a key to what has the focus when the key arrives. Focus moves, screens and sessions open some moments
after the key that asked for them, so the keys of a burst would reach what had the focus before it. Here a key goes on
only once everything that the keys before it asked for has happened; until then it waits. Text in a line waits for
nothing: it moves no focus.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from textual import events
from textual.app import App, ScreenStackError
from textual.command import CommandPalette
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea
from textual.worker import Worker

Typed = events.Key | events.Paste
"""What comes from the keyboard."""

OPENING_GROUPS = frozenset({"open"})
"""Workers that bring another screen: everything typed is meant for that one."""
CHANGING_GROUPS = frozenset({"change", "send"})
"""Workers that finish what a key began: nothing typed goes on before."""
SEARCHING_GROUPS = frozenset({"search", "places", CommandPalette._GATHER_COMMANDS_GROUP})
"""Workers that look for what is being typed: text goes on, any other key waits for what they find."""
MAX_WAIT_SECONDS = 2.0
"""How long a key waits for anything but a screen that opens; a key is never lost to what hangs."""
POLL_SECONDS = 0.05
"""How often to look whether a pump that is waited for has gone."""
MAX_ROUNDS = 20
"""Focus and screens that go on changing by themselves hold no key for ever."""


class TypedAhead:
    """Lets one key after another through to the app."""

    def __init__(self, app: App[None], *, at_once: Collection[str]) -> None:
        """`at_once` says which keys go through even while a screen is opened: those that leave the app."""
        self._app = app
        self._at_once = at_once
        self._waiting: deque[Typed] = deque()
        self._released: Typed | None = None
        self._target: MessagePump | None = None
        self._task: asyncio.Task[None] | None = None
        self._unsettled = False
        self._holds = 0
        self._free = asyncio.Event()
        self._free.set()

    @property
    def is_idle(self) -> bool:
        """Whether every key has done what it does."""
        return self._task is None and not self._waiting

    def takes(self, event: Typed) -> bool:
        """Whether the event goes on now; one that has to wait comes back to the app by itself."""
        if event is self._released:
            self._released = None
        elif self._has_to_wait(event):
            self._waiting.append(event)
            self._start()
            return False
        self._target = self._app.focused or self._app.screen
        if self._is_text(event):
            self._unsettled = True
        else:
            self._start()
        return True

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Keep keys back meanwhile: a key asked for something that begins with a wait."""
        self._holds += 1
        self._free.clear()
        try:
            yield
        finally:
            self._holds -= 1
            if not self._holds:
                self._free.set()

    def keep_text_only(self) -> None:
        """What was typed for a screen that never came: text stays where a line takes it, the rest is dropped."""
        kept = [event for event in self._waiting if self._is_text(event)]
        self._waiting.clear()
        self._waiting.extend(kept)

    def _has_to_wait(self, event: Typed) -> bool:
        if isinstance(event, events.Key) and event.key in self._at_once and self._is_opening():
            return False
        if self._task is not None or self._is_opening() or self._working(CHANGING_GROUPS):
            return True
        return not self._is_text(event) and (self._unsettled or bool(self._working(SEARCHING_GROUPS)))

    def _is_text(self, event: Typed) -> bool:
        """Whether the event only puts text into the line that has the focus."""
        printable = isinstance(event, events.Paste) or event.is_printable
        return printable and isinstance(self._app.focused, Input | TextArea)

    def _is_opening(self) -> bool:
        return self._holds > 0 or bool(self._working(OPENING_GROUPS))

    def _working(self, groups: frozenset[str]) -> list[Worker[object]]:
        return [worker for worker in self._app.workers if worker.group in groups and not worker.is_finished]

    def _start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._let_through())

    async def _let_through(self) -> None:
        """Let the keys that wait go on, each when all before it is done."""
        try:
            with suppress(ScreenStackError):  # the app has left
                await self._settle()
                while self._waiting and self._app.is_running:
                    event = self._waiting.popleft()
                    self._released = event
                    text = self._is_text(event)
                    self._app.post_message(event)
                    await _reach(self._app)
                    if not (text and self._waiting and self._is_text(self._waiting[0])):
                        await self._settle()
        finally:
            self._task = None
            self._released = None

    async def _settle(self) -> None:
        """Wait until what the last key asked for has happened, focus and screens included."""
        for number in range(MAX_ROUNDS):
            before = self._app.screen, self._app.focused
            for pump in self._path(number):
                await _reach(pump)
            await self._work_done()
            if number and before == (self._app.screen, self._app.focused) and _is_there(self._app.screen):
                break
        self._unsettled = False

    def _path(self, number: int) -> list[MessagePump]:
        """Where a key goes: from what has the focus up to the app, which acts on bindings last."""
        here: MessagePump = self._target if not number and self._target else self._app.focused or self._app.screen
        path = [here]
        while (parent := path[-1]._parent) is not None:
            path.append(parent)
        return path if path[-1] is self._app else [*path, self._app]

    async def _work_done(self) -> None:
        """Wait for the workers that keys began."""
        while self._is_opening():
            await self._free.wait()
            await _finished(self._working(OPENING_GROUPS), None)
        await _finished(self._working(CHANGING_GROUPS | SEARCHING_GROUPS), MAX_WAIT_SECONDS)


def _is_there(screen: Screen[object]) -> bool:
    """Whether a screen has its parts, and so something that can have the focus."""
    return screen.is_mounted or not screen.is_running


async def _finished(workers: list[Worker[object]], seconds: float | None) -> None:
    """Wait until workers are done, however they end, or so many seconds have passed."""
    tasks = [worker._task for worker in workers if worker._task is not None]
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)
    await asyncio.sleep(0)


async def _reach(pump: MessagePump) -> None:
    """Wait until a pump has done everything that was posted to it before."""
    reached = asyncio.Event()
    if isinstance(pump, Widget) and not pump.is_attached:
        return
    if not pump.call_later(reached.set):
        return
    until = asyncio.get_running_loop().time() + MAX_WAIT_SECONDS
    while not reached.is_set() and pump.is_running and asyncio.get_running_loop().time() < until:
        with suppress(TimeoutError):
            await asyncio.wait_for(reached.wait(), POLL_SECONDS)

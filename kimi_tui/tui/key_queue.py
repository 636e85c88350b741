"""Queue for keys typed ahead: each key acts only after the effects of the previous one are complete.

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
from textual._time import get_time
from textual.app import App, ScreenStackError
from textual.command import CommandPalette
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea
from textual.worker import Worker

TypedEvent = events.Key | events.Paste
"""What comes from the keyboard."""

OPENING_GROUPS = frozenset({"open"})
"""Workers that bring another screen: everything typed is meant for that one."""
CHANGING_GROUPS = frozenset({"change", "send"})
"""Workers that finish what a key began: nothing typed goes on before."""
SEARCHING_GROUPS = frozenset({"search", "places", "complete", CommandPalette._GATHER_COMMANDS_GROUP})
"""Workers that look for what is being typed: text goes on, any other key waits for what they find."""
MAX_WAIT_SECONDS = 2.0
"""How long a key waits for anything but a screen that opens; a key is never lost to what hangs."""
COMMANDS = frozenset(
    {
        "approval.approve",
        "approval.all",
        "session.pause",
        "session.interrupt",
        "session.act",
        "session.salvage",
        "library.pin",
        "library.delete",
        "library.undo",
        "context.restore",
        "context.release",
        "budgets.raise",
    }
)
"""Actions of printable keys that do something at once, and not only open, show or move something."""
POLL_SECONDS = 0.05
"""How often to look whether a pump that is waited for has gone."""
TOGETHER_SECONDS = 0.3
"""Letters that follow each other so soon are text."""
MAX_ROUNDS = 20
"""Focus and screens that go on changing by themselves hold no key for ever."""


class KeyQueue:
    """Releases keys to the app one at a time."""

    def __init__(self, app: App[None], *, at_once: Collection[str]) -> None:
        """`at_once` tells which keys pass even while a screen is opening: those that quit the app."""
        self._app = app
        self.together_seconds = TOGETHER_SECONDS
        """Within how many seconds of another letter one that has no harmless meaning is text; 0 for never."""
        self._arrived = asyncio.Event()
        self._last_letter = -1.0
        self._at_once = at_once
        self._waiting: deque[TypedEvent] = deque()
        self._released: TypedEvent | None = None
        self._target: MessagePump | None = None
        self._task: asyncio.Task[None] | None = None
        self._unsettled = False
        self._holds = 0
        self._free = asyncio.Event()
        self._free.set()

    @property
    def is_idle(self) -> bool:
        """Return whether every key has taken full effect."""
        return self._task is None and not self._waiting

    def accept(self, event: TypedEvent) -> bool:
        """Return whether the event may be handled now; a delayed event is posted to the app again later."""
        if event is self._released:
            self._released = None
        elif self._must_wait(event):
            self._waiting.append(event)
            self._arrived.set()
            self._start()
            return False
        self._target = self._app.focused or self._app.screen
        if self._is_text(event):
            self._unsettled = True
        else:
            self._start()
        return True

    @contextmanager
    def hold_keys(self) -> Iterator[None]:
        """Hold back keys inside this context, because a key started an action that begins with a wait."""
        self._holds += 1
        self._free.clear()
        try:
            yield
        finally:
            self._holds -= 1
            if not self._holds:
                self._free.set()

    def discard_commands(self) -> None:
        """Keep queued text for a line that accepts it, and drop queued commands, when a screen failed to open."""
        kept = [event for event in self._waiting if self._is_text(event)]
        self._waiting.clear()
        self._waiting.extend(kept)

    def _must_wait(self, event: TypedEvent) -> bool:
        if isinstance(event, events.Key) and event.key in self._at_once and self._is_opening():
            return False
        if self._is_letter(event) and self.together_seconds:
            return True
        if self._task is not None or self._is_opening() or self._working(CHANGING_GROUPS):
            return True
        return not self._is_text(event) and (self._unsettled or bool(self._working(SEARCHING_GROUPS)))

    def _is_text(self, event: TypedEvent) -> bool:
        """Return whether the event only puts text into the line that has the focus."""
        printable = isinstance(event, events.Paste) or event.is_printable
        return printable and isinstance(self._app.focused, Input | TextArea)

    def _is_letter(self, event: TypedEvent) -> bool:
        """Return whether the event is a printable key outside a line, where it is a command if it is anything."""
        return isinstance(event, events.Key) and event.is_printable and not self._is_text(event)

    def _is_opening(self) -> bool:
        return self._holds > 0 or bool(self._working(OPENING_GROUPS))

    def _working(self, groups: frozenset[str]) -> list[Worker[object]]:
        return [worker for worker in self._app.workers if worker.group in groups and not worker.is_finished]

    def _start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._release_keys())

    async def _release_keys(self) -> None:
        """Release the queued keys one by one, each after the previous one is complete."""
        try:
            with suppress(ScreenStackError):  # the app has left
                await self._settle()
                while self._waiting and self._app.is_running:
                    event = self._waiting.popleft()
                    if await self._belongs_to_text(event) and not await self._begin_text(event):
                        continue
                    self._released = event
                    text = self._is_text(event)
                    self._app.post_message(event)
                    await _drain_pump(self._app)
                    if not (text and self._waiting and self._is_text(self._waiting[0])):
                        await self._settle()
        finally:
            self._task = None
            self._released = None

    async def _belongs_to_text(self, event: TypedEvent) -> bool:
        """Return whether a letter that has no harmless meaning is beside others, and so is no command."""
        if not (isinstance(event, events.Key) and self._is_letter(event) and self.together_seconds):
            return False
        before, self._last_letter = self._last_letter, event.time
        if not self._is_command(event):
            return False
        if event.time - before < self.together_seconds:
            return True
        until = event.time + self.together_seconds
        while not self._waiting and (left := until - get_time()) > 0:
            self._arrived.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), left)
        following = self._waiting[0] if self._waiting else None
        return isinstance(following, events.Key) and following.is_printable and following.time < until

    def _is_command(self, key: events.Key) -> bool:
        """Return whether a printable key types no text where the person is: it does something, or nothing at all."""
        active = self._app.screen.active_bindings.get(key.key)
        return active is None or active.binding.id in COMMANDS

    async def _begin_text(self, event: TypedEvent) -> bool:
        """Go to the line of the screen for text that begins with an event; False where there is none: it is dropped."""
        lines = self._app.screen.query("#ask")
        if not lines or not lines.first().display or not lines.first().focusable:
            while self._waiting and self._is_letter(self._waiting[0]):
                self._waiting.popleft()
            return False
        lines.first().focus()
        await self._settle()
        return True

    async def _settle(self) -> None:
        """Wait until the effect of the last key is complete, including focus and screens."""
        for number in range(MAX_ROUNDS):
            before = self._app.screen, self._app.focused
            for pump in self._dispatch_path(number):
                await _drain_pump(pump)
            await self._wait_for_workers()
            if number and before == (self._app.screen, self._app.focused) and _is_mounted(self._app.screen):
                break
        self._unsettled = False

    def _dispatch_path(self, number: int) -> list[MessagePump]:
        """Return where a key goes: from the focused widget up to the app, which handles bindings last."""
        here: MessagePump = self._target if not number and self._target else self._app.focused or self._app.screen
        path = [here]
        while (parent := path[-1]._parent) is not None:
            path.append(parent)
        return path if path[-1] is self._app else [*path, self._app]

    async def _wait_for_workers(self) -> None:
        """Wait for the workers that keys began."""
        while self._is_opening():
            await self._free.wait()
            await _wait_until_finished(self._working(OPENING_GROUPS), None)
        await _wait_until_finished(self._working(CHANGING_GROUPS | SEARCHING_GROUPS), MAX_WAIT_SECONDS)


def _is_mounted(screen: Screen[object]) -> bool:
    """Return whether a screen is mounted, so that a widget of it can have the focus."""
    return screen.is_mounted or not screen.is_running


async def _wait_until_finished(workers: list[Worker[object]], seconds: float | None) -> None:
    """Wait until the workers have ended, successfully or not, for at most `seconds`."""
    tasks = [worker._task for worker in workers if worker._task is not None]
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)
    await asyncio.sleep(0)


async def _drain_pump(pump: MessagePump) -> None:
    """Wait until a message pump has handled everything posted to it before."""
    reached = asyncio.Event()
    if isinstance(pump, Widget) and not pump.is_attached:
        return
    if not pump.call_later(reached.set):
        return
    until = asyncio.get_running_loop().time() + MAX_WAIT_SECONDS
    while not reached.is_set() and pump.is_running and asyncio.get_running_loop().time() < until:
        with suppress(TimeoutError):
            await asyncio.wait_for(reached.wait(), POLL_SECONDS)

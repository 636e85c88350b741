"""Handle signals: quit, suspend, and a terminal that has closed.

A signal takes effect between two events and ends the app as `ctrl+q` does, so that the terminal is always given
back as it was.
"""

import asyncio
import os
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from textual.driver import Driver

TERMINAL_CHECK_SECONDS = 5.0
"""How often to look whether there is still a terminal."""

_LATE_INTERRUPT_SECONDS = 0.3
"""How long after another program had the terminal an interrupt was meant for that one."""
_lent: list[bool] = []
"""Not empty while another program has the terminal."""


def quit_on_signal(leave: Callable[[int], None]) -> None:
    """Call `leave` with an exit code on a termination signal; does nothing where signals cannot be handled."""
    loop = asyncio.get_running_loop()

    def interrupt() -> None:
        if not _lent:
            leave(128 + signal.SIGINT)

    with suppress(NotImplementedError, RuntimeError, ValueError):
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, leave, 128 + number)
        loop.add_signal_handler(signal.SIGINT, interrupt)


@contextmanager
def lend_terminal() -> Iterator[None]:
    """Leave ^c and ^z to the program that has the terminal meanwhile: the one ends nothing here, the other stops both.

    A ^c that was sent meanwhile is only seen by the loop after this, and is ignored then too.
    """
    before = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    _lent.append(True)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, before)
        asyncio.get_running_loop().call_later(_LATE_INTERRUPT_SECONDS, _lent.pop)


def suspend_on_signal(driver: Driver, refresh: Callable[[], object]) -> None:
    """Suspend and resume between two events, whichever signal asks for it."""
    loop = asyncio.get_running_loop()

    def soon(act: Callable[..., object], *given: object) -> None:
        with suppress(RuntimeError):  # the loop has ended, and the terminal is given back already
            loop.call_soon_threadsafe(act, *given)

    signal.signal(signal.SIGTSTP, lambda *_: soon(suspend_driver, driver))
    signal.signal(signal.SIGCONT, lambda *_: soon(refresh))


def suspend(driver: Driver | None) -> bool:
    """Suspend this process group, as ctrl+z does in a shell; returns False where that is not possible."""
    if driver is None or not driver.can_suspend:
        return False
    os.kill(0, signal.SIGTSTP)
    return True


def suspend_driver(driver: Driver) -> None:
    """Release the terminal, stop until resumed, and take the terminal back."""
    driver.suspend_application_mode()
    os.kill(os.getpid(), signal.SIGSTOP)
    driver.resume_application_mode()


def exit_when_terminal_closes() -> None:
    """End this process when its terminal closes without a signal; sessions go on in their runners.

    It is watched from a thread: a loop that waits for room to write to such a terminal waits for ever, and there is
    nothing left to give back.
    """

    def watch() -> None:
        while not is_terminal_closed():
            time.sleep(TERMINAL_CHECK_SECONDS)  # in a thread of its own, so that the event loop never waits
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def is_terminal_closed() -> bool:
    """Return whether the terminal closed without a signal, as happens to a process that is no session leader."""
    if sys.__stdin__ is None:
        return True
    try:
        termios.tcgetattr(sys.__stdin__.fileno())
    except (termios.error, ValueError, OSError):
        return True
    return False

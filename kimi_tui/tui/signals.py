"""What the system tells the app: to leave, to stop for a while, that its terminal has gone.

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
from collections.abc import Callable
from contextlib import suppress

from textual.driver import Driver

GONE_SECONDS = 5.0
"""How often to look whether there is still a terminal."""


def leave_when_told(leave: Callable[[int], None]) -> None:
    """Have `leave` called with an exit code; where that is not possible, as under a test, nothing is done."""
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError, RuntimeError, ValueError):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.add_signal_handler(number, leave, 128 + number)


def stop_when_told(driver: Driver, refresh: Callable[[], object]) -> None:
    """Be stopped and go on between two events, however it is stopped."""
    loop = asyncio.get_running_loop()

    def soon(act: Callable[..., object], *given: object) -> None:
        with suppress(RuntimeError):  # the loop has ended, and the terminal is given back already
            loop.call_soon_threadsafe(act, *given)

    signal.signal(signal.SIGTSTP, lambda *_: soon(stop, driver))
    signal.signal(signal.SIGCONT, lambda *_: soon(refresh))


def suspend(driver: Driver | None) -> bool:
    """Stop this program and what it was started by, as ctrl+z does elsewhere; False where that is not possible."""
    if driver is None or not driver.can_suspend:
        return False
    os.kill(0, signal.SIGTSTP)
    return True


def stop(driver: Driver) -> None:
    """Give the terminal back, stop until told to go on, and take it again."""
    driver.suspend_application_mode()
    os.kill(os.getpid(), signal.SIGSTOP)
    driver.resume_application_mode()


def end_with_terminal() -> None:
    """End this process when its terminal has gone without a word; sessions go on where their engines live.

    It is watched from a thread: a loop that waits for room to write to such a terminal waits for ever, and there is
    nothing left to give back.
    """

    def watch() -> None:
        while not terminal_is_gone():
            time.sleep(GONE_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def terminal_is_gone() -> bool:
    """Whether the terminal has gone without a word, as it does for a program that does not lead its session."""
    if sys.__stdin__ is None:
        return True
    try:
        termios.tcgetattr(sys.__stdin__.fileno())
    except (termios.error, ValueError, OSError):
        return True
    return False

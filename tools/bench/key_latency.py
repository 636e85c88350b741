"""Type while other work goes on, and measure how long each letter takes to be drawn."""

import time
from collections.abc import Callable
from functools import partial
from itertools import cycle

from tools.bench.pseudo_terminal import TimedTerminal

LETTERS = "αβγδεζηθικλμνξοπρστυφχψωбгджзийлпфцчшщъыьэюя"
"""Letters that occur in no text of the bench, and on no screen."""
_LOST_SECONDS = 5.0
_CLEAR = "\x15"
"""Takes the line away up to its beginning."""


def type_letters(terminal: TimedTerminal, seconds: float, until: Callable[[], object] = lambda: False) -> list[float]:
    """Type for some seconds, or until a condition holds; milliseconds from each key to its letter on the screen."""
    took: list[float] = []
    deadline = time.monotonic() + seconds
    for count, letter in enumerate(cycle(LETTERS)):
        if time.monotonic() > deadline or until():
            break
        if count % len(LETTERS) == len(LETTERS) - 1:
            terminal.press(_CLEAR)
            terminal.pump(0.2)
        terminal.watch(letter)
        pressed = terminal.press(letter)
        terminal.pump(_LOST_SECONDS, partial(terminal.seen, letter))
        drawn = terminal.seen(letter) or pressed + _LOST_SECONDS
        took.append((drawn - pressed) * 1000)
        terminal.pump(0.09 + 0.013 * (count % 7))  # at no fixed beat with what is drawn
    return took


def measure_first_key(terminal: TimedTerminal, seconds: float = 30.0) -> float:
    """When the line took its first key: letters are typed until one is drawn; raises `TimeoutError`."""
    deadline = time.monotonic() + seconds
    for letter in LETTERS:
        terminal.watch(letter)
        terminal.press(letter)
        if terminal.pump(min(0.5, deadline - time.monotonic()), partial(terminal.seen, letter)):
            return terminal.seen(letter)
        if time.monotonic() > deadline:
            break
    raise TimeoutError("no key was taken")

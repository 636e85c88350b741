"""What every screen is given: the keys in force, the characters to draw with, the clocks, the calm."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from kimi_tui.tui.calm import Calm


class Look(msgspec.Struct, frozen=True):
    """How the screens look and listen; one for the whole app."""

    keys: dict[str, str]
    """Action id to key."""
    now: Callable[[], datetime]
    """The wall clock, with a time zone."""
    calm: Calm
    """Whether a decision may be taken now."""
    ascii: bool = False
    """Draw with ASCII characters alone."""
    bell: bool = True
    """Ring when a call begins to wait."""
    leave: str = "ask"
    """`ask`, `background` or `pause`: what happens to a running turn when the app is left."""

"""What every screen is given: the keys in force, the characters to draw with, the clocks, the calm."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from kimi_tui.tui.calm import Calm
from kimi_tui.tui.desktop import Desktop


class Look(msgspec.Struct, frozen=True):
    """How the screens look and listen; one for the whole app."""

    keys: dict[str, str]
    """Action id to key."""
    now: Callable[[], datetime]
    """The wall clock, with a time zone."""
    calm: Calm
    """Whether a decision may be taken now."""
    desktop: Desktop
    """Where notices go while the person looks elsewhere."""
    ascii: bool = False
    """Draw with ASCII characters alone."""
    bell: bool = True
    """Ring when a call begins to wait."""

"""Find out whether the terminal shows pictures, and how: by kitty's graphics, by sixels, or in half cells.

Nothing is sent to a terminal that might print it. Sixels are named in the answer to a question (DA1) that every
terminal knows; kitty's graphics are asked for only where the environment names a terminal that places pictures by
characters, since others say that they know them and cannot do that. Inside tmux and screen pictures are half cells.
"""

import fcntl
import re
import struct
import sys
import termios
from collections.abc import Callable, Mapping
from typing import Literal

GraphicsKind = Literal["off", "cells", "kitty", "sixel"]
"""How pictures are drawn; `cells` are two pixels in each cell."""
GraphicsSetting = Literal["auto", "kitty", "sixel", "cells", "off"]
KITTY_QUESTION = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
"""Asks whether a picture of one pixel could be shown."""
_KITTY_ANSWER = re.compile(rb"\x1b_Gi=31;OK\x1b\\")
_ATTRIBUTES = re.compile(rb"\x1b\[\?([0-9;]*)c")
_SIXEL_ATTRIBUTE = b"4"
_BY_CHARACTERS = ("kitty", "ghostty")
"""Terminals that place pictures by characters."""


def is_multiplexed(environment: Mapping[str, str]) -> bool:
    """Return whether tmux or screen is between the app and the terminal."""
    inside = environment.get("TERM", "").startswith(("tmux", "screen"))
    return inside or any(environment.get(name) for name in ("TMUX", "STY"))


def graphics_question(environment: Mapping[str, str]) -> bytes:
    """Return what is asked before the question for the terminal's attributes; empty for most terminals."""
    named = f"{environment.get('TERM', '')} {environment.get('TERM_PROGRAM', '')}".lower()
    known = any(name in named for name in _BY_CHARACTERS) or bool(environment.get("KITTY_WINDOW_ID"))
    return KITTY_QUESTION if known and not is_multiplexed(environment) else b""


def read_graphics(environment: Mapping[str, str], answer: bytes) -> GraphicsKind:
    """Return how a terminal shows pictures, by its answer."""
    if is_multiplexed(environment):
        return "cells"
    if graphics_question(environment) and _KITTY_ANSWER.search(answer):
        return "kitty"
    attributes = _ATTRIBUTES.search(answer)
    return "sixel" if attributes and _SIXEL_ATTRIBUTE in attributes[1].split(b";")[1:] else "cells"


def terminal_cell_pixels() -> tuple[int, int] | None:
    """Return width and height of a cell in pixels; None where the terminal does not say."""
    try:
        packed = fcntl.ioctl(sys.__stdout__.fileno(), termios.TIOCGWINSZ, bytes(8)) if sys.__stdout__ else bytes(8)
    except (OSError, ValueError):
        return None
    rows, columns, across, down = struct.unpack("HHHH", packed)
    return (across // columns, down // rows) if rows and columns and across >= columns and down >= rows else None


class TerminalGraphics:
    """The way in which pictures are drawn on one terminal."""

    def __init__(
        self,
        wanted: GraphicsSetting,
        found: GraphicsKind,
        write: Callable[[str], object],
        cell_pixels: Callable[[], tuple[int, int] | None] = terminal_cell_pixels,
    ) -> None:
        """`found` is what the terminal can; `write` sends text to the terminal unchanged."""
        self._kind: GraphicsKind = found if wanted == "auto" else wanted
        self._cell_pixels = cell_pixels
        self.write = write
        """Sends text to the terminal unchanged."""

    def kind(self, *, truecolor: bool) -> GraphicsKind:
        """Return how pictures are drawn now: in half cells where the size of a cell, or the colours, are not known."""
        needs_colors = self._kind == "kitty" and not truecolor
        needs_size = self._kind in ("kitty", "sixel") and self._cell_pixels() is None
        return "cells" if needs_colors or needs_size else self._kind

    @property
    def cell(self) -> tuple[int, int]:
        """Return width and height of a cell in pixels."""
        return self._cell_pixels() or (10, 20)

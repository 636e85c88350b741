"""The thumb of a timeline's scroll bar.

Textual draws the whole bar for every change of it, at about the cost of the lines beside it. While the end of what
streams is followed the thumb stays at the lower edge and only gets shorter: then it is moved by whole cells alone.
"""

from textual.scrollbar import ScrollBar


class ScrollThumb:
    """The position of the thumb."""

    def __init__(self) -> None:
        self._shown: tuple[int, int] | None = None

    def show(self, bar: ScrollBar, total: int, height: int, top: int, *, at_end: bool) -> None:
        """Move it for `total` lines of which `height` from line `top` are in view."""
        cells = (height, height * height // max(total, 1)) if at_end else None
        if cells is None or cells != self._shown:
            self._shown = cells
            bar.window_virtual_size, bar.window_size, bar.position = total, height, top

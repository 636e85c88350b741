"""A scrollable picture drawn with half cells: two pixels, one above the other, in each cell."""

from functools import lru_cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from kimi_tui.sources import PagePicture

UPPER_HALF = "\u2580"
"""The upper pixel is its colour, the lower one the colour behind it."""


class PictureView(ScrollView, can_focus=True):
    """One picture, a cell wide for each pixel."""

    def __init__(self, *, id: str = "") -> None:
        super().__init__(id=id or None)
        self.picture: PagePicture | None = None
        """What is shown."""

    def show(self, picture: PagePicture) -> None:
        """Show a picture, with its first mark in the middle; without marks from the top."""
        self.picture = picture
        self.virtual_size = Size(picture.width, (picture.height + 1) // 2)
        self.refresh()
        self.call_after_refresh(self._show_mark, picture)

    def _show_mark(self, picture: PagePicture) -> None:
        left, top, right, bottom = picture.cited[0] if picture.cited else (0, 0, picture.width, 0)
        across, down = (left + right - self.size.width) // 2, ((top + bottom) // 2 - self.size.height) // 2
        self.scroll_to(max(across, 0), max(down, 0), animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """One line of the viewport: two rows of pixels."""
        width, picture = self.size.width, self.picture
        row = 2 * (y + self.scroll_offset.y)
        if picture is None or row >= picture.height:
            return Strip.blank(width, self.rich_style)
        first = self.scroll_offset.x
        upper = _pixels(picture, row, first, width)
        lower = _pixels(picture, min(row + 1, picture.height - 1), first, width)
        segments: list[Segment] = []
        start = 0
        pairs = list(zip(upper, lower, strict=True))
        for at in range(1, len(pairs) + 1):
            if at == len(pairs) or pairs[at] != pairs[start]:
                segments.append(Segment(UPPER_HALF * (at - start), _style(*pairs[start])))
                start = at
        return Strip(segments).adjust_cell_length(width, self.rich_style)


def _pixels(picture: PagePicture, row: int, first: int, count: int) -> list[bytes]:
    """Return some pixels of a row, three bytes each."""
    start = (row * picture.width + first) * 3
    line = picture.rgb[start : (row * picture.width + min(first + count, picture.width)) * 3]
    return [line[at : at + 3] for at in range(0, len(line), 3)]


@lru_cache(maxsize=4_096)
def _style(upper: bytes, lower: bytes) -> Style:
    return Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower))

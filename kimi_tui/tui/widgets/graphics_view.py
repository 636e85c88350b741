"""A scrollable picture drawn by the terminal itself, pixel by pixel: what is in sight of it is sent."""

from random import randrange

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from kimi_tui.sources import PagePicture
from kimi_tui.tui.terminal.graphics import TerminalGraphics
from kimi_tui.tui.terminal.kitty_pictures import MAX_ROWS, delete_kitty, kitty_row, send_kitty
from kimi_tui.tui.terminal.sixel_pictures import encode_sixel

PAPER = b"\xff\xff\xff"
"""What fills cells that the picture fills in part."""


class GraphicsView(ScrollView, can_focus=True):
    """One picture, as many pixels in a cell as the terminal has."""

    def __init__(self, graphics: TerminalGraphics, *, sixel: bool, id: str = "") -> None:
        super().__init__(id=id or None)
        self._graphics = graphics
        self._sixel = sixel
        self._number = randrange(1, 1 << 24)
        self._rows = self._columns = self._sent = 0
        self.picture: PagePicture | None = None
        """What is shown."""

    @property
    def pixels_across(self) -> int:
        """Return how many pixels fit beside each other."""
        return max(self.size.width, 1) * self._graphics.cell[0]

    def show(self, picture: PagePicture) -> None:
        """Show a picture, with its first mark in the middle; without marks from the top."""
        self.picture = picture
        across, down = self._graphics.cell
        self.virtual_size = Size(-(-picture.width // across), -(-picture.height // down))
        self.call_after_refresh(self._show_mark, picture)

    def _show_mark(self, picture: PagePicture) -> None:
        across, down = self._graphics.cell
        left, top, right, bottom = picture.cited[0] if picture.cited else (0, 0, picture.width, 0)
        column, row = (left + right) // 2 // across - self.size.width // 2, (top + bottom) // 2 // down
        self.scroll_to(max(column, 0), max(row - self.size.height // 2, 0), animate=False, force=True)
        self._send_later()

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        """Send what came into sight."""
        super().watch_scroll_x(old_value, new_value)
        self._send_later()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Send what came into sight."""
        super().watch_scroll_y(old_value, new_value)
        self._send_later()

    def on_resize(self) -> None:
        """Send what is in sight at another size."""
        self._send_later()

    def on_unmount(self) -> None:
        """Make the terminal forget the picture."""
        if not self._sixel:
            self._graphics.write(delete_kitty(self._number))

    def _send_later(self) -> None:
        if self.picture is not None and self.is_attached:
            self._sent += 1
            self.refresh()
            self.call_after_refresh(self._send)

    def _send(self) -> None:
        """Send the piece of the picture that is in sight, in whole cells."""
        picture, (across, down) = self.picture, self._graphics.cell
        if picture is None:
            return
        left, top = self.scroll_offset.x * across, self.scroll_offset.y * down
        self._columns = max(min(self.size.width, -(-(picture.width - left) // across)), 0)
        self._rows = max(min(self.size.height, MAX_ROWS, -(-(picture.height - top) // down)), 0)
        width, height = self._columns * across, self._rows * down
        if not width or not height:
            return
        rgb = crop_picture(picture, left, top, width, height)
        if self._sixel:
            x, y = self.content_region.offset
            drawn = encode_sixel(width, height, rgb)
            self._graphics.write(f"\x1b7\x1b[{y + 1};{x + 1}H{drawn}\x1b8")
        else:
            self._graphics.write(send_kitty(self._number, width, height, rgb, self._columns, self._rows))
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the viewport: characters that place the picture, or blanks that sixels are drawn over."""
        width = self.size.width
        if self._sixel:  # blanks that count as changed are written again, and with them goes the picture before
            return Strip.blank(width, self.rich_style + Style.from_meta({"sent": self._sent}))
        if self.picture is None or y >= self._rows:
            return Strip.blank(width, self.rich_style)
        number = self._number
        color = Style(color=Color.from_rgb(number >> 16, number >> 8 & 255, number & 255))
        shown = Strip([Segment(kitty_row(y, self._columns), color)], self._columns)
        return Strip.join([shown, Strip.blank(width - self._columns, self.rich_style)])


def crop_picture(picture: PagePicture, left: int, top: int, width: int, height: int) -> bytes:
    """Return a piece of a picture, three bytes for each pixel; paper where there is no picture."""
    rows = []
    have = max(min(width, picture.width - left), 0)
    for row in range(top, top + height):
        start = (row * picture.width + left) * 3
        line = picture.rgb[start : start + have * 3] if row < picture.height else b""
        rows.append(line + PAPER * (width - len(line) // 3))
    return b"".join(rows)

"""Frames: what is written makes the terminal show the screen, and is no more than what changed."""

import random

from rich.console import Console, RenderableType
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Static

from kimi_tui.tui.screens.base import SingleLayoutScreen
from kimi_tui.tui.terminal.frame_diff import FrameDiff

WORDS = ("margin", "fell", "日本語", "naïve", "e\u0301te\u0301", "👍🏽", "freight", " ", "\n", "[S1]")
COLORS = ("red", "green", "bold", "on blue", "")
WIDTH, HEIGHT = 60, 12


class Halves(SingleLayoutScreen):
    """Two texts side by side over a third."""

    def compose(self) -> ComposeResult:
        """The texts."""
        with Horizontal():
            yield Static(id="left", markup=False)
            yield Static(id="right", markup=False)
        yield Static(id="below", markup=False)


class Shown(App[None]):
    """Keeps what a terminal would show."""

    CSS = "#left, #right { width: 1fr; height: 6; } Horizontal { height: 6; } #below { height: 6; }"

    def __init__(self) -> None:
        super().__init__()
        self.grid: list[list[object]] = [[None] * WIDTH for _ in range(HEIGHT)]
        self.written = 0

    def on_mount(self) -> None:
        """Show the texts."""
        self.push_screen(Halves().prepare_for_size(self.size))

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Write a frame into the grid."""
        if isinstance(renderable, FrameDiff):
            self.written += len(renderable.render_segments(Console(color_system="truecolor")))
            for x, y, strip in renderable.changed_runs:
                self._write(x, y, strip)
        elif isinstance(renderable, LayoutUpdate):
            for y, line in enumerate(renderable.strips, renderable.region.y):
                self._write(renderable.region.x, y, Strip.join(list(line)))
        else:
            assert not isinstance(renderable, ChopsUpdate)

    def _write(self, x: int, y: int, strip: Strip) -> None:
        for offset in range(strip.cell_length):
            self.grid[y][x + offset] = cell(strip, offset)

    def wanted(self) -> list[list[object]]:
        """Return the screen that the terminal should show."""
        strips = self.screen._compositor.render_strips()
        return [[cell(strip, x) for x in range(WIDTH)] for strip in strips]


def cell(strip: Strip, x: int) -> object:
    """Return the content of one cell."""
    return [(segment.text, str(segment.style)) for segment in strip.crop(x, x + 1)]


async def test_frames_show_the_screen_whatever_changes() -> None:
    chance = random.Random(3)
    app = Shown()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        texts = dict.fromkeys(("left", "right", "below"), "")
        for _ in range(150):
            name = chance.choice(list(texts))
            grown = texts[name] + chance.choice(WORDS) + " "
            texts[name] = grown[-80:] if chance.random() < 0.9 else ""
            widget = app.screen.query_one(f"#{name}", Static)
            widget.update(texts[name], layout=False)
            if chance.random() < 0.1:
                widget.styles.background = chance.choice(("red", "blue", "black"))
            if chance.random() < 0.03:
                widget.styles.width = chance.choice(("1fr", "2fr"))
            await pilot.pause()
            assert app.grid == app.wanted()


async def test_word_that_is_added_is_all_that_is_written() -> None:
    app = Shown()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        below = app.screen.query_one("#below", Static)
        below.update("the margin fell because\nof freight", layout=False)
        await pilot.pause()
        app.written = 0
        below.update("the margin fell because\nof freight again", layout=False)
        await pilot.pause()
        assert 0 < app.written < 80
        app.written = 0
        below.refresh()
        await pilot.pause()
        assert app.written == 0

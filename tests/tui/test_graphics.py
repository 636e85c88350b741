"""Pictures in the terminal: how it is asked over a pty, what its answers mean, and what is sent to it."""

import os
import pty
import re
import threading
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator

import pytest
from PIL import Image
from textual.app import App, ComposeResult

from kimi_tui.sources import PagePicture
from kimi_tui.tui.terminal.background_color import BackgroundColor, query_background
from kimi_tui.tui.terminal.driver import _LATE_ANSWER
from kimi_tui.tui.terminal.frame_diff import FrameDiff
from kimi_tui.tui.terminal.graphics import (
    KITTY_QUESTION,
    GraphicsKind,
    GraphicsSetting,
    TerminalGraphics,
    graphics_question,
    read_graphics,
)
from kimi_tui.tui.terminal.kitty_pictures import MAX_ROWS, PLACEHOLDER, kitty_row, send_kitty
from kimi_tui.tui.terminal.sixel_pictures import encode_sixel
from kimi_tui.tui.widgets.graphics_view import GraphicsView, crop_picture

KITTY_OK = b"\x1b_Gi=31;OK\x1b\\"
KITTY = {"TERM": "xterm-kitty"}
SIXEL_DA1, PLAIN_DA1 = b"\x1b[?62;4;22c", b"\x1b[?62;22c"
Ask = Callable[[dict[str, str], bytes], tuple[BackgroundColor, bytes]]


@pytest.fixture
def terminal() -> Iterator[Ask]:
    """A terminal that answers a question for its attributes with the given bytes; gives what it was asked too."""
    master, slave = pty.openpty()

    def ask(environment: dict[str, str], answer: bytes) -> tuple[BackgroundColor, bytes]:
        asked = b""

        def reply() -> None:
            nonlocal asked
            while not asked.endswith(b"\x1b[c"):
                asked += os.read(master, 200)
            os.write(master, answer)

        thread = threading.Thread(target=reply)
        thread.start()
        found = query_background({"SSH_TTY": "x"} | environment, slave, slave)
        thread.join()
        return found, asked

    yield ask
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize(
    ("environment", "answer", "kind", "asks_kitty"),
    [
        (KITTY, KITTY_OK + PLAIN_DA1, "kitty", True),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, KITTY_OK + PLAIN_DA1, "kitty", True),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, KITTY_OK + PLAIN_DA1, "kitty", True),
        (KITTY, PLAIN_DA1, "cells", True),
        (KITTY, b"\x1b_Gi=31;ENOTSUPPORTED:no\x1b\\" + PLAIN_DA1, "cells", True),
        ({"TERM": "foot"}, SIXEL_DA1, "sixel", False),
        ({"TERM": "xterm"}, PLAIN_DA1, "cells", False),
        ({"TERM": "xterm"}, b"\x1b[?4;6c", "cells", False),
        ({"TERM": "xterm"}, b"\x1b[?62;14;42c", "cells", False),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, KITTY_OK + SIXEL_DA1, "sixel", False),
        ({"TERM": "tmux-256color"}, SIXEL_DA1, "cells", False),
        (KITTY | {"TMUX": "/tmp/t"}, KITTY_OK + SIXEL_DA1, "cells", False),
        (KITTY | {"STY": "1.pts"}, KITTY_OK + SIXEL_DA1, "cells", False),
        ({"TERM": "screen-256color"}, SIXEL_DA1, "cells", False),
    ],
)
def test_query_terminal_finds_how_pictures_are_shown(
    terminal: Ask, environment: dict[str, str], answer: bytes, kind: GraphicsKind, asks_kitty: bool
) -> None:
    found, asked = terminal(environment, answer)
    assert found.graphics == kind
    assert (KITTY_QUESTION in asked) == asks_kitty, "terminals that might print the question are not asked"


@pytest.mark.parametrize("answer", [KITTY_OK, b"\x1b_Gi=31;EINVAL:bad thing\x1b\\", b"\x1bP1$r0m\x1b\\"])
def test_query_terminal_answer_about_pictures_is_not_taken_for_typing(terminal: Ask, answer: bytes) -> None:
    found, _ = terminal(KITTY, b"wh" + answer + b"y" + PLAIN_DA1)
    assert found.typed == "why"


def test_late_answer_about_pictures_is_no_key() -> None:
    assert _LATE_ANSWER.sub("", f"a{KITTY_OK.decode()}b\x1b[A") == "ab\x1b[A"


def test_graphics_question_is_empty_for_unknown_terminals() -> None:
    assert graphics_question({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}) == b""
    assert read_graphics({}, b"") == "cells"


@pytest.mark.parametrize(
    ("wanted", "found", "cell", "truecolor", "kind"),
    [
        ("auto", "kitty", (10, 20), True, "kitty"),
        ("auto", "kitty", (10, 20), False, "cells"),
        ("auto", "sixel", None, True, "cells"),
        ("auto", "sixel", (10, 20), False, "sixel"),
        ("kitty", "cells", (10, 20), True, "kitty"),
        ("cells", "kitty", (10, 20), True, "cells"),
        ("off", "kitty", (10, 20), True, "off"),
        ("auto", "cells", (10, 20), True, "cells"),
    ],
)
def test_terminal_graphics_setting_forces_or_switches_off(
    wanted: GraphicsSetting, found: GraphicsKind, cell: tuple[int, int] | None, truecolor: bool, kind: GraphicsKind
) -> None:
    assert TerminalGraphics(wanted, found, print, lambda: cell).kind(truecolor=truecolor) == kind


def pixels(width: int, height: int) -> bytes:
    return bytes((x * 7 % 256, y * 11 % 256, 40)[c] for y in range(height) for x in range(width) for c in range(3))


def test_send_kitty_is_read_back_from_its_pieces_and_asks_for_no_answer() -> None:
    rgb = os.urandom(90 * 40 * 3)
    sent = send_kitty(77, 90, 40, rgb, 9, 2)
    commands = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", sent)
    assert "".join(f"\x1b_G{control};{data}\x1b\\" for control, data in commands) == sent
    assert all("q=2" in control for control, _ in commands)
    assert [control.rpartition("m=")[2] for control, _ in commands] == ["1"] * (len(commands) - 1) + ["0"]
    assert len(commands) > 1
    assert {"U=1", "s=90", "v=40", "c=9", "r=2", "i=77", "f=24"} <= set(commands[0][0].split(","))
    assert zlib.decompress(b64decode("".join(data for _, data in commands))) == rgb


def test_kitty_row_names_each_row_once() -> None:
    rows = [kitty_row(row, 5) for row in range(MAX_ROWS)]
    assert len(set(rows)) == MAX_ROWS
    assert all(row.count(PLACEHOLDER) == 5 for row in rows)
    assert kitty_row(0, 0) == ""


def decode_sixel(text: str) -> Image.Image:
    """Draw sixels as a terminal does."""
    body = re.fullmatch(r'\x1bP0;1;0q"1;1;(\d+);(\d+)(.*)\x1b\\', text)
    assert body is not None
    image = Image.new("RGB", (int(body[1]), int(body[2])), (1, 2, 3))
    colors: dict[str, tuple[int, ...]] = {}
    x = top = 0
    color: tuple[int, ...] = ()
    for define, select, repeat, sixel, sign in re.findall(
        r"#(\d+;2;\d+;\d+;\d+)|#(\d+)|(?:!(\d+))?([?-~])|([$-])", body[3]
    ):
        if define:
            number, _, *share = define.split(";")
            colors[number] = tuple(round(int(one) * 255 / 100) for one in share)
        elif select:
            color = colors[select]
        elif sign:
            x, top = 0, top + 6 * (sign == "-")
        elif sixel:
            count = int(repeat or 1)
            for column in range(x, x + count):
                for bit in range(6):
                    if ord(sixel) - 63 & 1 << bit:
                        image.putpixel((column, top + bit), (color[0], color[1], color[2]))
            x += count
    return image


def test_encode_sixel_drawn_back_is_the_picture() -> None:
    width, height = 37, 12
    rgb = b"".join(bytes((255, 0, 0)) if x < 20 else bytes((0, 0, 255)) for _ in range(height) for x in range(width))
    drawn = decode_sixel(encode_sixel(width, height, rgb))
    assert max(abs(a - b) for a, b in zip(drawn.tobytes(), rgb, strict=True)) <= 3


def test_encode_sixel_every_pixel_belongs_to_one_color_of_its_band() -> None:
    width, height = 50, 17
    text = encode_sixel(width, height, pixels(width, height))
    assert text.isascii()
    counts = []
    for band in text.removesuffix("\x1b\\").partition("#")[2].split("-"):
        bits = 0
        for repeat, sixel in re.findall(r"(?:!(\d+))?([?-~])", re.sub(r"#\d+(;\d+)*", "", band)):
            bits += int(repeat or 1) * (ord(sixel) - 63).bit_count()
        counts.append(bits)
    assert counts == [width * 6, width * 6, width * 5]
    assert encode_sixel(0, 5, b"") == ""


def test_crop_picture_beyond_the_edge_is_paper() -> None:
    picture = PagePicture(3, 2, bytes(range(18)))
    assert crop_picture(picture, 1, 1, 3, 2) == bytes(range(12, 18)) + b"\xff" * 3 + b"\xff" * 9


class ViewApp(App[None]):
    """A picture and nothing else."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, *, sixel: bool) -> None:
        super().__init__()
        self.sent: list[str] = []
        graphics = TerminalGraphics("sixel" if sixel else "kitty", "cells", self.sent.append, lambda: (10, 20))
        self.view = GraphicsView(graphics, sixel=sixel)

    def compose(self) -> ComposeResult:
        yield self.view


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_graphics_view_kitty_sends_what_is_in_sight_and_places_it_by_characters(size: tuple[int, int]) -> None:
    app = ViewApp(sixel=False)
    async with app.run_test(size=size) as pilot:
        app.view.show(PagePicture(600, 2_000, pixels(600, 2_000), ((10, 1_500, 60, 1_520),)))
        await pilot.pause()
        await pilot.pause()
        sent = app.sent[-1]
        rows = app.view.size.height
        assert f"s=600,v={rows * 20},c=60,r={rows}," in sent
        assert app.view.scroll_offset.y <= 75 < app.view.scroll_offset.y + rows, "the mark is in sight"
        line = app.view.render_line(0)
        assert line.text.count(PLACEHOLDER) == 60
        assert line.cell_length == app.view.size.width
        before = len(app.sent)
        await pilot.press("up")
        await pilot.pause()
        assert len(app.sent) > before
    assert app.sent[-1].startswith("\x1b_Ga=d"), "the terminal forgets it"


async def test_graphics_view_sixel_is_drawn_in_its_place_and_the_cursor_goes_back() -> None:
    app = ViewApp(sixel=True)
    async with app.run_test(size=(80, 24)) as pilot:
        app.view.show(PagePicture(300, 100, pixels(300, 100)))
        await pilot.pause()
        await pilot.pause()
        sent = app.sent[-1]
        assert sent.startswith("\x1b7\x1b[1;1H\x1bP")
        assert sent.endswith("\x1b\\\x1b8")
        assert '"1;1;300;100' in sent
        before = app.view.render_line(0)
        assert not before.text.strip()
        app.view.show(PagePicture(100, 40, pixels(100, 40)))
        await pilot.pause()
        await pilot.pause()
        assert '"1;1;100;40' in app.sent[-1]
        diff = FrameDiff()
        diff.add(0, 0, before, app.view.render_line(0))
        assert diff.changed_runs, "the cells of the larger picture are written again"
    assert not any("_G" in one for one in app.sent)

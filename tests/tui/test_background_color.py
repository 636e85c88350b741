"""The terminal's background: what it is asked, what its answers mean, and that nothing typed is lost."""

import os
import pty
import signal
import termios
import threading
from collections.abc import Callable, Iterator

import pytest

from kimi_tui.config import ConfigError, UiSettings
from kimi_tui.tui.terminal.background_color import BackgroundColor, query_background
from kimi_tui.tui.themes import resolve_theme
from kimi_tui.tui.widgets.ask_line import AskLine
from tests.tui.sessions import MemoryLibrary
from tests.tui.stage import staged

ATTRIBUTES = b"\x1b[?62;22c"


@pytest.fixture
def terminal() -> Iterator[Callable[[bytes], BackgroundColor]]:
    """A terminal that answers a question for its attributes with the given bytes."""
    master, slave = pty.openpty()

    def ask(answer: bytes) -> BackgroundColor:
        def reply() -> None:
            asked = b""
            while b"\x1b[c" not in asked:
                asked += os.read(master, 100)
            os.write(master, answer)

        thread = threading.Thread(target=reply)
        thread.start()
        found = query_background({"TERM": "xterm", "SSH_TTY": "x"}, slave, slave)
        thread.join()
        return found

    yield ask
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\" + ATTRIBUTES, BackgroundColor(False)),
        (b"\x1b]11;rgb:1010/13/1\x07" + ATTRIBUTES, BackgroundColor(True)),
        (b"\x1b]11;rgba:fa/fa/f0/ff\x07" + ATTRIBUTES, BackgroundColor(False)),
        (ATTRIBUTES, BackgroundColor(None)),
        (b"wh\x1b]11;rgb:0/0/0\x07y\x1b[A" + ATTRIBUTES + b"?", BackgroundColor(True, "why?")),
        (b"\x1b]11;nonsense\x07" + ATTRIBUTES, BackgroundColor(None)),
    ],
)
def test_query_background_answer_keeps_typed_keys(terminal, answer, found):
    assert terminal(answer) == found


@pytest.mark.parametrize(
    ("variable", "dark"), [("15;0", True), ("0;15", False), ("0;default;7", False), ("12;8", True)]
)
def test_a_variable_is_believed_and_nothing_is_asked(variable, dark):
    assert query_background({"COLORFGBG": variable, "TERM": "xterm"}, -1, -1) == BackgroundColor(dark)


def test_query_background_no_terminal_returns_at_once():
    reading, writing = os.pipe()
    assert query_background({"TERM": "xterm"}, reading, writing) == BackgroundColor()
    assert query_background({"TERM": "linux"}, -1, -1) == BackgroundColor()
    os.write(writing, b"typed")
    assert query_background({"TERM": "xterm"}, reading, writing) == BackgroundColor()
    assert os.read(reading, 10) == b"typed"
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_query_background_signal_restores_terminal(number: signal.Signals) -> None:
    master, slave = pty.openpty()
    before, handler = termios.tcgetattr(slave), signal.getsignal(number)

    def end_when_asked() -> None:
        os.read(master, 100)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=end_when_asked)
    thread.start()
    with pytest.raises(SystemExit) as left:
        query_background({"TERM": "xterm", "SSH_TTY": "x"}, slave, slave)
    thread.join()
    assert left.value.code == 128 + number
    assert termios.tcgetattr(slave) == before
    assert signal.getsignal(number) is handler
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize(("dark", "theme"), [(True, "kimi-dark"), (None, "kimi-dark"), (False, "kimi-light")])
async def test_the_theme_follows_the_background_unless_another_one_is_set(dark, theme):
    background = BackgroundColor(dark, "why")
    async with staged(MemoryLibrary(), background=background) as stage:
        assert stage.app.theme == theme
        assert stage.app.screen.query_one(AskLine).text == "why"
    async with staged(MemoryLibrary(), background=background, ui=UiSettings(theme="kimi-contrast")) as stage:
        assert stage.app.theme == "kimi-contrast"


def test_a_theme_that_there_is_not_is_refused_with_those_there_are():
    with pytest.raises(ConfigError, match="choose one of auto, kimi-dark, kimi-light"):
        resolve_theme("sunny", dark=None)

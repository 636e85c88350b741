"""`^g` in a real terminal: the editor has the terminal meanwhile, and the line holds what it left."""

import json
import os
import shlex
import sys
from pathlib import Path

import pytest

from tests.tui.test_terminal import ENDINGS, Terminal

PROGRAM = """
import json
from kimi_tui.config import UiSettings
from kimi_tui.tui.app import KimiApp
from kimi_tui.tui.widgets.ask_line import AskLine
from tests.tui.sessions import MemoryLibrary, running_session

session = running_session()
app = KimiApp(MemoryLibrary(session), UiSettings(bell=False, leave="background"), session_id="s1", model_line="kimi")
app.run()
with open(TARGET, "w") as target:
    json.dump([getattr(command, "text", "") for command in session.commands], target)
raise SystemExit(app.return_code)
"""


def open_app(tmp_path: Path, code: str) -> Terminal:
    """The app with an editor that runs this code, and a text in its line."""
    command = shlex.join([sys.executable, "-c", f"import os, signal, sys; path = sys.argv[1]; {code}"])
    program = PROGRAM.replace("TARGET", repr(str(tmp_path / "sent.json")))
    terminal = Terminal(program, EDITOR=command, VISUAL="", KIMI_TUI_API_KEY="sk-secret")
    terminal.read_until(b"Steer")
    os.write(terminal.descriptor, b"draft")
    terminal.read_until_shown("draft")
    terminal.written = b""
    os.write(terminal.descriptor, b"\x07")
    return terminal


def sent(terminal: Terminal, tmp_path: Path) -> list[str]:
    """Send the line, leave, and return what was sent."""
    os.write(terminal.descriptor, b"\r")
    terminal.read_for(0.5)
    os.write(terminal.descriptor, b"\x11")
    assert terminal.end() == 0
    texts: list[str] = json.loads((tmp_path / "sent.json").read_text())
    return texts


def test_line_holds_what_the_editor_left_and_is_sent(tmp_path: Path) -> None:
    code = "print('EDITOR ' + 'HERE'); open(path, 'a').write(' and more%s' % ('sk-' + 'secret' in str(os.environ)))"
    terminal = open_app(tmp_path, code)
    terminal.read_until(b"EDITOR HERE")
    for ending in ENDINGS:
        assert ending in terminal.written, "the terminal is as it was before the app"
    terminal.read_until_shown("and moreFalse")
    assert sent(terminal, tmp_path) == ["draft and moreFalse"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("open(path, 'w').write('lost'); sys.exit(3)", "ended with code 3"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "ended with code -9"),
    ],
)
def test_editor_that_fails_leaves_the_line_and_says_so(tmp_path: Path, code: str, words: str) -> None:
    terminal = open_app(tmp_path, code)
    terminal.read_until_shown(words)
    assert sent(terminal, tmp_path) == ["draft"]


def test_interrupt_in_the_editor_does_not_end_the_app(tmp_path: Path) -> None:
    code = "signal.signal(signal.SIGINT, signal.SIG_IGN); os.killpg(0, signal.SIGINT); open(path, 'a').write(' on')"
    terminal = open_app(tmp_path, code)
    terminal.read_until_shown("draft on")
    assert sent(terminal, tmp_path) == ["draft on"]

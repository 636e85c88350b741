"""Keys that are typed ahead: any burst does what the same keys do one by one, in tests and in a real terminal."""

import asyncio
import json
import os
import signal
import time
from pathlib import Path

import pytest

from kimi_tui.commands import Steer
from kimi_tui.session import Session
from kimi_tui.tui.screens.dialog import Dialog
from kimi_tui.tui.screens.library import LibraryScreen
from kimi_tui.tui.screens.session import SessionScreen
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.search_bar import SearchBar
from kimi_tui.tui.widgets.text_line import TextLine
from tests.tui.sessions import MemoryLibrary, MemorySession, finished_session, running_session, waiting_session
from tests.tui.stage import Stage, staged
from tests.tui.test_terminal import Terminal
from tools.fuzz_keys import key_event, play, play_seed, press

LETTERS = {" ": "space", "/": "slash", "?": "question_mark", "@": "at"}


def keys_of(text: str) -> list[str]:
    """The names of the keys that type a text."""
    return [LETTERS.get(letter, letter) for letter in text]


class SlowLibrary(MemoryLibrary):
    """Starting and opening take as long as a test wants."""

    def __init__(self, *held: MemorySession) -> None:
        super().__init__(*held)
        self.starts = 0
        self.may_go_on = asyncio.Event()

    async def start(self, question: str, *, sample: bool = False) -> Session:
        """Count, and wait."""
        self.starts += 1
        await self.may_go_on.wait()
        return await super().start(question, sample=sample)

    async def open(self, session_id: str) -> Session:
        """Wait."""
        await self.may_go_on.wait()
        return await super().open(session_id)


async def burst(stage: Stage, *keys: str) -> None:
    """All keys at once."""
    await press(stage, keys, at_once=True)


def end_process(bursts: int, seed: int) -> list[str]:
    """Do to this process what a fault of the system does."""
    if seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    elif seed == 2:
        raise ZeroDivisionError
    elif seed == 3:
        time.sleep(60)
    return [f"{bursts} played"]


def test_fuzzed_seed_that_ends_its_process_is_named_and_the_next_is_played() -> None:
    found = [play_seed(7, seed, work=end_process, seconds=60.0 if seed != 3 else 0.5) for seed in range(5)]
    assert found == [
        ["seed 0 7 played"],
        ["seed 1 ended its process with -9, see above"],
        ["seed 2 ended its process with 1, see above"],
        ["seed 3 came to no end in 0 s"],
        ["seed 4 7 played"],
    ]


@pytest.mark.parametrize("seed", range(4))
async def test_key_queue_burst_equals_single_keys(seed: int) -> None:
    """Some of the bursts of `python -m tools.fuzz_keys`, which plays twenty thousand."""
    assert await play(10, seed) == []


async def test_search_typed_ahead_in_a_running_session_reaches_the_search_line() -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await burst(stage, "escape", "slash", *keys_of("interest income"))
        assert stage.screen.query_one(SearchBar).text == "interest income"
        assert stage.session.commands == []
        assert stage.app.screen is stage.screen


async def test_question_line_opened_in_a_burst_takes_the_rest() -> None:
    async with staged(MemoryLibrary(finished_session())) as stage:
        await burst(stage, "escape", "n", *keys_of("dux grip"))
        assert stage.app.screen.query_one("#ask", AskLine).text == "dux grip"
        assert not stage.library.trash


async def test_search_line_opened_in_a_burst_takes_the_rest() -> None:
    async with staged(MemoryLibrary(finished_session())) as stage:
        await burst(stage, "escape", "slash", *keys_of("dux grip"))
        assert stage.app.screen.query_one("#search-line", TextLine).value == "dux grip"
        assert not stage.library.trash


@pytest.mark.parametrize("opener", ["f2", "x"])
async def test_dialog_opened_in_a_burst_takes_the_rest(opener: str) -> None:
    async with staged(MemoryLibrary(finished_session())) as stage:
        await burst(stage, "escape", opener, *keys_of("dux grip"))
        assert isinstance(stage.app.screen, Dialog)
        assert stage.app.screen.query_one(TextLine).value == "dux grip"


@pytest.mark.parametrize("opener", ["n", "a"])
async def test_form_of_the_card_opened_in_a_burst_takes_the_rest(opener: str) -> None:
    async with staged(MemoryLibrary(waiting_session()), session_id="s1") as stage:
        await burst(stage, "escape")
        await stage.calm()
        await burst(stage, opener, "end", *keys_of(" yes"))
        assert stage.app.screen.query_one("#approval-line", TextLine).value.endswith("yes")
        assert stage.session.commands == []


async def test_text_typed_while_a_session_starts_goes_to_its_line() -> None:
    library = SlowLibrary()
    async with staged(library) as stage:
        for key in (*keys_of("first"), "enter", *keys_of("and then"), "enter", "enter", *keys_of("last")):
            stage.app.post_message(key_event(key))
        await stage.until(lambda: library.starts)
        await stage.pilot.pause()
        assert isinstance(stage.app.screen, LibraryScreen)
        library.may_go_on.set()
        await stage.until(lambda: isinstance(stage.app.screen, SessionScreen) and stage.app.key_queue.is_idle)
        assert library.starts == 1
        assert stage.session.commands == [Steer("and then")]
        assert stage.screen.query_one("#ask", AskLine).text == "last"


async def test_text_typed_while_a_session_opens_goes_to_its_line() -> None:
    library = SlowLibrary(running_session())
    async with staged(library) as stage:
        await burst(stage, "escape")
        for key in ("o", *keys_of("ipdx")):
            stage.app.post_message(key_event(key))
        await stage.pilot.pause()
        library.may_go_on.set()
        await stage.until(lambda: isinstance(stage.app.screen, SessionScreen) and stage.app.key_queue.is_idle)
        assert stage.screen.query_one("#ask", AskLine).text == "ipdx"
        assert stage.session.commands == []


async def test_keys_typed_for_a_session_that_cannot_be_opened_do_nothing_in_the_library() -> None:
    library = SlowLibrary(running_session())
    async with staged(library) as stage:
        await burst(stage, "escape")
        library.problem = "The disk is away."
        for key in ("o", *keys_of("dpx")):
            stage.app.post_message(key_event(key))
        await stage.pilot.pause()
        library.may_go_on.set()
        await stage.until(lambda: stage.app.key_queue.is_idle)
        assert isinstance(stage.app.screen, LibraryScreen)
        assert not library.trash
        assert not library.labels


async def test_app_can_be_left_while_a_session_is_opened() -> None:
    library = SlowLibrary(running_session())
    async with staged(library) as stage:
        await burst(stage, "escape")
        stage.app.simulate_key("o")
        await stage.pilot.pause()
        stage.app.simulate_key("ctrl+q")
        await stage.until(lambda: not stage.app.is_running or isinstance(stage.app.screen, Dialog))
        library.may_go_on.set()


async def test_text_sent_twice_in_a_burst_is_sent_as_two_texts() -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await burst(stage, *keys_of("one"), "enter", *keys_of("two"), "enter", *keys_of("rest"))
        assert stage.session.commands == [Steer("one"), Steer("two")]
        assert stage.screen.query_one("#ask", AskLine).text == "rest"


PROGRAM = """
import asyncio, json, sys
from kimi_tui.config import UiSettings
from kimi_tui.tui.app import KimiApp
from tests.tui.sessions import MemoryLibrary, running_session

class Library(MemoryLibrary):
    async def start(self, question, *, sample=False):
        await asyncio.sleep(0.3)
        return await super().start(question, sample=sample)

library = Library(*([running_session()] if SESSION else []))
app = KimiApp(library, UiSettings(bell=False, leave="background"), session_id=SESSION, model_line="kimi")
app.run()
session = list(library.held.values())[-1] if library.held else None
said = [getattr(command, "text", type(command).__name__) for command in session.commands] if session else []
questions = [one.state.run.questions[0] for one in library.held.values()]
with open(TARGET, "w") as target:
    json.dump({"questions": questions, "said": said}, target)
"""
"""The app in a terminal, and what was started and said in it."""


def typed_in_terminal(tmp_path: Path, session: str, *writes: tuple[str, bytes]) -> dict[str, list[str]]:
    """Return the outcome of pairs of what the screen shows and of the bytes that are then written at once."""
    target = tmp_path / "came.json"
    terminal = Terminal(PROGRAM.replace("SESSION", repr(session)).replace("TARGET", repr(str(target))))
    terminal.read_until(b"Commands")
    for shown, data in writes:
        terminal.read_until_shown(shown)
        terminal.written = b""
        os.write(terminal.descriptor, data)
    terminal.end()
    came: dict[str, list[str]] = json.loads(target.read_text())
    return came


def test_pasted_lines_without_bracketed_paste_start_one_session(tmp_path: Path) -> None:
    lines = b"first\rsecond\rthird\r\rstill"
    came = typed_in_terminal(tmp_path, "", ("sk a question", lines), ("still", b"\x11"))
    assert came == {"questions": ["first"], "said": ["second", "third"]}


def test_search_written_at_once_in_a_terminal_interrupts_nothing(tmp_path: Path) -> None:
    found = b"/interest income"
    came = typed_in_terminal(tmp_path, "s1", ("Steer", b"\x1b"), (" Memo", found), ("interest income", b"\x11"))
    assert came["said"] == []

"""`up` and `down` walk through what was sent, in every session, and never lose what is being written."""

from pathlib import Path

from kimi_tui.config import UiSettings
from kimi_tui.config.question_history import QuestionHistory
from kimi_tui.tui.actions import build_keymap
from kimi_tui.tui.screens.help import HelpScreen
from kimi_tui.tui.widgets.ask_line import LONG_PASTE_CHARS, AskLine
from kimi_tui.tui.widgets.row_list import RowList
from tests.tui.sessions import MemoryLibrary, finished_session
from tests.tui.stage import staged


def history_of(tmp_path: Path, *texts: str) -> QuestionHistory:
    """A history that holds these texts."""
    history = QuestionHistory(tmp_path)
    for text in texts:
        history.add(text)
    return history


async def test_up_goes_back_and_down_returns_to_what_was_being_written(tmp_path: Path) -> None:
    async with staged(MemoryLibrary(), history=history_of(tmp_path, "first", "second")) as stage:
        line = stage.app.screen.query_one(AskLine)
        await stage.press("d", "r")
        shown = []
        for key in ("up", "up", "up", "down", "down", "down"):
            await stage.press(key)
            shown.append(line.whole_text)
        assert shown == ["second", "first", "first", "second", "dr", "dr"]


async def test_up_in_a_text_of_several_rows_moves_the_cursor_first(tmp_path: Path) -> None:
    async with staged(MemoryLibrary(), history=history_of(tmp_path, "sent")) as stage:
        line = stage.app.screen.query_one(AskLine)
        line.set_text("word " * 60)
        await stage.pilot.pause()
        assert line.wrapped_document.height > 1
        await stage.press("up")
        assert line.text == "word " * 60
        for _ in range(line.wrapped_document.height):
            await stage.press("up")
        assert line.text == "sent"


async def test_down_in_an_empty_line_still_goes_to_the_list(tmp_path: Path) -> None:
    library = MemoryLibrary(finished_session())
    async with staged(library, history=history_of(tmp_path, "sent")) as stage:
        await stage.press("up", "down", "down")
        assert isinstance(stage.app.focused, RowList)


async def test_long_paste_that_was_being_written_comes_back_whole(tmp_path: Path) -> None:
    async with staged(MemoryLibrary(), history=history_of(tmp_path, "sent")) as stage:
        line = stage.app.screen.query_one(AskLine)
        line.set_text("x" * (LONG_PASTE_CHARS + 1))
        await stage.press("up", "down")
        assert line.whole_text == "x" * (LONG_PASTE_CHARS + 1)


async def test_what_is_sent_in_the_library_is_there_in_a_session(tmp_path: Path) -> None:
    history = history_of(tmp_path)
    async with staged(MemoryLibrary(), history=history) as stage:
        await stage.press(*"why", "enter")
        await stage.until(lambda: history.texts() == ["why"])
    async with staged(
        MemoryLibrary(finished_session("s1")), session_id="s1", history=QuestionHistory(tmp_path)
    ) as stage:
        line = stage.screen.query_one(AskLine)
        line.focus()
        await stage.press("up")
        assert line.text == "why"


async def test_question_mark_is_text_in_a_line_and_shows_the_keys_outside(tmp_path: Path) -> None:
    async with staged(MemoryLibrary(finished_session())) as stage:
        await stage.press("question_mark")
        assert stage.app.screen.query_one(AskLine).text == "?"
        await stage.press("escape", "question_mark")
        await stage.until(lambda: isinstance(stage.app.screen, HelpScreen))
        await stage.press("question_mark", "escape")
        assert not isinstance(stage.app.screen, HelpScreen)


async def test_question_mark_in_a_session_shows_the_keys() -> None:
    async with staged(MemoryLibrary(finished_session("s1")), session_id="s1") as stage:
        await stage.press("escape", "question_mark")
        await stage.until(lambda: isinstance(stage.app.screen, HelpScreen))


def test_question_mark_that_a_person_gave_to_another_action_is_theirs() -> None:
    for written in ("question_mark", "?"):
        keys = build_keymap(UiSettings(keys={"session.memo": written}).keys)
        assert keys["session.memo"] == written
        assert keys["app.help"] == "f1"
    assert build_keymap({})["app.help"] == "f1,question_mark"

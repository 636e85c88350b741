"""The history of questions is kept across sessions, privately and within bounds, and no file can break the app."""

import stat
from pathlib import Path

import pytest

from kimi_tui.config.question_history import MAX_CHARS, MAX_TEXTS, QuestionHistory


def test_history_is_shared_by_those_who_use_the_data_folder(tmp_path: Path) -> None:
    first, second = QuestionHistory(tmp_path), QuestionHistory(tmp_path)
    first.add("one")
    second.add("two\nlines")
    first.add("three")
    assert QuestionHistory(tmp_path).texts() == ["one", "two\nlines", "three"]


def test_text_sent_again_moves_to_the_end(tmp_path: Path) -> None:
    history = QuestionHistory(tmp_path)
    for text in ("one", "two", "one"):
        history.add(text)
    assert history.texts() == ["two", "one"]


def test_history_is_bounded(tmp_path: Path) -> None:
    history = QuestionHistory(tmp_path)
    for number in range(MAX_TEXTS + 3):
        history.add(str(number))
    history.add("x" * (MAX_CHARS + 1))
    assert history.texts() == [str(number) for number in range(3, MAX_TEXTS + 3)]


def test_file_and_folder_are_private_whatever_was_there(tmp_path: Path) -> None:
    home = tmp_path / "home"
    QuestionHistory(home).add("one")
    path = home / "questions.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    path.chmod(0o644)
    QuestionHistory(home).add("two")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in home.iterdir()] == ["questions.json"]


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": 1}', b"[1, 2]", b"\xff\xfe", b'["a", null]'])
def test_file_that_cannot_be_read_holds_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "questions.json").write_bytes(content)
    history = QuestionHistory(tmp_path)
    assert history.texts() == []
    history.add("one")
    assert QuestionHistory(tmp_path).texts() == ["one"]


def test_folder_that_cannot_be_written_keeps_texts_until_the_end(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file in the place of the folder")
    history = QuestionHistory(tmp_path / "home")
    history.add("one")
    history.add("two")
    assert history.texts() == ["one", "two"]

"""Answers that a person gave once are kept in a small file of the app's own, for its owner alone."""

from pathlib import Path

import pytest

from kimi_tui.config.remembered_answers import RememberedAnswers


def test_an_answer_is_kept_for_its_owner_alone_and_forgotten_on_request(tmp_path: Path) -> None:
    answers = RememberedAnswers(tmp_path / "home")
    assert answers.on_quit is None
    assert not answers.path.parent.exists()
    answers.remember_on_quit("background")
    answers.remember_on_quit("pause")
    assert RememberedAnswers(tmp_path / "home").on_quit == "pause"
    assert answers.path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in answers.path.parent.iterdir()] == ["answers.json"]
    answers.forget()
    answers.forget()
    assert answers.on_quit is None


@pytest.mark.parametrize("content", [b"", b"garbage", b'{"leave":"delete everything"}', b"[]", b"\xff\xfe", b'"pause"'])
def test_a_file_that_makes_no_sense_is_no_answer(tmp_path: Path, content: bytes) -> None:
    answers = RememberedAnswers(tmp_path)
    answers.path.write_bytes(content)
    assert answers.on_quit is None
    answers.remember_on_quit("background")
    assert answers.on_quit == "background"

"""The person's editor gets a private file and no secret; whatever goes wrong leaves the text unchanged and says why."""

import os
import shlex
import sys
import tempfile
from pathlib import Path

import pytest

from kimi_tui.external_editor import MAX_TEXT_BYTES, EditorError, edit_text, editor_command


def editor(code: str) -> str:
    """An editor that runs this code with the file's path as `path`."""
    return shlex.join([sys.executable, "-c", f"import os, sys; path = sys.argv[-1]; {code}", "an argument"])


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("variable", ["VISUAL", "EDITOR"])
def test_text_comes_back_as_the_editor_left_it(temporary: Path, variable: str) -> None:
    code = "text = open(path).read(); open(path, 'w').write(text.upper() + chr(10) + 'è' + chr(10))"
    assert edit_text("why?\n\nbecause", {variable: editor(code)}) == "WHY?\n\nBECAUSE\nè"
    assert list(temporary.iterdir()) == [], "nothing of it is left"


def test_visual_comes_before_editor_and_a_blank_one_counts_as_none() -> None:
    assert editor_command({"VISUAL": "a 'b c'", "EDITOR": "d"}) == ["a", "b c"]
    assert editor_command({"VISUAL": "  ", "EDITOR": "d -x"}) == ["d", "-x"]


def test_file_and_folder_are_private_and_the_key_is_not_in_the_environment(temporary: Path) -> None:
    code = (
        "seen = [oct(os.stat(name).st_mode & 0o777) for name in (path, os.path.dirname(path))];"
        "open(path, 'w').write(' '.join(seen) + str('sk-' + 'secret' in str(os.environ)) + os.environ['KEPT'])"
    )
    environment = {"EDITOR": editor(code), "KIMI_TUI_API_KEY": "sk-secret", "KEPT": "kept", **_python_environment()}
    assert edit_text("x", environment) == "0o600 0o700Falsekept"
    assert list(temporary.iterdir()) == []


def _python_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", "no editor is known"),
        ("/no/such/editor -x", "cannot be started"),
        ("vi 'unfinished", "EDITOR is no command line"),
        ("''", "names no program"),
        ("sh -c 'exit 3'", "ended with code 3"),
        ("sh -c 'kill -9 $$'", "ended with code -9"),
        ("rm", "cannot be read"),
        (editor("open(path, 'wb').write(bytes([255, 254, 65]))"), "not UTF-8"),
        (editor(f"open(path, 'wb').truncate({MAX_TEXT_BYTES} + 1)"), "longer than"),
    ],
)
def test_editor_that_does_not_work_says_why_and_leaves_nothing(temporary: Path, command: str, words: str) -> None:
    with pytest.raises(EditorError, match=words):
        edit_text("kept", {"EDITOR": command, **_python_environment()})
    assert list(temporary.iterdir()) == []


def test_last_line_end_is_only_taken_off_where_the_editor_added_it(temporary: Path) -> None:
    assert edit_text("a\n", {"EDITOR": "true", **_python_environment()}) == "a\n"
    assert edit_text("a", {"EDITOR": editor("open(path, 'a').write(chr(10))")}) == "a"

"""`config --path` and `--edit` find, make, open and check the settings file, also when it is wrong."""

import os
import shlex
import stat
import sys
import tomllib
from pathlib import Path

import pytest

from kimi_tui.config import Settings, load_settings
from kimi_tui.config.descriptions import commented_defaults, describe_settings
from tests.cli.kit import Done, kimi, refused


def edit(path: Path, line: str, *, editor: str | None = None, visual: str = "", key: str = "") -> Done:
    """Run `config --edit` with an editor that appends a line to the file."""
    code = f"import sys; open(sys.argv[1], 'a').write({line!r} + chr(10))"
    command = shlex.join([sys.executable, "-c", code]) if editor is None else editor
    return kimi("config", "--edit", KIMI_TUI_CONFIG=str(path), VISUAL=visual, EDITOR=command, KIMI_TUI_API_KEY=key)


def test_path_of_a_file_that_is_missing_is_where_it_would_be(tmp_path: Path) -> None:
    done = kimi("config", "--path", KIMI_TUI_CONFIG="", XDG_CONFIG_HOME=str(tmp_path), HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    path = Path(done.stdout.strip())
    assert path.is_absolute()
    assert path.is_relative_to(tmp_path)
    assert path.name == "config.toml"
    assert not path.exists()


def test_path_of_a_file_that_is_wrong_is_printed(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("max_steps = [")
    assert kimi("config", "--path", KIMI_TUI_CONFIG=str(path)).stdout.strip() == str(path)


def test_edit_without_a_file_makes_a_private_one_with_commented_defaults(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "settings.toml"
    done = edit(path, "max_steps = 9")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"{path}: all settings can be used."
    assert tomllib.loads(path.read_text()) == {"max_steps": 9}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert '#ui.theme = "auto"' in path.read_text().splitlines()


def test_edit_of_a_file_keeps_its_content(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("max_steps = 7\n")
    assert edit(path, "offline = true").returncode == 0
    assert path.read_text() == "max_steps = 7\noffline = true\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("max_steps = ", "not valid TOML"),
        ("max_stepz = 3", "did you mean `max_steps`"),
        ("max_steps = 0", "a number above 0"),
        ('approve = "yes"', "approve"),
        ('ui.theme = "pink"', "pink"),
        ('ui.keys = {"session.memo" = "nokey"}', "there is no key `nokey`"),
        ('desk = "/no/such/desk"', "no desk folder"),
    ],
)
def test_edit_that_leaves_a_mistake_says_in_one_line_what_is_wrong(tmp_path: Path, line: str, words: str) -> None:
    refused(edit(tmp_path / "settings.toml", line), 2, words)


def test_edit_of_a_file_that_was_wrong_can_correct_it(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("notify_command = [\n")
    done = edit(path, "]")
    assert done.returncode == 0, done.stderr


def test_edit_prefers_visual_and_takes_its_arguments(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    seen = tmp_path / "seen"
    code = f"import sys; open({str(seen)!r}, 'w').write(' '.join(sys.argv[1:]))"
    edit(path, "max_steps = 1", visual=shlex.join([sys.executable, "-c", code, "--wait"]))
    assert seen.read_text() == f"--wait {path}"
    assert tomllib.loads(path.read_text()) == {}


@pytest.mark.parametrize(
    ("editor", "code", "words"),
    [
        ("", 2, "set VISUAL or EDITOR"),
        ("/no/such/editor", 2, "cannot be started"),
        ("ed 'x", 2, "EDITOR is no command line"),
        ("false", 1, "ended with code 1"),
    ],
)
def test_edit_without_an_editor_that_works_says_why(tmp_path: Path, editor: str, code: int, words: str) -> None:
    refused(edit(tmp_path / "settings.toml", "", editor=editor), code, words)


def test_editor_is_not_given_the_key(tmp_path: Path) -> None:
    code = "import os, sys; sys.exit('KIMI_TUI_API_KEY' in os.environ)"
    done = edit(tmp_path / "settings.toml", "", editor=shlex.join([sys.executable, "-c", code]), key="sk")
    assert done.returncode == 0, done.stderr


def test_commented_defaults_when_uncommented_are_the_defaults(tmp_path: Path) -> None:
    lines = [
        line for line in commented_defaults({}).splitlines() if line.startswith("#") and line[1:2] not in (" ", "")
    ]
    assert {line[1:].partition(" = ")[0].removesuffix(" =") for line in lines} == {s.name for s in describe_settings()}
    path = tmp_path / "settings.toml"
    path.write_text("\n".join(line[1:] for line in lines if not line.endswith("=")))
    loaded = load_settings({"KIMI_TUI_CONFIG": str(path)}).settings
    assert loaded == Settings()


def test_every_setting_is_described_and_limited_by_what_is_accepted(tmp_path: Path) -> None:
    for setting in describe_settings():
        assert setting.meaning, setting.name
        for choice in setting.choices:
            path = tmp_path / "settings.toml"
            written = choice if choice in ("true", "false") else f'"{choice}"'
            path.write_text(f"{setting.name} = {written}\n")
            load_settings({"KIMI_TUI_CONFIG": str(path)})


def test_config_shows_what_a_setting_accepts(tmp_path: Path) -> None:
    rows = {line.split()[0]: line for line in kimi("config", KIMI_TUI_HOME=str(tmp_path)).stdout.splitlines()}
    assert rows["ui.notices"].endswith("auto | always | off")
    assert rows["ui.theme"].endswith("kimi-dark | kimi-light | kimi-contrast | kimi-plain")
    assert rows["max_steps"].endswith("a whole number above 0")
    assert rows["prefetch"].endswith("true | false")


def test_path_and_edit_together_are_refused() -> None:
    refused(kimi("config", "--path", "--edit", EDITOR=os.devnull), 2, "not allowed with")

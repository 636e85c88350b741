"""Changes of the settings file: what stays, what is shown, what is refused, and that it is written whole or not."""

import os
from pathlib import Path

import pytest

from kimi_tui.config import ConfigError, load_settings
from kimi_tui.config.settings_file import plan_change, write_change

TEXT = """\
# Mine.
model = "old"   # the small one

[ui]
theme = "auto"  # follows the terminal
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for the file."""
    made = tmp_path / "mine"
    made.mkdir()
    return made


def test_a_change_keeps_comments_order_and_everything_else(folder: Path) -> None:
    path = folder / "config.toml"
    path.write_text(TEXT)
    change = plan_change(path, {"model": "new", "ui.bell": False, "base_url": "http://127.0.0.1:1/v1"})
    assert change.changed == ("model", "ui.bell", "base_url")
    write_change(change)
    text = path.read_text()
    for kept in ("# Mine.", 'model = "new"   # the small one', 'theme = "auto"  # follows the terminal'):
        assert kept in text
    settings = load_settings({"KIMI_TUI_CONFIG": str(path)}).settings
    assert (settings.model, settings.ui.bell, settings.base_url) == ("new", False, "http://127.0.0.1:1/v1")


def test_none_takes_a_setting_out_and_leaves_a_missing_one_missing(folder: Path) -> None:
    path = folder / "config.toml"
    path.write_text(TEXT)
    change = plan_change(path, {"model": None, "desk": None, "policy.allow_hosts": None})
    assert change.changed == ("model",)
    assert b"model" not in change.after
    assert b"policy" not in change.after


def test_a_new_file_and_its_folder_are_private(folder: Path) -> None:
    path = folder / "new" / "config.toml"
    write_change(plan_change(path, {"api_key": "sk-1234567890"}))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert [one.name for one in path.parent.iterdir()] == ["config.toml"]


def test_a_rewritten_file_becomes_private(folder: Path) -> None:
    path = folder / "config.toml"
    path.write_text(TEXT)
    path.chmod(0o644)
    write_change(plan_change(path, {"api_key": "sk-1234567890"}))
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "text",
    [
        'api_key = "sk-old-secret"\nmodel = "m"\n',
        '"api_key" = "sk-old-secret"\n',
        "api_key = '''sk-old-secret'''\n",
        'api_key = """\nsk-old-secret"""\n',
        'retrieval = {api_key = "sk-old-secret"}\n',
        '# it was sk-old-secret\napi_key = "sk-old-secret"\n',
    ],
)
def test_the_difference_never_shows_a_secret(folder: Path, text: str) -> None:
    path = folder / "config.toml"
    path.write_text(text)
    shown = "\n".join(plan_change(path, {"api_key": "sk-new-secret", "model": "new"}).diff_lines())
    assert "secret" not in shown
    assert "(hidden)" in shown
    assert '+model = "new"' in shown


def test_the_difference_holds_no_control_characters(folder: Path) -> None:
    path = folder / "config.toml"
    path.write_text("# \x1b]0;gotcha\x07 \u202e\nmodel = 'm'\n".replace("\x1b", "").replace("\x07", ""))
    shown = "\n".join(plan_change(path, {"model": "new"}).diff_lines())
    assert "\u202e" not in shown


@pytest.mark.parametrize("text", ["model = ", "[ui\n", "a = 1\na = 2", "\ufffd = 3"])
def test_a_broken_file_is_refused_in_words_and_left_alone(folder: Path, text: str) -> None:
    path = folder / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"config\.toml"):
        plan_change(path, {"model": "new"})
    assert path.read_text() == text


def test_a_file_that_is_not_text_is_refused(folder: Path) -> None:
    path = folder / "config.toml"
    path.write_bytes(b"model = '\xff'\n")
    with pytest.raises(ConfigError, match="UTF-8"):
        plan_change(path, {"model": "new"})


def test_a_value_that_cannot_be_used_is_refused_with_the_files_name(folder: Path) -> None:
    path = folder / "config.toml"
    with pytest.raises(ConfigError, match="base_url"):
        plan_change(path, {"base_url": "ftp://example.org"})
    path.write_text("no_such_setting = 1\n")
    with pytest.raises(ConfigError, match="no_such_setting") as caught:
        plan_change(path, {"model": "new"})
    assert str(path) in str(caught.value)


def test_a_table_in_place_of_a_value_is_refused(folder: Path) -> None:
    path = folder / "config.toml"
    path.write_text('ui = "dark"\n')
    with pytest.raises(ConfigError, match="ui"):
        plan_change(path, {"ui.bell": False})


def test_a_file_that_changed_meanwhile_is_not_overwritten(folder: Path) -> None:
    path = folder / "config.toml"
    path.write_text(TEXT)
    change = plan_change(path, {"model": "new"})
    path.write_text('model = "theirs"\n')
    with pytest.raises(ConfigError, match="changed meanwhile"):
        write_change(change)
    assert path.read_text() == 'model = "theirs"\n'


def test_a_read_only_file_is_left_alone_in_words(folder: Path) -> None:
    path = folder / "config.toml"
    path.write_text(TEXT)
    path.chmod(0o400)
    with pytest.raises(ConfigError, match="read-only"):
        write_change(plan_change(path, {"model": "new"}))
    assert path.read_text() == TEXT
    assert [one.name for one in folder.iterdir()] == ["config.toml"]


def test_a_folder_in_the_place_of_the_file_is_named(folder: Path) -> None:
    (folder / "config.toml").mkdir()
    with pytest.raises(ConfigError, match="not a file"):
        plan_change(folder / "config.toml", {"model": "new"})


def test_a_symbolic_link_stays_one(folder: Path) -> None:
    real, link = folder / "real.toml", folder / "config.toml"
    real.write_text(TEXT)
    link.symlink_to(real)
    write_change(plan_change(link, {"model": "new"}))
    assert link.is_symlink()
    assert 'model = "new"' in real.read_text()


def test_writing_that_fails_half_way_leaves_the_old_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "config.toml"
    path.write_text(TEXT)
    change = plan_change(path, {"model": "new"})

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ConfigError, match="No space left"):
        write_change(change)
    assert path.read_text() == TEXT
    assert [one.name for one in folder.iterdir()] == ["config.toml"]

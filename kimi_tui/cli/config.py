"""Command `config`: show every setting, say where the settings file is, or open it in an editor and check it."""

import argparse
import json
import os
from collections.abc import Callable
from functools import reduce
from operator import getitem
from pathlib import Path

import msgspec

from kimi_tui.config import ConfigError, LoadedSettings, Settings, config_path, load_settings
from kimi_tui.config.declaration import declared_settings
from kimi_tui.config.descriptions import commented_defaults, describe_settings
from kimi_tui.external_editor import EditorError, EditorNotStarted, editor_command, open_editor
from kimi_tui.session import SessionError
from kimi_tui.text import one_line, printable

DONE = 0


def run_config(options: argparse.Namespace, load: Callable[[argparse.Namespace], LoadedSettings]) -> int:
    """Run the command and return its exit code; raises `ConfigError` and `SessionError`.

    The settings are loaded only where they are shown: a file that is wrong must still be found and edited.
    """
    if options.path:
        print(printable(str(config_path(os.environ).absolute())))
        return DONE
    if options.edit:
        return _edit_file(config_path(os.environ).absolute())
    return _show_settings(load(options), as_json=options.json)


def _show_settings(loaded: LoadedSettings, *, as_json: bool) -> int:
    """Print each setting's value, where it came from, and which values it accepts."""
    plain = msgspec.to_builtins(loaded.settings)
    for secret in (one for one in declared_settings(Settings) if one.setting.is_secret):
        group, _, name = secret.name.rpartition(".")
        (plain[group] if group else plain)[name] = "(set)" if secret.value_in(loaded.settings) else ""
    plain["home"] = str(loaded.settings.home_path)
    if as_json:
        rows = {name: {"value": value, "origin": loaded.origins.get(name, "default")} for name, value in plain.items()}
        print(json.dumps(rows, indent=2, sort_keys=True))
        return DONE
    listed = _choices_of_the_screen()
    for setting in describe_settings():
        value = json.dumps(reduce(getitem, setting.name.split("."), plain), ensure_ascii=False)
        choices = setting.choices or listed.get(setting.name, ())
        allowed = " | ".join(choices) or setting.limits
        origin = one_line(loaded.origins.get(setting.name, "default"))
        print(f"{setting.name:<26} {one_line(value, 90):<36} {origin:<16} {allowed}".rstrip())
    return DONE


def _choices_of_the_screen() -> dict[str, tuple[str, ...]]:
    """Return the values of settings whose names the screen gives."""
    from kimi_tui.tui.themes import AUTO, THEMES

    return {"ui.theme": (AUTO, *(theme.name for theme in THEMES))}


def _edit_file(path: Path) -> int:
    """Open the settings file in the person's editor, made with commented defaults if missing; then check it."""
    editor = _editor(path)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(path, "x", encoding="utf-8", opener=_open_private) as file:
            file.write(commented_defaults(_choices_of_the_screen()))
    try:
        open_editor(editor, path, os.environ)
    except EditorNotStarted as error:
        raise ConfigError(str(error)) from None
    except EditorError as error:
        raise SessionError(f"{error}; {path} was not checked") from None
    _check_file()
    print(printable(f"{path}: all settings can be used."))
    return DONE


def _open_private(path: str, flags: int) -> int:
    """Open a new file that only its owner can read: it may hold a key."""
    return os.open(path, flags, 0o600)


def _editor(path: Path) -> list[str]:
    """Return the command of the person's editor; raises `ConfigError` when none is named."""
    try:
        return editor_command(os.environ)
    except EditorError as error:
        raise ConfigError(f"{error}; or edit {path}") from None


def _check_file() -> None:
    """Check the file as the app would, its theme and keys included; raises `ConfigError`."""
    ui = load_settings(os.environ).settings.ui
    from kimi_tui.tui.actions import build_keymap
    from kimi_tui.tui.themes import resolve_theme

    resolve_theme(ui.theme, dark=True)
    build_keymap(ui.keys)

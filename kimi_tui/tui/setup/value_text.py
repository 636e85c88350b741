"""Write values of settings as a person reads and types them, and read what was typed."""

from types import UnionType
from typing import Any, Union, get_args, get_origin

import tomlkit
from tomlkit.exceptions import TOMLKitError

from kimi_tui.config.declaration import DeclaredSetting
from kimi_tui.config.tree import ConfigError

HIDDEN = "(set, hidden)"


def show_value(declared: DeclaredSetting, value: Any) -> str:
    """Return a value in one line; a secret only says whether it is set."""
    if declared.setting.is_secret:
        return HIDDEN if value else ""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple | list):
        return str(tomlkit.item(list(value)).as_string())
    if isinstance(value, dict):
        return _inline(value)
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _inline(value: dict[str, str]) -> str:
    table = tomlkit.inline_table()
    table.update(value)
    return str(table.as_string())


def read_value(declared: DeclaredSetting, typed: str) -> Any:
    """Return the value that was typed, None for the default; raises `ConfigError`. The range is checked elsewhere."""
    typed = typed.strip()
    if not typed:
        return None
    if declared.choices and typed not in declared.choices:
        raise ConfigError(f"{declared.name} must be one of {', '.join(declared.choices)}")
    if _is_text(declared.kind):
        return typed
    try:
        return tomlkit.parse(f"value = {typed}\n").unwrap()["value"]
    except TOMLKitError:
        raise ConfigError(f"{declared.name} cannot be read: {typed!r} is not {_example(declared.kind)}") from None


def _is_text(kind: Any) -> bool:
    """Return whether a setting holds text, perhaps one of a few words."""
    if get_origin(kind) in (Union, UnionType):
        return any(_is_text(part) for part in get_args(kind))
    return kind is str or bool(get_args(kind) and all(isinstance(part, str) for part in get_args(kind)))


def _example(kind: Any) -> str:
    if get_origin(kind) is tuple:
        return 'a list such as ["one", "two"]'
    return 'a table such as { "session.pause" = "f9" }' if get_origin(kind) is dict else "a number"

"""The layers of settings: defaults, then the user's TOML file, then the environment, then typed flags."""

import difflib
import os
import shlex
import stat
import tomllib
from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from kimi_tui.config.declaration import declared_settings
from kimi_tui.config.secret_values import resolve_secrets
from kimi_tui.config.tree import ConfigError, Settings, expand_home


class LoadedSettings(msgspec.Struct, frozen=True):
    """Settings and where each came from."""

    settings: Settings
    origins: dict[str, str]
    """Setting's name to the file's path, the variable's name or `flag`; those left at their default are missing.

    A group has its own name beside the names in it: `ui` and `ui.theme`.
    """


ENVIRONMENT = {one.setting.variable: one.name for one in declared_settings(Settings) if one.setting.variable}
"""Environment variables and the settings they set; `KIMI_TUI_CONFIG` names the TOML file itself."""


def config_path(environment: Mapping[str, str]) -> Path:
    """Return the path of the TOML file."""
    if named := environment.get("KIMI_TUI_CONFIG"):
        return expand_home(named, "KIMI_TUI_CONFIG")
    import platformdirs  # only when no file is named: keeps the start lean

    return Path(platformdirs.user_config_dir("kimi-tui", appauthor=False)) / "config.toml"


def load_settings(
    environment: Mapping[str, str] = os.environ, flags: Mapping[str, Any] | None = None
) -> LoadedSettings:
    """Load the effective settings; `flags` holds typed command-line values, None for those not given."""
    path = config_path(environment)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    layers = [
        (_read_layer(path, required=bool(environment.get("KIMI_TUI_CONFIG"))), str(path)),
        *(({name: environment[key]}, key) for key, name in ENVIRONMENT.items() if environment.get(key)),
        ({name: value for name, value in (flags or {}).items() if value is not None}, "flag"),
    ]
    for layer, origin in layers:
        _check_names(layer, origin)
        for name, value in layer.items():
            values[name] = value
            origins[name] = origin
            origins |= dict.fromkeys(_inner_names(name, value), origin)
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(_explain_error(str(error), origins)) from None
    check_values(settings)
    settings = resolve_secrets(settings, environment)
    return LoadedSettings(_make_paths_absolute(settings, path.parent), origins)


def _inner_names(name: str, value: Any) -> Iterator[str]:
    """Yield the names of the settings in a group, and in the groups in it."""
    for part, inner in value.items() if isinstance(value, dict) else ():
        yield f"{name}.{part}"
        yield from _inner_names(f"{name}.{part}", inner)


def _make_paths_absolute(settings: Settings, folder: Path) -> Settings:
    """Make the paths absolute; a command's are relative to the folder of the settings file."""
    hooks = settings.policy.hooks
    before_call = _absolute_command(hooks.before_call, "policy.hooks.before_call", folder)
    policy = msgspec.structs.replace(settings.policy, hooks=msgspec.structs.replace(hooks, before_call=before_call))
    return msgspec.structs.replace(
        settings,
        home=str(settings.home_path) if settings.home else "",
        desk=str(expand_home(settings.desk, "desk").absolute()) if settings.desk else "",
        notify_command=_absolute_command(settings.notify_command, "notify_command", folder),
        policy=policy,
    )


def _absolute_command(command: tuple[str, ...], name: str, folder: Path) -> tuple[str, ...]:
    if command and "/" in command[0]:
        return (str(folder.absolute() / expand_home(command[0], name)), *command[1:])
    return command


def _read_layer(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        layer = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        _check_file_mode(path, layer)
        return layer
    except FileNotFoundError:
        if required:
            raise ConfigError(f"no settings file at {path}; correct KIMI_TUI_CONFIG or unset it") from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the settings file {path} cannot be read: {error}") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"the settings file {path} is not valid TOML: {error}") from None


def _check_file_mode(path: Path, layer: Mapping[str, Any]) -> None:
    """Refuse a file with a key or a command that other users may change: they could send the key or run a program."""
    if os.name != "posix" or not path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return
    held = [
        one.name
        for one in declared_settings(Settings)
        if (one.setting.is_secret or one.setting.is_command) and _holds(layer, one.name)
    ]
    if held:
        raise ConfigError(
            f"the settings file {path} holds `{held[0]}` and can be changed by other users, who could read the key or "
            f"have a program run; make it yours alone with `chmod 600 {shlex.quote(str(path))}`"
        )


def _holds(layer: Mapping[str, Any], name: str) -> bool:
    """Return whether a file gives a setting a value; `name` may be that of a group and of a setting in it."""
    value: Any = layer
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return bool(value)


def _check_names(layer: Mapping[str, Any], origin: str) -> None:
    known = {field.name for field in msgspec.structs.fields(Settings)}
    for name in layer:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean `{near[0]}`?" if near else "; `kimi-tui config` lists all settings"
            raise ConfigError(f"unknown setting `{name}` in {origin}{hint}")


def _explain_error(message: str, origins: Mapping[str, str]) -> str:
    what, _, where = message.partition(" - at `$.")
    name = where.rstrip("`").split(".")[0].split("[")[0]
    origin = origins.get(name, "the settings")
    return f"setting `{where.rstrip('`')}` in {origin}: {what[:1].lower()}{what[1:]}" if where else f"{origin}: {what}"


def check_values(settings: Settings) -> None:
    """Check every setting; raises `ConfigError` for the first that cannot be used."""
    for declared in declared_settings(Settings):
        value, numbers = declared.value_in(settings), declared.setting.number_range
        if numbers and value is not None and not (isfinite(value) and declared.setting.accepts(value)):
            raise ConfigError(f"setting `{declared.name}` must be {numbers}, not {value}")
        if declared.setting.is_address and value:
            _check_address(declared.name, value)
    if settings.desk and not expand_home(settings.desk, "desk").is_dir():
        raise ConfigError(f"there is no desk folder at {settings.desk}; give --desk an existing folder")


def _check_address(name: str, address: str) -> None:
    """Check that an address carries no secret, because it is recorded; raises `ConfigError`."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ConfigError(f"setting `{name}` is not an address; write it like http://127.0.0.1:8000/v1") from None
    if "@" in parts.netloc:
        raise ConfigError(f"setting `{name}` must not carry a user or password; set `api_key` instead")
    if not usable:
        raise ConfigError(f"setting `{name}` must be an http or https address, not {address!r}")
    if "?" in address or "#" in address:
        raise ConfigError(f"setting `{name}` must end with a path, without `?` or `#`; set `api_key` for a key")

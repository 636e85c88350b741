"""Change single settings in the person's TOML file: plan, show the difference, write.

Comments, order and everything else of the file stay. A plan that would make the file unusable is refused before
anything is written, and a file that changed since it was planned is not overwritten.
"""

import difflib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from kimi_tui.config.declaration import declared_settings
from kimi_tui.config.layers import load_settings
from kimi_tui.config.secret_values import referenced_variable
from kimi_tui.config.tree import ConfigError, Settings
from kimi_tui.text import printable

MAX_FILE_BYTES = 1 << 20
"""A settings file is small; a larger one is something else."""
HIDDEN_VALUE = '"(hidden)"'
"""Shown in the difference in place of a secret."""


class PlannedChange(msgspec.Struct, frozen=True):
    """The text of a settings file before and after a change."""

    path: Path
    """The file, with symbolic links resolved."""
    before: bytes | None
    """None while there is no file."""
    after: bytes
    changed: tuple[str, ...] = ()
    """Names of the settings that get another value in the file."""

    @property
    def is_empty(self) -> bool:
        """Return whether nothing would change."""
        return self.before == self.after or (self.before is None and not self.after)

    def diff_lines(self) -> list[str]:
        """Return the difference line by line, with secrets hidden; printable text."""
        old, new = (_visible_lines(text) for text in (self.before or b"", self.after))
        name = self.path.name
        lines = difflib.unified_diff(old, new, f"{name} now", f"{name} then", n=1, lineterm="")
        hidden = _secret_values(self.before or b"") | _secret_values(self.after)
        return [printable(_hide_values(line, hidden)) for line in lines]


def plan_change(path: Path, values: Mapping[str, Any]) -> PlannedChange:
    """Return the change that sets these values by name (`ui.theme`); None as a value takes the setting out.

    Raises `ConfigError` when the file cannot be read or understood, or could not be used afterwards.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = path.resolve()
    before = _read_file(path)
    try:
        document = tomlkit.parse((before or b"").decode("utf-8-sig"))
        changed = tuple(name for name, value in values.items() if _set_value(document, name, value))
    except UnicodeDecodeError as error:
        raise ConfigError(f"the settings file {path} is not UTF-8 text: {error}; nothing was changed") from None
    except (TOMLKitError, RecursionError) as error:
        raise ConfigError(f"the settings file {path} is not valid TOML: {error}; correct it first") from None
    after = tomlkit.dumps(document).encode() if changed else before or b""
    _check_text(path, after)
    return PlannedChange(path, before, after, changed)


def write_change(change: PlannedChange) -> None:
    """Write the file at once or not at all, readable by its owner alone; raises `ConfigError`."""
    path = change.path
    if _read_file(path) != change.before:
        raise ConfigError(f"the settings file {path} was changed meanwhile; look at the difference again")
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists() and not (path.stat().st_mode & stat.S_IWUSR and os.access(path, os.W_OK)):
            raise ConfigError(f"the settings file {path} is read-only; make it writable, or change it by hand")
        partial.unlink(missing_ok=True)
        with open(partial, "xb", opener=_open_private) as file:
            file.write(change.after)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise ConfigError(
            f"the settings file {path} cannot be written: {error.strerror}; nothing was changed"
        ) from None
    finally:
        _remove_file(partial)


def _remove_file(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # what cannot be removed was never made
        return


def _open_private(path: str, flags: int) -> int:
    """Open a new file that only its owner can read: it may hold a key."""
    return os.open(path, flags, stat.S_IRUSR | stat.S_IWUSR)


def _read_file(path: Path) -> bytes | None:
    try:
        if not path.is_file():
            if path.exists():
                raise ConfigError(f"the settings file {path} is not a file; move it away, or set KIMI_TUI_CONFIG")
            return None
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"the settings file {path} cannot be read: {error.strerror}") from None
    if len(data) > MAX_FILE_BYTES:
        raise ConfigError(f"the settings file {path} is larger than {MAX_FILE_BYTES >> 20} MiB; is it the right one?")
    return data


def _set_value(document: Any, name: str, value: Any) -> bool:
    """Set or take out one value of a parsed file; return whether the file changes."""
    import tomlkit

    *groups, last = name.split(".")
    table = document
    for group in groups:
        if group not in table:
            if value is None:
                return False
            table[group] = tomlkit.table()
        table = table[group]
        if not isinstance(table, dict):
            raise ConfigError(f"setting `{group}` must be a table of settings; correct it first, then set `{name}`")
    if value is None:
        return table.pop(last, None) is not None
    if last in table and table[last] == value and type(tomlkit.item(value)) is type(table[last]):
        return False
    table[last] = value
    return True


def _check_text(path: Path, text: bytes) -> None:
    """Check that the changed file can be used alone; raises `ConfigError`."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / "config.toml"
        trial.write_bytes(text)
        trial.chmod(0o600)
        try:
            load_settings(_other_variables() | {"KIMI_TUI_CONFIG": str(trial)})
        except ConfigError as error:
            raise ConfigError(str(error).replace(str(trial), str(path))) from None


def _other_variables() -> dict[str, str]:
    """Return the variables that set nothing here; a key in the file may name one of them."""
    return {name: value for name, value in os.environ.items() if not name.startswith("KIMI_TUI_")}


def _visible_lines(text: bytes) -> list[str]:
    return text.decode("utf-8-sig", "replace").splitlines()


def _secret_values(text: bytes) -> set[str]:
    """Return the secrets that a file holds."""
    import tomllib

    try:
        found: Any = tomllib.loads(text.decode("utf-8-sig", "replace"))
    except (tomllib.TOMLDecodeError, RecursionError):
        return set()
    secrets = set()
    for one in declared_settings(Settings):
        if one.setting.is_secret:
            value = found
            for part in one.name.split("."):
                value = value.get(part) if isinstance(value, dict) else None
            if isinstance(value, str) and value and not referenced_variable(value):
                secrets.add(value)
    return secrets


def _hide_values(line: str, secrets: set[str]) -> str:
    """Return a line of the difference without the value of a setting that is a secret."""
    key, sign, value = line.partition("=")
    names = {one.name.rpartition(".")[2] for one in declared_settings(Settings) if one.setting.is_secret}
    if sign and key.lstrip("+-# \t").strip().strip("\"'").rpartition(".")[2] in names:
        return line if referenced_variable(value.strip().strip("\"'")) else f"{key}= {HIDDEN_VALUE}"
    for secret in secrets:
        line = line.replace(secret, "(hidden)")
    return line

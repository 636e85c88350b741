"""Read a secret from the environment variable that a setting names: `api_key = "$MY_KEY"`.

The settings file then holds a name, and no key.
"""

import re
from collections.abc import Mapping

from kimi_tui.config.declaration import declared_settings, replace_setting
from kimi_tui.config.tree import ConfigError, Settings

VARIABLE_SIGN = "$"
"""Prefix of the name of an environment variable in a setting."""
_REFERENCE = re.compile(r"\$(?:\{(?P<braced>[A-Za-z_]\w*)\}|(?P<bare>[A-Za-z_]\w*))", re.ASCII)
_NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+", re.ASCII)


def referenced_variable(value: str) -> str:
    """Return the variable that a setting names with a `$`; empty when it names none."""
    match = _REFERENCE.fullmatch(value.strip())
    return (match["braced"] or match["bare"]) if match else ""


def reference_to(value: str, environment: Mapping[str, str]) -> str:
    """Return a typed key; the bare name of a variable becomes a reference to it. Raises `ConfigError` without one."""
    value = value.strip()
    if not is_variable_name(value):
        return value
    if not environment.get(value):
        raise ConfigError(
            f"{value} looks like the name of an environment variable, and none of that name is set; paste the key "
            "itself, or set the variable and start again"
        )
    return f"{VARIABLE_SIGN}{value}"


def is_variable_name(value: str) -> bool:
    """Return whether a text without a `$` looks like the name of a variable and like no key: `OPENAI_API_KEY`."""
    return _NAME.fullmatch(value.strip()) is not None


def read_secret(value: str, environment: Mapping[str, str], name: str) -> str:
    """Return a secret, from the variable that it names if it names one; raises `ConfigError` when that is not set."""
    variable = referenced_variable(value)
    if not variable:
        return value
    if not environment.get(variable):
        raise ConfigError(
            f"setting `{name}` names the environment variable {variable}, which is not set; "
            f"set it before the start, or give the key itself"
        )
    return environment[variable]


def resolve_secrets(settings: Settings, environment: Mapping[str, str]) -> Settings:
    """Return the settings with the secrets that variables hold; raises `ConfigError` for a variable that is not set."""
    for declared in declared_settings(Settings):
        value = declared.value_in(settings)
        if declared.setting.is_secret and value and referenced_variable(value):
            settings = replace_setting(settings, declared.name, read_secret(value, environment, declared.name))
    return settings

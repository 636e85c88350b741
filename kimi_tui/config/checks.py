"""Check settings beyond their types (ranges, addresses, folders) and say which one is wrong, why, and what to do."""

from math import isfinite
from urllib.parse import urlsplit

from kimi_tui.config.declaration import declared_settings
from kimi_tui.config.tree import ConfigError, Settings, expand_home


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

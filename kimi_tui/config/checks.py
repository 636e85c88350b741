"""Check settings beyond their types (ranges, addresses, folders) and say which one is wrong, why, and what to do."""

from math import isfinite
from urllib.parse import urlsplit

from kimi_tui.config.tree import ConfigError, Prices, Settings, expand_home

_POSITIVE = (
    "max_steps", "max_reasoning", "max_tokens", "max_minutes", "max_working", "max_bytes", "max_cost", "context_window",
    "idle_seconds", "first_byte_seconds", "return_seconds", "query_seconds",
    "table_seconds", "reading_seconds", "judge_statements", "judge_tokens", "judge_seconds",
)  # fmt: skip
_NON_NEGATIVE = ("temperature", "pace", "retries", "linger_seconds", "fresh_minutes", "stall_steps")
MAX_CANDIDATES = 100
"""The most results that a server is given to re-order."""


def number_range(name: str) -> str:
    """Return in words which numbers a setting accepts, by its name in the file; empty for any other kind."""
    if name == "retrieval.candidates":
        return f"a number from 2 to {MAX_CANDIDATES}"
    if name in _NON_NEGATIVE or name.startswith("prices."):
        return "a number 0 or more"
    return "a number above 0" if name in _POSITIVE else ""


def check_values(settings: Settings) -> None:
    """Check every setting; raises `ConfigError` for the first that cannot be used."""
    for name in (*_POSITIVE, *_NON_NEGATIVE):
        value = getattr(settings, name)
        fits = value is None or (isfinite(value) and (value > 0 or (value == 0 and name in _NON_NEGATIVE)))
        if not fits:
            raise ConfigError(f"setting `{name}` must be {number_range(name)}, not {value}")
    for name in Prices.__struct_fields__:
        price = getattr(settings.prices, name)
        if price is not None and not (isfinite(price) and price >= 0):
            raise ConfigError(f"setting `prices.{name}` must be {number_range(f'prices.{name}')}, not {price}")
    addresses = {name: getattr(settings, name) for name in ("base_url", "search_url")}
    addresses |= {f"retrieval.{name}": getattr(settings.retrieval, name) for name in ("embeddings_url", "rerank_url")}
    for name, address in addresses.items():
        if address:
            _check_address(name, address)
    if not 2 <= settings.retrieval.candidates <= MAX_CANDIDATES:
        raise ConfigError(f"setting `retrieval.candidates` must be {number_range('retrieval.candidates')}")
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

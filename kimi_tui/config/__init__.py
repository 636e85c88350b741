"""One frozen tree of settings: defaults, then the user's TOML file, then the environment, then typed flags.

A later layer wins; an unknown key, a wrong type or an unreadable file is a `ConfigError` that says what to do.
Secrets never leave this tree: a session records `SessionSettings`, which has none.
"""

from kimi_tui.config.layers import ENVIRONMENT, LoadedSettings, config_path, load_settings
from kimi_tui.config.session_settings import SessionSettings, recorded_settings, resumed_settings
from kimi_tui.config.tree import (
    EMBEDDED,
    EMBEDDED_MODEL,
    PROTOCOLS,
    ApproveMode,
    CompactionMode,
    ConfigError,
    ContextPolicy,
    PolicySettings,
    Prices,
    ProtocolCaps,
    ProtocolName,
    ProviderName,
    RetrievalSettings,
    Settings,
    UiSettings,
)

__all__ = [
    "EMBEDDED",
    "EMBEDDED_MODEL",
    "ENVIRONMENT",
    "PROTOCOLS",
    "ApproveMode",
    "CompactionMode",
    "ConfigError",
    "ContextPolicy",
    "LoadedSettings",
    "PolicySettings",
    "Prices",
    "ProtocolCaps",
    "ProtocolName",
    "ProviderName",
    "RetrievalSettings",
    "SessionSettings",
    "Settings",
    "UiSettings",
    "config_path",
    "load_settings",
    "recorded_settings",
    "resumed_settings",
]

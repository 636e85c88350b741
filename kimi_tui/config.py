"""One frozen tree of settings: defaults, then the user's TOML file, then the environment, then typed flags.

A later layer wins; an unknown key, a wrong type or an unreadable file is a `ConfigError` that says what to do.
Secrets never leave this tree: a session records `SessionSettings`, which has none.
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

ProtocolName = Literal["desk", "search", "hle"]
ApproveMode = Literal["policy", "all", "none"]
ContextPolicy = Literal["watermarks", "hide-all", "keep-5"]
ProviderName = Literal["openai", "litellm"]

EMBEDDED = "embedded"
"""The endpoint's name when no server is configured."""
EMBEDDED_MODEL = "extractive-researcher"
"""The embedded model's name; it is not Kimi and never called so."""


class ConfigError(Exception):
    """A setting that cannot be used; the text says which, why and what to do."""


class ProtocolCaps(msgspec.Struct, frozen=True):
    """A named set of caps."""

    steps: int
    """Model calls in a turn."""
    reasoning: int
    """Reasoning tokens in a step."""


PROTOCOLS: dict[ProtocolName, ProtocolCaps] = {
    "desk": ProtocolCaps(steps=100, reasoning=24_000),
    "search": ProtocolCaps(steps=300, reasoning=24_000),
    "hle": ProtocolCaps(steps=120, reasoning=48_000),
}
"""`search` and `hle` are the published evaluation protocols of Kimi K2 Thinking; `desk` is for daily work."""


class UiSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the screen looks and listens."""

    theme: str = "kimi-dark"
    """A name from `tui/themes.py`."""
    ascii: bool = False
    """Draw with ASCII characters alone."""
    reduced_motion: bool = False
    """No animation."""
    bell: bool = True
    """Ring the terminal's bell when a call waits for a person."""
    leave: Literal["ask", "background", "pause"] = "ask"
    """What happens to a running session when the app is left."""
    keys: dict[str, str] = {}
    """Action id to key, for keys other than the defaults."""


class PolicySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may happen without asking, and what may never happen."""

    allow_hosts: tuple[str, ...] = ()
    """Hosts that may be opened without asking; `*.example.org` covers the hosts under it."""
    deny_hosts: tuple[str, ...] = ()
    """Hosts that are never opened."""
    private_hosts: tuple[str, ...] = ()
    """Hosts on private addresses that may be opened at all, such as a wiki inside the building."""
    allow_databases: tuple[str, ...] = ()
    """Databases of the desk that may be queried without asking, by file name; `*` for all."""


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """US dollars for a million tokens, for `--max-cost` and the cost column."""

    input: float = 0.0
    """For prompt tokens."""
    cached: float | None = None
    """For prompt tokens taken from the server's prefix cache; None for the same as `input`."""
    output: float = 0.0
    """For tokens written, reasoning included."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every setting; the TOML file has the same names."""

    home: str = ""
    """Data folder; empty for the platform's user data folder."""
    base_url: str = ""
    """OpenAI-compatible server; empty uses the embedded researcher."""
    model: str = ""
    """The model's name on the server; empty takes the first the server offers."""
    api_key: str = ""
    """Sent as a bearer token; never recorded."""
    provider: ProviderName = "openai"
    """`openai` for any OpenAI-compatible server; `litellm` for managed endpoints of other vendors."""
    desk: str = ""
    """Folder of documents and databases that may be read."""
    search_url: str = ""
    """A SearXNG server; empty uses ddgs."""
    search_backend: str = "duckduckgo"
    """The one ddgs backend that queries go to."""
    protocol: ProtocolName = "desk"
    """The set of caps that holds where no cap of its own is given."""
    max_steps: int | None = None
    """Steps in a turn; None takes the protocol's."""
    max_tokens: int | None = None
    """Prompt and completion tokens of a turn."""
    max_minutes: float | None = None
    """Minutes of a turn, pauses left out."""
    max_cost: float | None = None
    """US dollars of a turn, by `prices`."""
    approve: ApproveMode = "policy"
    """`policy` asks where the rules ask; `all` approves what they would ask; `none` refuses it."""
    context: ContextPolicy = "watermarks"
    """When old observations are hidden from the model: near the window's end, all of them, or all but five."""
    context_window: int | None = None
    """Tokens; None asks the server, and falls back to 262,144."""
    temperature: float | None = None
    """None leaves it to the server; Kimi K2 Thinking wants 1.0."""
    offline: bool = False
    """No network tool is offered to the model."""
    pace: float = 400.0
    """Tokens a second of the embedded researcher; 0 for as fast as it can."""
    idle_seconds: float = 60.0
    """A stream without a byte for so long has stalled."""
    first_byte_seconds: float = 600.0
    """A request without a first byte for so long has stalled."""
    retries: int = 4
    """How often a failed model call is tried again before the run pauses."""
    linger_seconds: float = 10.0
    """How long the process of a session that has nothing to do waits for somebody to attach again."""
    notify_command: tuple[str, ...] = ()
    """A command that is run when a session waits, pauses or ends; it is given the state, the id and the question."""
    prices: Prices = Prices()
    """What tokens cost."""
    policy: PolicySettings = PolicySettings()
    """What may happen without asking."""
    ui: UiSettings = UiSettings()
    """How the screen looks."""

    @property
    def home_path(self) -> Path:
        """The data folder."""
        if self.home:
            return _expanded(self.home, "home")
        import platformdirs  # only when no folder is set: keeps the start lean

        return Path(platformdirs.user_data_dir("kimi-tui", appauthor=False))

    @property
    def embedded(self) -> bool:
        """Whether the embedded researcher answers."""
        return not self.base_url and self.provider == "openai"


class SessionSettings(msgspec.Struct, frozen=True):
    """What a session records of the settings in `SessionOpened`; no secrets."""

    model: str
    endpoint: str
    provider: ProviderName
    desk: str
    protocol: ProtocolName
    caps: dict[str, float]
    """By budget kind: `steps`, `tokens`, `minutes`, `cost`; those without a cap are left out."""
    reasoning_cap: int
    """Reasoning tokens in a step."""
    prices: Prices
    approve: ApproveMode
    context: ContextPolicy
    context_window: int | None
    temperature: float | None
    offline: bool
    search_url: str
    search_backend: str
    policy: PolicySettings


class Loaded(msgspec.Struct, frozen=True):
    """Settings and where each came from."""

    settings: Settings
    origins: dict[str, str]
    """Setting's name to the file's path, the variable's name or `flag`; those left at their default are missing."""


ENVIRONMENT = {
    "KIMI_TUI_HOME": "home",
    "KIMI_TUI_BASE_URL": "base_url",
    "KIMI_TUI_MODEL": "model",
    "KIMI_TUI_API_KEY": "api_key",
    "KIMI_TUI_DESK": "desk",
    "KIMI_TUI_SEARCH_URL": "search_url",
}
"""Environment variables and the settings they set; `KIMI_TUI_CONFIG` names the TOML file itself."""


def config_path(environment: Mapping[str, str]) -> Path:
    """Where the TOML file is looked for."""
    if named := environment.get("KIMI_TUI_CONFIG"):
        return _expanded(named, "KIMI_TUI_CONFIG")
    import platformdirs  # only when no file is named: keeps the start lean

    return Path(platformdirs.user_config_dir("kimi-tui", appauthor=False)) / "config.toml"


def load(environment: Mapping[str, str] = os.environ, flags: Mapping[str, Any] | None = None) -> Loaded:
    """The effective settings; `flags` holds typed command-line values, None for those not given."""
    path = config_path(environment)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    layers = [
        (_read(path, required=bool(environment.get("KIMI_TUI_CONFIG"))), str(path)),
        *(({name: environment[key]}, key) for key, name in ENVIRONMENT.items() if environment.get(key)),
        ({name: value for name, value in (flags or {}).items() if value is not None}, "flag"),
    ]
    for layer, origin in layers:
        _check_names(layer, origin)
        for name, value in layer.items():
            values[name] = value
            origins[name] = origin
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(_explain(str(error), origins)) from None
    _check_values(settings)
    return Loaded(settings, origins)


def session_settings(settings: Settings, *, model: str, window: int | None) -> SessionSettings:
    """What a session records, with the model and window that the server told."""
    preset = PROTOCOLS[settings.protocol]
    caps = {
        "steps": settings.max_steps or preset.steps,
        "tokens": settings.max_tokens,
        "minutes": settings.max_minutes,
        "cost": settings.max_cost,
    }
    return SessionSettings(
        model=model,
        endpoint=EMBEDDED if settings.embedded else settings.base_url or settings.provider,
        provider=settings.provider,
        desk=str(_expanded(settings.desk, "desk").resolve()) if settings.desk else "",
        protocol=settings.protocol,
        caps={kind: float(cap) for kind, cap in caps.items() if cap is not None},
        reasoning_cap=preset.reasoning,
        prices=settings.prices,
        approve=settings.approve,
        context=settings.context,
        context_window=window,
        temperature=settings.temperature,
        offline=settings.offline,
        search_url=settings.search_url,
        search_backend=settings.search_backend,
        policy=settings.policy,
    )


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        if required:
            raise ConfigError(f"no settings file at {path}; correct KIMI_TUI_CONFIG or unset it") from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the settings file {path} cannot be read: {error}") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"the settings file {path} is not valid TOML: {error}") from None


def _check_names(layer: Mapping[str, Any], origin: str) -> None:
    known = {field.name for field in msgspec.structs.fields(Settings)}
    for name in layer:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean `{near[0]}`?" if near else "; `kimi-tui config` lists all settings"
            raise ConfigError(f"unknown setting `{name}` in {origin}{hint}")


def _explain(message: str, origins: Mapping[str, str]) -> str:
    what, _, where = message.partition(" - at `$.")
    name = where.rstrip("`").split(".")[0].split("[")[0]
    origin = origins.get(name, "the settings")
    return f"setting `{where.rstrip('`')}` in {origin}: {what[:1].lower()}{what[1:]}" if where else f"{origin}: {what}"


def _check_values(settings: Settings) -> None:
    above_0 = ("max_steps", "max_tokens", "max_minutes", "max_cost", "context_window", "idle_seconds")
    for name in (*above_0, "first_byte_seconds", "temperature", "pace", "retries", "linger_seconds"):
        value = getattr(settings, name)
        lowest = "0 or more" if name in ("temperature", "pace", "retries", "linger_seconds") else "above 0"
        fits = value is None or (isfinite(value) and (value > 0 or (value == 0 and lowest == "0 or more")))
        if not fits:
            raise ConfigError(f"setting `{name}` must be a number {lowest}, not {value}")
    for name in Prices.__struct_fields__:
        price = getattr(settings.prices, name)
        if price is not None and not (isfinite(price) and price >= 0):
            raise ConfigError(f"setting `prices.{name}` must be a number 0 or more, not {price}")
    for name in ("base_url", "search_url"):
        if address := getattr(settings, name):
            _check_address(name, address)
    if settings.desk and not _expanded(settings.desk, "desk").is_dir():
        raise ConfigError(f"there is no desk folder at {settings.desk}; give --desk an existing folder")


def _check_address(name: str, address: str) -> None:
    """An address is recorded in sessions, so it may carry no secret; raises `ConfigError`."""
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


def _expanded(path: str, name: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ConfigError(f"`{name}` names the home folder of a user who has none: {path}") from None

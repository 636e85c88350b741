"""The frozen tree of settings, each with its default and meaning; secrets never leave it."""

from pathlib import Path
from typing import Literal

import msgspec

ProtocolName = Literal["desk", "search", "hle"]
ApproveMode = Literal["policy", "all", "none"]
ContextPolicy = Literal["watermarks", "hide-all", "keep-5"]
CompactionMode = Literal["auto", "ask"]
JudgeMode = Literal["auto", "off"]
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

    theme: str = "auto"
    """A name from `tui/themes.py`; `auto` follows the terminal's background."""
    ascii: bool = False
    """Draw with ASCII characters alone."""
    reduced_motion: bool = False
    """No animation."""
    bell: bool = True
    """Ring the terminal's bell when a call waits for a person."""
    notices: Literal["auto", "always", "off"] = "auto"
    """Notices on the desktop, by terminals that can show them; `auto` while the terminal does not have the focus."""
    leave: Literal["once", "ask", "background", "pause"] = "once"
    """What happens to a running session when the app is left; `once` asks and can remember, `ask` asks each time."""
    keys: dict[str, str] = {}
    """Action id to key, for keys other than the defaults."""


class PolicySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for what is allowed without asking, and what is never allowed."""

    allow_hosts: tuple[str, ...] = ()
    """Hosts that may be opened without asking; `*.example.org` covers the hosts under it."""
    deny_hosts: tuple[str, ...] = ()
    """Hosts that are never opened."""
    private_hosts: tuple[str, ...] = ()
    """Hosts on private addresses that may be opened at all, such as a wiki inside the building."""
    allow_databases: tuple[str, ...] = ()
    """Databases of the desk that may be queried without asking, by file name; `*` for all."""


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """US dollars for a million tokens and for a GPU-hour, for `--max-cost` and the cost column."""

    input: float = 0.0
    """For prompt tokens."""
    cached: float | None = None
    """For prompt tokens taken from the server's prefix cache; None for the same as `input`."""
    output: float = 0.0
    """For tokens written, reasoning included."""
    gpu_hour: float = 0.0
    """For one GPU of a server of one's own, as long as a turn works; waiting for a person costs nothing."""
    gpus: float = 1.0
    """GPUs that serve the model."""


class RetrievalSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the page behind a question is found on the desk; nothing of it leaves the machine unless a URL says so."""

    glossary: str = "finance"
    """Glossary that adds related terms to a question: `finance`, `off`, or the path of a TOML file of entries."""
    embeddings_url: str = ""
    """OpenAI-compatible server whose embeddings re-order what the words found; empty for none."""
    embeddings_model: str = ""
    """The model's name there."""
    rerank_url: str = ""
    """A server with `/rerank`, which is preferred to embeddings; empty for none."""
    rerank_model: str = ""
    """The model's name there."""
    api_key: str = ""
    """Sent to both as a bearer token; never recorded."""
    candidates: int = 20
    """Results that are re-ordered."""


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
    max_reasoning: int | None = None
    """Reasoning tokens in a step, after which the model is told to act; None takes the protocol's."""
    max_tokens: int | None = None
    """Prompt and completion tokens of a turn."""
    max_minutes: float | None = None
    """Minutes of a turn, pauses left out."""
    max_working: float | None = None
    """Minutes of a turn in which something works: neither pauses nor waiting for a person alone."""
    max_bytes: int | None = None
    """Bytes of a turn that tools take from the network."""
    max_cost: float | None = None
    """US dollars of a turn, by `prices`."""
    approve: ApproveMode = "policy"
    """`policy` asks where the rules ask; `all` approves what they would ask; `none` refuses it."""
    context: ContextPolicy = "watermarks"
    """When old observations are hidden from the model: near the window's end, all of them, or all but five."""
    compaction: CompactionMode = "auto"
    """`ask` shows a person what is to leave the context, and waits."""
    context_window: int | None = None
    """Tokens; None asks the server, and falls back to 262,144."""
    temperature: float | None = None
    """None leaves it to the server; Kimi K2 Thinking wants 1.0."""
    offline: bool = False
    """No network tool is offered to the model."""
    fresh_minutes: float = 15.0
    """For so long what the network gave answers the same call again; 0 asks each time."""
    prefetch: bool = True
    """Pages that a search found on hosts of `policy.allow_hosts` are fetched while the model thinks."""
    stall_steps: int = 25
    """Steps without anything new after which the model is told, and later the run pauses; 0 for never."""
    judge: JudgeMode = "auto"
    """`auto` asks the model about the statements of its memo that nothing mechanical can decide; `off` leaves them."""
    judge_statements: int = 12
    """Statements of a memo that the model is asked about, twice each."""
    judge_tokens: int = 100_000
    """Tokens that it may take for them in a turn."""
    judge_seconds: float = 120.0
    """A request about a statement that takes longer leaves it unchecked."""
    query_seconds: float = 4.0
    """Processor time that one query of a database may take."""
    table_seconds: float = 60.0
    """Processor time that a CSV file may take to become a table that can be queried; once for each content."""
    reading_seconds: float = 30.0
    """Processor time that reading one document may take; a second reader gets the same again."""
    pace: float = 400.0
    """Tokens a second of the embedded researcher; 0 for as fast as it can."""
    idle_seconds: float = 60.0
    """A stream without a byte for so long has stalled."""
    first_byte_seconds: float = 600.0
    """A request without a first byte for so long has stalled."""
    retries: int = 4
    """How often a failed model call is tried again before the run pauses."""
    return_seconds: float = 1800.0
    """How long a server that went away, or loads, is waited for before the run pauses; it is looked for each second."""
    probe: Literal["short", "off"] = "short"
    """Whether a session begins with a short probe of its server: a few requests beside the first step."""
    linger_seconds: float = 10.0
    """How long the process of a session that has nothing to do waits for somebody to attach again."""
    notify_command: tuple[str, ...] = ()
    """A command that is run when a session waits, pauses or ends; it is given the state, the id and the question."""
    prices: Prices = Prices()
    """What tokens cost."""
    retrieval: RetrievalSettings = RetrievalSettings()
    """How pages are found on the desk."""
    policy: PolicySettings = PolicySettings()
    """What may happen without asking."""
    ui: UiSettings = UiSettings()
    """How the screen looks."""

    @property
    def home_path(self) -> Path:
        """The data folder, absolute."""
        if self.home:
            return expand_home(self.home, "home").absolute()
        import platformdirs  # only when no folder is set: keeps the start lean

        return Path(platformdirs.user_data_dir("kimi-tui", appauthor=False)).absolute()

    @property
    def embedded(self) -> bool:
        """Return whether the embedded researcher answers."""
        return not self.base_url and self.provider == "openai"


def expand_home(path: str, name: str) -> Path:
    """Return a path with `~` expanded; raises `ConfigError` for a user without a home."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ConfigError(f"`{name}` names the home folder of a user who has none: {path}") from None

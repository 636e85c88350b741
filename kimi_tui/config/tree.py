"""The frozen tree of settings, each with its default and meaning; secrets never leave it."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from kimi_tui.config.declaration import Flag, Setting

ProtocolName = Literal["desk", "search", "hle"]
ApproveMode = Literal["policy", "all", "none"]
ContextPolicy = Literal["watermarks", "hide-all", "keep-5"]
CompactionMode = Literal["auto", "ask"]
JudgeMode = Literal["auto", "off"]
ProviderName = Literal["openai", "litellm"]
DeskQueries = Literal["once", "each", "never"]
AskedActs = Literal["once", "twice"]

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
    notices: Annotated[Literal["auto", "always", "off"], Setting(in_readme=True)] = "auto"
    """Notices on the desktop, by terminals that can show them; `auto` while the terminal does not have the focus."""
    pictures: Annotated[Literal["auto", "kitty", "sixel", "cells", "off"], Setting(in_readme=True)] = "auto"
    """How pages are drawn: by kitty's graphics, sixels or half cells; `auto` asks the terminal, except in tmux."""
    leave: Literal["once", "ask", "background", "pause"] = "once"
    """What happens to a running session when the app is left; `once` asks and can remember, `ask` asks each time."""
    keys: dict[str, str] = {}
    """Action id to key, for keys other than the defaults."""


class HookSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Programs of the person's own that are asked about calls."""

    before_call: Annotated[tuple[str, ...], Setting(is_command=True)] = ()
    """A program with its arguments that is asked before each call runs: JSON in, a verdict out; empty for none."""
    seconds: Annotated[float, Setting(above=0)] = 10.0
    """How long it may take; a call that it does not answer for is refused."""
    may_allow: bool = False
    """True when its `allow` lets a call run that the rules would ask about; it never overrides a refusal."""


class PolicySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for what is allowed without asking, and what is never allowed."""

    allow_hosts: tuple[str, ...] = ()
    """Hosts that may be opened without asking; `*.example.org` covers the hosts under it."""
    deny_hosts: tuple[str, ...] = ()
    """Hosts that are never opened."""
    desk_hosts: tuple[str, ...] = ()
    """Hosts inside the building, which may receive words of the desk; they still need a rule or an approval."""
    private_hosts: tuple[str, ...] = ()
    """Hosts on private addresses that may be opened at all, such as a wiki inside the building."""
    allow_databases: tuple[str, ...] = ()
    """Databases of the desk that may be queried without asking, by file name; `*` for all."""
    desk_queries: DeskQueries = "once"
    """How often queries of the desk's databases and CSV files ask: `once` in a session, for `each` file, or `never`."""
    asked_acts: AskedActs = "once"
    """An act that you asked for in words, with its receiver and values, runs when asked for `once`, or asks again."""
    own_values: tuple[str, ...] = ()
    """Addresses, accounts and names of yours that such an act may name."""
    trusted_tools: tuple[str, ...] = ()
    """Tools whose answers nobody else can write, such as your address book: such an act may name what they answer."""
    hooks: HookSettings = HookSettings()
    """Programs that are asked about calls."""


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """US dollars for a million tokens and for a GPU-hour, for `--max-cost` and the cost column."""

    input: Annotated[float, Setting(at_least=0)] = 0.0
    """For prompt tokens."""
    cached: Annotated[float | None, Setting(at_least=0)] = None
    """For prompt tokens taken from the server's prefix cache; None for the same as `input`."""
    output: Annotated[float, Setting(at_least=0)] = 0.0
    """For tokens written, reasoning included."""
    gpu_hour: Annotated[float, Setting(at_least=0)] = 0.0
    """For one GPU of a server of one's own, as long as a turn works; waiting for a person costs nothing."""
    gpus: Annotated[float, Setting(at_least=0)] = 1.0
    """GPUs that serve the model."""


class RetrievalSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the page behind a question is found on the desk; nothing of it leaves the machine unless a URL says so."""

    glossary: Annotated[str, Setting(in_readme=True)] = "finance"
    """Glossary that adds related terms to a question: `finance`, `off`, or the path of a TOML file of entries."""
    embeddings_url: Annotated[str, Setting(is_address=True, in_readme=True)] = ""
    """OpenAI-compatible server whose embeddings re-order what the words found; empty for none."""
    embeddings_model: str = ""
    """The model's name there."""
    rerank_url: Annotated[str, Setting(is_address=True, in_readme=True)] = ""
    """A server with `/rerank`, which is preferred to embeddings; empty for none."""
    rerank_model: str = ""
    """The model's name there."""
    api_key: Annotated[str, Setting(is_secret=True)] = ""
    """Sent to both as a bearer token; never recorded."""
    candidates: Annotated[int, Setting(at_least=2, at_most=100)] = 20
    """Results that are re-ordered."""


class CourseSettings(msgspec.Struct, frozen=True):
    """The settings that affect the course of a session: it records them as they are, without the secrets."""

    provider: Annotated[ProviderName, Setting(flag=Flag("litellm for managed endpoints (`--model moonshot/...`)"))] = (
        "openai"
    )
    """`openai` for any OpenAI-compatible server; `litellm` for managed endpoints of other vendors."""
    protocol: Annotated[
        ProtocolName,
        Setting(flag=Flag("caps: search 300 steps x 24K, hle 120 x 48K"), is_kept=True, sets=("caps", "reasoning_cap")),
    ] = "desk"
    """The set of caps that holds where no cap of its own is given."""
    approve: Annotated[ApproveMode, Setting(flag=Flag("what to do with calls that the rules would ask about"))] = (
        "policy"
    )
    """`policy` asks where the rules ask; `all` approves what they would ask; `none` refuses it."""
    context: Annotated[ContextPolicy, Setting(flag=Flag(), is_kept=True)] = "watermarks"
    """When old observations are hidden from the model: near the window's end, all of them, or all but five."""
    compaction: Annotated[
        CompactionMode, Setting(flag=Flag("ask shows what is to leave the context, and waits"), is_kept=True)
    ] = "auto"
    """`ask` shows a person what is to leave the context, and waits."""
    temperature: Annotated[float | None, Setting(at_least=0, is_kept=True)] = None
    """None leaves it to the server; Kimi K2 Thinking wants 1.0."""
    offline: Annotated[bool, Setting(flag=Flag("no network tool at all"), is_kept=True)] = False
    """No network tool is offered to the model."""
    judge: Annotated[
        JudgeMode,
        Setting(flag=Flag("auto asks the model about statements that nothing else could check"), in_readme=True),
    ] = "auto"
    """`auto` asks the model about the statements of its memo that nothing mechanical can decide; `off` leaves them."""
    judge_statements: Annotated[int, Setting(above=0)] = 12
    """Statements of a memo that the model is asked about, twice each."""
    judge_tokens: Annotated[int, Setting(above=0)] = 100_000
    """Tokens that it may take for them in a turn."""
    judge_seconds: Annotated[float, Setting(above=0)] = 120.0
    """A request about a statement that takes longer leaves it unchecked."""
    fresh_minutes: Annotated[float, Setting(at_least=0, in_readme=True)] = 15.0
    """A web page or search requested again within this time is answered from the session, with its age."""
    prefetch: Annotated[bool, Setting(in_readme=True)] = True
    """Pages that a search found on hosts of `policy.allow_hosts` are fetched while the model thinks."""
    stall_steps: Annotated[int, Setting(at_least=0, in_readme=True)] = 25
    """After so many steps without anything new the model is warned, and later the run pauses; 0 for never."""
    search_url: Annotated[str, Setting(variable="KIMI_TUI_SEARCH_URL", is_address=True)] = ""
    """A SearXNG server; empty uses ddgs."""
    search_backend: str = "duckduckgo"
    """The one ddgs backend that queries go to."""
    prices: Prices = Prices()
    """Prices of tokens."""
    retrieval: RetrievalSettings = RetrievalSettings()
    """How pages are found on the desk."""
    policy: PolicySettings = PolicySettings()
    """Rules on calls that may run without asking."""


class Settings(CourseSettings, frozen=True, forbid_unknown_fields=True):
    """Every setting; the TOML file has the same names."""

    home: Annotated[str, Setting(variable="KIMI_TUI_HOME")] = ""
    """Data folder; empty for the platform's user data folder."""
    base_url: Annotated[
        str,
        Setting(
            flag=Flag("OpenAI-compatible server; none uses the embedded researcher", "URL"),
            variable="KIMI_TUI_BASE_URL",
            is_address=True,
        ),
    ] = ""
    """OpenAI-compatible server; empty uses the embedded researcher."""
    model: Annotated[str, Setting(flag=Flag("the model's name on the server", "NAME"), variable="KIMI_TUI_MODEL")] = ""
    """The model's name on the server; empty takes the first the server offers."""
    api_key: Annotated[str, Setting(variable="KIMI_TUI_API_KEY", is_secret=True)] = ""
    """Sent as a bearer token; never recorded. `$NAME` takes it from that environment variable."""
    desk: Annotated[
        str,
        Setting(
            flag=Flag("folder of documents and databases that may be read", "DIR"),
            variable="KIMI_TUI_DESK",
            is_kept=True,
        ),
    ] = ""
    """Folder of documents and databases that may be read."""
    max_steps: Annotated[int | None, Setting(flag=Flag(metavar="N"), above=0, sets=("caps",))] = None
    """Steps in a turn; None takes the protocol's."""
    max_reasoning: Annotated[
        int | None,
        Setting(
            flag=Flag("reasoning tokens in a step (default by protocol, 24K or 48K)", "N"),
            above=0,
            sets=("reasoning_cap",),
        ),
    ] = None
    """Reasoning tokens in a step, after which the model is told to act; None takes the protocol's."""
    max_tokens: Annotated[int | None, Setting(flag=Flag(metavar="N"), above=0, sets=("caps",))] = None
    """Prompt and completion tokens of a turn."""
    max_minutes: Annotated[float | None, Setting(flag=Flag(metavar="N"), above=0, sets=("caps",))] = None
    """Minutes of a turn, pauses left out."""
    max_working: Annotated[
        float | None,
        Setting(flag=Flag("minutes, without the time spent waiting for a person", "N"), above=0, sets=("caps",)),
    ] = None
    """Minutes of a turn in which something works: neither pauses nor waiting for a person alone."""
    max_bytes: Annotated[
        int | None, Setting(flag=Flag("bytes taken from the network", "N"), above=0, sets=("caps",))
    ] = None
    """Bytes of a turn that tools take from the network."""
    max_cost: Annotated[float | None, Setting(flag=Flag(metavar="USD"), above=0, sets=("caps",))] = None
    """US dollars of a turn, by `prices`."""
    context_window: Annotated[int | None, Setting(above=0)] = None
    """Tokens; None asks the server, and falls back to 262,144."""
    query_seconds: Annotated[float, Setting(above=0, in_readme=True)] = 4.0
    """Processor time that one query of a database may take."""
    table_seconds: Annotated[float, Setting(above=0, in_readme=True)] = 60.0
    """Processor time that a CSV file may take to become a table that can be queried; once for each content."""
    reading_seconds: Annotated[float, Setting(above=0, in_readme=True)] = 30.0
    """Processor time that reading one document may take; a second reader gets the same again."""
    pace: Annotated[float, Setting(at_least=0)] = 400.0
    """Tokens a second of the embedded researcher; 0 for as fast as it can."""
    idle_seconds: Annotated[float, Setting(above=0)] = 60.0
    """A stream without a byte for so long has stalled."""
    first_byte_seconds: Annotated[float, Setting(above=0)] = 600.0
    """A request without a first byte for so long has stalled."""
    retries: Annotated[int, Setting(at_least=0)] = 4
    """How often a failed model call is tried again before the run pauses."""
    return_seconds: Annotated[float, Setting(above=0, in_readme=True)] = 1800.0
    """How long a server that went away, or loads, is waited for before the run pauses; it is looked for each second."""
    probe: Literal["short", "off"] = "short"
    """True when a session begins with a short probe of its server: a few requests beside the first step."""
    linger_seconds: Annotated[float, Setting(at_least=0)] = 10.0
    """How long the process of a session that has nothing to do waits for somebody to attach again."""
    notify_command: Annotated[tuple[str, ...], Setting(is_command=True)] = ()
    """A command that is run when a session waits, pauses or ends; it is given the state, the id and the question."""
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

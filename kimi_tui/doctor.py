"""Check this machine and the server, and say how to fix what does not work.

Every finding comes from trying the thing: a folder is written, a child is started, a server is asked.
"""

import importlib.metadata
import locale
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from kimi_tui import probe
from kimi_tui.config import LoadedSettings, Settings
from kimi_tui.events import ServerFinding
from kimi_tui.journal.network_folder import MOUNTS_FILE, network_file_system
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.messages import Message
from kimi_tui.providers import connect
from kimi_tui.providers.base import ModelRequest, Provider, ProviderError, ToolSchema
from kimi_tui.runner.desk_reading import desk_reader
from kimi_tui.session import SessionError
from kimi_tui.text import count_noun, one_line
from kimi_tui.tools.text.extraction import UnreadableError, extract
from kimi_tui.tools.workers.isolation import find_escapes
from kimi_tui.tools.workers.pool import WorkerError, WorkerPool

LITELLM_COMPROMISED = {"1.82.7", "1.82.8"}
"""Releases of LiteLLM that carried a credential stealer (March 2026)."""
_ECHO = ToolSchema(
    "note_word",
    "Notes one word.",
    {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"], "additionalProperties": False},
)


async def check_installation(loaded: LoadedSettings, calls: int = 5) -> list[ServerFinding]:
    """Try the machine and the server; takes half a minute at most with a server that is fast."""
    return [
        _check_python(),
        _check_storage(loaded.settings.home_path),
        _check_file_system(loaded.settings.home_path),
        _check_terminal(),
        _check_locale(),
        await _check_workers(),
        *await _desk(loaded.settings),
        *await _check_isolation(),
        _check_litellm(),
        *_check_web_search(loaded),
        *await check_server(loaded, calls),
    ]


def _check_python() -> ServerFinding:
    """Check the version of Python."""
    return ServerFinding("python", "green", f"{platform.python_implementation()} {platform.python_version()}")


def _check_storage(home: Path) -> ServerFinding:
    """Check that the data folder can be written."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=home) as folder:
            JournalWriter(Path(folder), "doctor").close()
        free = shutil.disk_usage(home).free
    except OSError as error:
        return ServerFinding("storage", "red", f"{home}: {error.strerror}", "make it writable, or set KIMI_TUI_HOME")
    except SessionError as error:
        return ServerFinding("storage", "red", str(error), "use a Python whose SQLite indexes text (FTS5)")
    if free < 500 << 20:
        return ServerFinding(
            "storage", "amber", f"{home}: {free >> 20} MB free", "free some space; a long session takes 5 MB"
        )
    return ServerFinding("storage", "green", f"{home}, {free >> 30} GB free")


def _check_file_system(home: Path) -> ServerFinding:
    """Check that the data folder is not on a network file system."""
    if not MOUNTS_FILE.exists():
        remedy = "keep the data folder on a local disk: network file systems may lose locks"
        return ServerFinding("place", "amber", f"{platform.system()} does not name the file system of {home}", remedy)
    if kind := network_file_system(home):
        remedy = "locks are unreliable there: point KIMI_TUI_HOME at a local folder"
        return ServerFinding("place", "amber", f"{home} lies on a network file system ({kind})", remedy)
    return ServerFinding("place", "green", "the data folder lies on a local file system")


def _check_terminal() -> ServerFinding:
    """Check what the terminal can show."""
    if not sys.stdout.isatty():
        return ServerFinding(
            "terminal", "amber", "standard output is no terminal", "the app needs one; `kimi-tui run` does not"
        )
    size = shutil.get_terminal_size()
    name = os.environ.get("TERM", "")
    if name in ("", "dumb"):
        return ServerFinding("terminal", "red", f"TERM is {name!r}", "set TERM, for example to xterm-256color")
    if size.columns < 80 or size.lines < 24:
        return ServerFinding("terminal", "amber", f"{size.columns}x{size.lines}", "80x24 and more is comfortable")
    colour = "true colour" if os.environ.get("COLORTERM") in ("truecolor", "24bit") else "256 colours"
    return ServerFinding("terminal", "green", f"{name}, {size.columns}x{size.lines}, {colour}")


def _check_locale() -> ServerFinding:
    """Check that the locale is UTF-8."""
    encoding = locale.getpreferredencoding(False)
    if encoding.lower().replace("-", "") != "utf8":
        return ServerFinding(
            "locale", "amber", f"text is encoded as {encoding}", "set LANG=C.UTF-8 to see all characters"
        )
    return ServerFinding("locale", "green", encoding)


async def _check_workers() -> ServerFinding:
    """Check that worker processes start."""
    workers = WorkerPool(most=1)
    data = b"<html><body><h1>Doctor</h1><p>A page to try the reader with.</p></body></html>"
    try:
        await extract(workers, data, "text/html")
    except UnreadableError as error:
        return ServerFinding(
            "workers", "red", f"a child that reads documents failed: {error}", "install kimi-tui again"
        )
    finally:
        await workers.close()
    return ServerFinding("workers", "green", "documents are read in a child process")


async def _desk(settings: Settings) -> list[ServerFinding]:
    """How much of the desk has been read so far; nothing is read for it."""
    reader = desk_reader(settings)
    if reader is None:
        return []
    try:
        reading = await reader.reading()
    except OSError as error:
        return [
            ServerFinding(
                "desk", "red", f"{settings.desk}: {error.strerror}", "give --desk a folder that can be listed"
            )
        ]
    finally:
        await reader.close()
    detail = (
        f"{reading.read:,} of {count_noun(reading.documents, 'document')} read, {count_noun(reading.pages, 'page')}"
    )
    remedy = "" if reading.read == reading.documents else "`kimi-tui desk` reads the rest now; a search does so too"
    if reading.unreadable:
        named = "; ".join(f"{one_line(path, 60)} ({one_line(why, 80)})" for path, why in reading.unreadable[:3])
        detail += f"; {len(reading.unreadable):,} gave no text: {named}"
        remedy = remedy or "`kimi-tui desk` lists every document, and why it could not be read"
    return [ServerFinding("desk", "amber" if remedy else "green", detail, remedy)]


_ISOLATION = {
    "files": (
        "no file that it was not given, nor this program's variables (Landlock)",
        "read documents of unknown origin on Linux 5.13 or later, with Landlock switched on (`lsm=landlock,...`)",
    ),
    "calls": (
        "no socket of yours, no program, no other process (seccomp)",
        "read documents of unknown origin on Linux, on x86-64 or 64-bit ARM",
    ),
    "network": (
        "no network",
        "read documents of unknown origin on Linux, where this user may make namespaces (`unshare -rn true` works)",
    ),
    "variables": ("no variables of yours", "install kimi-tui again"),
    "limits": ("limits on memory, time and files", "read documents of unknown origin on Linux"),
}
"""The promise of each layer of a worker's isolation, and the remedy where it is missing."""


async def _check_isolation() -> list[ServerFinding]:
    """Check that a worker cannot do what it must not, by trying it in one: a finding for each layer."""
    try:
        found = await find_escapes()
    except (WorkerError, OSError) as error:
        detail = f"not tried, because no worker ran: {error}"
        return [ServerFinding("isolation", "amber", detail, "fix the problem reported under `workers`")]
    findings = []
    for layer, (promise, remedy) in _ISOLATION.items():
        name = f"isolation: {layer}"
        if could := found[layer]:
            detail = f"a worker that reads documents could {', '.join(could)}"
            findings.append(ServerFinding(name, "amber", detail, remedy))
        else:
            findings.append(ServerFinding(name, "green", f"tried in a worker: {promise}"))
    return findings


def _check_litellm() -> ServerFinding:
    """Check the installed release of LiteLLM."""
    try:
        version = importlib.metadata.version("litellm")
    except importlib.metadata.PackageNotFoundError:
        return ServerFinding(
            "litellm", "amber", "not installed", "managed endpoints need it; self-hosted servers do not"
        )
    if version in LITELLM_COMPROMISED:
        return ServerFinding(
            "litellm", "red", f"{version} carried malware", "remove it at once and change your credentials"
        )
    return ServerFinding("litellm", "green", f"{version}, for managed endpoints only")


def _check_web_search(loaded: LoadedSettings) -> list[ServerFinding]:
    """Check that web search is reachable."""
    settings = loaded.settings
    if settings.offline:
        return [ServerFinding("web", "green", "offline: no network tool is offered")]
    if settings.search_url:
        return [ServerFinding("web", "green", f"searches go to {settings.search_url}")]
    remedy = "set KIMI_TUI_SEARCH_URL to a SearXNG server of your own, or use --offline"
    return [
        ServerFinding(
            "web", "amber", f"searches go to {settings.search_backend} through ddgs; each one asks you first", remedy
        )
    ]


async def check_server(loaded: LoadedSettings, calls: int = 5) -> list[ServerFinding]:
    """Try the server alone; `calls` replies are asked for to measure how many hold valid calls."""
    settings = loaded.settings
    if settings.embedded:
        detail = "none is configured: the embedded extractive researcher answers, not Kimi"
        return [ServerFinding("server", "amber", detail, "set KIMI_TUI_BASE_URL, for example http://127.0.0.1:8000/v1")]
    if not settings.base_url:
        return await _check_managed_endpoint(settings)
    probed = await probe.probe_fully(probe.ProbeTarget(settings.base_url, settings.api_key, settings.model), calls)
    return [*probed.findings, ServerFinding("time", "green", f"{probed.seconds:.1f} s for the server")]


async def _check_managed_endpoint(settings: Settings) -> list[ServerFinding]:
    """Check a managed endpoint through LiteLLM: its models, then one short streamed call of a tool."""
    try:
        provider = connect(settings.provider, settings.base_url, settings.api_key)
    except ProviderError as error:
        return [ServerFinding("server", "red", error.message, error.advice)]
    try:
        return await _ask_for_call(provider, settings.model)
    except ProviderError as error:
        return [ServerFinding("server", "red", error.message, error.advice)]
    finally:
        await provider.close()


async def _ask_for_call(provider: Provider, model: str) -> list[ServerFinding]:
    """Ask for one short streamed call of a tool."""
    question = Message("user", "Call note_word with the word ready. Do not answer in text.")
    reply = await provider.generate(ModelRequest(model, (question,), (_ECHO,), max_tokens=2048), lambda fragment: None)
    found = [ServerFinding("server", "green", f"{model} answers by way of LiteLLM")]
    if any(call.name == "note_word" and call.arguments for call in reply.calls):
        found.append(ServerFinding("calls", "green", f"one call, {reply.first_token:.1f} s to the first token"))
    else:
        detail = "the model was asked for a call and none arrived"
        found.append(ServerFinding("calls", "red", detail, "choose a model that calls tools"))
    if not reply.reasoning:
        remedy = "LiteLLM hides the reasoning of some vendors; reach the endpoint with --base-url to see it"
        found.append(ServerFinding("reasoning out", "amber", "no reasoning arrived", remedy))
    if reply.usage.estimated:
        found.append(
            ServerFinding("usage", "amber", "the server sends no token counts", "budgets of tokens are estimates")
        )
    return found

"""Identify a server: engine, version, models and context window, with requests that cost nothing.

What a server does not tell is left empty; nothing is assumed of it. All it says is untrusted and cut to short lines.
"""

import asyncio
import re
from typing import Any
from urllib.parse import urlsplit

import msgspec

from kimi_tui.providers.capabilities import is_vendor
from kimi_tui.providers.failures import page_title
from kimi_tui.providers.model_listing import model_entries
from kimi_tui.providers.raw_client import HttpExchange, RawClient
from kimi_tui.text import one_line

VLLM, SGLANG, KTRANSFORMERS, LLAMACPP = "vLLM", "SGLang", "KTransformers", "llama.cpp"
LITELLM, MOONSHOT, EMBEDDED = "LiteLLM proxy", "Moonshot", "embedded researcher"
ENGINES = (VLLM, SGLANG, KTRANSFORMERS, LLAMACPP, LITELLM, MOONSHOT, EMBEDDED)
"""The engines that can be told from each other."""

MAX_FEW_SLOTS = 4
"""Requests at once up to which a probe's own requests are felt by those who work."""
_OWNERS = {"vllm": VLLM, "sglang": SGLANG, "llamacpp": LLAMACPP, "moonshot": MOONSHOT, "kimi-tui": EMBEDDED}
_VERSION = re.compile(r"\d+(?:\.\d+)+\S*|b\d+\S*")


class ServerIdentity(msgspec.Struct, frozen=True):
    """The identity of a server, in its own words."""

    engine: str = ""
    """One of `ENGINES`; empty when it cannot be told."""
    version: str = ""
    """As the server wrote it."""
    models: tuple[str, ...] = ()
    """The models it lists."""
    windows: dict[str, int] = {}
    """Tokens of context by model, for those where it tells."""
    pool: int = 0
    """Tokens that it can hold for all requests together; 0 when it does not tell."""
    slots: int = 0
    """Requests it works on at once; 0 when it does not tell."""
    flags: dict[str, Any] = {}
    """The settings it was started with, where it tells them (SGLang)."""
    problem: str = ""
    """Why it cannot be used at all, as a clause."""
    unlisted: str = ""
    """What came instead of a list of models, as a clause; empty when one came."""
    unlistable: bool = False
    """True when its problem is one of the list alone, as far as can be seen: something answers there."""
    model: str = ""
    """The model that is asked; empty until one is chosen."""

    def window(self, model: str) -> int:
        """Return the context tokens that a request for `model` can use; 0 when unknown."""
        reported = self.windows.get(model, 0)
        return min(reported, self.pool) if reported and self.pool else reported

    @property
    def has_few_slots(self) -> bool:
        """Return whether a few requests occupy the whole server."""
        return 0 < self.slots <= MAX_FEW_SLOTS

    def is_older_than(self, *version: int) -> bool:
        """Return whether the version is known and older."""
        numbers = tuple(int(part) for part in re.findall(r"\d+", self.version)[:3])
        return bool(numbers) and numbers < version


async def identify(client: RawClient, seconds: float) -> ServerIdentity:
    """Send all requests at once, each for at most `seconds`."""
    models, version, props, info, ready = await asyncio.gather(
        client.models(seconds),
        client.get("/version", seconds),
        client.get("/props", seconds),
        client.get("/get_server_info", seconds),
        client.get("/health/readiness", seconds),
    )
    if info.status == 404:  # its name in later versions of SGLang
        info = await client.get("/server_info", seconds)
    listed = _listed_entries(models)
    pieces = {
        "version": _object(version),
        "props": _object(props),
        "info": _object(info),
        "ready": _object(ready),
    }
    engine = _engine(client.base_url, listed, models, pieces)
    if engine == LLAMACPP and "total_slots" not in pieces["props"]:
        slots = (await client.get("/slots", seconds)).json()
        pieces["props"]["total_slots"] = len(slots) if isinstance(slots, list) else 0
    return ServerIdentity(
        engine=engine,
        version=_version(engine, pieces),
        models=tuple(one_line(str(entry["id"]), 120) for entry in listed),
        windows=_windows(listed, pieces["props"]),
        pool=_number(pieces["info"].get("max_total_num_tokens")),
        slots=_number(pieces["props"].get("total_slots")) or _number(pieces["info"].get("max_running_requests")),
        flags=pieces["info"],
        problem=_problem(models),
        unlisted=_body_instead_of_list(models),
        unlistable=bool(models.status) or models.stalled,
    )


def _object(exchange: HttpExchange) -> dict[str, Any]:
    found = exchange.json()
    return found if isinstance(found, dict) else {}


def _listed_entries(models: HttpExchange) -> list[dict[str, Any]]:
    return model_entries(models.json()) or []


def _engine(
    base_url: str, listed: list[dict[str, Any]], models: HttpExchange, pieces: dict[str, dict[str, Any]]
) -> str:
    """Return the engine's name; a proxy is named before the server behind it."""
    info = pieces["info"]
    signs = pieces["ready"].keys() & {"litellm_version", "db"}
    if signs or any(name.startswith("x-litellm") for name in models.headers):
        return LITELLM
    if any(info.get(key) for key in ("kt_weight_path", "kt_method", "kt_cpuinfer")):
        return KTRANSFORMERS
    if "kv_cache_dtype" in info or "max_total_num_tokens" in info or "tool_call_parser" in info:
        return SGLANG
    owners = {str(entry.get("owned_by", "")).lower() for entry in listed}
    for owner, engine in _OWNERS.items():
        if owner in owners:
            return engine
    if models.headers.get("server", "").lower().startswith("llama.cpp") or "build_info" in pieces["props"]:
        return LLAMACPP
    host = urlsplit(base_url).hostname or ""
    return MOONSHOT if is_vendor(host) else ""


def _version(engine: str, pieces: dict[str, dict[str, Any]]) -> str:
    reported = {
        LITELLM: pieces["ready"].get("litellm_version"),
        LLAMACPP: pieces["props"].get("build_info"),
        SGLANG: pieces["info"].get("version"),
        KTRANSFORMERS: pieces["info"].get("version"),
    }.get(engine, pieces["version"].get("version"))
    found = _VERSION.search(reported[:200]) if isinstance(reported, str) else None
    return one_line(found.group(), 40) if found else ""


def _windows(listed: list[dict[str, Any]], props: dict[str, Any]) -> dict[str, int]:
    """Return the served context of each model; llama.cpp lists the trained one, its properties have the served one."""
    settings = props.get("default_generation_settings")
    served = _number(settings.get("n_ctx")) if isinstance(settings, dict) else 0
    found: dict[str, int] = {}
    for entry in listed:
        window = served or _number(entry.get("max_model_len")) or _number(entry.get("context_length"))
        if window:
            found[one_line(str(entry["id"]), 120)] = window
    return found


def _number(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _problem(models: HttpExchange) -> str:
    """Return why the model list could not be read, when that rules out everything else."""
    if models.problem:
        return models.problem
    if models.status in (401, 403):
        return f"it answered {models.status}: the key is missing or wrong"
    if models.status in (502, 503, 504):
        return f"it answered {models.status}: it is loading, or a proxy answers without a server behind it"
    if 300 <= models.status < 400:
        return f"it sends requests on to {models.headers.get('location', 'another address')}, which is not followed"
    return ""


def _body_instead_of_list(models: HttpExchange) -> str:
    """Return the body that was sent instead of a model list."""
    if models.status >= 300:
        return f"the server answers {models.status} where it should list its models"
    if page_title(models.body):
        return "a web page comes where the list of models should be"
    return "what comes is no list of models" if model_entries(models.json()) is None else ""

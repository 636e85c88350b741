"""Reach a session's server and choose the model on it.

A wrong address, key or model is one clear error. A list of models that is missing or damaged is none: with a model
named, what counts is whether the server answers when it is asked something.
"""

import asyncio
from typing import Any
from urllib.parse import urlsplit

from kimi_tui.config import EMBEDDED, EMBEDDED_MODEL, SessionSettings, Settings
from kimi_tui.messages import Message
from kimi_tui.providers import connect
from kimi_tui.providers.base import ModelInfo, ModelRequest, Provider, ProviderError, SilenceLimits
from kimi_tui.providers.capabilities import is_vendor
from kimi_tui.providers.failures import ServerRefusal
from kimi_tui.providers.model_kinds import is_offered
from kimi_tui.session import SessionError
from kimi_tui.text import one_line

AWAY_ERRORS = ("unreachable", "overloaded", "stalled")
"""Kinds of error of a server that is not there, or not yet."""
_UNUSABLE_ERRORS = (*AWAY_ERRORS, "unauthorized", "unknown-model", "malformed", "quota")
"""Kinds of error of a server that cannot be asked."""
_NO_SUCH_ADDRESS = (404, 405, 410, 501)
_TRIAL_SECONDS = 20.0


class ServerAway(SessionError):
    """The server is not there, or not yet."""


async def make_provider(settings: Settings, endpoint: str, recorded: SessionSettings | None) -> tuple[Provider, Any]:
    """Return the provider for an endpoint; the embedded server is started when it is that one."""
    if endpoint == EMBEDDED:
        from kimi_tui.embedded.server import (
            EmbeddedServer,  # brings an HTTP server; only the embedded researcher needs it
        )

        server = EmbeddedServer(pace=settings.pace)
        return connect("openai", await server.start(), ""), server
    kind = settings.provider if settings.base_url or recorded is None else recorded.provider
    try:
        address = "" if endpoint == kind else endpoint
        managed = is_vendor(urlsplit(address).hostname or "")
        patience = SilenceLimits(first_seconds=settings.first_byte_seconds, between_seconds=settings.idle_seconds)
        return connect(kind, address, settings.api_key, managed=managed, patience=patience), None
    except ProviderError as error:
        raise session_error(error) from None


async def choose_model(
    provider: Provider, settings: Settings, recorded: SessionSettings | None, endpoint: str
) -> ModelInfo:
    """Return the model to ask and its window, as the server reports; raises `SessionError` when it cannot be used."""
    wanted = settings.model or (recorded.model if recorded else "")
    if endpoint == EMBEDDED:
        wanted = EMBEDDED_MODEL
    try:
        models = await provider.models()
    except ProviderError as error:
        if recorded is not None and error.retryable:  # the run pauses at its next step and says why
            return ModelInfo(wanted, settings.context_window or recorded.context_window)
        await _check_unlisted(provider, wanted, error)
        models = ()
    found = next((model for model in models if model.id == wanted), None)
    if wanted and models and not is_offered(wanted, [model.id for model in models]):
        raise SessionError(
            f"{endpoint} does not offer the model {wanted!r}; it offers {_model_names(models)}: choose one with --model"
        )
    chosen = found or (ModelInfo(wanted) if wanted else _first_usable_model(models, endpoint))
    return ModelInfo(chosen.id, settings.context_window or chosen.context_window)


async def try_model(provider: Provider, model: str, seconds: float) -> ProviderError | None:
    """Ask a model for one token; return the error, None without one."""
    request = ModelRequest(model, (Message("user", "Say yes."),), (), max_tokens=1)
    try:
        async with asyncio.timeout(seconds):
            await provider.generate(request, lambda fragment: None)
    except TimeoutError:
        return ProviderError("stalled", f"The server did not answer within {seconds:.0f} seconds.", advice="Try again.")
    except ProviderError as error:
        # What no server refused is of the way to it, like a variable that names no proxy.
        never = error.status in _NO_SUCH_ADDRESS if isinstance(error, ServerRefusal) else error.kind == "bad-request"
        return error if never or error.kind in _UNUSABLE_ERRORS else None
    return None


def session_error(error: ProviderError) -> SessionError:
    """The error of a server that cannot be used, as one clear line."""
    message = f"{one_line(error.message, 500).rstrip('.')}. {one_line(error.advice, 500)}".strip()
    return ServerAway(message) if error.kind in AWAY_ERRORS else SessionError(message)


async def _check_unlisted(provider: Provider, wanted: str, error: ProviderError) -> None:
    """Go on without the list of models, which failed with `error`, if the model `wanted` answers all the same."""
    if not wanted:
        raise _add_advice(error)
    trouble = await try_model(provider, wanted, _TRIAL_SECONDS)
    if trouble is not None and not (trouble.kind == "stalled" and error.kind != "stalled"):
        raise session_error(trouble) from None


def _add_advice(error: ProviderError) -> SessionError:
    """Add to the error of a model list that naming a model would do without it."""
    if error.kind in AWAY_ERRORS or error.kind == "unauthorized":
        return session_error(error)
    more = "If the address is right, name a model with --model."
    return session_error(ProviderError(error.kind, error.message, advice=f"{error.advice} {more}".strip()))


def _first_usable_model(models: tuple[ModelInfo, ...], endpoint: str) -> ModelInfo:
    for model in models:
        if model.answers and "*" not in model.id:
            return model
    if models:
        raise SessionError(
            f"{endpoint} offers no model that answers questions ({_model_names(models)}); name one with --model"
        )
    raise SessionError(f"{endpoint} does not list its models; name one with --model")


def _model_names(models: tuple[ModelInfo, ...]) -> str:
    return ", ".join(one_line(model.id, 80) for model in models[:8])

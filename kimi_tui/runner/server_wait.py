"""Wait for a server that is still loading, before a session is opened, and report on the wait.

It counts as there when its model answers one token: a server lists its models, and a gateway calls itself well, while
the weights are still on their way.
"""

import asyncio
import time
from collections.abc import Callable

from kimi_tui.config import EMBEDDED, SessionSettings, Settings
from kimi_tui.providers.base import Provider, ProviderError
from kimi_tui.runner.model_server import AWAY_ERRORS, ServerAway, make_provider, try_model
from kimi_tui.text import one_line

_MIN_PAUSE_SECONDS, _MAX_PAUSE_SECONDS = 0.5, 5.0
_REPORT_SECONDS = 30.0
"""Seconds between two reports on the wait."""
_TRIAL_SECONDS = 120.0
"""How long the first token may take."""


async def wait_for_server(
    settings: Settings, seconds: float, tell: Callable[[str], None], recorded: SessionSettings | None = None
) -> None:
    """Return once the server can be asked, or when its trouble is none that passes: the opening says which.

    Raises `ServerAway` when it cannot be asked within `seconds`. `recorded` are those of a session that goes on.
    """
    endpoint = settings.base_url or (recorded.endpoint if recorded else "")
    if not endpoint.startswith(("http://", "https://")) or endpoint == EMBEDDED:
        return
    provider, _ = await make_provider(settings, endpoint, recorded)
    try:
        await _wait(provider, settings.model or (recorded.model if recorded else ""), seconds, tell)
    finally:
        await provider.close()


async def _wait(provider: Provider, model: str, seconds: float, tell: Callable[[str], None]) -> None:
    begun = time.monotonic()
    pause, reported_at, reported = _MIN_PAUSE_SECONDS, 0.0, ""
    while True:
        left = begun + seconds - time.monotonic()
        trouble = await _why_not_ready(provider, model, max(min(left, _TRIAL_SECONDS), 1.0))
        now = time.monotonic()
        waited, left = now - begun, begun + seconds - now
        if trouble is None:
            if reported:
                tell(f"the server answers after {waited:.0f} s")
            return
        reason = one_line(trouble.message, 300).rstrip(".")
        if left <= 0:
            raise ServerAway(f"the server is not ready after {seconds:g} s. {reason}. {one_line(trouble.advice, 300)}")
        if reason != reported or now - reported_at >= _REPORT_SECONDS:
            tell(f"waiting for the server, at most {left:.0f} s more: {reason}")
            reported, reported_at = reason, now
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, _MAX_PAUSE_SECONDS)


async def _why_not_ready(provider: Provider, model: str, seconds: float) -> ProviderError | None:
    """Return why the server cannot be asked yet; None when it can, or when waiting would not help."""
    try:
        models = await provider.models()
    except ProviderError as error:
        if error.kind in AWAY_ERRORS and not model:
            return error
        models = ()
    name = model or next((one.id for one in models if one.answers and "*" not in one.id), "")
    if not name:
        return None
    trouble = await try_model(provider, name, seconds)
    return trouble if trouble is not None and trouble.kind in AWAY_ERRORS else None

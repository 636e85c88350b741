"""Probe the server when a session begins: beside the work, recorded once known, never waited for.

It asks next to nothing of the model, and nothing at all when the session has been at this very server before. It is
recorded inside a turn, so that a turn's end stays the last word of what it did.
"""

import asyncio
from contextlib import suppress

import msgspec

from kimi_tui.config import EMBEDDED, SessionSettings, Settings
from kimi_tui.engine.ledger import Ledger
from kimi_tui.events import ServerProbed
from kimi_tui.probe import ProbeTarget, probe_briefly
from kimi_tui.session import StorageError

_MAX_SILENCE_SECONDS = 20.0
"""How long the server may keep silent in one of its replies."""


def start_probe(ledger: Ledger, settings: Settings, effective: SessionSettings) -> asyncio.Task[None] | None:
    """Start the probe, unless there is nothing to probe or the settings disable it."""
    endpoint = effective.endpoint
    if settings.probe == "off" or endpoint == EMBEDDED or not endpoint.startswith(("http://", "https://")):
        return None
    target = ProbeTarget(endpoint, settings.api_key, effective.model, _MAX_SILENCE_SECONDS)
    return asyncio.create_task(_probe(ledger, target))


async def _probe(ledger: Ledger, target: ProbeTarget) -> None:
    """Probe the server, and record the findings if they are new."""
    known = ledger.state.health.probe
    found = await probe_briefly(target, known, lambda: _wait_between_steps(ledger))
    if known is not None and msgspec.structs.replace(found, seconds=known.seconds) == known:
        return
    await _record_findings(ledger, found)


async def _wait_between_steps(ledger: Ledger) -> None:
    """Wait until the model is not asked for a step, so that a server with few slots keeps one for each step."""
    while ledger.state.run.thinking:
        await ledger.pulse.next_change().wait()


async def _record_findings(ledger: Ledger, found: ServerProbed) -> None:
    while not ledger.state.run.turn_open:
        await ledger.pulse.next_change().wait()
    with suppress(StorageError):  # what was found is lost; the next opening finds it again
        await ledger.record_patiently(found)

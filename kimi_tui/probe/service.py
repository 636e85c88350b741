"""How the server serves: streaming, counts, cache, caps, stopping when nobody listens any more, refusing clearly."""

import asyncio
import re
import secrets

import msgspec

from kimi_tui.events import ServerFinding
from kimi_tui.probe.asking import Asker, Heard, unjudged
from kimi_tui.probe.identity import LLAMACPP, Identity
from kimi_tui.probe.mends import mend
from kimi_tui.probe.prompts import long_reading, long_writing, single, too_long
from kimi_tui.providers.raw import RawClient

_FEWEST_READS = 3
"""Reads below which a reply came in one piece."""
_FEW_TOKENS = 8
_STOPS_WITHIN = 3.0
"""Seconds in which a server that was hung up on should be idle again."""
_STANDS_STILL = 0.5
"""Seconds in which a server at work writes something."""
_CHEAP_WINDOW = 40_000
"""Tokens of context up to which a prompt that is too long is worth sending."""
_LABELLED = rb"(?:\{[^}\n]{0,2000}\})? (\d+(?:\.\d+)?(?:e[+-]?\d+)?)"
_RUNNING = re.compile(rb"^\S{0,40}(?:num_requests_running|num_running_reqs)" + _LABELLED, re.MULTILINE)
_WRITTEN = re.compile(rb"^\S{0,40}generation_tokens_total" + _LABELLED, re.MULTILINE)
NO_MODEL = "no-such-model-of-the-doctor"
"""A model that no server offers."""


def streaming(heard: Heard, identity: Identity) -> ServerFinding:
    """Whether a reply came in pieces, over time."""
    exchange = heard.exchange
    if not exchange.streamed:
        told = f"asked for a stream, it sent {exchange.headers.get('content-type', 'nothing') or 'nothing'}"
        return ServerFinding("streaming", "amber", told[:120], mend("streaming", identity))
    reads, spread = len(exchange.arrivals), exchange.seconds - exchange.first_byte
    if reads < _FEWEST_READS:
        told = f"{len(exchange.frames)} chunks came all at once"
        return ServerFinding("streaming", "amber", told, mend("streaming", identity))
    return ServerFinding("streaming", "green", f"{len(exchange.frames)} chunks over {spread:.1f} s")


def usage(heard: Heard, identity: Identity) -> ServerFinding:
    """Whether tokens are counted."""
    if heard.prompt_tokens is None or heard.usage is None:
        return ServerFinding(
            "usage", "amber", "no token counts: budgets of tokens are estimates", mend("usage", identity)
        )
    told = f"{heard.usage.prompt_tokens or 0} tokens read, {heard.usage.completion_tokens or 0} written"
    return ServerFinding(
        "usage", "green", told + (f", {heard.usage.reasoned} of them reasoning" * bool(heard.usage.reasoned))
    )


async def cached_tokens(asker: Asker, identity: Identity) -> ServerFinding:
    """Whether a prompt that comes again is taken from the cache, and whether that is told."""
    messages = long_reading(secrets.token_hex(4))
    heard = await asker.count(messages)
    heard = heard if heard.failed else await asker.count(messages)
    name = "cached tokens"
    if heard.failed:
        return unjudged(name, heard, "amber", mend("stalled", identity), "not found out")
    told = heard.usage
    if told is None or (told.prompt_tokens_details is None and told.cached_tokens is None):
        return ServerFinding(name, "amber", "the server does not tell them", mend(name, identity))
    cached = told.neutral().cached_tokens
    if not cached:
        return ServerFinding(name, "amber", "a repeated prompt was read anew", mend("cache off", identity))
    return ServerFinding(name, "green", f"{cached:,} of {told.prompt_tokens or 0:,} tokens of a repeated prompt")


async def cap(asker: Asker) -> ServerFinding:
    """Whether `max_tokens` ends a reply."""
    heard = await asker.ask(long_writing(), max_tokens=_FEW_TOKENS, stream=False)
    if heard.failed:
        return unjudged("max_tokens", heard, "amber", "run this again", "not found out")
    written = (heard.usage.completion_tokens if heard.usage else None) or 0
    if 0 < written <= _FEW_TOKENS and heard.finish_reason == "stop":
        told = f"not found out: the model stopped by itself after {written} tokens"
        return ServerFinding("max_tokens", "amber", told, "run this again")
    if written > _FEW_TOKENS or heard.finish_reason == "stop":
        mending = "caps on tokens per step do not hold at this server: watch what it spends"
        return ServerFinding(
            "max_tokens", "red", f"asked for {_FEW_TOKENS}, it wrote {written or 'on to its end'}", mending
        )
    return ServerFinding("max_tokens", "green", f"ends a reply, as `{heard.finish_reason or 'nothing'}`")


async def cancellation(asker: Asker, identity: Identity, usual: float) -> ServerFinding:
    """Hang up in mid-reply and look whether the server stops; `usual` is its time to a first byte."""
    name = "cancellation"
    before = await _activity(asker.client, identity)
    begun = await asker.ask(long_writing(), max_tokens=2048, enough=lambda frames: len(frames) >= 4)
    if begun.failed and not begun.exchange.frames:
        return unjudged(name, begun, "amber", mend("stalled", identity), "not found out")
    if before is None:
        return await _by_the_next(asker, identity, usual)
    started = asyncio.get_running_loop().time()
    last = await _activity(asker.client, identity)
    while (spent := asyncio.get_running_loop().time() - started) < _STOPS_WITHIN:
        if last is not None and last.running <= before.running:
            return ServerFinding(name, "green", f"the server was idle {max(spent, 0.01):.2f} s after the hang-up")
        await asyncio.sleep(0.05)
        last = await _activity(asker.client, identity)
    await asyncio.sleep(_STANDS_STILL)
    later = await _activity(asker.client, identity)
    if last is not None and later is not None and last.written == later.written > 0:
        return ServerFinding(
            name, "green", "the server wrote nothing more after the hang-up"
        )  # its gauge just stands still
    told = f"the server still writes {_STOPS_WITHIN:g} s after the hang-up"
    return ServerFinding(
        name, "red", told, "something between keeps the request: nginx needs `proxy_ignore_client_abort off`"
    )


async def _by_the_next(asker: Asker, identity: Identity, usual: float) -> ServerFinding:
    """Judge by how soon the next request is answered, which proves something only where one waits for another."""
    after = await asker.count(single())
    first = after.exchange.first_byte
    if after.untried:
        return unjudged("cancellation", after, "grey", "")
    if after.failed or first > 3 * usual + 2:
        told = after.failed or f"the next request waited {first:.1f} s"
        return ServerFinding(
            "cancellation", "red", f"the server seems to go on: {told}", mend("cancellation", identity)
        )
    if identity.slots == 1:
        return ServerFinding("cancellation", "green", f"the one slot took the next request at once ({first:.1f} s)")
    told = f"the next request was taken at once ({first:.1f} s), but whether the server stopped cannot be seen"
    return ServerFinding("cancellation", "amber", told, mend("cancellation", identity))


class _Activity(msgspec.Struct, frozen=True):
    """What a server does at a moment."""

    running: float
    """Requests it works on."""
    written: float = 0.0
    """Tokens written since it was started; 0 when it does not tell."""


async def _activity(client: RawClient, identity: Identity) -> _Activity | None:
    """What the server does now; None when it does not tell."""
    if identity.engine == LLAMACPP:
        slots = (await client.get("/slots", 5.0)).json()
        busy = (
            [bool(slot.get("is_processing")) for slot in slots if isinstance(slot, dict)]
            if isinstance(slots, list)
            else []
        )
        return _Activity(sum(busy)) if busy else None
    metrics = await client.get("/metrics", 5.0)
    running = _RUNNING.findall(metrics.body) if metrics.status == 200 else []
    written = sum(float(value) for value in _WRITTEN.findall(metrics.body))
    return _Activity(sum(float(value) for value in running), written) if running else None


async def unknown_model(asker: Asker) -> ServerFinding:
    """What the server says to a model that it does not offer."""
    heard = await asker.count(single(), model=NO_MODEL)
    if heard.exchange.status == 200:
        return ServerFinding(
            "unknown model", "green", "any name is taken; kimi-tui compares it with the list of models"
        )
    return _refused("unknown model", heard, "unknown-model")


async def wrong_key(asker: Asker) -> ServerFinding:
    """What the server says to a key that is not its own."""
    heard = await asker.count(single())
    if heard.exchange.status == 200:
        return ServerFinding(
            "wrong key", "amber", "any key is taken", "start the server with its --api-key, or set none here"
        )
    return _refused("wrong key", heard, "unauthorized")


async def overflow(asker: Asker, window: int) -> ServerFinding | None:
    """What the server says to a prompt that is too long; None when it would cost too much to ask."""
    if not 0 < window <= _CHEAP_WINDOW:
        return None
    heard = await asker.count(too_long(window))
    if heard.exchange.status == 200:
        return ServerFinding(
            "overflow", "amber", "a prompt longer than the context was taken, and cut", "set context_window"
        )
    return _refused("overflow", heard, "overflow")


def _refused(name: str, heard: Heard, kind: str) -> ServerFinding:
    """Whether a refusal says what it is about."""
    if heard.error is None:
        return unjudged(name, heard, "red", "see the server's log", "no answer")
    said = f"{heard.exchange.status}, understood as {heard.error.kind}"
    if heard.error.kind == kind:
        return ServerFinding(name, "green", said)
    return ServerFinding(
        name, "amber", f"{said}: {heard.error.message}", f"{kind} was expected; a gateway may rewrite errors"
    )

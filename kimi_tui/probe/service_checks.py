"""Check how the server serves: streaming, counts, cache, caps, cancellation, clear refusals."""

import asyncio
import re
import secrets

import msgspec

from kimi_tui.events import ServerFinding
from kimi_tui.probe.probe_client import ProbeClient, ProbeReply, unjudged_finding
from kimi_tui.probe.prompts import long_answer_prompt, long_prompt, oversized_prompt, single_call_prompt
from kimi_tui.probe.remedies import find_remedy
from kimi_tui.probe.server_identity import LLAMACPP, ServerIdentity
from kimi_tui.providers.raw_client import RawClient
from kimi_tui.text import count_noun

_MIN_READS = 3
"""Reads below which a reply came in one piece."""
_CAP_TOKENS = 8
_MAX_STOP_SECONDS = 3.0
"""Seconds in which a server that was hung up on should be idle again."""
_STILL_SECONDS = 0.5
"""Seconds in which a server at work writes something."""
_MAX_CHEAP_WINDOW = 40_000
"""Tokens of context up to which a prompt that is too long is worth sending."""
_LABELLED = rb"(?:\{[^}\n]{0,2000}\})? (\d+(?:\.\d+)?(?:e[+-]?\d+)?)"
_RUNNING = re.compile(rb"^\S{0,40}(?:num_requests_running|num_running_reqs)" + _LABELLED, re.MULTILINE)
_WRITTEN = re.compile(rb"^\S{0,40}generation_tokens_total" + _LABELLED, re.MULTILINE)
NO_MODEL = "no-such-model-of-the-doctor"
"""A model that no server offers."""


def check_streaming(heard: ProbeReply, identity: ServerIdentity) -> ServerFinding:
    """Check whether a reply arrives in pieces, over time."""
    exchange = heard.exchange
    if not exchange.streamed:
        detail = f"asked for a stream, it sent {exchange.headers.get('content-type', 'nothing') or 'nothing'}"
        return ServerFinding("streaming", "amber", detail[:120], find_remedy("streaming", identity))
    reads, spread = len(exchange.arrivals), exchange.seconds - exchange.first_byte
    if reads < _MIN_READS:
        detail = f"{count_noun(len(exchange.frames), 'chunk')} came all at once"
        return ServerFinding("streaming", "amber", detail, find_remedy("streaming", identity))
    return ServerFinding("streaming", "green", f"{count_noun(len(exchange.frames), 'chunk')} over {spread:.1f} s")


def check_usage(heard: ProbeReply, identity: ServerIdentity) -> ServerFinding:
    """Check whether tokens are counted."""
    if heard.prompt_tokens is None or heard.usage is None:
        return ServerFinding(
            "usage", "amber", "no token counts: budgets of tokens are estimates", find_remedy("usage", identity)
        )
    detail = f"{count_noun(heard.usage.prompt_tokens or 0, 'token')} read, {heard.usage.completion_tokens or 0} written"
    return ServerFinding(
        "usage",
        "green",
        detail + (f", {heard.usage.reasoning_count} of them reasoning" * bool(heard.usage.reasoning_count)),
    )


async def check_cache(asker: ProbeClient, identity: ServerIdentity) -> ServerFinding:
    """Check whether a repeated prompt is read from the cache, and whether the server says so."""
    messages = long_prompt(secrets.token_hex(4))
    heard = await asker.count_tokens(messages)
    heard = heard if heard.failed else await asker.count_tokens(messages)
    name = "cached tokens"
    if heard.failed:
        return unjudged_finding(name, heard, "amber", find_remedy("stalled", identity), "not found out")
    usage = heard.usage
    if usage is None or (usage.prompt_tokens_details is None and usage.cached_tokens is None):
        return ServerFinding(name, "amber", "the server does not report them", find_remedy(name, identity))
    cached = usage.to_usage().cached_tokens
    if not cached:
        return ServerFinding(name, "amber", "a repeated prompt was read anew", find_remedy("cache off", identity))
    return ServerFinding(name, "green", f"{cached:,} of {usage.prompt_tokens or 0:,} tokens of a repeated prompt")


async def check_cap(asker: ProbeClient) -> ServerFinding:
    """Check whether `max_tokens` ends a reply."""
    heard = await asker.ask(long_answer_prompt(), max_tokens=_CAP_TOKENS, stream=False)
    if heard.failed:
        return unjudged_finding("max_tokens", heard, "amber", "run this again", "not found out")
    written = (heard.usage.completion_tokens if heard.usage else None) or 0
    if 0 < written <= _CAP_TOKENS and heard.finish_reason == "stop":
        detail = f"not found out: the model stopped on its own after {count_noun(written, 'token')}"
        return ServerFinding("max_tokens", "amber", detail, "run this again")
    if written > _CAP_TOKENS or heard.finish_reason == "stop":
        remedy = "caps on tokens per step do not hold at this server: watch what it spends"
        return ServerFinding(
            "max_tokens", "red", f"asked for {_CAP_TOKENS}, it wrote {written or 'on to its end'}", remedy
        )
    return ServerFinding("max_tokens", "green", f"ends a reply, as `{heard.finish_reason or 'nothing'}`")


async def check_cancellation(asker: ProbeClient, identity: ServerIdentity, usual: float) -> ServerFinding:
    """Close the connection in mid-reply and check whether the server stops; `usual` is its time to a first byte."""
    name = "cancellation"
    before = await _read_activity(asker.client, identity)
    begun = await asker.ask(long_answer_prompt(), max_tokens=2048, enough=lambda frames: len(frames) >= 4)
    if begun.failed and not begun.exchange.frames:
        return unjudged_finding(name, begun, "amber", find_remedy("stalled", identity), "not found out")
    if before is None:
        return await _judge_by_next_request(asker, identity, usual)
    started = asyncio.get_running_loop().time()
    last = await _read_activity(asker.client, identity)
    while (spent := asyncio.get_running_loop().time() - started) < _MAX_STOP_SECONDS:
        if last is not None and last.running <= before.running:
            return ServerFinding(name, "green", f"the server was idle {max(spent, 0.01):.2f} s after the hang-up")
        await asyncio.sleep(0.05)
        last = await _read_activity(asker.client, identity)
    await asyncio.sleep(_STILL_SECONDS)
    later = await _read_activity(asker.client, identity)
    if last is not None and later is not None and last.written == later.written > 0:
        return ServerFinding(
            name, "green", "the server wrote nothing more after the hang-up"
        )  # its gauge just stands still
    detail = f"the server still writes {_MAX_STOP_SECONDS:g} s after the hang-up"
    return ServerFinding(
        name, "red", detail, "something between keeps the request: nginx needs `proxy_ignore_client_abort off`"
    )


async def _judge_by_next_request(asker: ProbeClient, identity: ServerIdentity, usual: float) -> ServerFinding:
    """Judge by how soon the next request is answered, which is conclusive only if it has to wait."""
    after = await asker.count_tokens(single_call_prompt())
    first = after.exchange.first_byte
    if after.untried:
        return unjudged_finding("cancellation", after, "grey", "")
    if after.failed or first > 3 * usual + 2:
        detail = after.failed or f"the next request waited {first:.1f} s"
        return ServerFinding(
            "cancellation", "red", f"the server seems to go on: {detail}", find_remedy("cancellation", identity)
        )
    if identity.slots == 1:
        return ServerFinding("cancellation", "green", f"the one slot took the next request at once ({first:.1f} s)")
    detail = f"the next request was taken at once ({first:.1f} s), but whether the server stopped cannot be seen"
    return ServerFinding("cancellation", "amber", detail, find_remedy("cancellation", identity))


class _ServerActivity(msgspec.Struct, frozen=True):
    """The activity of a server at one moment."""

    running: float
    """Requests it works on."""
    written: float = 0.0
    """Tokens written since it was started; 0 when it does not tell."""


async def _read_activity(client: RawClient, identity: ServerIdentity) -> _ServerActivity | None:
    """Return the server's activity; None when it does not report it."""
    if identity.engine == LLAMACPP:
        slots = (await client.get("/slots", 5.0)).json()
        busy = (
            [bool(slot.get("is_processing")) for slot in slots if isinstance(slot, dict)]
            if isinstance(slots, list)
            else []
        )
        return _ServerActivity(sum(busy)) if busy else None
    metrics = await client.get("/metrics", 5.0)
    running = _RUNNING.findall(metrics.body) if metrics.status == 200 else []
    written = sum(float(value) for value in _WRITTEN.findall(metrics.body))
    return _ServerActivity(sum(float(value) for value in running), written) if running else None


async def check_unknown_model(asker: ProbeClient) -> ServerFinding:
    """Check the error for a model that the server does not offer."""
    heard = await asker.count_tokens(single_call_prompt(), model=NO_MODEL)
    if heard.exchange.status == 200:
        return ServerFinding(
            "unknown model", "green", "any name is taken; kimi-tui compares it with the list of models"
        )
    return _check_refusal("unknown model", heard, "unknown-model")


async def check_wrong_key(asker: ProbeClient) -> ServerFinding:
    """Check the error for a wrong key."""
    heard = await asker.count_tokens(single_call_prompt())
    if heard.exchange.status == 200:
        return ServerFinding(
            "wrong key", "amber", "any key is taken", "start the server with its --api-key, or set none here"
        )
    return _check_refusal("wrong key", heard, "unauthorized")


async def check_overflow(asker: ProbeClient, window: int) -> ServerFinding | None:
    """Check the error for a prompt that is too long; None when that would be too expensive."""
    if not 0 < window <= _MAX_CHEAP_WINDOW:
        return None
    heard = await asker.count_tokens(oversized_prompt(window))
    if heard.exchange.status == 200:
        return ServerFinding(
            "overflow", "amber", "a prompt longer than the context was taken, and cut", "set context_window"
        )
    return _check_refusal("overflow", heard, "overflow")


def _check_refusal(name: str, heard: ProbeReply, kind: str) -> ServerFinding:
    """Check whether a refusal says what is wrong."""
    if heard.error is None:
        return unjudged_finding(name, heard, "red", "see the server's log", "no answer")
    said = f"{heard.exchange.status}, understood as {heard.error.kind}"
    if heard.error.kind == kind:
        return ServerFinding(name, "green", said)
    return ServerFinding(
        name, "amber", f"{said}: {heard.error.message}", f"{kind} was expected; a gateway may rewrite errors"
    )

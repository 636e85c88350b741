"""Finding out what a server can do before it is relied on: engine, context, streaming, reasoning, calls, counts, stops.

`examine` tries everything and is what `doctor` shows; `glance` is the few seconds of it that a session begins with.
Both end by themselves, whatever the server does, and never raise for what a server does.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec

from kimi_tui.events import ServerFinding, ServerProbed
from kimi_tui.probe import calls, control, reasoning, service
from kimi_tui.probe.asking import REASONING_KEYS, Asker, Heard, Turn
from kimi_tui.probe.identity import EMBEDDED, Identity, identify
from kimi_tui.probe.mends import mend, old_version
from kimi_tui.probe.prompts import TOOL, second_turn, single
from kimi_tui.providers.base import ProviderError
from kimi_tui.providers.model_kinds import answering_model, is_offered
from kimi_tui.providers.raw import RawClient
from kimi_tui.text import one_line

WRONG_KEY = "sk-not-the-key-of-this-server"
"""A key that no server has."""
_IDENTITY_SECONDS = 5.0
_AT_ONCE = 4
_COMFORTABLE_WINDOW = 100_000


class Target(msgspec.Struct, frozen=True):
    """What is to be probed."""

    base_url: str
    """With or without `/v1`."""
    api_key: str = ""
    model: str = ""
    """Empty for the first that the server lists."""
    seconds: float = 60.0
    """How long the server may keep silent in one reply."""


async def examine(target: Target, accuracy_calls: int = 5) -> ServerProbed:
    """Try everything; `accuracy_calls` is how many replies the share of valid calls is measured over."""
    return await _probe(target, lambda asker, known: _everything(target, asker, known, accuracy_calls))


async def glance(target: Target, known: ServerProbed | None = None, turn: Turn | None = None) -> ServerProbed:
    """What a session needs to know: the window, the names that reasoning is read under, whether the parser leaks.

    Of a server that answers as the one that is `known`, nothing is asked again; `known` is returned. Where the server
    works on a few requests at once, one is asked after the other, and `turn` is awaited before each.
    """

    async def trials(asker: Asker, identity: Identity) -> ServerProbed:
        if known is not None and _same(known, identity, asker.model):
            return known
        return await _essentials(asker, identity)

    return await _probe(target, trials, turn)


def _same(known: ServerProbed, identity: Identity, model: str) -> bool:
    """Whether a server is the one that was probed, with as much found out as there was to find."""
    told = (identity.engine, identity.version, model, identity.window(model))
    before = (known.engine, known.version, known.model, known.window)
    return told == before and (bool(known.reasoning_keys) or identity.engine == EMBEDDED)


async def _probe(
    target: Target, trials: Callable[[Asker, Identity], Awaitable[ServerProbed]], turn: Turn | None = None
) -> ServerProbed:
    """Identify the server, then run the trials if it can be asked at all."""
    started = time.monotonic()
    try:
        client = RawClient(target.base_url, target.api_key)
    except ProviderError as error:
        return ServerProbed(findings=(ServerFinding("server", "red", error.message, error.advice),))
    try:
        identity = await identify(client, min(target.seconds, _IDENTITY_SECONDS))
        if target.model and identity.unlistable:  # what counts is whether the model answers
            identity = msgspec.structs.replace(identity, problem="")
        found, model = _basics(identity, target.model)
        identity = msgspec.structs.replace(identity, model=model)
        if any(finding.grade == "red" for finding in found):
            probed = ServerProbed()
        else:
            at_once = 1 if identity.few_slots and turn else min(identity.slots or _AT_ONCE, _AT_ONCE)
            waits = turn if identity.few_slots else None
            asker = Asker(client, model, at_once=at_once, seconds=target.seconds, turn=waits)
            probed = await trials(asker, identity)
            if probed.model:  # it was known before
                return probed
    finally:
        await client.close()
    return msgspec.structs.replace(
        probed,
        engine=identity.engine,
        version=identity.version,
        model=model,
        window=identity.window(model),
        findings=(*found, *(_printable(finding) for finding in probed.findings)),
        seconds=round(time.monotonic() - started, 2),
    )


def _printable(finding: ServerFinding) -> ServerFinding:
    """Servers' words on one short line each."""
    return msgspec.structs.replace(finding, detail=one_line(finding.detail, 240), remedy=one_line(finding.remedy, 240))


def _basics(identity: Identity, wanted: str) -> tuple[list[ServerFinding], str]:
    """What the identity tells, and the model to ask; a red finding says that nothing more can be asked."""
    if identity.problem:
        told = f"it cannot be asked: {identity.problem}"
        mending = "start the server, or correct --server and KIMI_TUI_API_KEY"
        return [_printable(ServerFinding("server", "red", told, mending))], wanted
    name = " ".join(
        part for part in (identity.engine or "an engine that does not say its name", identity.version) if part
    )
    model = wanted or answering_model(identity.models)
    identity = msgspec.structs.replace(identity, model=model)
    worry = old_version(identity)
    found = [ServerFinding("server", "amber" if worry or identity.unlisted else "green", name, worry)]
    if not model:
        mending = "check that the address is that of the API, and ends in /v1; if it is, name a model with --model"
        names = f"none of its models answers questions: {', '.join(identity.models[:5])}" if identity.models else ""
        told = names or identity.unlisted or "the server lists no models"
        return [*found, _printable(ServerFinding("model", "red", told, mending))], model
    if identity.models and not is_offered(model, identity.models):
        names = f"choose one of: {', '.join(identity.models[:5])}"
        return [*found, _printable(ServerFinding("model", "red", f"it does not offer {model!r}", names))], model
    if identity.models:
        found.append(_printable(ServerFinding("model", "green", model)))
    else:
        told = f"{model}, as you name it: {identity.unlisted or 'the server lists no models'}"
        mending = "nothing, if it answers below; a list would tell the model's name and its context"
        found.append(_printable(ServerFinding("model", "amber", told, mending)))
    return [*found, _window(identity, model)], model


def _window(identity: Identity, model: str) -> ServerFinding:
    window, told = identity.window(model), identity.windows.get(model, 0)
    if not window:
        return ServerFinding("context", "amber", "the server does not tell its length", mend("window", identity))
    if window < told:
        words = f"{told:,} tokens are told, but there is room for {window:,}"
        return ServerFinding("context", "amber", words, mend("small window", identity))
    if window < _COMFORTABLE_WINDOW:
        return ServerFinding("context", "amber", f"{window:,} tokens", mend("small window", identity))
    return ServerFinding("context", "green", f"{window:,} tokens")


async def _everything(target: Target, asker: Asker, known: Identity, accuracy_calls: int) -> ServerProbed:
    """All trials: first one reply to learn from, then those that may run at once, then those that need quiet."""
    first = await asker.ask(single(), tools=[TOOL])
    if first.failed:
        return ServerProbed(findings=(ServerFinding("reply", "red", first.failed, _advice(first, known)),))
    found = [service.streaming(first, known), service.usage(first, known)]
    if known.engine == EMBEDDED:
        found.append(
            ServerFinding("calls", "amber", "it calls research tools alone, and is not Kimi", "set KIMI_TUI_BASE_URL")
        )
        return ServerProbed(findings=(*found, *await _in_quiet(target, asker, known, first)))
    read = await reasoning.reasoning_in(asker, known)
    keys = read.keys or REASONING_KEYS
    several, second, accuracy, ending = await asyncio.gather(
        calls.parallel_calls(asker, known),
        calls.second_turn_reply(asker, known, keys, first),
        calls.schema_accuracy(asker, known, first, max(accuracy_calls, 1)),
        control.thinking_control(asker, known),
    )
    found.insert(1, reasoning.reasoning_out(first, known))
    found[2:2] = [read.finding, calls.single_call(first, known), several, second.finding, accuracy, ending.finding]
    return ServerProbed(
        reasoning_keys=read.keys,
        thinking_budget=ending.budget,
        reasoning_control=ending.live,
        splits_thinking=second.splits_thinking,
        findings=(*found, *await _in_quiet(target, asker, known, first)),
    )


async def _in_quiet(target: Target, asker: Asker, known: Identity, first: Heard) -> list[ServerFinding]:
    """Trials that other requests would disturb, one after another, and what is refused."""
    found = [
        await service.cached_tokens(asker, known),
        await service.cancellation(asker, known, first.exchange.first_byte),
        await service.unknown_model(asker),
    ]
    if known.engine != EMBEDDED:  # it writes a few sentences, and no more
        found.insert(1, await service.cap(asker))
    if target.api_key:
        stranger = RawClient(target.base_url, WRONG_KEY)
        try:
            found.append(await service.wrong_key(Asker(stranger, asker.model, seconds=asker.seconds)))
        finally:
            await stranger.close()
    long = await service.overflow(asker, known.window(asker.model))
    return [*found, long] if long is not None else found


async def _essentials(asker: Asker, known: Identity) -> ServerProbed:
    """What a session needs, with three requests of one token and the beginning of one streamed reply, or of two."""
    if known.engine == EMBEDDED:
        return ServerProbed()
    if known.few_slots:  # whatever is written now, a step waits for
        return await _without_writing(asker, known)
    keys = REASONING_KEYS
    read, heard, ending = await asyncio.gather(
        reasoning.reasoning_in(asker, known),
        asker.ask(second_turn(keys), tools=[TOOL], max_tokens=64, enough=calls.first_frames),
        control.thinking_control(asker, known),
    )
    leaks = calls.leaks(heard)
    if leaks:  # not where the thinking is always in the answer, which then holds its end as well
        first = await asker.ask(single(), tools=[TOOL], max_tokens=64, enough=calls.first_frames)
        leaks = calls.leaks(heard, first)
    found = [reasoning.reasoning_out(heard, known)] if not heard.failed and not leaks else []
    if leaks:
        told = "after an observation it runs over into the answer"
        found = [ServerFinding("reasoning out", "amber", told, mend("leak", known))]
    return ServerProbed(
        reasoning_keys=read.keys,
        thinking_budget=ending.budget,
        reasoning_control=ending.live,
        splits_thinking=not leaks,
        findings=(*found, read.finding),
    )


async def _without_writing(asker: Asker, known: Identity) -> ServerProbed:
    """What can be found out without holding up a server that does few things at a time."""
    read, ending = await asyncio.gather(reasoning.reasoning_in(asker, known), control.thinking_control(asker, known))
    return ServerProbed(reasoning_keys=read.keys, reasoning_control=ending.live, findings=(read.finding,))


def _advice(heard: Heard, known: Identity) -> str:
    """What to do about a first reply that did not come."""
    return heard.error.advice if heard.error and heard.error.advice else mend("stalled", known)

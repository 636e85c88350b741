"""Probe a server: engine, context window, streaming, reasoning, calls, token counts, cancellation.

`probe_fully` tries everything and is what `doctor` shows; `probe_briefly` is the few seconds of it that a session
begins with. Both end by themselves, whatever the server does, and never raise for what a server does.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec

from kimi_tui.events import ServerFinding, ServerProbed
from kimi_tui.probe import call_checks, reasoning_checks, service_checks, thinking_control
from kimi_tui.probe.probe_client import REASONING_KEYS, ProbeClient, ProbeReply, WaitForTurn
from kimi_tui.probe.prompts import TOOL, second_turn_prompt, single_call_prompt
from kimi_tui.probe.remedies import find_remedy, old_version_problem
from kimi_tui.probe.server_identity import EMBEDDED, ServerIdentity, identify
from kimi_tui.providers.base import ProviderError
from kimi_tui.providers.model_kinds import first_answering_model, is_offered
from kimi_tui.providers.raw_client import RawClient
from kimi_tui.text import one_line

WRONG_KEY = "sk-not-the-key-of-this-server"
"""A key that no server has."""
_IDENTITY_SECONDS = 5.0
_MAX_PARALLEL = 4
_MIN_COMFORTABLE_WINDOW = 100_000


class ProbeTarget(msgspec.Struct, frozen=True):
    """The server and model to probe."""

    base_url: str
    """With or without `/v1`."""
    api_key: str = ""
    model: str = ""
    """Empty for the first that the server lists."""
    seconds: float = 60.0
    """How long the server may keep silent in one reply."""


async def probe_fully(target: ProbeTarget, accuracy_calls: int = 5) -> ServerProbed:
    """Run every trial; `accuracy_calls` is the number of replies for the share of valid calls."""
    return await _probe(target, lambda asker, known: _run_all_trials(target, asker, known, accuracy_calls))


async def probe_briefly(
    target: ProbeTarget, known: ServerProbed | None = None, turn: WaitForTurn | None = None
) -> ServerProbed:
    """Find out what a session needs: context window, reasoning fields, and whether the parser leaks.

    Of a server that answers as the one that is `known`, nothing is asked again; `known` is returned. Where the server
    works on a few requests at once, one is asked after the other, and `turn` is awaited before each.
    """

    async def trials(asker: ProbeClient, identity: ServerIdentity) -> ServerProbed:
        if known is not None and _is_same_server(known, identity, asker.model):
            return known
        return await _run_essential_trials(asker, identity)

    return await _probe(target, trials, turn)


def _is_same_server(known: ServerProbed, identity: ServerIdentity, model: str) -> bool:
    """Return whether this is the server probed before, with nothing left to find out."""
    found = (identity.engine, identity.version, model, identity.window(model))
    before = (known.engine, known.version, known.model, known.window)
    return found == before and (bool(known.reasoning_keys) or identity.engine == EMBEDDED)


async def _probe(
    target: ProbeTarget,
    trials: Callable[[ProbeClient, ServerIdentity], Awaitable[ServerProbed]],
    turn: WaitForTurn | None = None,
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
        found, model = _identity_findings(identity, target.model)
        identity = msgspec.structs.replace(identity, model=model)
        if any(finding.grade == "red" for finding in found):
            probed = ServerProbed()
        else:
            at_once = 1 if identity.has_few_slots and turn else min(identity.slots or _MAX_PARALLEL, _MAX_PARALLEL)
            waits = turn if identity.has_few_slots else None
            asker = ProbeClient(client, model, at_once=at_once, seconds=target.seconds, turn=waits)
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
        findings=(*found, *(_shorten_finding(finding) for finding in probed.findings)),
        seconds=round(time.monotonic() - started, 2),
    )


def _shorten_finding(finding: ServerFinding) -> ServerFinding:
    """Servers' words on one short line each."""
    return msgspec.structs.replace(finding, detail=one_line(finding.detail, 240), remedy=one_line(finding.remedy, 240))


def _identity_findings(identity: ServerIdentity, wanted: str) -> tuple[list[ServerFinding], str]:
    """Return the findings from the identity, and the model to ask; a red finding rules out all else."""
    if identity.problem:
        detail = f"it cannot be asked: {identity.problem}"
        remedy = "start the server, or correct --server and KIMI_TUI_API_KEY"
        return [_shorten_finding(ServerFinding("server", "red", detail, remedy))], wanted
    name = " ".join(part for part in (identity.engine or "an unidentified engine", identity.version) if part)
    model = wanted or first_answering_model(identity.models)
    identity = msgspec.structs.replace(identity, model=model)
    worry = old_version_problem(identity)
    found = [ServerFinding("server", "amber" if worry or identity.unlisted else "green", name, worry)]
    if not model:
        remedy = "check that the address is that of the API, and ends in /v1; if it is, name a model with --model"
        names = f"none of its models answers questions: {', '.join(identity.models[:5])}" if identity.models else ""
        detail = names or identity.unlisted or "the server lists no models"
        return [*found, _shorten_finding(ServerFinding("model", "red", detail, remedy))], model
    if identity.models and not is_offered(model, identity.models):
        names = f"choose one of: {', '.join(identity.models[:5])}"
        return [*found, _shorten_finding(ServerFinding("model", "red", f"it does not offer {model!r}", names))], model
    if identity.models:
        found.append(_shorten_finding(ServerFinding("model", "green", model)))
    else:
        detail = f"{model}, as you name it: {identity.unlisted or 'the server lists no models'}"
        remedy = "nothing, if it answers below; a list would give the model's name and its context"
        found.append(_shorten_finding(ServerFinding("model", "amber", detail, remedy)))
    return [*found, _window_finding(identity, model)], model


def _window_finding(identity: ServerIdentity, model: str) -> ServerFinding:
    window, reported = identity.window(model), identity.windows.get(model, 0)
    if not window:
        return ServerFinding(
            "context", "amber", "the server does not report its length", find_remedy("window", identity)
        )
    if window < reported:
        words = f"{reported:,} tokens are reported, but there is room for {window:,}"
        return ServerFinding("context", "amber", words, find_remedy("small window", identity))
    if window < _MIN_COMFORTABLE_WINDOW:
        return ServerFinding("context", "amber", f"{window:,} tokens", find_remedy("small window", identity))
    return ServerFinding("context", "green", f"{window:,} tokens")


async def _run_all_trials(
    target: ProbeTarget, asker: ProbeClient, known: ServerIdentity, accuracy_calls: int
) -> ServerProbed:
    """Run all trials: one first reply, then the parallel trials, then those that need an idle server."""
    first = await asker.ask(single_call_prompt(), tools=[TOOL])
    if first.failed:
        return ServerProbed(findings=(ServerFinding("reply", "red", first.failed, _advice(first, known)),))
    found = [service_checks.check_streaming(first, known), service_checks.check_usage(first, known)]
    if known.engine == EMBEDDED:
        found.append(
            ServerFinding("calls", "amber", "it calls research tools alone, and is not Kimi", "set KIMI_TUI_BASE_URL")
        )
        return ServerProbed(findings=(*found, *await _run_quiet_trials(target, asker, known, first)))
    read = await reasoning_checks.check_reasoning_in(asker, known)
    keys = read.keys or REASONING_KEYS
    several, second, accuracy, ending = await asyncio.gather(
        call_checks.check_parallel_calls(asker, known),
        call_checks.check_second_turn(asker, known, keys, first),
        call_checks.check_schema_accuracy(asker, known, first, max(accuracy_calls, 1)),
        thinking_control.check_thinking_control(asker, known),
    )
    found.insert(1, reasoning_checks.check_reasoning_out(first, known))
    found[2:2] = [
        read.finding,
        call_checks.check_single_call(first, known),
        several,
        second.finding,
        accuracy,
        ending.finding,
    ]
    return ServerProbed(
        reasoning_keys=read.keys,
        thinking_budget=ending.budget,
        reasoning_control=ending.live,
        splits_thinking=second.splits_thinking,
        findings=(*found, *await _run_quiet_trials(target, asker, known, first)),
    )


async def _run_quiet_trials(
    target: ProbeTarget, asker: ProbeClient, known: ServerIdentity, first: ProbeReply
) -> list[ServerFinding]:
    """Run the trials that other requests would disturb, one by one, then those of refusals."""
    found = [
        await service_checks.check_cache(asker, known),
        await service_checks.check_cancellation(asker, known, first.exchange.first_byte),
        await service_checks.check_unknown_model(asker),
    ]
    if known.engine != EMBEDDED:  # it writes a few sentences, and no more
        found.insert(1, await service_checks.check_cap(asker))
    if target.api_key:
        found.append(await _try_wrong_key(target, asker))
    long = await service_checks.check_overflow(asker, known.window(asker.model))
    return [*found, long] if long is not None else found


async def _try_wrong_key(target: ProbeTarget, asker: ProbeClient) -> ServerFinding:
    """Ask as somebody without the right key would."""
    stranger = RawClient(target.base_url, WRONG_KEY)
    try:
        return await service_checks.check_wrong_key(ProbeClient(stranger, asker.model, seconds=asker.seconds))
    finally:
        await stranger.close()


async def _run_essential_trials(asker: ProbeClient, known: ServerIdentity) -> ServerProbed:
    """Run the trials a session needs: three requests of one token and the start of one or two replies."""
    if known.engine == EMBEDDED:
        return ServerProbed()
    if known.has_few_slots:  # whatever is written now, a step waits for
        return await _run_trials_without_writing(asker, known)
    keys = REASONING_KEYS
    read, heard, ending = await asyncio.gather(
        reasoning_checks.check_reasoning_in(asker, known),
        asker.ask(second_turn_prompt(keys), tools=[TOOL], max_tokens=64, enough=call_checks.has_first_frames),
        thinking_control.check_thinking_control(asker, known),
    )
    leaks = call_checks.leaks_thinking(heard)
    if leaks:  # not where the thinking is always in the answer, which then holds its end as well
        first = await asker.ask(single_call_prompt(), tools=[TOOL], max_tokens=64, enough=call_checks.has_first_frames)
        leaks = call_checks.leaks_thinking(heard, first)
    found = [reasoning_checks.check_reasoning_out(heard, known)] if not heard.failed and not leaks else []
    if leaks:
        detail = "after an observation it runs into the answer"
        found = [ServerFinding("reasoning out", "amber", detail, find_remedy("leak", known))]
    return ServerProbed(
        reasoning_keys=read.keys,
        thinking_budget=ending.budget,
        reasoning_control=ending.live,
        splits_thinking=not leaks,
        findings=(*found, read.finding),
    )


async def _run_trials_without_writing(asker: ProbeClient, known: ServerIdentity) -> ServerProbed:
    """Find out what is possible without occupying a server that handles few requests at a time."""
    read, ending = await asyncio.gather(
        reasoning_checks.check_reasoning_in(asker, known), thinking_control.check_thinking_control(asker, known)
    )
    return ServerProbed(reasoning_keys=read.keys, reasoning_control=ending.live, findings=(read.finding,))


def _advice(heard: ProbeReply, known: ServerIdentity) -> str:
    """Return what to do about a first reply that did not arrive."""
    return heard.error.advice if heard.error and heard.error.advice else find_remedy("stalled", known)

"""The probe against servers that speak each engine's dialect, sound ones and ones with each defect."""

import asyncio
from dataclasses import replace

import msgspec
import pytest

from kimi_tui.embedded.server import EmbeddedServer
from kimi_tui.events import ServerFinding, ServerProbed
from kimi_tui.probe import ProbeTarget, probe_briefly, probe_fully, service_checks
from kimi_tui.probe.probe_client import ProbeClient
from kimi_tui.probe.prompts import long_answer_prompt
from kimi_tui.providers.raw_client import RawClient
from tests.probe.mini import KTRANSFORMERS, LITELLM, LLAMACPP, MODEL, SGLANG, VLLM, Engine, MiniServer
from tests.providers.replay import Recorded, Replay


async def probed(
    engine: Engine, *, key: str = "", model: str = "", calls: int = 2, seconds: float = 10.0
) -> ServerProbed:
    async with MiniServer(engine) as server:
        return await probe_fully(ProbeTarget(server.base_url, key, model, seconds), calls)


def replace_version(found: ServerProbed) -> ServerProbed:
    return msgspec.structs.replace(found, version="0.5.22")


def graded(found: ServerProbed) -> dict[str, ServerFinding]:
    return {finding.name: finding for finding in found.findings}


HEALTHY = {
    "vLLM": (VLLM, "0.32.0", ("reasoning_content", "reasoning")),
    "SGLang": (SGLANG, "0.5.23", ("reasoning_content",)),
    "llama.cpp": (LLAMACPP, "b7100-0c1e570", ("reasoning_content",)),
}


@pytest.mark.parametrize("name", HEALTHY)
async def test_a_sound_server_is_green_throughout(name: str) -> None:
    engine, version, keys = HEALTHY[name]
    found = await probed(engine)
    assert [finding for finding in found.findings if finding.grade != "green"] == []
    assert (found.engine, found.version, found.model, found.reasoning_keys) == (name, version, MODEL, keys)
    assert {"streaming", "reasoning in", "parallel calls", "second turn", "schema accuracy"} <= set(graded(found))
    assert (found.thinking_budget, found.reasoning_control) == (name == "vLLM", name == "llama.cpp")


async def test_probe_server_without_parsers_names_flags() -> None:
    found = await probed(KTRANSFORMERS)
    names = graded(found)
    assert (found.engine, found.window) == ("KTransformers", 37_000)
    assert "room for 37,000" in names["context"].detail
    for name in ("reasoning out", "single call", "parallel calls"):
        assert names[name].grade == "amber"
        assert "--tool-call-parser kimi_k2 --reasoning-parser kimi_k2" in names[name].remedy
    assert names["second turn"].grade == "green"
    assert names["cached tokens"].remedy == "start it with --enable-cache-report"


@pytest.mark.parametrize(
    ("model", "engine", "parsers"),
    [
        ("kimi-k3", VLLM, "kimi_k3"),
        ("k3.1-pro", SGLANG, "kimi_k3"),
        ("moonshotai/Kimi-K3", KTRANSFORMERS, "kimi_k3"),
        ("kimi-k2-6", VLLM, "kimi_k2"),
        ("another", VLLM, "kimi_k2"),
    ],
)
async def test_advice_names_the_parsers_of_the_model_s_family(model: str, engine: Engine, parsers: str) -> None:
    bare = replace(engine, models=(model,), calls="written", reasoning_out=(), unknown_model=200)
    names = graded(await probed(bare, model=model))
    for name in ("single call", "reasoning out"):
        assert f"-parser {parsers}" in names[name].remedy
        assert ("kimi_k2" in names[name].remedy) == (parsers == "kimi_k2")


async def test_engine_without_parsers_for_k3_is_said() -> None:
    old = replace(VLLM, version="0.31.1", models=("kimi-k3",), unknown_model=200)
    server = graded(await probed(old))["server"]
    assert (server.grade, server.remedy) == ("amber", "it has no parsers for Kimi K3; use vLLM 0.32 or later")
    assert graded(await probed(replace(old, models=("kimi-k2-thinking",))))["server"].grade == "green"


async def test_probe_proxy_is_named_with_advice() -> None:
    found = await probed(LITELLM)
    assert (found.engine, found.version) == ("LiteLLM proxy", "1.108.7")
    assert "behind the proxy" in graded(found)["cached tokens"].remedy


async def test_a_proxy_that_keeps_its_version_to_itself_is_named_as_well() -> None:
    places = {"/health/readiness": {"status": "healthy", "db": "Not connected"}}
    found = await probed(replace(LITELLM, places=places))
    assert (found.engine, found.version) == ("LiteLLM proxy", "")


@pytest.mark.parametrize(
    ("listed", "name", "reported"),
    [
        (Recorded("404 Not Found"), "model", "answers 404"),
        (Recorded(headers=[("content-type", "text/html")], pieces=[b"<title>Hello</title>"]), "model", "a web page"),
        (Recorded.json({"hello": "world"}), "model", "no list of models"),
        (Recorded("302 Found", [("location", "http://169.254.169.254/")]), "server", "sends requests on to"),
    ],
)
async def test_probe_wrong_address_says_what_answers(listed: Recorded, name: str, reported: str) -> None:
    async with Replay(Recorded(), listed) as server:
        found = await probe_fully(ProbeTarget(server.address))
        assert all(line.startswith("GET ") for line, *_ in server.asked)
    finding = graded(found)[name]
    assert finding.grade == "red"
    assert reported in finding.detail


@pytest.mark.parametrize(("written", "grade"), [(6, "amber"), (8, "amber"), (146, "red"), (None, "red")])
async def test_check_cap_early_stop_is_inconclusive(written: int | None, grade: str) -> None:
    choice = {"message": {"content": "One two."}, "finish_reason": "stop"}
    usage = {"usage": {"prompt_tokens": 5, "completion_tokens": written}} if written else {}
    async with Replay(Recorded.json({"choices": [choice], **usage})) as server:
        client = RawClient(server.address)
        assert (await service_checks.check_cap(ProbeClient(client, "m"))).grade == grade
        await client.close()


async def test_a_version_or_a_gauge_of_a_megabyte_takes_no_longer_than_a_short_one() -> None:
    gauge = "num_requests_running{" * 50_000
    found = await probed(replace(VLLM, version="1" * 1_000_000, metrics=gauge), calls=1)
    assert found.engine == "vLLM"
    assert graded(found)["cancellation"].grade == "amber"


DEFECTS: dict[str, tuple[Engine, str, str, str, str]] = {
    "old-vllm": (replace(VLLM, version="0.11.0", reads=()), "server", "amber", "", "0.22 or later"),
    "old-parser": (replace(VLLM, version="0.17.1"), "server", "amber", "", "0.22 or later"),
    "old-sglang": (
        replace(SGLANG, places={"/get_server_info": {"version": "0.5.5", "tool_call_parser": ""}}),
        "server", "amber", "SGLang 0.5.5", "0.5.10.post1",
    ),
    "no-window": (replace(VLLM, window=0), "context", "amber", "does not report", "--max-model-len"),
    "small-window": (replace(VLLM, window=60_000), "context", "amber", "60,000", "--max-model-len"),
    "whole-reply": (replace(VLLM, pieces="whole"), "streaming", "amber", "application/json", "proxy_buffering off"),
    "one-piece": (replace(VLLM, pieces="once"), "streaming", "amber", "all at once", "proxy_buffering off"),
    "no-reasoning": (replace(VLLM, thinks=False), "reasoning out", "amber", "none came", "--reasoning-parser"),
    "both-keys": (
        replace(VLLM, reasoning_out=("reasoning", "reasoning_content")), "reasoning out", "green", "read once", "",
    ),
    "reads-none": (replace(VLLM, reads=()), "reasoning in", "red", "under any name", "vLLM 0.22 or later"),
    "reads-reasoning": (
        replace(VLLM, reads=("reasoning",)), "reasoning in", "green", "`reasoning` alone", "vLLM 0.22",
    ),
    "demands": (replace(VLLM, demands_reasoning=True), "reasoning in", "green", "insists", ""),
    "no-counts": (replace(VLLM, counts=False), "reasoning in", "amber", "counts no tokens", "include_usage"),
    "no-usage": (replace(VLLM, counts=False), "usage", "amber", "estimates", "include_usage"),
    "no-calls": (replace(VLLM, calls="none"), "single call", "red", "none came", "--enable-auto-tool-choice"),
    "no-calls-accuracy": (replace(VLLM, calls="none"), "schema accuracy", "red", "no call came", "--enable-auto"),
    "written-calls": (replace(VLLM, calls="written"), "single call", "amber", "as markers", "--tool-call-parser"),
    "one-at-a-time": (replace(VLLM, parallel=False), "parallel calls", "amber", "1 came of 2", ""),
    "leak": (replace(VLLM, leaks=True), "second turn", "amber", "was tried and works", "chat_template_kwargs"),
    "hopeless-leak": (
        replace(VLLM, leaks=True, passes_tags=False), "second turn", "red", "runs into", "chat_template_kwargs",
    ),
    "some-invalid": (replace(VLLM, broken_arguments=1), "schema accuracy", "red", "1 of 2", "--tool-strict-level"),
    "hidden-cache": (
        replace(VLLM, cached="hidden"), "cached tokens", "amber", "does not report", "--enable-prompt-tokens-details",
    ),
    "hidden-cache-sglang": (
        replace(SGLANG, cached="hidden"), "cached tokens", "amber", "does not report", "--enable-cache-report",
    ),
    "no-cache": (replace(VLLM, cached="off"), "cached tokens", "amber", "read anew", "--no-enable-prefix-caching"),
    "no-cap": (replace(VLLM, obeys_cap=False), "max_tokens", "red", "asked for 8", "do not hold"),
    "unseen": (replace(SGLANG, metrics=""), "cancellation", "amber", "cannot be seen", "--enable-metrics"),
    "one-slot": (replace(LLAMACPP, metrics="none"), "cancellation", "green", "one slot", ""),
    "rewritten": (replace(VLLM, unknown_model=500), "unknown model", "amber", "500", "gateway"),
    "budget-refused": (replace(VLLM, budget="refused"), "thinking cap", "amber", "refused", "--reasoning-config"),
    "budget-unknown": (replace(VLLM, budget="unknown"), "thinking cap", "green", "ends the stream", "later versions"),
    "no-control": (
        replace(LLAMACPP, places={"/props": LLAMACPP.places["/props"]}),
        "thinking cap", "green", "ends the stream", "later builds",
    ),
    "overflow": (replace(VLLM, window=3_000), "overflow", "green", "400, understood as overflow", ""),
    "cuts": (replace(VLLM, window=3_000, overflow=False), "overflow", "amber", "was taken", "context_window"),
    "no-models": (replace(VLLM, models=()), "model", "red", "lists no models", "--model"),
    "dead": (replace(VLLM, status=500), "reply", "red", "500", "log"),
}  # fmt: skip


@pytest.mark.parametrize("defect", DEFECTS)
async def test_probe_each_defect_has_grade_and_remedy(defect: str) -> None:
    engine, name, grade, reported, fix = DEFECTS[defect]
    finding = graded(await probed(engine))[name]
    assert (finding.grade, reported in finding.detail, fix in finding.remedy) == (grade, True, True), finding


async def test_a_few_invalid_calls_of_many_are_amber() -> None:
    finding = graded(await probed(replace(VLLM, broken_arguments=1), calls=5))["schema accuracy"]
    assert (finding.grade, finding.detail) == ("amber", "4 of 5 replies with calls are valid")


async def test_a_field_that_is_refused_is_not_one_that_is_read() -> None:
    found = await probed(replace(VLLM, reads=("reasoning_content",), refuses_keys=("reasoning",)))
    assert found.reasoning_keys == ("reasoning_content",)
    assert graded(found)["reasoning in"].grade == "green"


async def test_server_that_continues_after_the_hang_up_is_red() -> None:
    finding = graded(await probed(replace(VLLM, stops=False)))["cancellation"]
    assert (finding.grade, "nginx" in finding.remedy) == ("red", True), finding


async def test_check_cancellation_still_gauge_is_not_running() -> None:
    finding = graded(await probed(replace(VLLM, gauge_sticks=True)))["cancellation"]
    assert (finding.grade, finding.detail) == ("green", "the server wrote nothing more after the hang-up")


async def test_the_key_is_tried_against_a_wrong_one() -> None:
    keyed = replace(VLLM, key="right")
    assert graded(await probed(keyed, key="right"))["wrong key"].grade == "green"
    assert graded(await probed(replace(keyed, any_key=True), key="right"))["wrong key"].detail == "any key is taken"
    assert "wrong key" not in graded(await probed(VLLM))
    refused = graded(await probed(keyed, key="other"))["server"]
    assert (refused.grade, "key" in refused.detail) == ("red", True)


async def test_a_model_that_is_not_offered_is_red_and_nothing_is_asked_of_it() -> None:
    async with MiniServer(VLLM) as server:
        found = await probe_fully(ProbeTarget(server.base_url, model="kimi-k9"))
        assert server.asked == []
    assert graded(found)["model"].remedy == f"choose one of: {MODEL}"


async def test_a_server_that_stalls_is_one_red_line_and_no_wait() -> None:
    async with asyncio.timeout(60):
        found = await probed(replace(VLLM, silent=True), seconds=0.5)
    finding = found.findings[-1]
    assert (finding.grade, finding.name) == ("red", "reply")
    assert "0.5 seconds" in finding.detail


async def test_slow_server_is_waited_for_as_long_as_it_writes() -> None:
    found = await probed(replace(VLLM, pace=0.05), seconds=0.5)
    assert [finding for finding in found.findings if finding.grade != "green"] == []
    assert "chunks over" in graded(found)["streaming"].detail


async def test_signs_of_life_alone_are_silence() -> None:
    found = await probed(replace(VLLM, pings=True), seconds=0.3)
    assert (found.findings[-1].grade, found.findings[-1].name) == ("red", "reply")


async def test_reply_that_never_ends_is_ended() -> None:
    async with MiniServer(replace(VLLM, pace=0.02)) as server:
        client = RawClient(server.base_url, longest=0.6)
        body = {"model": MODEL, "messages": long_answer_prompt(), "max_tokens": 5_000, "stream": True}
        exchange = await client.post("/chat/completions", body, 0.3)
        await client.close()
    assert (exchange.problem, exchange.stalled) == ("it was not over after 0.6 seconds", False)
    assert len(exchange.frames) > 10


@pytest.mark.parametrize("answered", [1, 4, 9])
async def test_probe_untried_finding_is_grey(answered: int) -> None:
    found = await probed(replace(VLLM, silent_after=answered), seconds=0.3)
    untried = [finding for finding in found.findings if "not tried" in finding.detail]
    assert untried
    assert {finding.grade for finding in untried} == {"grey"}
    assert any("0.3 seconds" in finding.detail for finding in found.findings if finding.grade in ("amber", "red"))
    assert ("single call" in graded(found), graded(found)["single call"].grade) == (True, "green")


GATEWAYS = {
    "LiteLLM proxy": LITELLM,
    "": replace(LITELLM, places={}),
}


@pytest.mark.parametrize("name", GATEWAYS)
async def test_leak_of_the_parser_behind_a_gateway_is_found_by_what_it_does(name: str) -> None:
    gateway = replace(GATEWAYS[name], leaks=True)
    async with MiniServer(gateway) as server:
        short = await probe_briefly(ProbeTarget(server.base_url))
    found = await probed(gateway)
    assert (found.engine, found.splits_thinking, short.splits_thinking) == (name, False, False)
    second = graded(found)["second turn"]
    assert (second.grade, "was tried and works" in second.detail) == ("amber", True)
    for finding in (second, graded(short)["reasoning out"]):
        assert "chat_template_kwargs" in finding.remedy
        assert "--reasoning-parser" not in finding.remedy


@pytest.mark.parametrize("engine", [KTRANSFORMERS, replace(LITELLM, reasoning_out=()), VLLM, SGLANG])
async def test_server_that_puts_its_thinking_into_every_answer_leaks_nothing(engine: Engine) -> None:
    async with MiniServer(engine) as server:
        assert (await probe_briefly(ProbeTarget(server.base_url))).splits_thinking


async def test_switch_that_would_end_the_thinking_is_not_tried_against_a_leak() -> None:
    engine = replace(VLLM, leaks=True, models=("kimi-k2.5",), unknown_model=200)
    async with MiniServer(engine) as server:
        found = await probe_fully(ProbeTarget(server.base_url), 1)
        assert not any("chat_template_kwargs" in body for body in server.asked)
    finding = graded(found)["second turn"]
    assert (finding.grade, "without its --reasoning-parser" in finding.remedy) == ("red", True)


async def test_probe_unreachable_or_invalid_address_is_red() -> None:
    nobody = await probe_fully(ProbeTarget("http://127.0.0.1:9"))
    nowhere = await probe_fully(ProbeTarget("not an address"))
    for found in (nobody, nowhere):
        assert [finding.grade for finding in found.findings] == ["red"]
        assert found.findings[0].remedy


async def test_the_embedded_server_is_named_and_not_asked_for_what_it_cannot_do() -> None:
    server = EmbeddedServer(pace=0)
    try:
        found = await probe_fully(ProbeTarget(await server.start()))
    finally:
        await server.close()
    names = graded(found)
    assert found.engine == "embedded researcher"
    assert names["calls"].detail == "it calls research tools alone, and is not Kimi"
    assert not [finding for finding in found.findings if finding.grade == "red"]
    assert names["cancellation"].grade == "green"


async def test_probe_briefly_needs_few_requests() -> None:
    async with MiniServer(SGLANG) as server:
        found = await probe_briefly(ProbeTarget(server.base_url))
        asked = server.asked
    assert (found.engine, found.window, found.reasoning_keys) == ("SGLang", 262_144, ("reasoning_content",))
    assert sum(body["stream"] for body in asked) == 1
    assert all(body["max_tokens"] <= 64 for body in asked)
    assert len(asked) == 4


async def test_a_glance_has_nothing_written_by_a_server_that_does_one_thing_at_a_time() -> None:
    async with MiniServer(LLAMACPP) as server:
        found = await probe_briefly(ProbeTarget(server.base_url))
        assert server.asked == []
    assert (found.window, found.reasoning_keys, found.reasoning_control) == (131_072, ("reasoning_content",), True)
    async with MiniServer(replace(LLAMACPP, shows_prompts=False)) as server:
        assert (await probe_briefly(ProbeTarget(server.base_url))).reasoning_keys == ("reasoning_content",)
        assert [body["max_tokens"] for body in server.asked] == [1, 1, 1]


FEW = {
    "llama.cpp": LLAMACPP.places["/props"] | {"total_slots": 2},
    "llama.cpp without properties": {"build_info": "b7100-0c1e570"},
}


@pytest.mark.parametrize("name", [*FEW, "SGLang"])
async def test_glance_asks_one_thing_after_another_where_slots_are_few(name: str) -> None:
    info = SGLANG.places["/get_server_info"] | {"max_running_requests": 2}
    engine = (
        replace(SGLANG, places={"/get_server_info": info})
        if name == "SGLang"
        else replace(LLAMACPP, shows_prompts=False, places={"/props": FEW[name]})
    )
    turns: list[int] = []

    async def turn() -> None:
        turns.append(len(server.asked))

    async with MiniServer(engine) as server:
        await probe_briefly(ProbeTarget(server.base_url), turn=turn)
        assert turns == [0, 1, 2]
        assert server.most_at_once == 1
        assert not any(body["stream"] for body in server.asked)


async def test_probe_briefly_known_server_sends_no_request() -> None:
    async with MiniServer(SGLANG) as server:
        known = await probe_briefly(ProbeTarget(server.base_url))
        before = len(server.asked)
        assert await probe_briefly(ProbeTarget(server.base_url), known) is known
        assert len(server.asked) == before
        other = replace_version(known)
        assert (await probe_briefly(ProbeTarget(server.base_url), other)).version == "0.5.23"
        assert len(server.asked) == 2 * before


async def test_a_glance_sees_that_the_parser_loses_the_end_of_thinking() -> None:
    async with MiniServer(replace(VLLM, leaks=True)) as server:
        found = await probe_briefly(ProbeTarget(server.base_url))
    assert not found.splits_thinking
    assert graded(found)["reasoning out"].grade == "amber"
    async with MiniServer(VLLM) as server:
        assert (await probe_briefly(ProbeTarget(server.base_url))).splits_thinking


async def test_what_a_server_says_cannot_draw_on_the_terminal() -> None:
    found = await probed(replace(VLLM, models=("\x1b[2Jevil", "\u202eb")), model="other")
    assert not any(mark in str(found.findings) for mark in ("\x1b", "\\x1b", "\u202e"))

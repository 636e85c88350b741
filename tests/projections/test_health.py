"""Health: what is measured, what a person caused, and how a server is judged in one line."""

import pytest

from kimi_tui.events import (
    AnyEvent,
    Entry,
    ServerFinding,
    ServerProbed,
    SessionOpened,
    StepFailed,
    StepFinished,
    StepStarted,
    ToolCallProposed,
    Usage,
)
from kimi_tui.projections.health import Health, server_detail, server_line
from kimi_tui.projections.timeline import Timeline


def entry(event: AnyEvent) -> Entry:
    return Entry("s", 1, "2026-11-03T10:00:00.000Z", "main", 1, 1, event, "")


def health_of(*events: AnyEvent) -> Health:
    health = Health()
    for event in events:
        health.apply(entry(event))
    return health


USAGE = Usage(1000, 100)


def step(
    n: int = 1, usage: Usage = USAGE, latency: float = 3.0, first: float = 1.0, *recoveries: str
) -> tuple[AnyEvent, ...]:
    return StepStarted(n, "", 0), StepFinished(usage, latency, "stop", recoveries, first)


def call(n: int, problem: str = "", *, recovered: bool = False) -> ToolCallProposed:
    return ToolCallProposed(f"c{n}", "read", {}, "{}", problem=problem, recovered=recovered)


def test_speed_is_what_was_written_after_the_first_token() -> None:
    health = health_of(*step(1), *step(2, Usage(10, 400)), *step(3, Usage(10, 300)))
    assert health.speed.values == [50, 200, 150]
    assert (health.speed.median, health.speed.recent) == (150, 150)
    assert health.first_token.median == 1.0


def test_recently_is_the_last_few_steps() -> None:
    slow = [event for n in range(20) for event in step(n)]
    fast = [event for n in range(20, 25) for event in step(n, Usage(10, 1000))]
    health = health_of(*slow, *fast)
    assert (health.speed.recent, health.speed.median) == (500, 50)


@pytest.mark.parametrize(
    "finished",
    [
        StepFinished(Usage(100, 100), 3.0, "stop"),
        StepFinished(Usage(100, 100), 1.01, "stop", (), 1.0),
        StepFinished(Usage(100, 2), 3.0, "stop", (), 1.0),
        StepFinished(Usage(100, 100, estimated=True), 3.0, "stop", (), 1.0),
    ],
)
def test_step_that_gives_no_speed_has_none(finished: StepFinished) -> None:
    health = health_of(StepStarted(1, "", 0), finished)
    assert health.speed.values == []
    assert (health.speed.median, health.speed.recent) == (None, None)


def test_the_cached_share_is_that_of_all_prompts_and_unknown_when_the_server_never_tells() -> None:
    health = health_of(*step(1, Usage(1000, 10)), *step(2, Usage(3000, 10, 0, 1000)))
    assert health.cached_share == 0.25
    assert health.cached.values == pytest.approx([0, 1 / 3])
    assert health_of(*step(1, Usage(1000, 10))).cached_share is None
    assert health_of(*step(1, Usage())).cached.values == []


def test_tokens_that_the_server_did_not_count_are_marked_as_estimated() -> None:
    health = health_of(*step(1, Usage(1000, 10, estimated=True)))
    assert (health.estimated, health.cached.values) == (1, [])


def test_recoveries_failures_and_retries_are_counted_by_name() -> None:
    failures = (StepFailed("x", "stalled", 1, 0.5), StepStarted(1, "", 0), StepFailed("x", "stalled", 2, 1.0))
    health = health_of(StepStarted(1, "", 0), *failures, *step(1, Usage(9, 9), 1, 0.5, "think-tags", "split-calls"))
    health.apply(entry(StepFinished(Usage(9, 9), 1, "stop", ("think-tags",), 0.5)))
    assert health.recoveries == {"think-tags": 2, "split-calls": 1}
    assert (health.failures, health.retries) == ({"stalled": 2}, 2)
    reported = "2 steps, 3 recoveries (think-tags 2, split-calls 1), 2 retries, 2 failures (stalled 2)"
    assert health.verdict == reported


def test_what_a_person_interrupted_is_no_fault_of_the_server() -> None:
    health = health_of(StepStarted(1, "", 0), StepFailed("by the person", "interrupted", 1), *step(1))
    assert (health.failures, health.retries) == ({}, 0)
    assert health.verdict == "clean: 1 step"


def test_accuracy_is_the_share_of_calls_without_a_problem() -> None:
    assert health_of().accuracy is None
    calls = (call(1), call(2, "no such tool"), call(3, recovered=True), call(4))
    health = health_of(*step(), *calls)
    assert (health.accuracy, health.recovered_calls) == (0.75, 1)
    assert health.verdict == "1 step, 3 of 4 calls valid"
    assert health_of(*step(), call(1)).verdict == "clean: 1 step, 1 of 1 call valid"


def test_nothing_is_said_of_a_server_that_was_not_asked() -> None:
    assert health_of().verdict == ""


def test_the_last_probe_counts_until_the_session_goes_to_another_server() -> None:
    def opened(endpoint: str) -> SessionOpened:
        return SessionOpened("1", "m", endpoint, {}, "")

    probed = ServerProbed("vLLM", "0.32.0", reasoning_keys=("reasoning",))
    assert health_of().reasoning_keys == ()
    assert health_of(opened("a"), probed, opened("a")).reasoning_keys == ("reasoning",)
    assert health_of(opened("a"), probed, opened("b")).probe is None


FINDINGS = (
    ServerFinding("streaming", "green", "12 chunks"),
    ServerFinding("usage", "amber", "no cached tokens are told", "start vLLM with --enable-prompt-tokens-details"),
    ServerFinding("calls", "red", "no call arrived"),
)


def test_a_probe_is_one_line_and_its_details_say_what_to_fix() -> None:
    assert server_line(ServerProbed()) == "Server: unknown engine"
    clean = ServerProbed("SGLang", "0.5.23", window=131_072, findings=FINDINGS[:1])
    assert server_line(clean) == "Server: SGLang 0.5.23, 131,072 tokens of context"
    assert server_detail(clean) == ""
    probed = ServerProbed("vLLM", findings=FINDINGS)
    assert server_line(probed) == "Server: vLLM; does not work: calls; to look at: usage"
    assert server_detail(probed).splitlines() == [
        "amber usage: no cached tokens are told",
        "  start vLLM with --enable-prompt-tokens-details",
        "red calls: no call arrived",
    ]


@pytest.mark.parametrize(("findings", "level"), [(FINDINGS, "warning"), (FINDINGS[:2], "info"), ((), "info")])
def test_probe_is_a_notice_on_the_timeline(findings: tuple[ServerFinding, ...], level: str) -> None:
    timeline = Timeline()
    timeline.apply(entry(ServerProbed("vLLM", findings=findings)))
    block = timeline.blocks[0]
    assert (block.kind, block.level) == ("notice", level)
    assert block.text.startswith("Server: vLLM")

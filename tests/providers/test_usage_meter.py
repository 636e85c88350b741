"""Tokens of a reply: the server's counts, and estimates where it has none."""

import pytest

from kimi_tui.messages import Message
from kimi_tui.providers.base import Endpoint, ModelRequest
from kimi_tui.providers.chunks import WireUsage
from kimi_tui.providers.usage_meter import CHARS_PER_TOKEN, UsageMeter

REQUEST = ModelRequest("m", (Message("user", "x" * 400),), ())


def meter(request: ModelRequest = REQUEST) -> UsageMeter:
    return UsageMeter(request)


def test_reasoning_without_counts_is_estimated_by_fragments_and_lengths() -> None:
    found = meter()
    assert (found.reasoning_tokens, found.estimated) == (0, True)
    for _ in range(3):
        found.add_reasoning("a")
    assert found.reasoning_tokens == 3
    found.add_reasoning("x" * 40 * CHARS_PER_TOKEN)
    assert found.reasoning_tokens == 40
    assert found.estimated


def test_reasoning_counted_by_the_server_is_no_estimate_any_more() -> None:
    found = meter()
    found.add_reasoning("x" * 4000)
    found.take_running_count(0)
    assert found.estimated
    found.take_running_count(7)
    found.add_reasoning("more")
    assert (found.reasoning_tokens, found.estimated) == (7, False)


@pytest.mark.parametrize(
    ("usage", "thinking", "tokens"),
    [
        (WireUsage(10, 5), True, 5),
        (WireUsage(10, 5), False, 0),
        (WireUsage(10, 5, reasoning_tokens=3), True, 3),
        (WireUsage(10, 5, reasoning_tokens=3), False, 3),
        (WireUsage(10), True, 0),
    ],
)
def test_take_usage_counts_thinking_while_nothing_else_was_written(
    usage: WireUsage, thinking: bool, tokens: int
) -> None:
    found = meter()
    found.take_usage(usage, thinking=thinking)
    assert found.reasoning_tokens == tokens
    assert found.usage is usage


@pytest.mark.parametrize(
    ("budget", "cap", "reasoned", "ended"),
    [
        (True, 100, 100, True),
        (True, 100, 99, False),
        (True, None, 100, False),
        (False, 100, 100, False),
    ],
)
def test_ended_by_server_at_its_own_cap(budget: bool, cap: int | None, reasoned: int, ended: bool) -> None:
    found = meter(ModelRequest("m", (), (), reasoning_cap=cap, endpoint=Endpoint(thinking_budget=budget)))
    assert not found.ended_by_server
    found.take_usage(WireUsage(10, 200, reasoning_tokens=reasoned), thinking=False)
    assert found.ended_by_server is ended


@pytest.mark.parametrize(
    ("usage", "written", "prompt", "completion", "estimated"),
    [
        (WireUsage(120, 5), 999, 120, 5, False),
        (None, 400, 100, 100, True),
        (None, 0, 100, 0, True),
        (None, 1, 100, 1, True),
        (WireUsage(0, 5), 400, 100, 5, True),
        (WireUsage(120, 0), 400, 120, 100, False),
        (WireUsage(200_000, 5), 4, 200_000, 5, False),
        (WireUsage(90_000_000, 5), 4, 100, 5, True),
    ],
)
def test_total_usage_fills_missing_and_incredible_counts(
    usage: WireUsage | None, written: int, prompt: int, completion: int, estimated: bool
) -> None:
    found = meter()
    if usage is not None:
        found.take_usage(usage, thinking=False)
    total = found.total_usage(written)
    assert (total.prompt_tokens, total.completion_tokens, total.estimated) == (prompt, completion, estimated)


def test_total_usage_of_nothing_asked_has_at_least_one_token() -> None:
    assert meter(ModelRequest("m", (), ())).total_usage(0).prompt_tokens == 1


def test_total_usage_estimates_reasoning_beside_an_estimated_completion() -> None:
    found = meter()
    found.add_reasoning("x" * 40)
    assert found.total_usage(80).reasoning_tokens == 40 // CHARS_PER_TOKEN

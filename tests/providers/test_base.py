"""The provider interface: usage with reasoning, and which errors may pass."""

from typing import get_args

import pytest

from kimi_tui.events import Usage
from kimi_tui.providers.base import ErrorKind, ModelReply, ProviderError, with_reasoning


@pytest.mark.parametrize(
    ("usage", "tokens", "reasoned"),
    [
        (Usage(10, 5), 3, 3),
        (Usage(10, 5), 9, 5),
        (Usage(10, 0), 9, 9),
        (Usage(10, 5), 0, 0),
        (Usage(10, 5, 2), 3, 2),
    ],
)
def test_with_reasoning_fills_what_the_server_did_not_count(usage: Usage, tokens: int, reasoned: int) -> None:
    assert with_reasoning(usage, tokens).reasoning_tokens == reasoned
    assert ModelReply("", "", (), usage, "stop", reasoning_tokens=tokens).counted_usage.reasoning_tokens == reasoned


@pytest.mark.parametrize("kind", get_args(ErrorKind))
def test_provider_error_is_retryable_where_waiting_may_help(kind: ErrorKind) -> None:
    lasting = {"unauthorized", "unknown-model", "bad-request", "overflow", "quota", "capped"}
    error = ProviderError(kind, "why", advice="what to do")
    assert error.retryable is (kind not in lasting)
    assert (str(error), error.message, error.advice) == ("why", "why", "what to do")
    assert (error.reasoning, error.text, error.usage, error.retry_after, error.unexplained) == (
        "",
        "",
        None,
        None,
        False,
    )

"""Between two tries of a model call."""

import pytest

from kimi_tui.engine.retry import MAX_BACKOFF_SECONDS, backoff_seconds
from kimi_tui.providers.base import ProviderError


@pytest.mark.parametrize("attempt", [1, 8, 1_024, 1_025, 1_000_000])
def test_backoff_of_any_attempt_is_at_most_the_longest_wait(attempt: int) -> None:
    error = ProviderError("unreachable", "nobody there")
    assert 0 < backoff_seconds(error, attempt) <= 1.25 * MAX_BACKOFF_SECONDS

"""The context stays inside its window: what leaves, in which order, and what is said of it."""

from pathlib import Path

import pytest

from kimi_tui.engine.context.window import WindowBudget, max_reply_tokens, window_budget
from kimi_tui.events import StepFailed
from kimi_tui.projections.state import SessionState
from tests.engine.context.long_sessions import WINDOW, Writer, found, looking
from tests.engine.kit import ANSWER, scene


@pytest.mark.parametrize("window", [30_000, 65_536, 262_144, 1_000_000])
@pytest.mark.parametrize("cap", [24_000, 48_000])
def test_an_answer_and_a_checkpoint_always_fit_behind_the_longest_prompt(window: int, cap: int) -> None:
    state = SessionState().main
    state.budget.caps["reasoning"] = cap
    state.context.count.limit = window
    rooms = window_budget(state)
    full = WindowBudget(window, min(cap, window // 4), min(16_384, window // 8), min(8_192, window // 10))
    assert rooms == (full if window <= 262_144 else rooms)
    assert rooms.max_prompt_tokens + rooms.reasoning + rooms.answer + rooms.checkpoint <= rooms.window
    assert window >= 1_000_000 or rooms.max_prompt_tokens >= window // 2


def test_a_reply_is_kept_inside_the_window_and_the_cap_on_tokens() -> None:
    state = SessionState().main
    state.context.count.limit = 40_000
    free = max_reply_tokens(state)
    state.budget.caps["tokens"] = 9_000
    assert max_reply_tokens(state) == 9_000 < free
    state.budget.tokens = 8_900
    assert max_reply_tokens(state) == window_budget(state).answer, "an answer may always be written"
    state.context.count.counted = 39_900
    assert max_reply_tokens(state) == window_budget(state).margin


async def test_a_server_with_a_smaller_window_than_it_says_is_learned(tmp_path: Path) -> None:
    writer = Writer((*looking(40), ANSWER), lambda n: found(("Alpha is 25.", "S1 p.1")))
    async with scene(tmp_path, others=(writer,), context_window=40_000) as stage:
        assert (await stage.finished()).reason == "answered"
        assert len([event for event in stage.events(StepFailed) if event.kind == "overflow"]) == 1
        assert window_budget(stage.state).window < WINDOW + 1_000

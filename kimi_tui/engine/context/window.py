"""Divide the model's window: reasoning, answer, checkpoint, and when old steps must leave.

Whatever the window, from 30 thousand tokens to a million, the room for an answer and for one checkpoint stays free.
"""

import msgspec

from kimi_tui.projections.trajectory import TrajectoryState

DEFAULT_WINDOW_TOKENS = 262_144
"""Tokens of context when neither the settings nor the server name a window."""
ANSWER_TOKENS = 16_384
"""Tokens for calls and text beside the reasoning, in a window that is large enough."""
CHECKPOINT_TOKENS = 8_192
"""Tokens for one checkpoint, in a window that is large enough."""
HIGH_MARK = 0.85
"""The largest share of the window that a prompt may have."""
LOW_MARK = 0.25
"""The share of what can be freed at all that hiding goes down to: a lower one saves nothing, because the last steps
stay, and a higher one has the server read more again at every hiding."""
FOLD_MARK = 0.4
"""When a larger share would be left after hiding, steps are folded."""


class WindowBudget(msgspec.Struct, frozen=True):
    """The parts of one window, in tokens."""

    window: int
    reasoning: int
    """For the reasoning of a step."""
    answer: int
    """For the calls and the text of a step."""
    checkpoint: int
    """For one checkpoint as the model reads it."""

    @property
    def max_prompt_tokens(self) -> int:
        """A longer prompt is compacted before it is sent."""
        return int(min(self.window * HIGH_MARK, self.window - self.reasoning - self.answer - self.checkpoint))

    @property
    def margin(self) -> int:
        """Tokens that an estimate may be wrong by."""
        return min(1_024, self.window // 32)


def window_budget(state: TrajectoryState) -> WindowBudget:
    """Return the parts of the session's window, or of the one that a refusal named."""
    settings, learned = state.run.settings, state.context.count.limit
    window = int(settings.get("context_window") or DEFAULT_WINDOW_TOKENS)
    window = min(window, learned) if learned else window
    cap = int(state.budget.caps.get("reasoning") or window)
    return WindowBudget(
        window=window,
        reasoning=min(cap, window // 4),
        answer=min(ANSWER_TOKENS, window // 8),
        checkpoint=min(CHECKPOINT_TOKENS, window // 10),
    )


def max_reply_tokens(state: TrajectoryState) -> int:
    """Return the tokens that the next reply may have, inside the window and the cap on tokens."""
    rooms, prompt = window_budget(state), state.context.tokens
    room = min(rooms.reasoning + rooms.answer, rooms.window - prompt - rooms.margin)
    cap = state.budget.caps.get("tokens")
    if cap is not None:
        room = min(room, max(int(cap) - state.budget.tokens - prompt, rooms.answer))
    return max(room, rooms.margin)

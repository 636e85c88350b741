"""How the window is shared out: what a step may write, what a checkpoint may take, and when old steps must leave.

Whatever the window, from 30 thousand tokens to a million, the room for an answer and for one checkpoint stays free.
"""

import msgspec

from kimi_tui.projections.state import SessionState

WINDOW = 262_144
"""Tokens of context when neither the settings nor the server tell."""
ANSWER_ROOM = 16_384
"""Tokens for calls and text beside the reasoning, in a window that is large enough."""
CHECKPOINT_ROOM = 8_192
"""Tokens for one checkpoint, in a window that is large enough."""
HIGH_MARK = 0.85
"""The largest share of the window that a prompt may have."""
LOW_MARK = 0.25
"""The share of what can be freed at all that hiding goes down to: a lower one saves nothing, because the last steps
stay, and a higher one has the server read more again at every hiding."""
FOLD_MARK = 0.4
"""When a larger share would be left after hiding, steps are folded."""


class Rooms(msgspec.Struct, frozen=True):
    """The parts of one window, in tokens."""

    window: int
    reasoning: int
    """For the reasoning of a step."""
    answer: int
    """For the calls and the text of a step."""
    checkpoint: int
    """For one checkpoint as the model reads it."""

    @property
    def high(self) -> int:
        """A longer prompt is compacted before it is sent."""
        return int(min(self.window * HIGH_MARK, self.window - self.reasoning - self.answer - self.checkpoint))

    @property
    def margin(self) -> int:
        """What an estimate may be wrong by."""
        return min(1_024, self.window // 32)


def rooms_of(state: SessionState) -> Rooms:
    """The rooms of a session: in the window that it was opened with, or in the one that a refusal taught."""
    settings, learned = state.run.settings, state.context.count.limit
    window = int(settings.get("context_window") or WINDOW)
    window = min(window, learned) if learned else window
    cap = int(state.budget.caps.get("reasoning") or window)
    return Rooms(
        window=window,
        reasoning=min(cap, window // 4),
        answer=min(ANSWER_ROOM, window // 8),
        checkpoint=min(CHECKPOINT_ROOM, window // 10),
    )


def reply_room(state: SessionState) -> int:
    """Tokens that the next reply may have: inside the window, and inside the cap on tokens if that leaves an answer."""
    rooms, prompt = rooms_of(state), state.context.tokens
    room = min(rooms.reasoning + rooms.answer, rooms.window - prompt - rooms.margin)
    cap = state.budget.caps.get("tokens")
    if cap is not None:
        room = min(room, max(int(cap) - state.budget.tokens - prompt, rooms.answer))
    return max(room, rooms.margin)

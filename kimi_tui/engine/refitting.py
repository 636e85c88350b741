"""After a refusal that told the server's window: whether the same step can be asked again with what fits.

The window is learned from the recorded failure, so that every later step is inside it; what the server counted of the
prompt is believed before any estimate.
"""

from kimi_tui.engine.rooms import reply_room, rooms_of
from kimi_tui.engine.steady import compaction
from kimi_tui.projections.state import SessionState
from kimi_tui.providers.refusal_limits import TokenLimits

MAX_REFITS = 3
"""How often a step is asked again only because a refusal told something."""


def counted_prompt(limits: TokenLimits, sent: int | None) -> int:
    """Tokens of the prompt as the server counted them; 0 if it did not tell. `sent` was asked for the reply."""
    return limits.prompt or max(limits.total - (sent or 0), 0)


def fits_now(state: SessionState, sent: int | None) -> bool:
    """Whether the next request is smaller than the refused one, which asked for `sent` tokens, and fits."""
    if compaction(state) is not None:
        return True
    room = reply_room(state)
    return (sent is None or room < sent) and state.context.tokens + room <= rooms_of(state).window


def window_advice(state: SessionState) -> str:
    """What to do when nothing more can leave the prompt."""
    window, prompt = rooms_of(state).window, state.context.tokens
    return (
        f"The server has a window of {window:,} tokens, of which what cannot leave the prompt takes about {prompt:,}: "
        "start it with a longer context, or ask a new session a shorter question."
    )

"""After a refusal that named the server's window: decide whether the same step fits when asked again.

The window is learned from the recorded failure, so that every later step is inside it; what the server counted of the
prompt is believed before any estimate.
"""

from kimi_tui.engine.context.policy import plan_compaction
from kimi_tui.engine.context.window import max_reply_tokens, window_budget
from kimi_tui.projections.state import SessionState
from kimi_tui.providers.refusal_limits import TokenLimits

MAX_REFITS = 3
"""Times that a step is asked again because of what a refusal said."""


def prompt_tokens_counted(limits: TokenLimits, sent: int | None) -> int:
    """Return the prompt's tokens as the server counted them; 0 if it did not say. `sent` was asked for the reply."""
    return limits.prompt or max(limits.total - (sent or 0), 0)


def fits_now(state: SessionState, sent: int | None) -> bool:
    """Return whether the next request is smaller than the refused one, which asked for `sent` tokens, and fits."""
    if plan_compaction(state) is not None:
        return True
    room = max_reply_tokens(state)
    return (sent is None or room < sent) and state.context.tokens + room <= window_budget(state).window


def window_advice(state: SessionState) -> str:
    """Return advice for the case that nothing more can leave the prompt."""
    window, prompt = window_budget(state).window, state.context.tokens
    return (
        f"The server has a window of {window:,} tokens, of which what cannot leave the prompt takes about {prompt:,}: "
        "start it with a longer context, or ask a new session a shorter question."
    )

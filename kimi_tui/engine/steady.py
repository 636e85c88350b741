"""Keeping the context inside its window: hiding old observations in one batch, oldest first.

A hidden observation leaves a stub that says how to read its sources again; nothing leaves the journal.
"""

from kimi_tui.config import SessionSettings
from kimi_tui.events import ContextCompacted
from kimi_tui.projections.context import CHARACTERS_PER_TOKEN
from kimi_tui.projections.state import SessionState

HIGH_MARK = 0.85
"""Share of the window at which observations are hidden."""
LOW_MARK = 0.5
"""Share of the window down to which they are hidden."""
KEPT = 5
"""Observations that `keep-5` leaves, and that no policy hides before an overflow."""


def compaction(state: SessionState, settings: SessionSettings, window: int) -> ContextCompacted | None:
    """What to hide before the next step by the session's policy, None if nothing."""
    visible = state.context.visible_results()
    tokens = state.context.tokens
    if settings.context == "keep-5":
        return _hiding(visible[:-KEPT], tokens)
    if tokens < window * HIGH_MARK:
        return None
    if settings.context == "hide-all":
        return _hiding(visible, tokens)
    excess = (tokens - window * LOW_MARK) * CHARACTERS_PER_TOKEN
    chosen: list[tuple[str, int]] = []
    for call_id, length in visible[:-KEPT]:
        if excess <= 0:
            break
        chosen.append((call_id, length))
        excess -= length
    return _hiding(chosen, tokens)


def emergency(state: SessionState) -> ContextCompacted | None:
    """What to hide after the server said that the prompt is too long: all but the last result."""
    return _hiding(state.context.visible_results()[:-1], state.context.tokens)


def _hiding(chosen: list[tuple[str, int]], tokens: int) -> ContextCompacted | None:
    if not chosen:
        return None
    saved = sum(length for _, length in chosen) // CHARACTERS_PER_TOKEN
    return ContextCompacted(
        "hide", tuple(call_id for call_id, _ in chosen), before=tokens, after=max(tokens - saved, 0)
    )

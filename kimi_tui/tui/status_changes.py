"""Detect changes of a session that a person in another window wants to know: waiting, paused, ended, not saved.

Told once at each change, and never of what had happened before the session was opened.
"""

from kimi_tui.projections.state import SessionState
from kimi_tui.session import NOTABLE_STATES, StorageTrouble
from kimi_tui.tui import formatting


class StatusChanges:
    """Follow the status of one session."""

    def __init__(self, since: str) -> None:
        """`since` is when the session was opened, in the form of an entry's `at`."""
        self._since = since
        self._before = ""

    def next_change(self, state: SessionState, trouble: StorageTrouble | None) -> str:
        """Return a new change of the status in words; empty when there is none."""
        if trouble is not None:
            now = formatting.TROUBLE_WORDS[trouble.kind]
        else:
            now = formatting.state_word(state.name) if state.name in NOTABLE_STATES else ""
        changed, self._before = now != self._before, now
        return now if changed and (trouble is not None or state.run.last_at >= self._since) else ""

"""What of a session is news for a person who looks elsewhere: it waits, holds, has ended, or cannot be recorded.

Told once at each change, and never of what had happened before the session was opened.
"""

from kimi_tui.projections.state import SessionState
from kimi_tui.session import NOTABLE_STATES, StorageTrouble
from kimi_tui.tui import words


class News:
    """Follows one session."""

    def __init__(self, since: str) -> None:
        """`since` is when the session was opened, in the form of an entry's `at`."""
        self._since = since
        self._before = ""

    def hear(self, state: SessionState, trouble: StorageTrouble | None) -> str:
        """The session as it stands; gives what is news of it in words, empty when nothing is."""
        if trouble is not None:
            now = words.TROUBLE_WORDS[trouble.kind]
        else:
            now = words.state_word(state.name) if state.name in NOTABLE_STATES else ""
        changed, self._before = now != self._before, now
        return now if changed and (trouble is not None or state.run.last_at >= self._since) else ""

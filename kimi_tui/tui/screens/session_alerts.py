"""Alert a person to changes of sessions: by the bell, on the screen, in another window, and from the background."""

from collections.abc import Iterable, Mapping
from typing import Any

from textual.screen import Screen

from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.session import NOTABLE_STATES, SessionSummary, StorageTrouble
from kimi_tui.text import one_line
from kimi_tui.tui import formatting
from kimi_tui.tui.bridge import SessionBridge, SessionBroken, StreamEnded
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.widgets.session_header import format_entry_time

_MAX_SECONDS = 30
"""How long a notification of an end is shown."""


class StatusChanges:
    """Follow the status of one session; each change is found once, and none from before the session was opened."""

    def __init__(self, since: str) -> None:
        """`since` is when the session was opened, in the form of an entry's `at`."""
        self._since = since
        self._before = ""

    def next_change(self, state: TrajectoryState, trouble: StorageTrouble | None) -> str:
        """Return a new change of the status in words; empty when there is none."""
        if trouble is not None:
            now = formatting.TROUBLE_WORDS[trouble.kind]
        else:
            now = formatting.state_word(state.name) if state.name in NOTABLE_STATES else ""
        changed, self._before = now != self._before, now
        return now if changed and (trouble is not None or state.run.last_at >= self._since) else ""


class SessionAlerts:
    """The notifications of one session; a recording has none."""

    def __init__(self, screen: Screen[Any], bridge: SessionBridge, look: UiContext) -> None:
        self._screen = screen
        self._bridge = bridge
        self._look = look
        self._changes = StatusChanges(format_entry_time(look.now()))

    def alert_waiting_call(self) -> None:
        """Ring the bell for a waiting call, and notify the person when the card is not visible."""
        if not self._bridge.session.live:
            return
        app = self._screen.app
        if self._look.bell:
            app.bell()
        if app.screen is not self._screen:
            app.notify("A call waits for you in the session.", severity="warning")

    def notify_status_change(self) -> None:
        """Notify a person in another window of a status change."""
        session, state = self._bridge.session, self._bridge.state
        change = self._changes.next_change(state, session.storage_trouble) if session.live else ""
        if change:
            asked = state.run.questions[-1] if state.run.questions else ""
            self._screen.run_worker(self._look.desktop.notify(change, asked), group="desktop")

    def announce_end(self, message: SessionBroken | StreamEnded) -> None:
        """Say that the session cannot be read any more, or that its stream ended while the turn is open."""
        session, app = self._bridge.session, self._screen.app
        if isinstance(message, SessionBroken):
            app.notify(message.problem, severity="error", timeout=_MAX_SECONDS)
        elif session.live and self._bridge.state.run.turn_open:
            ending = one_line(session.engine_failure, 500)
            why = f"{ending[:1].upper()}{ending[1:]}" if ending else "The engine of this session has ended"
            text = f"{why}. Go back to the library and open the session again."
            app.notify(text, severity="warning", timeout=_MAX_SECONDS)


class BackgroundChanges:
    """Compares two readings of the list; the first after a `restart` is compared with none."""

    def __init__(self) -> None:
        self._has_read = False

    def restart(self) -> None:
        """Take what is read next as seen."""
        self._has_read = False

    def find(
        self, before: Mapping[str, SessionSummary], found: Iterable[SessionSummary], shown: set[str | None]
    ) -> list[SessionSummary]:
        """Return what ran before and now has another notable state; `shown` names sessions with a screen."""
        ran = {one.id for one in background_sessions(before, shown) if one.state == "running"}
        had_read, self._has_read = self._has_read, True
        return [one for one in found if had_read and one.id in ran and one.state in NOTABLE_STATES]


def background_sessions(sessions: Mapping[str, SessionSummary], shown: set[str | None]) -> list[SessionSummary]:
    """Return the sessions that have no screen of their own; those notify the person themselves."""
    return [summary for summary in sessions.values() if summary.id not in shown]

"""Find the sessions in the background that a person wants to know about: those that ran and now need them or ended."""

from collections.abc import Iterable, Mapping

from kimi_tui.session import NOTABLE_STATES, SessionSummary


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

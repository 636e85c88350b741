"""Filter and group the sessions of the library; pure functions.

A search is words with filters among them: `state:waiting`, `desk:filings`, `date:today`. Pinned sessions stand first,
whatever the order.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import PurePath

import msgspec

from kimi_tui.session import SessionSummary, State
from kimi_tui.text import one_line
from kimi_tui.tui.formatting import state_word

GROUPS: tuple[str, ...] = ("date", "state", "desk", "")
"""By what the list is grouped; empty for not at all."""
VIEWS: dict[str, frozenset[State]] = {
    "all": frozenset(),
    "needs you": frozenset({"waiting", "paused", "failed", "budget", "damaged"}),
    "running": frozenset({"running", "waiting"}),
    "finished": frozenset({"finished", "stopped"}),
}
"""What a person may look at, with the states that are shown; none stands for every state."""
FILTERS = ("state", "desk", "date")
"""Words before a colon in a search."""
AGE_GROUPS = ((0, "Today"), (1, "Yesterday"), (7, "This week"), (31, "This month"))
"""Headings by age in days."""


class LibraryQuery(msgspec.Struct, frozen=True):
    """A parsed search: words and filters."""

    words: tuple[str, ...] = ()
    """In lower case; all of them must stand in a session."""
    filters: tuple[tuple[str, str], ...] = ()
    """Filter and value, in lower case."""

    @property
    def text(self) -> str:
        """Return the words alone, for the search in full text."""
        return " ".join(self.words)


def parse_library_query(text: str) -> LibraryQuery:
    """Parse a line of text as a search."""
    words: list[str] = []
    filters: list[tuple[str, str]] = []
    for word in text.lower().split():
        name, colon, value = word.partition(":")
        if colon and name in FILTERS:
            filters += [(name, value)] if value else []
        else:
            words.append(word)
    return LibraryQuery(tuple(words), tuple(filters))


def filter_sessions(
    sessions: Iterable[SessionSummary], view: str, wanted: LibraryQuery, now: datetime
) -> list[SessionSummary]:
    """Return the sessions that match the view and the search, in their order."""
    states = VIEWS[view]
    return [
        summary
        for summary in sessions
        if (not states or summary.state in states)
        and all(word in one_line(f"{summary.name} {summary.question}").lower() for word in wanted.words)
        and all(value in _group_value(summary, name, now).lower() for name, value in wanted.filters)
    ]


def group_sessions(
    sessions: Iterable[SessionSummary], by: str, now: datetime
) -> list[tuple[str, list[SessionSummary]]]:
    """Group the sessions under headings, in order of first appearance; pinned sessions first."""
    groups: dict[str, list[SessionSummary]] = {}
    pinned: list[SessionSummary] = []
    for summary in sessions:
        heading = _group_value(summary, by, now) if by else ""
        (pinned if summary.pinned else groups.setdefault(heading, [])).append(summary)
    return ([("Pinned", pinned)] if pinned else []) + list(groups.items())


def _group_value(summary: SessionSummary, by: str, now: datetime) -> str:
    """Return the value that a session is grouped and filtered by."""
    if by == "state":
        return state_word(summary.state).capitalize()
    if by == "desk":
        return one_line(PurePath(summary.desk).name, 60) or "No desk"
    return _age(summary.updated, now)


def _age(moment: str, now: datetime) -> str:
    try:
        then = datetime.fromisoformat(moment)
    except ValueError:
        return "Some time"
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    days = (_day(now) - _day(then)).days
    return next((words for limit, words in AGE_GROUPS if days <= limit), "Earlier")


def _day(moment: datetime) -> date:
    return moment.astimezone().date()

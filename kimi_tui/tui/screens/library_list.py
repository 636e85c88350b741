"""Arrange the list of the library: its sessions in their order, then the places that contain the searched words.

Everything in it is data from outside and drawn as plain text. Nothing here needs a widget.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from kimi_tui.session import SearchHit, SessionSummary
from kimi_tui.text import count_noun
from kimi_tui.tui.screens.library_filter import GROUPS, VIEWS, LibraryQuery, filter_sessions, group_sessions
from kimi_tui.tui.screens.library_rows import (
    COLUMNS,
    FOUND_COLUMNS,
    build_hit_row,
    build_session_rows,
    shorten_session_row,
)
from kimi_tui.tui.widgets.row_list import ListColumn, ListRow


class ArrangedList(NamedTuple):
    """The rows that are shown, and their order in words."""

    rows: list[ListRow]
    columns: tuple[ListColumn, ...]
    figures: str
    """How many sessions and places are shown, and in which order."""


class LibraryList:
    """The order of the list and the states that it shows."""

    def __init__(self) -> None:
        self.group = GROUPS[0]
        """By what the sessions are grouped; empty for not at all."""
        self.view = next(iter(VIEWS))
        """Which states are shown."""

    def next_group(self) -> None:
        """Change the grouping."""
        self.group = GROUPS[(GROUPS.index(self.group) + 1) % len(GROUPS)]

    def next_view(self) -> None:
        """Change which states are shown."""
        names = list(VIEWS)
        self.view = names[(names.index(self.view) + 1) % len(names)]

    def arrange(
        self,
        sessions: Mapping[str, SessionSummary],
        hits: Sequence[SearchHit],
        wanted: LibraryQuery,
        now: datetime,
        ascii: bool,
    ) -> ArrangedList:
        """Return the sessions that match a search, then the places that contain its words."""
        found = filter_sessions(sessions.values(), self.view, wanted, now)
        rows = build_session_rows(group_sessions(found, self.group, now), now, ascii)
        places = [
            build_hit_row(n, hit, sessions.get(hit.session), wanted.words) for n, hit in enumerate(hits) if wanted.words
        ]
        figures = self._figures(len(sessions), len(found), len(places))
        if not places:
            return ArrangedList(rows, COLUMNS, figures)
        return ArrangedList([*(shorten_session_row(row) for row in rows), *places], FOUND_COLUMNS, figures)

    def _figures(self, sessions: int, shown: int, places: int) -> str:
        every = count_noun(sessions, "session")
        parts = [
            f"{shown} of {every}" if shown < sessions else every,
            count_noun(places, "place") if places else "",
            f"by {self.group}" if self.group else "in one list",
            "" if self.view == "all" else self.view,
        ]
        return " · ".join(part for part in parts if part)

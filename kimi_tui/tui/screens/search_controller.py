"""Search from a session: in its timeline, in its sources, and in all sessions.

The timeline is read in slices between which keys are taken; everything else is looked up by the library beside the
screen's loop. What is typed next ends a search that still runs.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from kimi_tui.session import Library, SearchHit, SessionError
from kimi_tui.tui.bridge import SessionBridge
from kimi_tui.tui.messages import OpenRequested
from kimi_tui.tui.timeline.block_selection import BlockSelection
from kimi_tui.tui.timeline.match_navigator import MatchNavigator
from kimi_tui.tui.timeline.search import TimelineSearch
from kimi_tui.tui.ui_context import BackgroundWork

TYPING_PAUSE_SECONDS = 0.08
"""How long typing must rest before places are looked up."""
MAX_PLACES = 200
"""More are not listed; the best come first."""


class SearchedTimeline(Protocol):
    """A timeline whose matches can be counted and gone to."""

    found: TimelineSearch
    """The search and its matches."""
    matches: MatchNavigator
    """Goes from match to match."""
    selection: BlockSelection
    """The selected block."""

    def focus(self) -> object:
        """Take the focus."""


class SearchResults(Protocol):
    """The list in which results are shown."""

    everywhere: bool
    """True when all sessions are searched."""

    def show_matches(self, matches: int, position: int) -> None:
        """Show how many matches the timeline has, and which of them is gone to."""

    def show_places(self, hits: Sequence[SearchHit], names: dict[str, str]) -> None:
        """List places; `names` says what the sessions are called."""


class SearchHost(NamedTuple):
    """The screen that a search belongs to."""

    start: Callable[[BackgroundWork, str], object]
    """Runs a coroutine function beside the caller; one that still runs in the group of this name is cancelled."""
    cancel: Callable[[str], object]
    """Cancels what runs in a group."""
    report: Callable[[str], object]
    """Shows why a search failed."""
    show_source: Callable[[str, str, str], object]
    """Shows a source: its id, the place in it, and the words to mark."""
    leave_for: Callable[[OpenRequested], object]
    """Closes the session and opens another one."""
    go_home: Callable[[], object]
    """Gives the focus to where a person starts."""


class SearchController:
    """Searches what the search line asks for, and goes to the places that are chosen."""

    def __init__(
        self,
        bridge: SessionBridge,
        library: Library,
        timeline: SearchedTimeline,
        results: SearchResults,
        host: SearchHost,
    ) -> None:
        self._bridge = bridge
        self._library = library
        self._timeline = timeline
        self._results = results
        self._host = host

    def search(self, text: str, by: int = 0, *, stay: bool = False) -> None:
        """Search, or go to another match among those that are known; what came since is counted beside that.

        `by` is 1 for the next match, -1 for the one before, and 0 when another text is searched; `stay` keeps what
        is in sight.
        """
        known = text == self._timeline.found.text
        if known and by:
            self._timeline.matches.go_to_match(backwards=by < 0)
            self._show_matches()
        self._host.start(partial(self._search_timeline, text, go=not known, stay=stay), "search")
        if not by:
            self._host.start(partial(self._search_library, text), "places")

    async def _search_timeline(self, text: str, *, go: bool, stay: bool) -> None:
        """Count the matches of a text, however many blocks there are to read, and go to the first if wanted."""
        timeline = self._timeline
        for _ in timeline.found.search_in_slices(text):
            await asyncio.sleep(0)
        if go:
            timeline.matches.search_selected(text) if stay else timeline.matches.search(text)
        self._show_matches()

    def _show_matches(self) -> None:
        self._results.show_matches(self._timeline.found.count, self._timeline.found.position)

    async def _search_library(self, text: str) -> None:
        """List the places of a text in the sources of this session, or everywhere in all."""
        hits: list[SearchHit] = []
        names: dict[str, str] = {}
        session = self._bridge.session.id
        if text.strip():
            await asyncio.sleep(TYPING_PAUSE_SECONDS)
            try:
                if self._results.everywhere:
                    hits = await self._library.search(text, limit=MAX_PLACES)
                    names = {one.id: one.name or one.question for one in await self._library.sessions()}
                    names[session] = "this session"
                else:
                    hits = await self._library.search(f"is:source {text}", session, MAX_PLACES)
            except SessionError as error:
                self._host.report(str(error))
        self._results.show_places(hits, names)

    def choose(self, hit: SearchHit, words: str) -> None:
        """Show a place of this session, or of another one."""
        if hit.session == self._bridge.session.id:
            self.show_place(hit, words)
        else:
            self._host.leave_for(OpenRequested(hit.session, hit=hit, words=words))

    def show_place(self, hit: SearchHit, words: str) -> None:
        """Go to the place where words were found, and mark them there."""
        if hit.source:
            self._host.show_source(hit.source, hit.part, words)
            return
        block = self._block_of(hit)
        if block is not None:
            self._timeline.selection.jump_to_block(block)
            self._timeline.matches.search_selected(words)
            self._show_matches()
            self._timeline.focus()

    def has_place(self, hit: SearchHit) -> bool:
        """Return whether the place where words were found is there by now."""
        return hit.source in self._bridge.state.sources.by_id if hit.source else self._block_of(hit) is not None

    def _block_of(self, hit: SearchHit) -> int | None:
        """Return the block in which an entry is drawn."""
        timeline = self._bridge.state.timeline
        if hit.call_id in timeline.by_call:
            return timeline.by_call[hit.call_id]
        return next((index for index, block in enumerate(timeline.blocks) if block.seq >= hit.seq), None)

    def close(self) -> None:
        """End the search, and remove its highlights."""
        self._host.cancel("search")
        self._host.cancel("places")
        self._timeline.matches.clear()
        self._host.go_home()

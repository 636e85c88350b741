"""Search from a session: in its timeline, in its sources, and in all sessions.

The timeline is read in slices between which keys are taken; everything else is looked up by the library beside the
screen's loop. What is typed next ends a search that still runs.
"""

import asyncio

from textual import work

from kimi_tui.session import Library, SearchHit, Session, SessionError
from kimi_tui.sources import SourceRef
from kimi_tui.tui.messages import OpenRequested
from kimi_tui.tui.screens.session_actions import SessionActions
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.widgets.search_bar import SearchBar

TYPING_PAUSE_SECONDS = 0.08
"""How long typing must rest before places are looked up."""
MAX_PLACES = 200
"""More are not listed; the best come first."""


class SessionSearch(SessionActions):
    """The search of a session screen."""

    def __init__(self, session: Session, look: UiContext, library: Library) -> None:
        super().__init__(session, look)
        self._library = library

    @property
    def search(self) -> SearchBar:
        """Return the search line with its places."""
        return self.query_one(SearchBar)

    async def _list_desk(self) -> tuple[str, ...]:
        """Return the paths of the documents on the session's desk."""
        opened = self.state.run.opened
        return await self._library.desk_paths(str(opened.settings.get("desk", "")) if opened else "")

    def _list_sources(self) -> list[SourceRef]:
        """Return the sources of the session, the latest first."""
        return list(reversed(self.state.sources.by_id.values()))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action means something now."""
        match action:
            case "go_on":
                return self.search.has_typing_focus
            case "widen":
                return self.search.display
            case "places":
                return self.search.has_places
            case _:
                return super().check_action(action, parameters)

    async def action_search(self) -> None:
        """Open the search line."""
        await self.search.open()

    async def search_for(self, words: str) -> None:
        """Open the search line with words."""
        await self.search.open()
        self.search.line.set_text(words)

    def action_find(self, by: int) -> None:
        """The next match, or the one before."""
        self.search.action_find(by)

    def action_go_on(self) -> None:
        """The next match, or the places."""
        self.search.action_go_on()

    def action_places(self) -> None:
        """From the line to the places, and back."""
        self.search.action_places()

    def action_widen(self) -> None:
        """Search all sessions for the same words, or this one again."""
        self.search.action_widen()

    def on_search_bar_search_requested(self, message: SearchBar.SearchRequested) -> None:
        """Search, or go to another match among those that are known; what came since is counted beside that."""
        known = message.text == self.timeline.found.text
        if known and message.by:
            self.timeline.matches.go_to_match(backwards=message.by < 0)
            self._show_matches()
        self._search_timeline(message.text, go=not known, stay=message.stay)
        if not message.by:
            self._search_library(message.text)

    @work(exclusive=True, group="search")
    async def _search_timeline(self, text: str, *, go: bool, stay: bool) -> None:
        """Count the matches of a text, however many blocks there are to read, and go to the first if wanted."""
        for _ in self.timeline.found.search_in_slices(text):
            await asyncio.sleep(0)
        if go:
            self.timeline.matches.search_selected(text) if stay else self.timeline.matches.search(text)
        self._show_matches()

    def _show_matches(self) -> None:
        self.search.show_matches(self.timeline.found.count, self.timeline.found.position)

    @work(exclusive=True, group="places")
    async def _search_library(self, text: str) -> None:
        """List the places of a text in the sources of this session, or everywhere in all."""
        hits: list[SearchHit] = []
        names: dict[str, str] = {}
        if text.strip():
            await asyncio.sleep(TYPING_PAUSE_SECONDS)
            try:
                if self.search.everywhere:
                    hits = await self._library.search(text, limit=MAX_PLACES)
                    names = {one.id: one.name or one.question for one in await self._library.sessions()}
                    names[self.bridge.session.id] = "this session"
                else:
                    hits = await self._library.search(f"is:source {text}", self.bridge.session.id, MAX_PLACES)
            except SessionError as error:
                self.app.notify(str(error), severity="error")
        self.search.show_places(hits, names)

    def on_search_bar_chosen(self, message: SearchBar.Chosen) -> None:
        """Show a place of this session, or open its own."""
        if message.hit.session == self.bridge.session.id:
            self.show_place(message.hit, message.text)
        else:
            self.dismiss()
            self.app.post_message(OpenRequested(message.hit.session, hit=message.hit, words=message.text))

    def show_place(self, hit: SearchHit, words: str) -> None:
        """Go to the place where words were found, and mark them there."""
        if hit.source:
            self.show_source(hit.source, hit.part, words)
            return
        block = self._block_of(hit)
        if block is not None:
            self.timeline.selection.jump_to_block(block)
            self.timeline.matches.search_selected(words)
            self._show_matches()
            self.timeline.focus()

    def has_place(self, hit: SearchHit) -> bool:
        """Return whether the place where words were found is there by now."""
        return hit.source in self.state.sources.by_id if hit.source else self._block_of(hit) is not None

    def _block_of(self, hit: SearchHit) -> int | None:
        """Return the block in which an entry is drawn."""
        timeline = self.state.timeline
        if hit.call_id in timeline.by_call:
            return timeline.by_call[hit.call_id]
        return next((index for index, block in enumerate(timeline.blocks) if block.seq >= hit.seq), None)

    def on_search_bar_closed(self) -> None:
        """The search is over."""
        self.workers.cancel_group(self, "search")
        self.workers.cancel_group(self, "places")
        self.timeline.matches.clear()
        self.go_home()

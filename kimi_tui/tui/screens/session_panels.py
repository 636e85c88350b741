"""Open the panels of a session, and the sources and links that are chosen in its timeline."""

from functools import partial
from typing import Any

from textual.screen import Screen

from kimi_tui.evidence.cited_places import CitedPlace
from kimi_tui.tui.bridge import SessionBridge
from kimi_tui.tui.messages import OpenRequested, SalvageRequested
from kimi_tui.tui.screens.dialog import DialogAnswer
from kimi_tui.tui.screens.question_dialogs import link_dialog
from kimi_tui.tui.timeline.view import TimelineView
from kimi_tui.tui.ui_context import UiContext, run_in_group


class SessionPanels:
    """Panels over the screen of one session; their modules are imported when the first of them is opened."""

    def __init__(self, screen: Screen[Any], bridge: SessionBridge, look: UiContext, timeline: TimelineView) -> None:
        self._screen = screen
        self._bridge = bridge
        self._look = look
        self._timeline = timeline

    def open(self, name: str) -> None:
        """Open a panel; `memo:3` opens the memo, and the source at its fourth citation."""
        from kimi_tui.tui.panels.memo import MemoPanel
        from kimi_tui.tui.panels.registry import PANELS

        name, _, citation = name.partition(":")
        memo = MemoPanel(self._bridge, self._look, citation=int(citation)) if citation.isdecimal() else None
        self._screen.app.push_screen(memo or PANELS[name](self._bridge, self._look), self._show_given_back)

    def _show_given_back(self, given: str | None) -> None:
        """Show what a panel gives back: the id of a call in the timeline, or a statement in the memo."""
        from kimi_tui.tui.panels.memo import MemoPanel
        from kimi_tui.tui.panels.sources import STATEMENT_PREFIX

        if given and given.startswith(STATEMENT_PREFIX):
            number = int(given.removeprefix(STATEMENT_PREFIX))
            self._screen.app.push_screen(MemoPanel(self._bridge, self._look, statement=number))
        elif given:
            self._timeline.selection.jump_to_call(given)
            self._timeline.focus()

    def show_source(self, source_id: str, locator: str, words: str = "") -> None:
        """Show a source at a place, with the words of a search marked."""
        from kimi_tui.tui.panels.sources import SourcesPanel

        panel = SourcesPanel(self._bridge, self._look, source_id=source_id, locator=locator, words=words)
        self._screen.app.push_screen(panel, self._show_given_back)

    def show_cited(self, cited: CitedPlace) -> None:
        """Show a source at a cited place."""
        from kimi_tui.tui.panels.sources import SourcesPanel

        self._screen.app.push_screen(SourcesPanel(self._bridge, self._look, cited=cited), self._show_given_back)

    def leave_for(self, message: OpenRequested | SalvageRequested) -> None:
        """Close the session, and have the app open another one."""
        self._screen.dismiss()
        self._screen.app.post_message(message)

    def open_link(self, address: str) -> None:
        """Open an address of untrusted text, only after showing it whole."""
        run_in_group(self._screen, partial(self._open_link, address), "ask")

    async def _open_link(self, address: str) -> None:
        app = self._screen.app
        answer: DialogAnswer | None = await app.push_screen_wait(link_dialog(address))
        if answer is not None and answer.choice == "open" and address.startswith(("http://", "https://")):
            app.open_url(address)

"""The search line of a session, with the list of places found in sources and other sessions.

Those are parts of sources; or, once the search is widened, places in all sessions. The bar only shows what the screen
found: every text in it is untrusted and drawn as it stands.
"""

from asyncio import Lock
from collections.abc import Sequence
from typing import ClassVar, Protocol

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from kimi_tui.session import SearchHit
from kimi_tui.text import count_noun
from kimi_tui.tui.actions import bindings_for
from kimi_tui.tui.rendering.search_highlight import compile_search
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList
from kimi_tui.tui.widgets.text_line import TextLine

SEARCH_HINT = "search; tool:read  host:sec.gov  step:3-9  is:error  is:source narrow it"
"""What stands in the empty line."""


class SearchListener(Protocol):
    """Searches what is typed; shows its results in the bar."""

    def search(self, text: str, by: int = 0, *, stay: bool = False) -> None:
        """Search a text, or go to its next match (1) or the one before (-1); `stay` keeps what is in sight."""

    def choose(self, hit: SearchHit, words: str) -> None:
        """Show a place that was found with these words."""

    def close(self) -> None:
        """End the search."""


class SearchBar(Vertical):
    """Hidden until it is opened; its widgets are created the first time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_for("search"),
        Binding("down", "go_on", show=False),
        Binding("up", "find(-1)", show=False),
        Binding("escape", "back", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="search")
        self.display = False
        self.listener: SearchListener | None = None
        """What searches; nothing is searched before it is set."""
        self.everywhere = False
        """True when all sessions are searched."""
        self._hits: tuple[SearchHit, ...] = ()
        self._matches = self._position = 0
        self._stays = False
        self._making = Lock()

    async def _build_widgets(self) -> None:
        """Create the list, the line and the count; most sessions are never searched."""
        async with self._making:
            if not self.is_built:
                row = Horizontal(
                    Static(Content("/"), id="search-sign", markup=False),
                    TextLine(SEARCH_HINT, id="search-line"),
                    Static(id="search-count", markup=False),
                    id="search-row",
                )
                await self.mount(RowList((), empty="Nothing found.", id="places"), row)

    @property
    def is_built(self) -> bool:
        """Return whether it was ever opened."""
        return bool(self.query(TextLine))

    @property
    def line(self) -> TextLine:
        """Return the line."""
        return self.query_one(TextLine)

    @property
    def places(self) -> RowList:
        """Return the list of places."""
        return self.query_one(RowList)

    @property
    def text(self) -> str:
        """Return the searched text; empty before the first search."""
        return self.line.value if self.is_built else ""

    @property
    def has_typing_focus(self) -> bool:
        """Return whether the line has the focus."""
        return self.is_built and self.line.has_focus

    @property
    def has_places(self) -> bool:
        """Return whether a place can be chosen."""
        return self.display and bool(self._hits)

    def can_run(self, action: str) -> bool:
        """Return whether `go_on`, `widen` or `places` means something now."""
        return {"go_on": self.has_typing_focus, "widen": self.display, "places": self.has_places}[action]

    async def open(self) -> None:
        """Show and focus the line, and search again for its text."""
        await self._build_widgets()
        if not self.display:
            self.display = True
            self._search()
        self.line.focus()

    async def search_for(self, words: str) -> None:
        """Open the line with words, and go to their first match."""
        await self.open()
        self.line.set_text(words)

    async def open_with(self, text: str) -> None:
        """Show the line with a text that is searched, while what is in sight stays there."""
        await self._build_widgets()
        self.display = self._stays = True
        self.line.set_text(text)

    def show_matches(self, matches: int, position: int) -> None:
        """Say how many matches the timeline has, and which of them is shown."""
        self._matches, self._position = matches, position
        if self.is_built:
            self._show_count()

    def show_places(self, hits: Sequence[SearchHit], names: dict[str, str]) -> None:
        """List places; `names` says what the sessions are called."""
        self._hits = tuple(hits)
        places = self.places
        places.columns = (
            ListColumn("in all sessions" if self.everywhere else "in sources", 15),
            ListColumn(""),
            ListColumn("source", 30, min_list_width=100),
        )
        places.searched = compile_search(self.text)
        places.show(_rows(self._hits, names if self.everywhere else None))
        places.display = bool(hits) or (self.everywhere and bool(self.text))
        self._show_count()

    def _show_count(self) -> None:
        matches, hits = self._matches, len(self._hits)
        words = count_noun(matches, "match") if matches else "no match"
        if self._position and matches > 1:
            words = f"{self._position:,} of {words}"
        places = f" · {hits:,} in {'all sessions' if self.everywhere else 'sources'}" if hits else ""
        self.query_one("#search-count", Static).update(Content(words + places if self.text else ""))
        self.screen.refresh_bindings()

    def action_find(self, by: int) -> None:
        """Go to the next match, or the one before."""
        if self.listener is not None:
            self.listener.search(self.text, by)

    def action_go_on(self) -> None:
        """Go to the next match; to the places where they are all there is, or all that is wanted."""
        if self.has_places and (self.everywhere or not self._matches):
            self.action_places()
        else:
            self.action_find(1)

    def action_places(self) -> None:
        """Go to the places, and back to the line."""
        if self.places.has_focus or not self._hits:
            self.line.focus()
        else:
            self.places.focus()

    def action_widen(self) -> None:
        """Search all sessions, or this one again."""
        self.everywhere = not self.everywhere
        self._search(stay=True)

    def action_back(self) -> None:
        """Escape among the places."""
        self.line.focus()

    def _search(self, *, stay: bool = False) -> None:
        if self.listener is not None:
            self.listener.search(self.text, stay=stay)

    def on_input_changed(self, message: TextLine.Changed) -> None:
        """Search as you type."""
        message.stop()
        self._search(stay=self._stays)
        self._stays = False

    def on_input_submitted(self, message: TextLine.Submitted) -> None:
        """Enter goes on."""
        message.stop()
        self.action_go_on()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Show the place."""
        message.stop()
        if self.listener is not None:
            self.listener.choose(self._hits[int(message.row_id)], self.text)

    def on_text_line_left(self, message: TextLine.Left) -> None:
        """Escape ends the search."""
        message.stop()
        self.display = self.everywhere = False
        self.show_places((), {})
        if self.listener is not None:
            self.listener.close()


def _rows(hits: tuple[SearchHit, ...], names: dict[str, str] | None) -> list[ListRow]:
    """Return the places, each session's under its name if they are of several."""
    rows: list[ListRow] = []
    for number, hit in enumerate(hits):
        if names is not None and (number == 0 or hits[number - 1].session != hit.session):
            name = names.get(hit.session) or hit.session
            rows.append(ListRow(f"session {hit.session}", (ListCell(name, "strong"),), heading=True))
        where = f"{hit.source} {hit.part}" if hit.source else hit.kind
        rows.append(
            ListRow(
                str(number),
                (ListCell(where, "accent"), ListCell(hit.snippet, found=True), ListCell(hit.title, "muted")),
            )
        )
    return rows

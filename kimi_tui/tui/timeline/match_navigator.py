"""Go from match to match of a searched timeline: the match is selected, opened and brought into view."""

from kimi_tui.tui.timeline.block_selection import BlockSelection
from kimi_tui.tui.timeline.search import TimelineSearch
from kimi_tui.tui.timeline.viewport import Viewport


class MatchNavigator:
    """Moves selection and view to the matches of a search."""

    def __init__(self, found: TimelineSearch, selection: BlockSelection, viewport: Viewport) -> None:
        self._found = found
        self._selection = selection
        self._viewport = viewport

    def search(self, text: str, *, backwards: bool = False) -> int:
        """Go to the next match in any block, collapsed ones too; returns the number of matches.

        Where there are many blocks, the text is counted before, in slices (see `TimelineSearch.search_in_slices`).
        """
        count = self._found.search(text)
        self.go_to_match(backwards=backwards)
        return count

    def go_to_match(self, *, backwards: bool = False) -> None:
        """Go to the next match among those that were counted last."""
        view, selection = self._viewport, self._selection
        start = selection.index if selection.index is not None else view.top_block
        match = self._found.go_to_match(start, backwards=backwards)
        if match is not None:
            selection.index = match.spot.block
            view.show_distant_line(view.layout.line_of(match.spot))
        else:
            view.redraw()

    def search_selected(self, text: str) -> None:
        """Search a text, and go to its first match in the selected block if there is one."""
        found, index = self._found, self._selection.index
        found.search(text)
        found.current = None
        if index is not None and found.matches(index):
            self.go_to_match()
        else:
            self._viewport.redraw()

    def clear(self) -> None:
        """End the search, and remove its highlights."""
        self._found.search("")
        self._viewport.redraw()

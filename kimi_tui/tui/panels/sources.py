"""The sources of a session: a list, and the text of the one that was chosen, part by part."""

from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from kimi_tui.session import SessionError
from kimi_tui.sources import Source
from kimi_tui.text import one_line
from kimi_tui.tui.actions import Place, bindings
from kimi_tui.tui.bridge import Bridge
from kimi_tui.tui.clipboard import copy
from kimi_tui.tui.look import Look
from kimi_tui.tui.panels.panel import ReadingPanel
from kimi_tui.tui.widgets.row_list import Cell, Column, Row, RowList
from kimi_tui.tui.widgets.text_view import Passage, TextView
from kimi_tui.tui.words import characters

COLUMNS = (
    Column("id", 5),
    Column("title"),
    Column("kind", 11, least=64),
    Column("parts", 5, right=True, least=50),
    Column("length", 14, right=True, least=90),
    Column("calls", 10, least=100),
)
"""The columns of the list."""


class SourcesPanel(ReadingPanel):
    """A list over the text of one source."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("sources")
    TITLE = "Sources"
    PLACES: ClassVar[tuple[Place, ...]] = ("sources", "panel", "everywhere")
    _read: Source | None = None

    def __init__(self, bridge: Bridge, look: Look, *, source_id: str = "", locator: str = "", words: str = "") -> None:
        """`words` are those of a search that led here; they are marked in the texts."""
        super().__init__(bridge, look)
        self._source_id = source_id
        self._locator = locator
        self._words = words

    def content(self) -> list[Widget]:
        """The list and the text."""
        return [RowList(COLUMNS, empty="No source yet.", id="sources"), TextView(id="source-text")]

    def show(self) -> None:
        """List the sources; open the one that was asked for."""
        sources = self.state.sources
        self.head(f"{len(sources.by_id)}")
        self.query_one(RowList).show(
            [
                Row(
                    ref.id,
                    (
                        Cell(ref.id, "accent"),
                        Cell(ref.title or ref.address),
                        Cell(ref.kind, "muted"),
                        Cell(str(ref.parts), "muted"),
                        Cell(characters(ref.characters), "muted"),
                        Cell(" ".join(sources.calls.get(ref.id, [])), "muted"),
                    ),
                )
                for ref in sources.by_id.values()
            ],
            at=self._source_id,
        )
        if self._source_id:
            self.open(self._source_id, self._locator)
            self._source_id = ""

    @work(exclusive=True)
    async def open(self, source_id: str, locator: str = "") -> None:
        """Show one source's text, at one of its parts."""
        try:
            source = await self.bridge.session.source(source_id)
        except SessionError as error:
            self.app.notify(str(error), severity="error")
            return
        if source is None:
            self.app.notify(f"The text of {source_id} is not stored in this session.", severity="warning")
            return
        self._read = source
        labels = [part.label for part in source.parts]
        at = labels.index(locator) + 1 if locator in labels else 0
        self.read(_passages(source), at=at, words=self._words)

    def action_copy(self) -> None:
        """Copy a citation: of the part that is being read, or of the chosen source."""
        source_id = self.query_one(RowList).current
        part = self.query_one(TextView).in_sight - 1
        label = ""
        if self.has_class("-reading") and self._read is not None:
            source_id = self._read.ref.id
            label = self._read.parts[part].label if 0 <= part < len(self._read.parts) else ""
        if source_id:
            citation = f"[{source_id} {label}]" if label else f"[{source_id}]"
            copy(self.app, citation, citation)

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Read the source."""
        self.open(message.row_id)


def _passages(source: Source) -> list[Passage]:
    ref = source.ref
    about = f"{one_line(ref.address)}\nretrieved {one_line(ref.retrieved_at)} · SHA-256 {one_line(ref.digest)}"
    head = Passage(f"{ref.id}  {one_line(ref.title)}".rstrip(), about)
    parts = [Passage(f"[{ref.id} {part.label}]  {one_line(part.title)}".rstrip(), part.text) for part in source.parts]
    return [head, *parts]

"""The sources of a session: a list, and the text of the chosen source, part by part."""

from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from kimi_tui.evidence.cited_places import (
    CitedPlace,
    cells_in_words,
    find_resting_statements,
    first_cited_part,
    marks_in_part,
)
from kimi_tui.evidence.memo import read_memo
from kimi_tui.session import SessionError
from kimi_tui.sources import Source, TextMark
from kimi_tui.text import one_line
from kimi_tui.tui.actions import Place, bindings_for, display_key
from kimi_tui.tui.bridge import SessionBridge
from kimi_tui.tui.formatting import format_characters, replace_non_ascii_signs
from kimi_tui.tui.panels.panel import DetailPanel
from kimi_tui.tui.panels.resting_walk import RestingWalk
from kimi_tui.tui.screens.page_picture import PagePictureScreen
from kimi_tui.tui.screens.resting import RestingScreen
from kimi_tui.tui.terminal.clipboard import copy
from kimi_tui.tui.themes import NO_COLOR_THEME
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList
from kimi_tui.tui.widgets.text_view import TextPassage, TextView

STATEMENT_PREFIX = "statement "
"""Before the number of a statement, when the panel gives back one to show in the memo."""
COLUMNS = (
    ListColumn("id", 5),
    ListColumn("title"),
    ListColumn("kind", 11, min_list_width=64),
    ListColumn("parts", 5, right=True, min_list_width=50),
    ListColumn("length", 14, right=True, min_list_width=90),
    ListColumn("calls", 10, min_list_width=100),
)
"""The columns of the list."""


class SourcesPanel(DetailPanel):
    """A list over the text of one source."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for("sources")
    TITLE = "Sources"
    PLACES: ClassVar[tuple[Place, ...]] = ("panel", "sources", "everywhere")
    _read: Source | None = None
    _walk: RestingWalk | None = None

    def __init__(
        self,
        bridge: SessionBridge,
        look: UiContext,
        *,
        source_id: str = "",
        locator: str = "",
        words: str = "",
        cited: CitedPlace | None = None,
    ) -> None:
        """`words` are those of a search that led here, `cited` is a citation that did; both are marked in the texts."""
        super().__init__(bridge, look)
        self._source_id = cited.place.source if cited else source_id
        self._cited = cited
        self._locator = locator
        self._words = words

    def content_widgets(self) -> list[Widget]:
        """Return the list and the text."""
        return [
            RowList(COLUMNS, empty="No source yet.", id="sources"),
            Static(id="cited-note", markup=False),
            TextView(id="source-text"),
        ]

    def show(self) -> None:
        """List the sources; open the one that was asked for."""
        sources = self.state.sources
        ref = sources.by_id.get(self._cited.place.source) if self._cited else None
        self.set_figures(one_line(f"{ref.id}  {ref.title}") if ref is not None else f"{len(sources.by_id)}")
        self.query_one(RowList).show(
            [
                ListRow(
                    ref.id,
                    (
                        ListCell(ref.id, "accent"),
                        ListCell(ref.title or ref.address),
                        ListCell(ref.kind, "muted"),
                        ListCell(str(ref.parts), "muted"),
                        ListCell(format_characters(ref.characters), "muted"),
                        ListCell(" ".join(sources.calls.get(ref.id, [])), "muted"),
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
        source = await self._stored(source_id)
        if source is None:
            return
        self._read = source
        cited = self._cited if self._cited and self._cited.place.source == source_id else None
        labels = [part.label for part in source.parts]
        at = labels.index(locator) + 1 if locator in labels else 0
        if cited is not None:
            first = first_cited_part(source, cited)
            at = first + 1 if first is not None else 0
            self._show_cited_note(source, cited, first)
            self.add_class("-cited")
        view = self.query_one(TextView)
        self._walk, view.clicked = RestingWalk(view, read_memo(self.state.memo.memo), source), self._click
        self.show_detail(_source_passages(source, cited, self._walk), at=at, words=self._words)

    async def _stored(self, source_id: str) -> Source | None:
        """Return a source with its text; None, after saying why, without one."""
        try:
            source = await self.bridge.session.source(source_id)
        except SessionError as error:
            self.app.notify(str(error), severity="error")
            return None
        if source is None:
            self.app.notify(f"The text of {source_id} is not stored in this session.", severity="warning")
        return source

    def _show_cited_note(self, source: Source, cited: CitedPlace, first: int | None) -> None:
        """Say what is cited, or why nothing is marked."""
        where = " ".join(word for word in (cited.place.source, cited.place.label) if word)
        if first is None:
            said = f"{where} is not in this source."
        elif not any(mark.role == "cited" for mark in marks_in_part(source, source.parts[first], cited)):
            said = f"{where} is cited as a whole: no figure or quote of it was recorded."
        else:
            said = f"{where} · marked: " + (cells_in_words(cited.own_cells) or "the cited words")
        self._show_note(said)

    def _show_note(self, said: str) -> None:
        note = self.query_one("#cited-note", Static)
        note.update(replace_non_ascii_signs(said, self.ui_context.ascii))
        note.display = bool(said)

    def action_rest(self, by: int) -> None:
        """Choose the next figure, quote or row that statements of the memo rest on, or the one before."""
        if self._walk is None or not self.has_class("-reading"):
            self.app.notify("Open a source first: its figures are found in its text.")
            return
        self._walk.walk(by)
        if self._walk.chosen is None:
            self.app.notify("No statement of the memo rests on a figure, quote or row of this source.")
        else:
            key = display_key(self.ui_context.keys["sources.statements"])
            self._show_note(f"{self._walk.note}; {key} shows the statements")

    def _click(self, line: int, offset: int) -> None:
        """Choose what was clicked, and list the statements that rest on it."""
        if self._walk is not None and self._walk.click(line, offset):
            self.action_statements()

    def action_close(self) -> None:
        """Go back to where the citation was that led here; else from the text to the list, and back from that."""
        if self._cited is not None:
            self.dismiss("")
        else:
            super().action_close()

    def action_copy(self) -> None:
        """Copy a citation: of the part that is being read, or of the chosen source."""
        source_id = self.query_one(RowList).current
        part = self.query_one(TextView).top_passage - 1
        label = ""
        if self.has_class("-reading") and self._read is not None:
            source_id = self._read.ref.id
            label = self._read.parts[part].label if 0 <= part < len(self._read.parts) else ""
        if source_id:
            citation = f"[{source_id} {label}]" if label else f"[{source_id}]"
            copy(self.app, citation, citation)

    def action_picture(self) -> None:
        """Show the page in sight as a picture, with what is cited marked; say why where there is none."""
        source, library = self._read, self.ui_context.library
        reading = source is not None and self.has_class("-reading") and library is not None
        index = self._part_in_sight() if reading and source is not None else -1
        if source is None or library is None or index < 0:
            self.app.notify("Open a source first: the picture shows the page that is in view.")
        elif source.ref.media_type != "application/pdf":
            self.app.notify(f"{source.ref.id} is not a PDF and has no pages: only its text can be shown.")
        elif self.ui_context.graphics is not None and self.ui_context.graphics.kind(truecolor=True) == "off":
            self.app.notify("Pictures are switched off by the setting `ui.pictures`.")
        elif self.ui_context.ascii or self.app.theme == NO_COLOR_THEME:
            kind = "ASCII characters alone" if self.ui_context.ascii else "no colours (NO_COLOR)"
            self.app.notify(f"A page cannot be drawn with {kind}. The exported page (HTML) has the pictures.")
        else:
            part = source.parts[index]
            marks = marks_in_part(source, part, self._cited) if self._cited else ()
            draw = partial(library.page_picture, self.bridge.session.id, source.ref.id, part.label, marks)
            self.app.push_screen(PagePictureScreen(f"{source.ref.id} {part.label}", draw, self.ui_context))

    def _part_in_sight(self) -> int:
        """Return the index of the part that is read: the cited one while it is in sight, else the one at the top."""
        text, parts = self.query_one(TextView), self._read.parts if self._read else ()
        cited = first_cited_part(self._read, self._cited) if self._read and self._cited else None
        if cited is not None and text.top_passage <= cited + 1 <= text.bottom_passage:
            return cited
        return min(max(text.top_passage - 1, 0), len(parts) - 1)

    @work(group="ask")
    async def action_statements(self) -> None:
        """List the statements that rest on the chosen figure, else on the part in sight or the source; go to one."""
        source, label = self._read if self.has_class("-reading") else None, ""
        if source is not None:
            part = self.query_one(TextView).top_passage - 1
            label = source.parts[part].label if 0 <= part < len(source.parts) else ""
        elif chosen := self.query_one(RowList).current:
            source = await self._stored(chosen)
        memo = read_memo(self.state.memo.memo)
        if source is None or memo is None:
            self.app.notify("There is no memo yet." if memo is None else "There is no source yet.")
            return
        where, found = f"{source.ref.id} {label}".strip(), find_resting_statements(memo, source, label)
        if self._walk is not None and self._walk.chosen is not None and self.has_class("-reading"):
            where, found = f"{source.ref.id} {self._walk.words}", self._walk.statements
        resting = RestingScreen(where, found, self.ui_context)
        number = await self.app.push_screen_wait(resting)
        if number is not None:
            self.dismiss(f"{STATEMENT_PREFIX}{number}")

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Read the source."""
        self.open(message.row_id)


def _source_passages(source: Source, cited: CitedPlace | None, walk: RestingWalk) -> list[TextPassage]:
    ref = source.ref
    about = f"{one_line(ref.address)}\nretrieved {one_line(ref.retrieved_at)} · SHA-256 {one_line(ref.digest)}"
    head = TextPassage(f"{ref.id}  {one_line(ref.title)}".rstrip(), about)
    parts = [
        TextPassage(
            f"[{ref.id} {part.label}]  {one_line(part.title)}".rstrip(),
            part.text,
            marks=_all_marks(marks_in_part(source, part, cited) if cited else (), walk.marks(part.label)),
        )
        for part in source.parts
    ]
    return [head, *parts]


def _all_marks(cited: tuple[TextMark, ...], rests: tuple[TextMark, ...]) -> tuple[TextMark, ...]:
    """Return what is cited, and what else statements rest on, in order and without overlaps."""
    free = [mark for mark in rests if not any(one.start < mark.end and mark.start < one.end for one in cited)]
    return tuple(sorted((*cited, *free)))

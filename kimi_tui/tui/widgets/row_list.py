"""A list of rows in aligned columns, drawn line by line.

One widget however many rows: only the visible ones are drawn, and columns follow the width. Cells are data from
outside: they are made printable here and drawn as plain text, never as markup.
"""

import re
from collections.abc import Sequence
from typing import ClassVar

import msgspec
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from kimi_tui.text import one_line
from kimi_tui.tui.formatting import Tone, replace_non_ascii_signs
from kimi_tui.tui.rendering.search_highlight import split_at_matches

COLUMN_GAP_CELLS = 2
"""Cells between two columns."""


class ListColumn(msgspec.Struct, frozen=True):
    """One column."""

    title: str
    width: int = 0
    """Cells; 0 takes what the others leave (one column does)."""
    right: bool = False
    """True when its cells stand at the right."""
    min_list_width: int = 0
    """The column is left out when the list is narrower than this."""
    sparse: bool = False
    """True when it is left out while no row has anything in it."""


class ListCell(msgspec.Struct, frozen=True):
    """The content of one column of one row."""

    text: str
    """Untrusted."""
    tone: Tone = ""
    """A role in the theme."""
    found: bool = False
    """True when searched words are marked in it."""


class ListRow(msgspec.Struct, frozen=True):
    """One row."""

    id: str
    """What the messages name it by; unique in the list."""
    cells: tuple[ListCell, ...]
    """One for each column, in their order; a single cell goes over all of them."""
    heading: bool = False
    """True when it only heads the rows under it: the cursor passes over it."""


class RowList(ScrollView, can_focus=True):
    """Rows to move through and choose from."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "go(0)", show=False),
        Binding("end", "go(-1)", show=False),
        Binding("enter", "choose", show=False),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--heading",
        "rows--cursor",
        "rows--cursor-blurred",
        "rows--muted",
        "rows--accent",
        "rows--good",
        "rows--warning",
        "rows--error",
        "rows--strong",
        "rows--found",
    }

    class Moved(Message):
        """The cursor moved to another row."""

        def __init__(self, rows: "RowList", row_id: str) -> None:
            super().__init__()
            self.rows = rows
            self.row_id = row_id

    class Chosen(Message):
        """A row was chosen, by enter or by a second click."""

        def __init__(self, rows: "RowList", row_id: str) -> None:
            super().__init__()
            self.rows = rows
            self.row_id = row_id

    def __init__(self, columns: Sequence[ListColumn], *, empty: str = "", headings: bool = True, id: str = "") -> None:
        super().__init__(id=id or None)
        self.columns = tuple(columns)
        """The columns, left to right."""
        self.empty = empty
        """What is shown when there are no rows."""
        self.searched: re.Pattern[str] | None = None
        """The words to mark; None for none."""
        self.rows: tuple[ListRow, ...] = ()
        """The rows, top to bottom."""
        self.cursor = 0
        """The index of the row that the cursor stands on."""
        self._top = 1 if headings else 0
        self._empty_columns: set[int] = set()
        self._ascii = False

    @property
    def current(self) -> str:
        """Return the id of the row under the cursor; empty when there are no rows."""
        return self.rows[self.cursor].id if self.rows else ""

    def show(self, rows: Sequence[ListRow], *, at: str = "") -> None:
        """Show these rows; the cursor goes to the row `at`, or stays on the row it is on."""
        kept = at or self.current
        self.rows = tuple(rows)
        self._empty_columns = {n for n, column in enumerate(self.columns) if column.sparse and not self._has_text(n)}
        found = [index for index, row in enumerate(self.rows) if row.id == kept]
        self.cursor = found[0] if found else self._nearest_row(min(self.cursor, max(len(self.rows) - 1, 0)), 1)
        self._measure()
        self.refresh()

    def _has_text(self, column: int) -> bool:
        return any(len(row.cells) > column and row.cells[column].text for row in self.rows)

    def move_to(self, row_id: str) -> None:
        """Put the cursor on a row, if it is there."""
        for index, row in enumerate(self.rows):
            if row.id == row_id:
                self._go(index)

    def on_mount(self) -> None:
        """Learn which characters the terminal can draw."""
        self._ascii = self.app.has_class("-ascii")

    def on_resize(self) -> None:
        """Keep the scroll range to the rows."""
        self._measure()

    def _measure(self) -> None:
        self.virtual_size = Size(self.size.width, len(self.rows) + self._top)

    def render_line(self, y: int) -> Strip:
        """One line of the viewport."""
        width = self.size.width
        base = self.rich_style
        if not self.rows:
            text = one_line(self.empty) if y == self._top else ""
            return self._line([(f" {text}", self._tone("muted"))], width, base)
        if y < self._top:
            heading = self._tone("heading")
            cells = [ListCell(column.title) for column in self.columns]
            return self._cells(cells, width, base + heading, plain=True)
        index = y - self._top + self.scroll_offset.y
        if index >= len(self.rows):
            return Strip.blank(width, base)
        at_cursor = index == self.cursor
        if at_cursor:
            base += self._tone("cursor" if self.has_focus else "cursor-blurred")
        return self._cells(self.rows[index].cells, width, base, plain=False)

    def _tone(self, tone: Tone) -> Style:
        return self.get_component_rich_style(f"rows--{tone}", partial=True) if tone else Style.null()

    def _cells(self, cells: Sequence[ListCell], width: int, base: Style, *, plain: bool) -> Strip:
        if len(cells) == 1 < len(self.columns):
            return self._line([(f" {one_line(cells[0].text, width)}", self._tone(cells[0].tone))], width, base)
        pieces: list[tuple[str, Style]] = [(" ", Style.null())]
        for column, cell, cells_wide in self._widths(cells, width - 1):
            text = one_line(cell.text, 2_000)
            if column.right and cell_len(text) < cells_wide:
                text = " " * (cells_wide - cell_len(text)) + text
            elif cell_len(text) > cells_wide:
                text = set_cell_size(text, max(cells_wide - 1, 0)) + "…"[:cells_wide]
            text, style = set_cell_size(text, cells_wide), Style.null() if plain else self._tone(cell.tone)
            for piece, found in split_at_matches(text, self.searched if cell.found else None):
                pieces.append((piece, style + self.get_component_rich_style("rows--found") if found else style))
            pieces.append((" " * COLUMN_GAP_CELLS, Style.null()))
        return self._line(pieces[:-1], width, base)

    def _widths(self, cells: Sequence[ListCell], width: int) -> list[tuple[ListColumn, ListCell, int]]:
        pairs = enumerate(zip(self.columns, cells, strict=True))
        shown = [(c, cell) for n, (c, cell) in pairs if width >= c.min_list_width and n not in self._empty_columns]
        fixed = sum(column.width for column, _ in shown) + COLUMN_GAP_CELLS * max(len(shown) - 1, 0) + 1
        return [(column, cell, column.width or max(width - fixed, 0)) for column, cell in shown]

    def _line(self, pieces: Sequence[tuple[str, Style]], width: int, base: Style) -> Strip:
        strip = Strip(
            [Segment(replace_non_ascii_signs(text, self._ascii), base + style) for text, style in pieces if text]
        )
        return strip.adjust_cell_length(width, base)

    def on_focus(self) -> None:
        """Draw the cursor strong."""
        self.refresh()

    def on_blur(self) -> None:
        """Draw the cursor quiet."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """One click moves the cursor, another on the same row chooses it."""
        index = event.y - self._top + self.scroll_offset.y
        if event.y < self._top or not 0 <= index < len(self.rows):
            return
        if index == self.cursor and event.chain > 1:
            self.action_choose()
        else:
            self._go(index)

    def action_move(self, by: int) -> None:
        """Move the cursor by some rows."""
        self._go(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by some screens of rows."""
        self._go(self.cursor + by * max(self.size.height - self._top - 1, 1))

    def action_go(self, index: int) -> None:
        """Move the cursor to a row; -1 is the last."""
        self._go(index if index >= 0 else len(self.rows) - 1)

    def action_choose(self) -> None:
        """Choose the row under the cursor."""
        if self.rows:
            self.post_message(self.Chosen(self, self.current))

    def _go(self, index: int) -> None:
        if not self.rows:
            return
        index = min(max(index, 0), len(self.rows) - 1)
        index = self._nearest_row(index, 1 if index >= self.cursor else -1)
        room = max(self.size.height - self._top, 1)
        top = self.scroll_offset.y
        if index < top or self._only_headings_above(index):
            index_in_sight = 0 if self._only_headings_above(index) else index
            self.scroll_to(y=index_in_sight, animate=False, force=True)
        elif index >= top + room:
            self.scroll_to(y=index - room + 1, animate=False, force=True)
        if index != self.cursor:
            self.cursor = index
            self.post_message(self.Moved(self, self.current))
        self.refresh(Region(0, 0, self.size.width, self.size.height))

    def _nearest_row(self, index: int, direction: int) -> int:
        """Return the row itself, or the nearest one that is no heading, first looked for in the direction."""
        for by in (direction, -direction):
            at = index
            while 0 <= at < len(self.rows):
                if not self.rows[at].heading:
                    return at
                at += by
        return index

    def _only_headings_above(self, index: int) -> bool:
        """Return whether only headings are above a row; they are then shown with it."""
        return index < 3 and all(row.heading for row in self.rows[:index])

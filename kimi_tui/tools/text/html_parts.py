"""Assemble a page's text and tables into citable parts, and its figures into cells with their places."""

import re
from collections.abc import Iterator, Sequence

import msgspec

from kimi_tui.cells import Cell, encode_cells
from kimi_tui.quantities.units import is_unit_note, names_unit, parse_unit
from kimi_tui.sources import Part
from kimi_tui.tools.text.figures import detect_decimal_commas
from kimi_tui.tools.text.fiscal_calendar import read_calendar
from kimi_tui.tools.text.grid import is_amount
from kimi_tui.tools.text.ixbrl import TaggedFacts
from kimi_tui.tools.text.parts import PARAGRAPH_END, PART_CHARS, TextSection, clean_text, limit_parts, paragraph_pieces
from kimi_tui.tools.text.position_marks import remove_marks, remove_marks_with_places, tables_in
from kimi_tui.tools.text.table import DocumentTable
from kimi_tui.tools.text.table_cells import DocumentReading, FigureMeanings, find_usual_unit, tagged_cell
from kimi_tui.tools.text.table_text import FigureDraft, mark_figures, table_pieces

_TITLE_CHARACTERS = 200
"""A longer line over a table is no title of it."""
_INTRODUCTION_CHARACTERS = 700
"""A longer paragraph over a table does not introduce it."""
_LINES_ABOVE = 4
"""How many lines over a table may belong to it."""
_NO_CAPTION = re.compile(
    r"[\W\d_]*|(?i:page|table of contents|[-\s\dF]+|\(\d{1,2}\)\s?\S.*|.{0,40}\bsee (?:accompanying )?notes\b.*)"
)
"""Rules, page numbers and lines of a page's margin."""
_LIST_ITEM = re.compile(r"\s*(?:[-*+•·]|\d{1,3}[.)])\s")
_UNIT_REACH = 8
"""How many paragraphs and tables further down a note of units still holds."""
PageItem = str | DocumentTable


class PageAssembly:
    """Puts the sections and tables of a page together."""

    def __init__(self, sections: Sequence[TextSection], tables: list[DocumentTable], tagged: TaggedFacts) -> None:
        self._tagged = tagged
        self._drafts: list[FigureDraft] = []
        self._above: dict[int, tuple[str, str]] = {}
        self._meanings: dict[int, FigureMeanings] = {}
        self._beside: dict[int, FigureDraft] = {}
        """Where tagged facts stand in a table among other words, by the facts' numbers."""
        self._unit: tuple[DocumentTable, str] | None = None
        """The last table that said what it is counted in, and how."""
        self._items = [(section, list(_items(section.text, tables))) for section in sections]
        around = (text for table in tables for text in (*table.captions, *_headers_of(table)))
        comma = detect_decimal_commas(
            (remove_marks(text) for table in tables for text in table.amounts()[:200]), around
        )
        for section, items in self._items:
            self._look_at_tables(section, _with_captions(items), comma_is_decimal=comma)
        texts = [text for _, items in self._items for item in items for text in _texts_of(item)]
        notes = [text for _, items in self._items for item in items for text in _notes_of_units(item)]
        self._reading = DocumentReading(read_calendar(texts), find_usual_unit(notes), tagged.entity)

    def _look_at_tables(self, section: TextSection, items: list[PageItem], *, comma_is_decimal: bool) -> None:
        """Number the tables of a section, mark their figures, and note the text above each."""
        unit_line = remove_marks(section.title) if names_unit(section.title) else ""
        said, last = 0, -1
        before: DocumentTable | None = None
        for place, item in enumerate(items):
            if place - said > _UNIT_REACH:
                unit_line = ""
            if isinstance(item, str):
                if len(item) < _INTRODUCTION_CHARACTERS and names_unit(item) and _is_of_amounts(item):
                    unit_line, said = remove_marks(item), place
                continue
            item.number = len(self._above) + 1
            if not _is_margin(item):
                _continue(item, before, items[last + 1 : place])
                before, last = item, place
            if named := next((text for text in _unit_texts(item) if names_unit(text)), ""):
                if _is_of_amounts(named) and any(re.search(r"[$€£¥]", cell) for cell in item.amounts()):
                    unit_line, said, self._unit = named, place, (item, named)
            elif not unit_line and self._unit and self._unit[0].blocks[-1].headers[1:] == item.blocks[0].headers[1:]:
                unit_line, said = self._unit[1], place  # it goes on with the table before, under a heading of the page
            if unit_line and not named:
                item.captions.append(_note_in(unit_line))
            self._above[item.number] = (section.title, unit_line)
            mark_figures(item, self._numbered, comma_is_decimal=comma_is_decimal)

    def _numbered(self, draft: FigureDraft) -> int:
        if draft.figure is None and not draft.is_dash:
            self._beside.update(dict.fromkeys(draft.facts, draft))
            return -1
        self._drafts.append(draft)
        return len(self._tagged.facts) + len(self._drafts) - 1

    def parts(self) -> tuple[tuple[Part, ...], bytes, tuple[str, ...]]:
        """Return the parts, the encoded cells and notes of what was left out."""
        places: dict[str, list[tuple[int, int, int]]] = {}

        def cut() -> Iterator[Part]:
            number = 0
            for section, items in self._items:
                for text in _pack_items(items, PART_CHARS):
                    number += 1
                    plain, found = remove_marks_with_places(clean_text(text))
                    places[f"§{number}"] = found
                    yield Part(f"§{number}", plain, remove_marks(section.title))

        kept, notes = limit_parts(cut())
        cells = [cell for part in kept for cell in self._cells(part, places[part.label])]
        return kept, encode_cells(cells), notes

    def _meaning(self, table: DocumentTable) -> FigureMeanings:
        """Return the meanings of a table's figures."""
        if table.number not in self._meanings:
            title, unit_line = self._above[table.number]
            self._meanings[table.number] = FigureMeanings(table, [title] if title else [], self._reading, unit_line)
        return self._meanings[table.number]

    def _cells(self, part: Part, places: list[tuple[int, int, int]]) -> Iterator[Cell]:
        """Yield the figures of a part, in the order of their places."""
        for number, start, end in sorted(places, key=lambda place: place[1:]):
            place = (part.label, start, end)
            if number < len(self._tagged.facts):
                fact = self._tagged.facts[number]
                if fact.value:
                    cell = Cell(part.label, start, end, part.text[start:end], fact.value, "ixbrl")
                    if number in self._beside:
                        cell = self._meaning(self._beside[number].table).cell(
                            self._beside[number], place, cell.text, fact.value
                        )
                    yield tagged_cell(cell, fact, self._tagged.entity)
                continue
            draft = self._drafts[number - len(self._tagged.facts)]
            value = draft.figure.value if draft.figure else "0"
            cell = self._meaning(draft.table).cell(draft, place, part.text[start:end], value)
            facts = [self._tagged.facts[one] for one in draft.facts]
            yield from [tagged_cell(cell, fact, self._tagged.entity) for fact in facts] or [cell]


def _is_of_amounts(text: str) -> bool:
    """Return whether a note of units is one of money, or of everything, and not of numbers of shares."""
    unit = parse_unit(remove_marks(text))
    return bool(unit.money) or not unit.shares_scaled


def _note_in(text: str) -> str:
    """Return the part of a text that says what is counted in: what is in brackets, else all of it."""
    inside = [one for one in re.findall(r"\([^()]*\)", text) if names_unit(one)]
    return inside[0] if inside else text


def _is_margin(item: PageItem) -> bool:
    """Return whether something belongs to the head or foot of a page: its number, a rule, the name of the document."""
    if isinstance(item, str):
        return _NO_CAPTION.fullmatch(remove_marks(item).strip()) is not None
    rows = [row for block in item.blocks for row in block.rows]
    return len(rows) == 1 and sum(is_amount(cell) for cell in rows[0].cells[1:] if cell) <= 1 and not item.captions


def _continue(table: DocumentTable, before: DocumentTable | None, between: Sequence[PageItem]) -> None:
    """Give a table without headers the headers of the table that it continues on a new page."""
    first = table.blocks[0]
    if before is None or any(first.headers) or table.captions or before.columns != table.columns:
        return
    if all(map(_is_margin, between)):
        first.headers = before.blocks[-1].headers
        table.captions = [*before.captions, "(continued)"] if "(continued)" not in before.captions else before.captions


def _unit_texts(table: DocumentTable) -> list[str]:
    """Return the texts of a table that may say what it is counted in."""
    return [*table.captions, *(text for block in table.blocks for text in block.headers[0])]


def _items(text: str, tables: list[DocumentTable]) -> Iterator[PageItem]:
    """Yield the paragraphs and tables of a section, in order; a table in another's cell comes behind it."""
    for paragraph in PARAGRAPH_END.split(text.strip("\n")):
        for piece, number in tables_in(paragraph):
            if remove_marks(piece).strip():
                yield piece.strip("\n")
            if 0 <= number < len(tables):
                yield from _with_nested(tables[number], tables)


def _with_nested(table: DocumentTable, tables: list[DocumentTable]) -> Iterator[DocumentTable]:
    yield table
    for number in table.nested:
        yield from _with_nested(tables[number], tables)


def _with_captions(items: list[PageItem]) -> list[PageItem]:
    """Move the lines that name a table, or say what it is counted in, into its captions; the list itself is changed."""
    found: list[PageItem] = []
    waiting: DocumentTable | None = None
    for item in items:
        if isinstance(item, DocumentTable):
            item.captions[:0] = reversed(list(_take_captions_above(found)))
            found.append(item)
            waiting = item
            continue
        if (
            waiting is not None
            and len(item) <= _TITLE_CHARACTERS
            and names_unit(item)
            and is_unit_note(remove_marks(item))
        ):
            waiting.captions.append(remove_marks(item))
            continue
        waiting = None
        found.append(item)
    items[:] = found
    return items


def _take_captions_above(found: list[PageItem]) -> Iterator[str]:
    """Take the lines away that belong to the table that follows, the nearest first."""
    for _ in range(_LINES_ABOVE):
        if not found or isinstance(found[-1], DocumentTable):
            return
        text = found[-1]
        plain = remove_marks(text).strip()
        short = len(plain) <= _TITLE_CHARACTERS and not plain.endswith((".", ";", ","))
        introduces = len(plain) <= _INTRODUCTION_CHARACTERS and (plain.endswith(":") or names_unit(plain))
        if _NO_CAPTION.fullmatch(plain) or _LIST_ITEM.match(plain) or not (short or introduces):
            return
        found.pop()
        yield text
        if not short:
            return


def _pack_items(items: Sequence[PageItem], size: int) -> Iterator[str]:
    """Paragraphs and pieces of tables put together up to about `size` characters."""
    current: list[str] = []
    length = 0
    for item in items:
        for piece in table_pieces(item, size) if isinstance(item, DocumentTable) else paragraph_pieces(item, size):
            shown = len(piece) if piece.isascii() else len(remove_marks(piece))
            if current and length + shown > size:
                yield "\n\n".join(current)
                current, length = [], 0
            current.append(piece)
            length += shown + 2
    if any(piece.strip() for piece in current):
        yield "\n\n".join(current)


def _notes_of_units(item: PageItem) -> Iterator[str]:
    """Texts that say what is counted in, those of a table as often as it has figures for it."""
    if isinstance(item, str):
        yield remove_marks(item)
        return
    amounts = sum(is_amount(cell) for cell in item.amounts())
    for text in _unit_texts(item):
        yield from [text] * (1 + amounts // 5)


def _texts_of(item: PageItem) -> Iterator[str]:
    """Texts that say when and in what things are counted."""
    if isinstance(item, str):
        yield remove_marks(item)
        return
    yield from item.captions
    yield from _headers_of(item)
    for block in item.blocks:
        for row in block.rows:
            if any("ende" in cell or "ending" in cell for cell in row.cells):
                yield " | ".join(map(remove_marks, row.cells))


def _headers_of(table: DocumentTable) -> Iterator[str]:
    """Yield the headers of a table, of each block each once."""
    for block in table.blocks:
        yield from {" ".join(header) for header in block.headers if header}


class HtmlPageText(msgspec.Struct, frozen=True):
    """The text of a page."""

    parts: tuple[Part, ...]
    cells: bytes
    notes: tuple[str, ...]


def assemble_page(sections: Sequence[TextSection], tables: list[DocumentTable], tagged: TaggedFacts) -> HtmlPageText:
    """Return the parts and cells of a page."""
    return HtmlPageText(*PageAssembly(sections, tables, tagged).parts())

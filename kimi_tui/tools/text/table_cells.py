"""Determine the meaning of a table's figures: scale, unit, period, row, column, caption."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from kimi_tui.cells import Cell
from kimi_tui.quantities.currencies import SYMBOLS, currency_code
from kimi_tui.quantities.units import Unit, is_unit_note, names_unit, parse_unit
from kimi_tui.tools.text.figures import detect_decimal_commas, parse_figure
from kimi_tui.tools.text.fiscal_calendar import FiscalCalendar, read_calendar
from kimi_tui.tools.text.ixbrl import Fact
from kimi_tui.tools.text.parts import PART_CHARS
from kimi_tui.tools.text.position_marks import remove_marks, remove_marks_with_places
from kimi_tui.tools.text.table import DocumentTable, TableBlock, remember_search
from kimi_tui.tools.text.table_periods import FigurePeriod, FigurePeriodFinder
from kimi_tui.tools.text.table_text import FigureDraft, mark_figures, table_pieces

_names_price = remember_search(
    r"(?i)\bper\s+(?:\w+\s+){0,3}(?:share|unit|ads|adr|option|rsu|award)\d?\b|\beps\b|\bgrant[- ]date fair value"
    r"|\b(?:exercise|grant|strike|share|stock|average) prices?\b|\bearnings per\b|\bprice paid\b|\bpar value\b"
    r"|\bfair value\b.*\b(?:at|on) (?:the )?grant(?:ing)?\b"
)
_names_shares = remember_search(
    r"(?i)\b(?:shares?|rsus?|psus?|stock units?|options?)\b"
    r"(?!\s*(?:price|based|repurchase[sd]?\b.*(?:cost|amount)|expense|holders?))"
)
_names_count = remember_search(
    r"(?i)\bnumber of\b|\bweighted[- ]average (?:number|shares|common|basic|diluted)"
    r"|\bshares (?:outstanding|issued|authorized|used|granted)\b"
    r"|\b(?:outstanding|issued|authorized|diluted|basic) shares\b|^\W*shares?\W*$"
    r"|\b(?:granted|vested|forfeited|cancell?ed|exercised|unvested)\b"
)
_is_basic = remember_search(r"(?i)^\W*(?:basic|diluted)\b(?!.*\b(?:shares|average)\b)")
_DETAILS = re.compile(r"\([^()]{0,120}\d[^()]{0,120}\)|(?<=[a-z])\d{1,2}(?!\S)")
"""What stands in brackets with figures of its own, and marks of notes."""
_SHARES_ALONE = re.compile(
    r"(?i)\W*(?:number of )?(?:\w+ ){0,2}shares?\W*(?:\(.*\))?\W*(?:of (?:common|preferred) stock.*)?"
)
_names_number = remember_search(
    r"(?i)\bnumber of\b|\bheadcount\b|\bemployees\b(?!.*\b(?:stock|compensation|benefits?|plans?|taxes)\b)"
)
_RATIO = re.compile(r"-?\d{1,3}\.\d{1,4}")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_ONLY_CURRENCY = re.compile(rf"(?:US|CA|A|HK|NZ)?[{SYMBOLS}]|USD|EUR|GBP|CHF")
_names_earnings = remember_search(r"(?i)\b(?:earnings|income|loss|dividends?)\b.*\bper\b|\bper\b.*\bshare")
_names_percent = remember_search(
    r"(?i)(?<![\d\s])\s*%|^\s*%|\bpercent(?:age)?s?\b|\b(?:tax|interest|discount|growth|coupon|volatility|yield|crediting)"
    r"(?: rates?| yield)?(?: \(.*\))?$|\brates?\b"
)
_heads_percent = remember_search(r"%|(?i:percent)|(?i:\brates?\d?\b)")
_names_time = remember_search(r"(?i)\((?:in )?years\)|\b(?:life|term)\b.*\byears\b|\byears\b.*\b(?:life|term)\b")
_NO_SCALE = "Nothing near the table says in which power of ten it is counted; that of the document is taken."


class DocumentReading(msgspec.Struct):
    """The facts of the document around one table."""

    calendar: FiscalCalendar
    """When its years end."""
    unit: Unit = Unit()
    """What most of its tables are counted in."""
    entity: str = ""


class FigureMeanings:
    """Finds what the figures of one table mean."""

    def __init__(
        self, table: DocumentTable, above: Sequence[str], reading: DocumentReading, unit_line: str = ""
    ) -> None:
        """`above` are texts that name the table beside its captions, its section's title first.

        `unit_line` is a note further above of what is counted in; it says nothing of periods.
        """
        self._table = table
        self._reading = reading
        captions = [text for text in (*reversed(table.captions), *above) if text]
        self._captions = [*captions, unit_line]
        self._periods = FigurePeriodFinder(table, captions, reading.calendar)
        self._caption = " › ".join(table.captions) or next(iter(above), "")
        self._percent_rows: dict[tuple[int, int], set[int]] = {}
        self._marked: dict[int, str] = {}
        heads = [text for block in table.blocks for text in block.headers[0]]
        units = [parse_unit(text) for text in (*heads, *self._captions) if names_unit(text) or is_unit_note(text)]
        self._unit = next((one for one in units if one.scale is not None), None)
        self._money = next((one.money for one in units if one.money), "") or reading.unit.money

    def cell(self, draft: FigureDraft, place: tuple[str, int, int], text: str, value: str) -> Cell:
        """Return a figure of the grid; `place` is its part, begin and end."""
        scale, unit, notes = self._counted(draft)
        period = self._periods.period_of_figure(draft.block, draft.row, draft.column)
        return Cell(
            part=place[0],
            start=place[1],
            end=place[2],
            text=text,
            value=value,
            origin="grid",
            scale=scale,
            unit=unit,
            period_start=period.start,
            period_end=period.end,
            row=draft.row.label,
            section=" › ".join(draft.row.sections),
            column=draft.block.header(draft.column, " › "),
            caption=self._caption[:500],
            entity=self._reading.entity,
            row_number=draft.row.number,
            column_number=draft.column + 1,
            table=self._table.number,
            notes=tuple(note for note in (*notes, period.note) if note),
        )

    def _counted(self, draft: FigureDraft) -> tuple[int | None, str, tuple[str, ...]]:
        """Scale, unit and notes of a figure."""
        figure, label = draft.figure, draft.row.label
        heads = draft.block.headers[draft.column]
        if figure is not None and figure.percent:
            return -2, "%", ()
        if figure is not None and figure.power is not None:
            return figure.power, currency_code(figure.currency) or self._money, ()
        context = (label, *reversed(heads), *reversed(draft.row.sections))
        own = next((one for text in context if (one := parse_unit(text)).scale is not None and names_unit(text)), None)
        marks = (_YEAR.sub("", text).strip() for text in heads)
        over = next((mark for mark in marks if _ONLY_CURRENCY.fullmatch(mark)), "")
        marked = figure.currency if figure and figure.currency else over
        money = currency_code(marked) or self._money or self._marked_in(draft.column)
        kind = self._kind(draft)
        if kind == "%":
            return -2, "%", ()
        if kind in ("years", "count"):
            return own.scale if own and kind == "count" else 0, "years" if kind == "years" else "", ()
        if kind == "price":
            return 0, f"{money}/share" if money else "", ()
        if own is not None:
            return own.scale, "shares" if kind == "shares" else own.money or money, ()
        return self._by_table(kind, money, whole=bool(over))

    def _marked_in(self, column: int) -> str:
        """Return the currency that figures of a column are marked with, for those that are not; empty for several."""
        if column not in self._marked:
            texts = {row.cells[column] for block in self._table.blocks for row in block.rows if row.cells[column]}
            figures = (parse_figure(remove_marks(text)) for text in texts)
            marks = {currency_code(one.currency) for one in figures if one is not None and one.currency}
            self._marked[column] = marks.pop() if len(marks) == 1 else ""
        return self._marked[column]

    def _by_table(self, kind: str, money: str, *, whole: bool) -> tuple[int | None, str, tuple[str, ...]]:
        """Scale, unit and notes by what the table is counted in, or the document.

        `whole` says that the column's header is a currency and nothing else, as over whole pounds.
        """
        unit = self._unit
        if unit is None and not whole and self._reading.unit.scale is not None and kind == "money":
            return self._reading.unit.scale, money, (_NO_SCALE,)
        if kind == "shares":
            if unit is None or (unit.share_scale is None and unit.shares_apart and not unit.shares_scaled):
                return 0, "shares", ()
            return unit.scale if unit.share_scale is None else unit.share_scale, "shares", ()
        return (unit.scale if unit else 0 if whole else None), money, ()

    def _kind(self, draft: FigureDraft) -> str:
        """`price`, `shares`, `%`, `years`, `count` or `money`."""
        figure = draft.figure
        marked = figure is not None and bool(figure.currency)
        label = _DETAILS.sub(" ", draft.row.label)
        heads = [_without_note(text) for text in draft.block.headers[draft.column]]
        head = " ".join(heads)
        titles = [_without_note(title) for title in reversed(draft.row.sections)]
        near = (label, head, *titles)
        if _names_price(head) or (_names_price(label) and not _names_count(label)):
            return "price"
        if _is_basic(label) and not (marked and titles and _names_count(titles[0])):
            return next((kind for text in (*titles, *self._captions) if (kind := _kind_of_basic(text))), "price")
        if not marked and any(_names_count(text) and _names_shares(text) for text in near):
            return "shares"
        if not marked and _SHARES_ALONE.fullmatch(heads[-1] if heads else ""):
            return "shares"
        if not marked and self._is_percent(draft, label, head, titles):
            return "%"
        if not marked and (_names_time(label) or _names_time(head)):
            return "years"
        return "count" if not marked and (_names_number(label) or _names_number(head)) else "money"

    def _is_percent(self, draft: FigureDraft, label: str, head: str, titles: list[str]) -> bool:
        """Return whether a figure without a sign is a percentage, by its words or those above."""
        if _heads_percent(head):
            return True
        if draft.row.number in self._percents(draft.block, draft.column):
            return True
        ratio = draft.figure is not None and _RATIO.fullmatch(draft.figure.value) is not None
        return ratio and any(_names_percent(text) for text in (label, *titles))

    def _percents(self, block: TableBlock, column: int) -> set[int]:
        """Return the rows of a column between figures that are marked as percentages, where nothing else is marked."""
        key = (id(block), column)
        if key not in self._percent_rows:
            found: set[int] = set()
            waiting: list[int] = []
            last = ""
            for row in block.rows:
                figure = parse_figure(remove_marks(row.cells[column])) if row.cells[column] else None
                if figure is None:
                    continue
                if figure.percent:
                    found.update(waiting if last == "%" else [])
                    waiting, last = [], "%"
                elif figure.currency or "," in figure.text:
                    waiting, last = [], "$"
                else:
                    waiting.append(row.number)
            self._percent_rows[key] = found
        return self._percent_rows[key]


@lru_cache(maxsize=4096)
def _without_note(text: str) -> str:
    """Return a header or title without what it says of units: `except per share data` makes no prices."""
    if not names_unit(text):
        return text
    return "" if is_unit_note(text) else re.sub(r"\([^()]*\)", " ", text)


def _kind_of_basic(text: str) -> str:
    """Return what `Basic` and `Diluted` rows count under a title."""
    if _names_count(text) and _names_shares(text):
        return "shares"
    return "price" if _names_price(text) or _names_earnings(text) else ""


def build_table_cells(table: DocumentTable, above: Sequence[str], *, part: str = "") -> list[Cell]:
    """Return the cells of a separate table among the texts `above` it.

    Their places are those in the table's text: the pieces of `table_text.table_pieces` joined.
    """
    drafts: list[FigureDraft] = []

    def numbered(draft: FigureDraft) -> int:
        drafts.append(draft)
        return len(drafts) - 1

    comma = detect_decimal_commas(table.amounts())
    mark_figures(table, numbered, comma_is_decimal=comma)
    text, places = remove_marks_with_places("\n\n".join(table_pieces(table, PART_CHARS)))
    texts = [*above, *table.captions, *(" ".join(header) for block in table.blocks for header in block.headers)]
    meanings = FigureMeanings(table, above, DocumentReading(read_calendar(texts), find_usual_unit(texts)))
    return [
        meanings.cell(drafts[number], (part, start, end), text[start:end], figure.value)
        for number, start, end in sorted(places, key=lambda place: place[1:])
        if (figure := drafts[number].figure) is not None
    ]


def tagged_cell(cell: Cell, fact: Fact, entity: str) -> Cell:
    """Return a cell with what its author tagged in place of what the layout says."""
    context = fact.context
    value = cell.value or fact.value
    unit = "%" if fact.unit == "pure" and fact.scale == -2 else fact.unit
    return msgspec.structs.replace(
        cell,
        value=value,
        origin="ixbrl",
        scale=fact.scale,
        unit=unit,
        tagged_sign=-1 if fact.negative else 1,
        period_start=context.start if context else "",
        period_end=context.end if context else "",
        entity=_named(entity or (context.entity if context else ""), context.members if context else ()),
        concept=fact.concept,
        notes=(),
    )


def _named(entity: str, members: Iterable[str]) -> str:
    """Return the owner of a figure: the reporting entity, with the parts of it that are meant."""
    parts = ", ".join(members)
    return f"{entity} [{parts}]" if parts else entity


def find_usual_unit(texts: Iterable[str]) -> Unit:
    """Return the unit that most notes of a document give its amounts; numbers of shares are often counted apart."""
    scales: Counter[int] = Counter()
    moneys: Counter[str] = Counter()
    for text in texts:
        if names_unit(text):
            unit = parse_unit(text)
            if unit.scale is not None and (unit.money or not unit.shares_scaled):
                scales[unit.scale] += 3 if unit.per_share_apart else 1  # as statements say, which speak for all notes
            if unit.money:
                moneys[unit.money] += 1
    scale = scales.most_common(1)
    money = moneys.most_common(1)
    return Unit(scale[0][0] if scale else None, money[0][0] if money else "")


__all__ = ["DocumentReading", "FigureMeanings", "FigurePeriod", "find_usual_unit", "tagged_cell"]

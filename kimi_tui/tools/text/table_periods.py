"""The period of a table's figure: from its column's header, its row, the titles above, the caption, or the document."""

import re
from bisect import bisect
from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from kimi_tui.tools.text.calendar import Calendar, year_named
from kimi_tui.tools.text.periods import Named, before, dated, named
from kimi_tui.tools.text.table import Block, BodyRow, Table

_BEGINNING = re.compile(r"(?i)\b(?:beginning|begin|opening|start)\b")
_ENDING = re.compile(
    r"(?i)\b(?:end|ending|closing)\s+(?:of|balance)\b|\bbalances?,?\s+(?:at\s+)?(?:the\s+)?end\b|^closing\b"
)
_BALANCE = re.compile(r"(?i)^\W*(?:balances?|outstanding|unvested|nonvested|non-vested|exercisable|vested and)\b")
_POINT_TABLE = re.compile(
    r"(?i)balance sheets?|financial position|\bas of\b|\bas at\b|\bat (?:the )?(?:end|year[- ]end)\b"
)
_STRETCH_TABLE = re.compile(
    r"(?i)statements? of (?:consolidated )?(?:income|operations|earnings|cash flows?|comprehensive|changes)"
    r"|statements? of (?:consolidated )?(?:share|stock)holders|cash flows?|profit and loss|income statements?"
    r"|(?:for|during|in) the (?:fiscal )?(?:years?|periods?|quarters?|three|six|nine)"
)
_GUESSED = "The table names a year and does not say whether it means the whole year or its end; the year is taken."
_BY_DOCUMENT = "The table names no period; it is the one of the document."


class Period(msgspec.Struct, frozen=True):
    """When a figure holds."""

    start: str = ""
    """First day, ISO 8601; empty for a point in time or if unknown."""
    end: str = ""
    """Last day or point in time, or the year alone where only that is known."""
    note: str = ""
    """What was guessed, a sentence."""


class Periods:
    """Finds the periods of one table's figures."""

    def __init__(self, table: Table, captions: Sequence[str], calendar: Calendar) -> None:
        """`captions` are all texts that name the table, the nearest first."""
        self._calendar = calendar
        self._captions = [named(text) for text in captions]
        self._caption = " ".join(captions)
        self._columns: dict[tuple[int, int], Named] = {}
        self._balances: dict[int, list[tuple[int, date]]] = {}
        self._table = table

    def of(self, block: Block, row: BodyRow, column: int) -> Period:
        """The period of the figure in a row and column."""
        heads = self._heads(block, column)
        label = named(row.label)
        titles = [one for title in reversed(row.sections) if (one := named(title)).anything]
        if label.dates and (label.instant or _BALANCE.search(row.label) or not heads.anything):
            return self._dated(label, heads, point=label.instant or bool(_BALANCE.search(row.label)))
        if not heads.anything:
            found = self._without_head(block, row, label, titles, heads)
            if found is not None:
                return found
            heads = self._from_captions(heads)
        if not heads.anything:
            return self._of_document()
        return self._at_edge(row, self._resolved(heads, titles))

    def _heads(self, block: Block, column: int) -> Named:
        """What all lines over a column say together."""
        key = (id(block), column)
        if key not in self._columns:
            merged = Named(dates=[], years=[])
            for text in block.headers[column]:
                _merge(merged, named(text))
            self._columns[key] = merged
        return self._columns[key]

    def _without_head(
        self, block: Block, row: BodyRow, label: Named, titles: list[Named], heads: Named
    ) -> Period | None:
        """The period where the column names none: of the title above, between balances, or of the row's own year."""
        if titles:
            joined = Named(dates=[], years=[])
            _merge(joined, titles[0])
            _merge(joined, heads)
            return self._at_edge(row, self._resolved(joined, titles[1:]))
        if (between := self._between(block, row)) is not None:
            return between
        if year_named(label) is not None and (label.fiscal or re.fullmatch(r"\W*(?:19|20)\d\d\W*", row.label)):
            return self._resolved(label, [])
        return None

    def _from_captions(self, heads: Named) -> Named:
        """What the captions say, where that is one period."""
        for one in self._captions:
            if len(one.dates) == 1 or (not one.dates and year_named(one) is not None):
                merged = Named(dates=[], years=[])
                _merge(merged, one)
                _merge(merged, heads)
                return merged
            if one.dates or one.years:
                break
        return heads

    def _of_document(self) -> Period:
        """The document's own year, or its end."""
        end = self._calendar.latest
        if end is None:
            return Period()
        if _POINT_TABLE.search(self._caption):
            return Period("", str(end), _BY_DOCUMENT)
        return Period(str(self._calendar.start_of(end)), str(end), _BY_DOCUMENT)

    def _resolved(self, words: Named, titles: list[Named]) -> Period:
        """Days for what a header says."""
        end = self._end(words)
        if end is None:
            year = year_named(words) or (words.years[0] if words.years else None)
            return Period("", str(year) if year else "")
        lasting = next((one for one in (words, *titles, *self._lasting_captions()) if one.lasts), None)
        if words.lasts:
            lasting = words
        elif words.instant:
            return Period("", str(end))
        note = ""
        if lasting is None or (not words.lasts and self._is_point_table(words)):
            if self._is_point_table(words):
                return Period("", str(end))
            note = "" if _STRETCH_TABLE.search(self._caption) else _GUESSED
            lasting = Named(months=12)
        return Period(str(self._start(end, lasting)), str(end), note)

    def _lasting_captions(self) -> list[Named]:
        return [one for one in self._captions if one.lasts]

    def _is_point_table(self, words: Named) -> bool:
        """Whether the table shows points in time, by its captions, or by whole dates over its columns."""
        for one in self._captions:
            if one.lasts:
                return False
            if one.instant and (one.dates or one.month_day or one.years):
                return True
        if _STRETCH_TABLE.search(self._caption):
            return False
        return bool(words.dates or words.month_day) or _POINT_TABLE.search(self._caption) is not None

    def _end(self, words: Named) -> date | None:
        """The last day."""
        if words.dates:
            return words.dates[-1] if len(words.dates) == 1 else words.dates[0]
        year = year_named(words) or (words.years[0] if words.years else None)
        if year is None:
            return None
        if words.month_day:
            return _date(year, words.month_day)
        if words.quarter:
            end = self._calendar.end_of(year)
            return _months_before(end, 3 * (4 - words.quarter)) if end else None
        for one in self._captions:
            for day in one.dates:
                if day.year == year and not words.fiscal:
                    return day
            if one.month_day and not words.fiscal:
                return _date(year, one.month_day)
        return self._calendar.end_of(year)

    def _start(self, end: date, words: Named) -> date:
        """The first day of a period that ends on `end`."""
        if words.quarter and not words.months:
            return before(end, months=3)
        if words.weeks in (52, 53) or words.months == 12:
            return self._calendar.start_of(end)
        if words.weeks:
            return before(end, weeks=words.weeks)
        return before(end, months=words.months or 12)

    def _at_edge(self, row: BodyRow, period: Period) -> Period:
        """The point in time that a row of a stretch of time speaks of: its beginning, or its end."""
        if not period.start or len(row.label) > 150:
            return period
        if _BALANCE.search(row.label) or re.search(r"(?i)\b(?:year|period)s?\b|balance", row.label):
            if _BEGINNING.search(row.label):
                return Period("", str(date.fromisoformat(period.start) - timedelta(days=1)), period.note)
            if _ENDING.search(row.label):
                return Period("", period.end, period.note)
        return period

    def _dated(self, label: Named, heads: Named, *, point: bool) -> Period:
        """The period of a row that names its own date."""
        end = label.dates[-1]
        if point or not (label.lasts or heads.lasts):
            return Period("", str(end))
        return Period(str(self._start(end, label if label.lasts else heads)), str(end))

    def _between(self, block: Block, row: BodyRow) -> Period | None:
        """The stretch of time between the balances above and below a row; None without them."""
        key = id(block)
        if key not in self._balances:
            days: list[tuple[int, date]] = []
            for one in block.rows:
                words = named(one.label)
                if len(words.dates) == 1 and (words.instant or _BALANCE.search(one.label)):
                    days.append((one.number, words.dates[0]))
            self._balances[key] = days
        days = self._balances[key]
        below = bisect(days, row.number, key=lambda one: one[0])
        if not 0 < below < len(days) or days[below - 1][1] >= days[below][1]:
            return None
        return Period(str(days[below - 1][1] + timedelta(days=1)), str(days[below][1]))


def _merge(into: Named, words: Named) -> None:
    """Add what another line says; the later line names the year, the earlier ones the length."""
    into.dates += words.dates
    into.years += words.years
    into.month_day = words.month_day or into.month_day
    into.months, into.weeks = words.months or into.months, words.weeks or into.weeks
    into.quarter = words.quarter or into.quarter
    into.fiscal = into.fiscal or words.fiscal
    into.instant = into.instant or words.instant


def _date(year: int, month_day: tuple[int, int]) -> date | None:
    return dated(year, *month_day)


def _months_before(day: date, months: int) -> date:
    """The last day of the month, or the same day, some months before."""
    return before(day, months=months) - timedelta(days=1) if months else day

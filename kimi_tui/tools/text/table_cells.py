"""What the figures of a table mean: scale and unit, period, row, column, caption."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from kimi_tui.cells import Cell
from kimi_tui.tools.text.calendar import Calendar
from kimi_tui.tools.text.figures import Figure
from kimi_tui.tools.text.ixbrl import Fact
from kimi_tui.tools.text.table import Table
from kimi_tui.tools.text.table_periods import Period, Periods
from kimi_tui.tools.text.table_text import Draft
from kimi_tui.tools.text.units import Unit, code_of, is_unit_note, names_unit, unit_of

_PER_SHARE = re.compile(
    r"(?i)\bper\s+(?:\w+\s+){0,3}(?:share|unit|ads|adr|option|rsu|award)\b|\beps\b|\bgrant[- ]date fair value"
    r"|\b(?:exercise|grant|strike|share|stock|average) prices?\b|\bearnings per\b|\bprice paid\b|\bpar value\b"
    r"|^\W*(?:basic|diluted)\W*$"
)
_SHARES = re.compile(
    r"(?i)\b(?:shares?|rsus?|psus?|stock units?|options?)\b"
    r"(?!\s*(?:price|based|repurchase[sd]?\b.*(?:cost|amount)|expense|holders?))"
)
_COUNTED = re.compile(
    r"(?i)\bnumber of\b|\bweighted[- ]average (?:number|shares|common|basic|diluted)"
    r"|\bshares (?:outstanding|issued|authorized|used|granted)\b"
    r"|\b(?:outstanding|issued|authorized|diluted|basic) shares\b|^\W*shares?\W*$"
    r"|\b(?:granted|vested|forfeited|cancell?ed|exercised|unvested)\b"
)
_EARNINGS = re.compile(r"(?i)\b(?:earnings|income|loss|dividends?)\b.*\bper\b|\bper\b.*\bshare")
_PERCENT = re.compile(r"(?i)%|\bpercent(?:age)?s?\b|\b(?:tax|interest|discount|growth|coupon) rates?\b")
_TIME = re.compile(r"(?i)\((?:in )?years\)|\b(?:life|term)\b.*\byears\b|\byears\b.*\b(?:life|term)\b")
_NO_SCALE = "Nothing near the table says in which power of ten it is counted; that of the document is taken."


class Reading(msgspec.Struct):
    """What is known of a document beside one table."""

    calendar: Calendar
    """When its years end."""
    unit: Unit = Unit()
    """What most of its tables are counted in."""
    entity: str = ""


class Meanings:
    """Finds what the figures of one table mean."""

    def __init__(self, table: Table, above: Sequence[str], reading: Reading) -> None:
        """`above` are texts over the table that are not its caption: its section's title, notes of units before it."""
        self._table = table
        self._reading = reading
        self._captions = [*reversed(table.captions), *above]
        self._periods = Periods(table, self._captions, reading.calendar)
        self._caption = " › ".join(table.captions) or (above[0] if above else "")
        units = [unit_of(text) for text in self._captions if names_unit(text) or is_unit_note(text)]
        if not any(one.scale is not None for one in units):
            heads = {text for block in table.blocks for text in block.headers[0] if is_unit_note(text)}
            units = [unit_of(text) for text in heads] + units
        self._unit = next((one for one in units if one.scale is not None), None)
        self._money = next((one.money for one in units if one.money), "") or reading.unit.money

    def cell(self, draft: Draft, place: tuple[str, int, int], text: str, value: str) -> Cell:
        """A figure of the grid; `place` is its part, begin and end."""
        scale, unit, notes = self._counted(draft)
        period = self._periods.of(draft.block, draft.row, draft.column)
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

    def _counted(self, draft: Draft) -> tuple[int | None, str, tuple[str, ...]]:
        """Scale, unit and notes of a figure."""
        figure, label = draft.figure, draft.row.label
        heads = draft.block.headers[draft.column]
        if figure is not None and figure.percent:
            return -2, "%", ()
        context = (label, *reversed(heads), *reversed(draft.row.sections))
        own = next((one for text in context if (one := unit_of(text)).scale is not None and names_unit(text)), None)
        money = (code_of(figure.currency) if figure and figure.currency else "") or self._money
        kind = self._kind(figure, label, heads, draft.row.sections)
        if kind == "%":
            return -2, "%", ()
        if kind == "years":
            return 0, "years", ()
        if kind == "price":
            return 0, f"{money}/share" if money else "", ()
        if own is not None:
            return own.scale, "shares" if kind == "shares" else own.money or money, ()
        return self._by_table(kind, money)

    def _by_table(self, kind: str, money: str) -> tuple[int | None, str, tuple[str, ...]]:
        """Scale, unit and notes by what the table is counted in, or the document."""
        unit = self._unit
        if unit is None and self._reading.unit.scale is not None and kind == "money":
            return self._reading.unit.scale, money, (_NO_SCALE,)
        if kind == "shares":
            apart = unit is None or (unit.shares_apart and not unit.shares_scaled)
            return 0 if apart or unit is None else unit.scale, "shares", ()
        return (unit.scale if unit else 0 if money else None), money, ()

    def _kind(self, figure: Figure | None, label: str, heads: list[str], sections: Sequence[str]) -> str:
        """`price`, `shares`, `%`, `years` or `money`."""
        marked = figure is not None and bool(figure.currency)
        head = " ".join(heads)
        title = sections[-1] if sections else ""
        if _PER_SHARE.search(head) or (_PER_SHARE.search(label) and not _COUNTED.search(label)):
            return "price"
        if not marked and (
            (_COUNTED.search(head) and _SHARES.search(head)) or (_COUNTED.search(label) and _SHARES.search(label))
        ):
            return "shares"
        if not marked and re.fullmatch(r"(?i)\W*(?:number of )?shares?\W*(?:\(.*\))?\W*", head.split("›")[-1].strip()):
            return "shares"
        if _EARNINGS.search(title) and re.search(r"(?i)basic|diluted|declared", label):
            return "price"
        if not marked and _SHARES.search(title) and _COUNTED.search(title) and not _PER_SHARE.search(label):
            return "shares"
        if not marked and (re.search(r"%|(?i:percent)", head) or (_PERCENT.search(label) and self._is_ratio(figure))):
            return "%"
        if not marked and (_TIME.search(label) or _TIME.search(head)):
            return "years"
        return "money"

    @staticmethod
    def _is_ratio(figure: Figure | None) -> bool:
        """Whether a figure can be a percentage."""
        return figure is not None and "," not in figure.text and len(figure.value.lstrip("-").partition(".")[0]) <= 3


def tagged_cell(cell: Cell, fact: Fact, entity: str) -> Cell:
    """A cell with what its author tagged in place of what the layout says."""
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
    """Whose figure it is: the one who reports, with the parts of it that are meant."""
    parts = ", ".join(members)
    return f"{entity} [{parts}]" if parts else entity


def usual_unit(texts: Iterable[str]) -> Unit:
    """What most notes of units in a document say."""
    scales: Counter[int] = Counter()
    moneys: Counter[str] = Counter()
    for text in texts:
        if names_unit(text):
            unit = unit_of(text)
            if unit.scale is not None:
                scales[unit.scale] += 1
            if unit.money:
                moneys[unit.money] += 1
    scale = scales.most_common(1)
    money = moneys.most_common(1)
    return Unit(scale[0][0] if scale else None, money[0][0] if money else "")


__all__ = ["Meanings", "Period", "Reading", "tagged_cell", "usual_unit"]

"""Match cells with the periods that a sentence names."""

from datetime import date

from kimi_tui.cells import Cell
from kimi_tui.quantities.text_periods import TextPeriod, find_periods

QUARTER_DAYS = range(75, 105)
HALF_DAYS = range(165, 200)
YEAR_DAYS = range(340, 385)
_MAX_DAYS_OFF = 10
"""Between `a year earlier` and the end of a year of whole weeks."""


def period_matches_cell(period: TextPeriod, cell: Cell) -> bool | None:
    """Return whether the cell belongs to the period; None if unknown."""
    headers = [*find_periods(f"{cell.column} | {cell.row} | {cell.section}"), *_part_of_year(cell)]
    match period.kind:
        case "day":
            return _agrees_on_day(period, cell, headers)
        case "year":
            return _agrees_on_year(period, cell, headers)
        case "month":
            end = cell.period_end
            return (end[:7] == f"{period.year:04}-{period.number:02}") if end[5:7].isdigit() else None
        case _:
            return _agrees_on_part(period, cell, headers)


def period_sort_key(cell: Cell) -> str:
    """Return a text by which cells of one row sort from early to late; empty if no period is known."""
    if cell.period_end:
        part = _part_of_year(cell)
        return (
            _end_of(part[0]) if part else (f"{cell.period_end}-12-31" if len(cell.period_end) == 4 else cell.period_end)
        )
    found = find_periods(cell.column) or find_periods(cell.row)
    return max((_end_of(period) for period in found), default="")


def period_days(cell: Cell) -> int:
    """Return how many days the cell's period has; 0 for a point in time or if unknown."""
    try:
        return (date.fromisoformat(cell.period_end) - date.fromisoformat(cell.period_start)).days + 1
    except ValueError:
        return 0


def _agrees_on_day(period: TextPeriod, cell: Cell, headers: list[TextPeriod]) -> bool | None:
    day = period.day.isoformat() if period.day else ""
    if len(cell.period_end) == 10:
        return _is_near(cell.period_end, day) if period.relative else cell.period_end == day
    days = {header.day.isoformat() for header in headers if header.day}
    if days:
        return day in days
    years = {header.year for header in headers if header.kind == "year"} or _years(cell)
    if years and period.year not in years and not (period.number <= 3 and period.year - 1 in years):
        return False
    return None


def _is_near(end: str, day: str) -> bool:
    """Return whether two days are the same but for the days by which years of whole weeks differ."""
    try:
        return abs((date.fromisoformat(end) - date.fromisoformat(day)).days) <= _MAX_DAYS_OFF
    except ValueError:
        return False


def _agrees_on_year(period: TextPeriod, cell: Cell, headers: list[TextPeriod]) -> bool | None:
    """By the year that the header names, else by the year in which the cell's period ends."""
    days = period_days(cell)
    if days in QUARTER_DAYS or days in HALF_DAYS or _part_of_year(cell):
        return None if period.year in _years(cell) | {header.year for header in headers} else False
    years = {header.year for header in headers if header.kind == "year"}
    if years:
        return period.year in years
    ends = _years(cell)
    if not ends:
        found = {header.year for header in headers}
        return period.year in found if found else None
    if cell.period_end[5:7] in ("01", "02") and not cell.period_start.endswith("01-01"):
        return period.year in ends or period.year + 1 in ends or None
    return period.year in ends


def _agrees_on_part(period: TextPeriod, cell: Cell, headers: list[TextPeriod]) -> bool | None:
    """For quarters and halves: by the header, else by the length of the cell's period and its calendar."""
    same = [header for header in headers if header.kind == period.kind]
    if same:
        return any((header.number, header.year) == (period.number, period.year) for header in same)
    days = period_days(cell)
    if days and days not in (QUARTER_DAYS if period.kind == "quarter" else HALF_DAYS):
        return False
    if days and not period.fiscal:
        months = 3 if period.kind == "quarter" else 6
        ends = f"{period.year:04}-{period.number * months:02}"
        return True if cell.period_end[:7] == ends else None
    years = _years(cell)
    return None if not years or years & {period.year - 1, period.year, period.year + 1} else False


def _part_of_year(cell: Cell) -> list[TextPeriod]:
    """Return the quarter or half that is all that is known of when a cell's period ends, as a list of at most one."""
    year, _, part = cell.period_end.partition("-")
    return find_periods(f"{part} {year}") if part[:1] in ("Q", "H") else []


def _years(cell: Cell) -> set[int]:
    return {int(cell.period_end[:4])} if cell.period_end[:4].isdigit() else set()


def _end_of(period: TextPeriod) -> str:
    if period.day:
        return period.day.isoformat()
    month = {"quarter": 3 * period.number, "half": 6 * period.number, "month": period.number}.get(period.kind, 12)
    return f"{period.year:04}-{month:02}-31"

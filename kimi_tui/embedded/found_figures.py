"""Figures of queries and of pages' tables in one form: whose, what, when, how much and in what unit."""

import re
from collections.abc import Iterator

import msgspec

from kimi_tui.embedded.asked_periods import Span, span_in
from kimi_tui.embedded.column_roles import is_plain, read_columns, unit_of_column, words_of_column
from kimi_tui.embedded.observation_parser import ObservedPassage, ObservedTable
from kimi_tui.embedded.observed_rows import ObservedRow
from kimi_tui.embedded.sentences import is_instruction

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_COUNTED = re.compile(
    r"(?i)\b(?:number|count|headcount|employees?|staff|workforce|mitarbeiter|stores?|shops?|outlets|patients?|admissions"
    r"|visitors?|customers?|subscribers?|members?|shares|units|volume|beds?|plants?|sites?|vehicles?|persons?|people)\b"
)
_PREFIX = re.compile(r"^c_(?=\d)")
"""Prefix of a column of a CSV file's table whose title begins with a digit."""
_MONEY = re.compile(r"(?:[A-Z]{3}|[$€£¥])")
_SCALES = ("thousand", "million", "billion")


class FoundFigure(msgspec.Struct, frozen=True):
    """One figure with what its source says of it."""

    source: str
    document: str
    """Path on the desk, of a query's figure that of the database."""
    table: str
    """Identity of its table: figures of one table and column may be compared."""
    measure: str
    """What is measured, as the source writes it."""
    things: tuple[str, ...]
    """Whose or of what part it is, as the row says."""
    about: str
    """Further words that say what it is about: the names of file, table and columns, the heading above."""
    when: str
    """The period as the source writes it; empty if it gives none."""
    span: Span | None
    value: str
    """As the source writes it."""
    unit: str
    """`EUR thousand`, `%`; empty if the source states none."""
    cite: str
    """The citation without brackets."""
    row: ObservedRow | None = None
    """The row of a page's table that it is of."""
    is_unnamed: bool = False
    """True when nothing in its table says what it measures but a name such as `x3`."""

    @property
    def amount(self) -> float | None:
        """Return its number without its unit; None when it cannot be read."""
        return float(self.number) if self.number else None

    @property
    def number(self) -> str:
        """Return its number as a program writes it: `-1234.5` for `(1,234.5)`; empty when it cannot be read."""
        text = self.value.strip("()$€£¥ %")
        text = text.replace(",", "") if _GROUPED.fullmatch(text) else text.replace(",", ".")
        sign = "-" if self.value.startswith("(") else ""
        return f"{sign}{text}" if _NUMBER.fullmatch(text) else ""

    @property
    def printed(self) -> str:
        """Return the figure with its unit, in the order in which memos write it: `EUR 974755 thousand`."""
        return print_amount(self.value, self.unit, self.measure)


def print_amount(value: str, unit: str, measure: str) -> str:
    """Return a figure with its unit; it is said when the source states none for something that is not counted."""
    words = unit.split()
    money = [word for word in words if _MONEY.fullmatch(word)]
    scale = [word for word in words if word.lower() in _SCALES]
    if money and len(words) == len(money) + len(scale):
        return " ".join([*money[:1], value, *scale])
    if unit:
        return f"{value} {unit}"
    bare = _NUMBER.fullmatch(value.replace(",", ""))
    return f"{value} (unit not stated in the source)" if bare and not _COUNTED.search(measure) else value


def figures_of_query(table: ObservedTable) -> Iterator[FoundFigure]:
    """Yield the figures of a query's rows."""
    roles = read_columns(table)
    name = _name_of(table)
    titles = {n: _PREFIX.sub("", table.columns[n]) for n in roles.figures}
    yearly = {n: span for n, title in titles.items() if (span := span_in(title.replace("_", "-"))) is not None}
    kinds = " ".join(table.columns[k] for k in (*roles.things, *roles.measures))
    for number, row in enumerate(table.rows, 1):
        if is_instruction(" ".join(row)):
            continue
        when = _when([row[n] for n in roles.periods if row[n] != "NULL"])
        things = tuple(dict.fromkeys(row[n] for n in roles.things if row[n] not in ("", "NULL")))
        said = row[roles.measures[0]] if roles.measures else ""
        unit = next((row[n] for n in roles.units if row[n] != "NULL"), "")
        for n in roles.figures:
            if not _NUMBER.fullmatch(row[n]):
                continue
            column = table.columns[n]
            own = "" if n in yearly or is_plain(column) else words_of_column(column)
            plain = f"{name} {column}" if len(roles.figures) > 1 and n not in yearly else name
            measure = (said or own or plain).replace("_", " ")
            counted = bool(_COUNTED.search(measure)) and bool(own)  # a column of units is about money beside it
            yield FoundFigure(
                source=table.source,
                document=table.database,
                table=f"{table.source} {'years' if n in yearly else n} {said}",
                measure=measure,
                things=things,
                about=f"{table.database} {name} {kinds} {column}",
                when=titles[n].replace("_", "-") if n in yearly else when,
                span=yearly.get(n) or span_in(when),
                value=row[n],
                unit=unit_of_column(column) or ("" if counted else _plain_unit(unit)),
                cite=f"{table.source} row {number}",
                is_unnamed=not said and not own and n not in yearly,
            )


def _plain_unit(unit: str) -> str:
    """Return a unit in words that a memo's figures use: `Mio. EUR` is `EUR million`."""
    from kimi_tui.quantities.units import parse_unit

    said = parse_unit(unit)
    scale = {3: "thousand", 6: "million", 9: "billion"}.get(said.scale or 0, "")
    return f"{said.money} {scale}".strip() if said.money else unit


def _when(cells: list[str]) -> str:
    """Return the cells that say when as one, without those that another holds: `2024Q3`, not `2024Q3 2024`."""
    kept = [cell for cell in cells if not any(cell != other and cell in other for other in cells)]
    with_days = [cell for cell in kept if len(cell) > 4]
    text = with_days[0] if with_days else " ".join(sorted(dict.fromkeys(kept), key=len))
    text = re.sub(r"^((?:19|20)\d\d)[ -]?([QH][1-4])$", r"\2 \1", text)
    return re.sub(r"^([1-4]) ((?:19|20)\d\d)$", r"Q\1 \2", text)


def _name_of(table: ObservedTable) -> str:
    """Return the name of the table that a statement reads; for the table of a file that of the file."""
    found = re.search(r'\bFROM "([^"]+)"', table.sql)
    file = table.database.rpartition("/")[2].rpartition(".")[0]
    return file if found is None or found[1] == "data" else found[1]


def figure_of_page(row: ObservedRow, owner: str) -> FoundFigure:
    """Return a row of a page's table as a figure; `owner` is what the memo calls its document."""
    passage: ObservedPassage = row.passage
    return FoundFigure(
        source=passage.source,
        document=passage.path,
        table=f"{passage.cite} {row.label}",
        measure=row.label,
        things=(owner,),
        about=f"{passage.title} {passage.path} {row.about}",
        when=row.head,
        span=span_in(row.head),
        value=row.value,
        unit=row.scale,
        cite=row.cite,
        row=row,
    )

"""Roles of the columns of a query's rows: when, whose, what is measured, in what unit, and figures.

A column is understood by its values first and by its name second, because many databases call theirs `c1` or `x3`.
"""

import re
from collections.abc import Sequence

import msgspec

from kimi_tui.embedded.asked_periods import span_in
from kimi_tui.embedded.observation_parser import ObservedTable
from kimi_tui.embedded.question_parser import SYNONYMS
from kimi_tui.embedded.relevance import split_words, stem
from kimi_tui.embedded.select_builder import MEASURE, PERIOD, name_stems
from kimi_tui.quantities.units import parse_unit
from kimi_tui.tools.text.row_cells import heading_of

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_YEAR = re.compile(r"(?:19|20)\d\d")
_QUARTER = re.compile(r"(?i)[QH]?[1-4]")
_UNIT_NAMES = frozenset(("unit", "units", "currency", "uom", "einheit", "einheiten", "unité", "währung", "devise"))
_MEASURE_NAMES = MEASURE | frozenset(
    map(stem, ("kennzahl", "fact", "concept", "tag", "line", "position", "posten", "indicateur", "variable", "series"))
)
_KEY_NAMES = frozenset(("id", "key", "nr", "no", "index", "rowid"))
_PLAIN_NAMES = frozenset(
    ("value", "amount", "figure", "total", "betrag", "wert", "valeur", "montant", "number", "val", "v", "x", "y")
)
_MEASURED = """
assets liabilities equity inventories capacity price volume units expense interest tax payable receivable ebitda ebit
goodwill generation production stores admissions
"""
_MEASURE_WORDS = frozenset(stem(word) for group in SYNONYMS for one in group for word in split_words(one)) | frozenset(
    map(stem, _MEASURED.split())
)
_UNITS = """
eur usd gbp chf jpy pct percent thousand million billion mn bn m k days weeks hours months gwh mwh kwh twh mw gw kw kg
tonnes km tons litres persons units
"""
_UNIT_WORDS = frozenset(_UNITS.split())
_MIN_SHARE = 0.8
_MIN_SHARE_OF_VALUES = 0.2
"""The share of a column called `value` that must be figures; others of its rows may be texts."""
_MAX_UNITS = 12
_MAX_UNIT_CHARS = 24
_MAX_NAME_CHARS = 90
"""Characters; longer values on average are running text."""


class ColumnRoles(msgspec.Struct, frozen=True):
    """The columns of a table by what they are, from 0."""

    periods: tuple[int, ...]
    """Those that say when."""
    units: tuple[int, ...]
    """The column that says in what unit its rows' figures are, as a tuple of at most one."""
    measures: tuple[int, ...]
    """The column that says what its rows' figures measure, as a tuple of at most one."""
    things: tuple[int, ...]
    """Those that say whose or of what part the figures are."""
    figures: tuple[int, ...]
    """Those that hold figures; keys are none."""


def read_columns(table: ObservedTable) -> ColumnRoles:
    """Return what each column of a query's result is."""
    values = [[row[n] for row in table.rows if row[n] not in ("", "NULL")] for n in range(len(table.columns))]
    periods = [n for n, name in enumerate(table.columns) if _is_period(name, values[n])]
    needed = [_MIN_SHARE_OF_VALUES if is_value(name) else _MIN_SHARE for name in table.columns]
    numbers = [n for n, least in enumerate(needed) if n not in periods and _share(values[n], _NUMBER) >= least]
    figures = [n for n in numbers if not set(split_words(table.columns[n].replace("_", " "))) & _KEY_NAMES]
    texts = [n for n in range(len(table.columns)) if n not in (*periods, *numbers) and values[n]]
    units = [n for n in texts if _is_unit(table.columns[n], values[n])]
    names = [n for n in texts if n not in units and _is_name(values[n])]
    measures = _measures(table.columns, values, names, figures)
    things = tuple(n for n in names if n not in measures)
    return ColumnRoles(tuple(periods), tuple(units[:1]), measures, things, tuple(figures))


def _share(values: Sequence[str], pattern: re.Pattern[str]) -> float:
    """Return the share of values that a pattern matches whole; 0 without values."""
    return sum(bool(pattern.fullmatch(value)) for value in values) / len(values) if values else 0.0


def _is_period(name: str, values: Sequence[str]) -> bool:
    """Return whether a column says when."""
    own = bool(name_stems(name) & (PERIOD | {"stichta", "jahr", "quartal", "monat", "date", "datum"}))
    if not values or name.lower() == "quarters":
        return False
    if _share(values, _YEAR) >= _MIN_SHARE or (own and _share(values, _QUARTER) >= _MIN_SHARE):
        return True
    named = sum(len(value) <= 40 and span_in(value) is not None for value in values) / len(values)
    return named >= _MIN_SHARE and _share(values, _NUMBER) < _MIN_SHARE


def _is_unit(name: str, values: Sequence[str]) -> bool:
    """Return whether a column says in what unit the figures of its rows are."""
    distinct = set(values)
    if set(split_words(name.replace("_", " "))) & _UNIT_NAMES:
        return True
    short = len(distinct) <= _MAX_UNITS and all(len(value) <= _MAX_UNIT_CHARS for value in distinct)
    return short and any(value == "%" or parse_unit(value).says_anything for value in distinct)


def _is_name(values: Sequence[str]) -> bool:
    """Return whether a column's texts are names, not running text."""
    return sum(map(len, values)) / len(values) <= _MAX_NAME_CHARS


def _measures(
    columns: Sequence[str], values: Sequence[Sequence[str]], names: Sequence[int], figures: Sequence[int]
) -> tuple[int, ...]:
    """Return the column that says what is measured: by its name, else by its values where the figures' says nothing."""
    plain = [n for n in figures if is_plain(columns[n])]
    if not names or len(plain) != len(figures):
        return ()
    by_name = [n for n in names if name_stems(columns[n]) & _MEASURE_NAMES]
    said = {n: _measuring(values[n]) for n in names}
    best = max(names, key=lambda n: said[n])
    return (by_name[0],) if by_name else (best,) if said[best] >= 0.3 else ()


def _measuring(values: Sequence[str]) -> float:
    """Return the share of distinct values that have a word for something filings give in figures."""
    distinct = set(values)
    spelled = (re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", value) for value in distinct)
    return sum(bool({stem(word) for word in split_words(one)} & _MEASURE_WORDS) for one in spelled) / len(distinct)


def is_plain(column: str) -> bool:
    """Return whether a column of figures has a name that says nothing of them: `value`, `x3`."""
    words = split_words(column.replace("_", " "))
    return all(word in _PLAIN_NAMES or re.fullmatch(r"[a-z]{0,3}\d*", word) for word in words)


def is_value(column: str) -> bool:
    """Return whether a column is called a value or an amount and no more."""
    words = split_words(column.replace("_", " "))
    return bool(words) and all(word in _PLAIN_NAMES and len(word) > 2 for word in words)


def unit_of_column(column: str) -> str:
    """Return the unit that a column's name gives its figures, in words: `EUR million`, `%`, `GWh`; empty for none."""
    heading = heading_of(column)
    scale = {3: "thousand", 6: "million", 9: "billion"}.get(heading.scale or 0, "")
    known = f"{heading.unit} {scale}".strip()
    last = re.split(r"[\W_]+", column.rstrip(")"))[-1]
    return known or (last if last.lower() in _UNIT_WORDS else "")


def words_of_column(column: str) -> str:
    """Return a column's name as words, without the unit at its end: `order_backlog_eur_million`."""
    words = [word for word in re.split(r"[\s_()\[\],/]+", column) if word]
    while len(words) > 1 and (words[-1].lower() in _UNIT_WORDS or words[-1].lower() == "in"):
        words.pop()
    return " ".join(words)

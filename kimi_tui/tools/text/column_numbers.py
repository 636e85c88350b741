"""Decide which columns of a table are numbers, and how their figures are written.

A column is converted only if every value in it is a figure and all of them read in one way. `1,234` reads in two: the
other values of the column decide, then the other columns, then the delimiter; where nothing decides, the column stays
text. Identifiers are never numbers: leading zeros, plus signs, long strings of digits, codes like 1E5.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

from kimi_tui.text import one_line
from kimi_tui.tools.text.number_forms import DecimalMark, NumberForm, parse_number_form, to_decimal

MAX_DIGITS = 15
"""A longer string of digits is an identifier."""
_PLAIN_INTEGERS = re.compile(r"(?>-?(?:0|[1-9]\d{0,14})?\n)*+", re.ASCII)
_PLAIN_REALS = re.compile(r"(?>(?:-?(?:0|[1-9]\d{0,14})(?:\.\d{0,14})?|-?\.\d{1,14})?\n)*+", re.ASCII)
_MAY_GROUP = re.compile(r"-?[1-9]\d{0,2}\.\d{3}|\d{1,2}\.\d{4}", re.ASCII)
"""A point that may as well group thousands, or part a month from its year."""
_CODE = re.compile(r"\d+[eE]\d{1,3}", re.ASCII)
_LEADING_ZERO = re.compile(r"0\d", re.ASCII)
_MONTH = re.compile(r"(?:0?[1-9]|1[0-2])\.(?:19|20)\d\d", re.ASCII)
_MAX_WORDS_CHECKED = 2_000
"""After so many values that are no figures a column is not looked at any further."""


class ColumnDecision(msgspec.Struct, frozen=True):
    """How a column is converted."""

    type: str
    """`INTEGER`, `REAL` or `TEXT`."""
    remark: str = ""
    """What was or was not converted and why, in a few words."""
    mark: DecimalMark = ""
    """The decimal mark of its figures."""
    plain: bool = True
    """True when its values are kept as text, or are numbers as SQL writes them."""
    unit: str = ""
    """`%` or a currency, if every figure has it."""
    figures: bool = False
    """For text: whether figures are in it."""


class ColumnValues(msgspec.Struct):
    """Statistics on the values of one column; add them all, then call `decide`."""

    filled: int = 0
    """Values that are not empty."""
    passed: int = 0
    """Those of them that are plain numbers and were not looked at singly."""
    looked_at: int = 0
    """Different values that were looked at singly."""
    words: int = 0
    """Those of them that are no figures."""
    word: str = ""
    """One of these."""
    plain: bool = True
    """True when all figures are numbers as SQL writes them."""
    point: bool = True
    """True when all figures can be read with a decimal point."""
    comma: bool = True
    """True when all figures can be read with a decimal comma."""
    point_shown: bool = False
    """True when some figure can be read with a decimal point alone."""
    comma_shown: bool = False
    """True when some figure can be read with a decimal comma alone."""
    points: str = ""
    """One value with a point in it."""
    commas: str = ""
    """One value with a comma in it."""
    code: str = ""
    """One value like 1E5."""
    exponents: bool = False
    """True when some figure has an exponent."""
    identifiers: dict[str, str] = {}
    """Why its values are no numbers, each with the first value that shows it."""
    currencies: set[str] = set()
    """As written."""
    percents: int = 0
    """Different values in percent."""
    brackets: int = 0
    """Different values in brackets."""
    large_brackets: bool = False
    """True when a value in brackets is more than the number of a footnote."""
    months: int = 0
    """Different values that may be a month with its year: 12.2024."""

    def add(self, values: Iterable[str]) -> None:
        """Look at some values, stripped of blanks; empty ones count for nothing."""
        if self.words > _MAX_WORDS_CHECKED:
            return
        values = list(values)
        filled = len(values) - values.count("")
        self.filled += filled
        if not self._is_plain(values):
            for value in dict.fromkeys(values):
                if value:
                    self._look_at(value)
        else:
            self.passed += filled

    def _is_plain(self, values: list[str]) -> bool:
        """Return whether a whole batch is numbers of the simplest kind; takes much less than looking at each."""
        if self.words or not self.plain:
            return False
        lines = "\n".join(values) + "\n"
        if _PLAIN_INTEGERS.fullmatch(lines):
            return True
        if not _PLAIN_REALS.fullmatch(lines):
            return False
        pointed = [value for value in values if "." in value]
        if all(map(_MAY_GROUP.fullmatch, pointed)):
            return False
        self.comma, self.point_shown, self.points = False, True, self.points or pointed[0]
        return True

    def _look_at(self, value: str) -> None:
        """Take one value into account."""
        self.looked_at += 1
        form = parse_number_form(value)
        if form is None:
            self.words += 1
            self.word = self.word or value
            return
        self._look_at_marks(form, value)
        self._look_at_digits(form, value)

    def _look_at_marks(self, form: NumberForm, value: str) -> None:
        """Take signs, brackets, currency and percent into account."""
        if "+" in form.signs:
            self.identifiers.setdefault("plus signs", value)
        elif len(form.signs) > 1:
            self.identifiers.setdefault("two signs", value)
        self.currencies |= {form.currency} if form.currency else set()
        self.percents += form.percent
        self.brackets += "(" in form.signs
        self.large_brackets |= "(" in form.signs and len(form.core) > 2
        self.plain &= value == f"-{form.core}" if form.signs == "-" else value == form.core

    def _look_at_digits(self, form: NumberForm, value: str) -> None:
        """Take digits and what is between them into account."""
        core = form.core
        self.point &= form.point
        self.comma &= form.comma
        if form.is_marked:
            self.point_shown |= not form.comma
            self.comma_shown |= not form.point
            self.points = self.points or value * ("." in core)
            self.commas = self.commas or value * ("," in core)
        self.code = self.code or value * (_CODE.fullmatch(core) is not None)
        self.exponents |= "e" in core.lower()
        self.months += _MONTH.fullmatch(core) is not None
        self.plain &= core.isascii() and "," not in core and " " not in core and "'" not in core
        digits = re.split(r"[eE]", core)[0]
        if _LEADING_ZERO.match(core):
            self.identifiers.setdefault("leading zeros", value)
        if re.match(rf"\d{{{MAX_DIGITS + 1}}}", digits) or sum(map(str.isdigit, digits)) > MAX_DIGITS + 3:
            self.identifiers.setdefault("more digits than a number keeps", value)

    def shown_mark(self) -> DecimalMark:
        """Return the decimal mark that this column alone shows; empty when it shows none."""
        if self.words or self.point == self.comma:
            return ""
        if self.point:
            return "." if self.point_shown else ""
        return "," if self.comma_shown else ""

    def decide(self, delimiter: str, mark: DecimalMark) -> ColumnDecision:
        """Return how to convert the column; `mark` is the decimal mark that the other columns of the file show."""
        if self.words or not self.filled:
            return ColumnDecision("TEXT", self._words_remark(), figures=0 < self.words < self.looked_at)
        if why := next(self._why_text(), ""):
            return ColumnDecision("TEXT", f"kept as text: {why}", figures=not (self.identifiers or self.code))
        example = self.commas or self.points
        if not (self.point and self.comma):
            mark = "." if self.point else ","
        elif example:
            mark = mark or ("." if delimiter == "," else "")
            if not mark and (form := parse_number_form(example)):
                ways = f"{to_decimal(form, '.')} or {to_decimal(form, ',')}"
                return ColumnDecision("TEXT", f"kept as text: {one_line(example, 40)} may be {ways}", figures=True)
        return self._as_number(mark)

    def _words_remark(self) -> str:
        """Why a column with words in it is no number, if most of it are figures."""
        few = 0 < self.words <= (self.looked_at + self.passed) // 2
        return f'kept as text: "{one_line(self.word, 40)}" is no number' if few else ""

    def _why_text(self) -> Iterator[str]:
        """Each reason why a column of figures cannot be converted."""
        yield from (f"{why}, as {one_line(one, 40)}" for why, one in self.identifiers.items())
        if self.code and not (self.points or self.commas):
            yield f"codes, as {one_line(self.code, 40)}"
        if not (self.point or self.comma):
            yield f"written in several ways, as {one_line(self.points, 40)} and {one_line(self.commas, 40)}"
        if len(self.currencies) > 1:
            yield f"several currencies, {' and '.join(sorted(self.currencies))}"
        if self.percents and not self._all(self.percents):
            yield "only some values are in percent"
        if self.brackets and self._all(self.brackets) and not self.large_brackets:
            yield "brackets may mark references or negative numbers"
        if self.months and self._all(self.months):
            yield f"months or decimals, as {self.points}"

    def _all(self, count: int) -> bool:
        """Return whether so many of the values that were looked at are all there are."""
        return count == self.looked_at and not self.passed

    def _as_number(self, mark: DecimalMark) -> ColumnDecision:
        """Return the conversion of a column that reads in one way."""
        currency = "".join(self.currencies)
        decimals, groups = (self.commas, self.points) if mark == "," else (self.points, self.commas)
        remarks = [
            f"decimal comma, as {one_line(decimals, 40)}" if mark == "," and decimals else "",
            f"grouped thousands, as {one_line(groups, 40)}" if groups else "",
            f"in {currency}" if currency else "",
            "in percent" if self.percents else "",
            "brackets are negative" if self.brackets else "",
        ]
        kind = "REAL" if decimals or self.exponents else "INTEGER"
        unit = "%" if self.percents else currency
        plain = self.plain and not (mark == "," and self.points)
        return ColumnDecision(kind, "; ".join(filter(None, remarks)), mark=mark, plain=plain, unit=unit)


def decide_columns(columns: Iterable[ColumnValues], delimiter: str) -> list[ColumnDecision]:
    """Decide for each column of a file how its values are read."""
    columns = list(columns)
    shown = {column.shown_mark() for column in columns} - {""}
    if len(shown) > 1:  # they contradict each other, so neither they nor the delimiter decide
        return [column.decide("", "") for column in columns]
    return [column.decide(delimiter, next(iter(shown), "")) for column in columns]

"""Forms of numbers in tables, and their values with a decimal point or comma."""

import re
from typing import Literal

import msgspec

DecimalMark = Literal["", ".", ","]
"""A decimal mark; empty when nothing shows it."""

_CURRENCY = (
    r"(?:US\$|A\$|C\$|HK\$|R\$|[$€£¥₹₽₩₪]|(?:USD|EUR|GBP|JPY|CHF|CNY|CAD|AUD|HKD|INR|SEK|NOK|DKK|PLN|BRL)(?!\w))"
)
_SPACES = "'’\u00a0\u2009\u202f "
_EXPONENT = r"(?:[eE][-+]?\d{1,3})?"
_DECORATED = re.compile(
    rf"(?P<before>{_CURRENCY})?\s*(?P<open>\()?\s*(?P<sign>[-+\u2212])?\s*(?P<inside>{_CURRENCY})?\s*"
    rf"(?P<minus>[-\u2212])?(?P<core>[.,]?\d(?:[\d.,{_SPACES}]*\d)?[.,]?{_EXPONENT})"
    rf"\s*(?P<after>{_CURRENCY})?\s*(?P<percent>[%‰])?\s*(?P<close>\))?(?P<trailing>[-\u2212])?",
    re.ASCII,
)
_SPACED = rf"[1-9]\d{{0,2}}(?:[{_SPACES}]\d{{3}})+"
_WITH_POINT = re.compile(
    rf"(?:[1-9]\d{{0,2}}(?:,\d{{3}})+|[1-9]\d?(?:,\d\d)+,\d{{3}}|{_SPACED}|\d*)(?:\.\d*)?{_EXPONENT}", re.ASCII
)
_WITH_COMMA = re.compile(rf"(?:[1-9]\d{{0,2}}(?:\.\d{{3}})+|{_SPACED}|\d*)(?:,\d*)?{_EXPONENT}", re.ASCII)
_NO_SPACES = str.maketrans("", "", _SPACES)


class NumberForm(msgspec.Struct, frozen=True):
    """One figure as written."""

    core: str
    """Digits and what is between them."""
    point: bool
    """True when it can be read with a decimal point."""
    comma: bool
    """True when it can be read with a decimal comma."""
    signs: str
    """Its signs in order, a bracket as `(`."""
    currency: str
    """As written; empty without one."""
    percent: bool

    @property
    def is_marked(self) -> bool:
        """Return whether it has a point or a comma."""
        return "." in self.core or "," in self.core

    @property
    def is_negative(self) -> bool:
        """Return whether a sign or brackets make it negative."""
        return any(sign in "-\u2212(" for sign in self.signs)


def parse_number_form(text: str) -> NumberForm | None:
    """Return the figure that a whole text is, None for any other text."""
    match = _DECORATED.fullmatch(text)
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    core = match["core"]
    point, comma = _WITH_POINT.fullmatch(core) is not None, _WITH_COMMA.fullmatch(core) is not None
    if not point and not comma:
        return None
    trailing = "" if core[-1] in ".," else match["trailing"] or ""  # `1'234.-` is a whole amount and no negative one
    signs = "".join(match[name] or "" for name in ("open", "sign", "minus")) + trailing
    currency = match["before"] or match["inside"] or match["after"] or ""
    return NumberForm(core, point, comma, signs, currency, bool(match["percent"]))


def to_decimal(form: NumberForm, mark: DecimalMark) -> str:
    """Return the value with a decimal point, without grouping, with its sign: `-1234.5`."""
    digits = form.core.translate(_NO_SPACES)
    digits = digits.replace(".", "").replace(",", ".") if mark == "," else digits.replace(",", "")
    return f"-{digits}" if form.is_negative else digits

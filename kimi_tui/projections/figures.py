"""Figures in sentences: reading them, and looking for them in a passage whatever its unit's scale.

A figure matches when some number of the passage, moved by thousands, millions or billions and rounded to the
figure's own decimals, equals it. Years, small counts and numbers inside names (`Q3`, `S12`) are not figures.
"""

import re
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation

_NUMBER = re.compile(
    r"(?<![\w.,])[-\u2212]?\d{1,3}(?:[ ,.\u00a0\u202f']\d{3})+(?:[.,]\d+)?(?!\w)"
    r"|(?<![\w.,])[-\u2212]?\d+(?:[.,]\d+)?(?!\w)"
)
_SCALES = tuple(Decimal(10) ** power for power in (0, 3, 6, 9, -3, -6, -9, 2, -2))
_LEAST = 13
"""Whole numbers below this are counts (`three segments`, `Note 7`), not figures."""
_YEARS = range(1900, 2101)


def figures_of(text: str) -> list[str]:
    """The figures of a sentence as written."""
    return [match.group() for match in _NUMBER.finditer(text) if not _is_count(match.group())]


def missing_figures(figures: list[str], passage: str) -> list[str]:
    """Those figures that no number of the passage equals."""
    if not figures:
        return []
    numbers = {abs(value) for match in _NUMBER.finditer(passage) for value in _values(match.group())}
    return [figure for figure in figures if not any(_matches(value, numbers) for value in _values(figure))]


def _is_count(figure: str) -> bool:
    if not re.fullmatch(r"\d+", figure):
        return False
    return int(figure) < _LEAST or int(figure) in _YEARS


def _values(figure: str) -> list[Decimal]:
    """What a written number may mean: `1,234` is 1234 and also 1.234."""
    bare = re.sub(r"[ \u00a0\u202f']", "", figure.replace("\u2212", "-"))
    readings = {bare.replace(",", ""), bare.replace(".", "").replace(",", ".")}
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", bare):
        readings = {bare.replace(",", "")}
    values = []
    for reading in sorted(readings):
        try:
            values.append(Decimal(reading))
        except InvalidOperation:
            continue
    return values


def _matches(value: Decimal, numbers: set[Decimal]) -> bool:
    wanted = abs(value)
    exponent = wanted.as_tuple().exponent
    step = Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(1)
    for scale in _SCALES:
        for number in numbers:
            moved = number * scale
            if moved == wanted or (moved > 0 and _rounded(moved, step, wanted)):
                return True
    return False


def _rounded(number: Decimal, step: Decimal, wanted: Decimal) -> bool:
    if number > wanted * 2 + 1 or wanted > number * 2 + 1:
        return False
    return wanted in (number.quantize(step, ROUND_HALF_UP), number.quantize(step, ROUND_HALF_EVEN))

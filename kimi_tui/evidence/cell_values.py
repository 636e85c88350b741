"""Compare an amount of a sentence with a cell: equal, or the same digits with another meaning."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Literal

from kimi_tui.cells import Cell
from kimi_tui.evidence.amounts import Amount
from kimi_tui.evidence.bounds import STRICT_BOUNDS, is_within
from kimi_tui.evidence.labels import content_stems, stem
from kimi_tui.evidence.vocabulary import LOSSES, OUTFLOWS, RESULTS

Difference = Literal["scale", "scale unknown", "unit", "unit unknown", "sign", "sign unknown"]
"""How a cell with the digits of an amount may mean something else."""

SCALE_SHIFTS = (3, 6, 9, 12, -3, -6, -9, -12, 2, -2, 5, 7)
"""Powers of ten by which a figure is taken for another of the same digits."""
_MIN_DIGITS = 2
"""Fewer significant digits are the same by chance too often to say that the scale differs."""
_OUTFLOW = frozenset(map(stem, OUTFLOWS))
_RESULT = frozenset(map(stem, RESULTS))
_LOSS = frozenset(map(stem, LOSSES))


def cell_value(cell: Cell) -> Decimal | None:
    """Return a cell's value without its scale, with the sign that is shown; None when it is no number."""
    try:
        value = Decimal(cell.value)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def compare_amount(
    amount: Amount, cell: Cell, words: frozenset[str], currencies: frozenset[str] = frozenset()
) -> set[Difference] | None:
    """Return how a cell with an amount's digits differs from it: empty if it does not, None for other digits.

    `words` are the stems of the sentence, which may say a minus in words; `currencies` are those of the source, for a
    cell that shows none.
    """
    value = cell_value(cell)
    if value is None or not _same_kind(amount, cell):
        return None
    found = _scale(amount, cell, value)
    if found is None:
        return None
    found |= _other_unit(amount, cell, currencies)
    return found | _sign(amount, cell, value, words)


def agrees_with(amount: Amount, exact: Decimal) -> bool:
    """Return whether a number is what an amount says, with the bound that it has; signs are left out."""
    strict = amount.bound in STRICT_BOUNDS
    if not strict and equals_rounded(amount, exact):
        return True
    return bool(amount.bound) and any(
        is_within(amount.bound, abs(exact), value, amount.last_digit_step(reading))
        for reading, value in _scaled_readings(amount)
    )


def equals_rounded(amount: Amount, exact: Decimal) -> bool:
    """Return whether an amount is a number, rounded to the digits that it shows; signs and bounds are left out."""
    target = abs(exact)
    return any(
        _rounds_to(target, value, amount.last_digit_step(reading)) for reading, value in _scaled_readings(amount)
    )


def _scaled_readings(amount: Amount) -> list[tuple[Decimal, Decimal]]:
    return list(zip(amount.readings, amount.values(), strict=True))


def _rounds_to(exact: Decimal, wanted: Decimal, step: Decimal) -> bool:
    """Return whether an exact number is a wanted one, or becomes it when rounded to steps."""
    if exact == wanted:
        return True
    if abs(exact - wanted) > step:
        return False
    scaled = exact / step
    target = wanted / step
    return target in (scaled.quantize(Decimal(1), ROUND_HALF_UP), scaled.quantize(Decimal(1), ROUND_HALF_EVEN))


def _same_kind(amount: Amount, cell: Cell) -> bool:
    """Return whether the kinds match: percentages are compared with percentages or bare figures."""
    if amount.kind in ("points", "multiple"):
        return False
    return not (cell.unit == "%" and amount.is_money)


def _scale(amount: Amount, cell: Cell, value: Decimal) -> set[Difference] | None:
    """Return whether the digits are the same, and the scale."""
    scale = 0 if cell.unit == "%" else cell.scale  # a percentage is told as it is shown
    bare = amount.power is None and not amount.unit and not amount.per_share
    if bare and agrees_with(amount, value):  # as the table shows it
        return set()
    if agrees_with(amount, value.scaleb(scale or 0)):
        unknown = scale is None and amount.power is not None and amount.kind == "amount"
        return {"scale unknown"} if unknown else set()
    if amount.bound in STRICT_BOUNDS:
        return None
    for shift in SCALE_SHIFTS:
        moved = value.scaleb((scale or 0) + shift)
        if equals_rounded(amount, moved) and len(value.normalize().as_tuple().digits) >= _MIN_DIGITS:
            return {"scale"} if scale is not None else {"scale unknown"}
    return None


def _other_unit(amount: Amount, cell: Cell, currencies: frozenset[str]) -> set[Difference]:
    """Return whether both name a unit, and not the same one, or the amount alone names one."""
    if not cell.unit and amount.is_money:
        known = amount.unit in currencies
        return set() if known else {"unit"} if currencies else {"unit unknown"}
    if not cell.unit and amount.unit == "shares":
        about = content_stems(f"{cell.row} {cell.column} {cell.caption} {cell.section}")
        return set() if "share" in about else {"unit unknown"}
    return {"unit"} if _has_other_unit(amount, cell) else set()


def _has_other_unit(amount: Amount, cell: Cell) -> bool:
    """Return whether both name a unit, and not the same one."""
    own = cell.unit.upper() if len(cell.unit) == 3 else cell.unit
    about = frozenset(content_stems(f"{cell.row} {cell.column} {cell.caption} {cell.section} {cell.unit}"))
    if amount.kind == "percent":
        return bool(own) and own != "%"
    if not own:
        return False
    if own == "%":
        return bool(amount.unit or amount.power)
    per_share = "share" in own.lower() and "/" in own
    if amount.unit == "shares":
        return own.lower() != "shares" and not per_share
    if amount.unit:
        return own.split("/")[0].upper() != amount.unit
    return bool(amount.noun) and not frozenset(content_stems(amount.noun)) <= about


def _sign(amount: Amount, cell: Cell, value: Decimal, words: frozenset[str]) -> set[Difference]:
    """Return whether the signs agree: brackets are a minus by the cell's look, its tag or its words."""
    if value == 0 or (amount.bracketed and not amount.sign):
        return set()
    label = frozenset(content_stems(f"{cell.row} {cell.section}"))
    negative = value < 0
    if amount.sign < 0:
        is_loss = bool(label & _LOSS) and not label & _RESULT  # `income (loss)` shows a loss in brackets
        agrees = negative or cell.tagged_sign < 0 or is_loss
        return set() if agrees else {"sign"}
    if amount.sign > 0:
        return {"sign"} if negative else set()  # who writes `positive` says that it is not what the brackets say
    if not negative:
        lost = words & _LOSS and not label & (_LOSS | _OUTFLOW) and bool(label & _RESULT) and cell.tagged_sign >= 0
        return {"sign"} if lost and "loss" in words else set()
    if cell.tagged_sign > 0 or words & _OUTFLOW or label & _OUTFLOW:
        return set()
    return {"sign"} if label & _RESULT else {"sign unknown"}

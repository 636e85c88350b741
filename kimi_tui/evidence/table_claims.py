"""Treat rows of a memo's tables as claims: the figure in a cell; name, period, scale and unit in the headers."""

import re
from itertools import pairwise

import msgspec

from kimi_tui.evidence.amounts import Amount
from kimi_tui.quantities.currencies import CODES, SIGN, currency_code
from kimi_tui.quantities.text_periods import TextPeriod, find_periods

_MONEY = (
    rf"{SIGN}|\b(?:USD|EUR|GBP|JPY|CHF|CNY|INR|CAD|AUD|SEK|NOK|DKK|KRW|(?-i:{'|'.join(sorted(CODES))}))\b"
    r"|\b(?:U\.?S\.? )?(?:dollars|euros|pounds|yen|rupees)\b"
)
_NOTE = re.compile(
    rf"(?P<money>{_MONEY})?\s*"
    r"(?P<scale>thousands?|millions?|billions?|trillions?|crores?|lakhs?|mio|mrd|mn|bn|tn|k|m|b)?"
    rf"(?:\s+(?:of\s+)?(?P<after>{_MONEY}))?",
    re.IGNORECASE,
)
_POWERS = {"t": 3, "k": 3, "m": 6, "b": 9, "l": 5, "c": 7}
_SEPARATOR = re.compile(r"\s*\|?[\s|:-]+\|?\s*")


class MemoTableRow(msgspec.Struct, frozen=True):
    """A row of a table in a memo."""

    cells: tuple[tuple[int, int, str], ...]
    """Where each cell begins and ends in the row's text, and what stands over its column."""

    def column_header(self, at: int) -> str:
        """Return the header of the column at a place of the row."""
        return next((head for start, end, head in self.cells if start <= at < end), "")

    @property
    def label_end(self) -> int:
        """Return where the first cell ends."""
        return self.cells[0][1] if self.cells else 0


def parse_table_row(text: str, start: int, end: int) -> MemoTableRow | None:
    """Return the row that is between two places of a memo; None when it is none."""
    line = text[start:end]
    if not line.lstrip().startswith("|"):
        return None
    heads = [piece for _, _, piece in _cells(_head_of(text, start))]
    cells = [(at, to, heads[number] if number < len(heads) else "") for number, (at, to, _) in enumerate(_cells(line))]
    return MemoTableRow(tuple(cells))


def parse_unit_note(text: str) -> tuple[int | None, str]:
    """Return the scale, as a power of ten, and the unit that a head or label notes: `(USD m)`, `in millions`, `%`."""
    pieces = re.findall(r"\(([^()]*)\)|\[([^\[\]]*)\]|\b(?:in|,)\s+([^,;()]*)$|([$\u20ac\u00a3\u00a5\u20b9].*)$", text)
    for piece in [next(filter(None, found), "") for found in pieces] or [text]:
        bare = re.sub(r"^\s*in\s+", "", piece.strip(), flags=re.IGNORECASE)
        if bare == "%":
            return None, "%"
        match = _NOTE.fullmatch(bare)
        if match and bare:
            power = (
                _POWERS["b" if scale.startswith("mrd") else "t" if scale.startswith("th") else scale[0]]
                if (scale := (match["scale"] or "").lower())
                else None
            )
            if scale.startswith("tr") or scale == "tn":
                power = 12
            return power, currency_code(match["money"] or match["after"] or "")
    return None, ""


def with_table_context(amount: Amount, row: MemoTableRow, label: str) -> tuple[Amount, TextPeriod | None]:
    """Return a figure with the scale and unit of its column or row, and its column's period."""
    head, corner = row.column_header(amount.start), row.cells[0][2] if row.cells else ""
    noted = (parse_unit_note(place) for place in (head, label, corner))
    power, unit = next((found for found in noted if found != (None, "")), (None, ""))
    periods = find_periods(head)
    if amount.power is not None or amount.unit or amount.kind != "amount":
        return amount, periods[0] if len(periods) == 1 else None
    kind = "percent" if unit == "%" else amount.kind
    return msgspec.structs.replace(amount, power=power, unit=unit, kind=kind), periods[0] if len(periods) == 1 else None


def is_separator(line: str) -> bool:
    """Return whether a line is the one of dashes below a table's head."""
    return "-" in line and _SEPARATOR.fullmatch(line) is not None


def _head_of(text: str, start: int) -> str:
    """Return the first line of the table that a row belongs to; empty when it has no head."""
    above = text[:start].rstrip("\n").split("\n")
    block: list[str] = []
    for line in reversed(above):
        if not line.lstrip().startswith("|"):
            break
        block.append(line)
    if len(block) >= 2 and _SEPARATOR.fullmatch(block[-2]):
        return block[-1]
    return ""


def _cells(line: str) -> list[tuple[int, int, str]]:
    """Return where the cells of a line begin and end, and their texts."""
    bars = [match.start() for match in re.finditer(r"(?<!\\)\|", line)]
    edges = bars if bars and not line[: bars[0]].strip() else [-1, *bars]
    if not bars or line[bars[-1] + 1 :].strip():
        edges = [*edges, len(line)]
    return [(at + 1, to, line[at + 1 : to].strip()) for at, to in pairwise(edges)]

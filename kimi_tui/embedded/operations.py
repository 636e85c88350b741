"""Operations on figures that a question asks for: compared, put in order, added, averaged, or followed over time."""

import re

import msgspec

from kimi_tui.embedded.relevance import stem
from kimi_tui.embedded.wordings import in_one_wording

_LARGEST = re.compile(
    r"\b(?:largest|highest|most|biggest|greatest|best|longest|maximum|max|top|leads?|higher|larger)\b"
)
_SMALLEST = re.compile(r"\b(?:smallest|lowest|least|fewest|worst|shortest|minimum|min|lower|smaller)\b")
_AVERAGE = re.compile(r"\b(?:average|averaged|mean|on average)\b")
_SUM = re.compile(r"\b(?:total|sum|altogether|combined|in all|cumulative|overall)\b")
_CHANGE = re.compile(
    r"\b(?:chang\w+|develop\w*|gr[eo]w\w*|increas\w+|decreas\w+|declin\w+|ris[eo]\w*|rose|f[ae]ll\w*|entwickel\w+|evol\w+|évol\w+"
    r"|how has|trend|by how much did)\b"
)

_WORDS = """
largest highest most biggest greatest best longest maximum top leads higher larger smallest lowest least fewest worst
shortest minimum lower smaller average averaged mean total sum altogether combined cumulative overall change changed
changes develop developed grow grew growth growing increase increased decrease decreased decline declined rise risen
rose fall fell fallen trend latest recent current currently newest since rank ranking entwickelt entwickelte evolved
"""
OPERATION_WORDS = frozenset(map(stem, _WORDS.split()))
"""Stems of words that say what to do with figures, not which."""


class Operation(msgspec.Struct, frozen=True):
    """The operation that a question wants on its figures."""

    order: int = 0
    """1 when the largest is asked for, -1 for the smallest."""
    average: bool = False
    """True when the average is asked for."""
    total: bool = False
    """True when the sum is asked for."""
    change: bool = False
    """True when it is asked how they changed."""


def read_operation(text: str) -> Operation:
    """Return what a question wants done with figures."""
    words = in_one_wording(text)
    order = 1 if _LARGEST.search(words) else -1 if _SMALLEST.search(words) else 0
    return Operation(
        order=order,
        average=bool(_AVERAGE.search(words)),
        total=bool(_SUM.search(words)),
        change=bool(_CHANGE.search(words)),
    )


_STOCKS = re.compile(
    r"\b(?:backlog|employees|headcount|staff|workforce|stores?|shops?|inventor\w+|capacity|debt|cash|assets|equity|liabilit\w+"
    r"|receivables?|payables?|borrowings|loans?|deposits|balance|waiting|installed|outstanding|population|members|subscribers"
    r"|customers|stock|fleet|aircraft|share capital|price|close|goodwill)\b"
)
_RATES = re.compile(
    r"\b(?:margin|ratio|rate|share|pct|percent|percentage|average|median|mean|per|occupancy|availability|yield|return|index"
    r"|length|wait|score|temperature|price)\b|%"
)
_FLOWS = re.compile(
    r"\b(?:revenues?|sales|profit|income|loss|earnings|ebitda|ebit|costs?|expenses?|expenditures?|intake|admissions"
    r"|production|generation|output|deliveries|dividends|tax|taxes|cash flow|shipments|visits|orders|impairments?"
    r"|depreciation|volume)\b"
)


def kind_of_measure(measure: str, unit: str) -> str:
    """Return `stock` for what is counted at a point in time, `rate`, `flow` for what adds up over time, or nothing."""
    words = in_one_wording(measure.replace("_", " "))
    if _RATES.search(words) or "%" in unit:
        return "rate"
    if _STOCKS.search(words) and "cash flow" not in words:
        return "stock"
    return "flow" if _FLOWS.search(words) else ""

"""Decide whether words mean a point in time (inventories, debt) or a span (sales, expenses)."""

import re
from collections.abc import Iterable
from functools import lru_cache


def _words(*patterns: str) -> re.Pattern[str]:
    """Any of these patterns as whole words."""
    return re.compile(rf"(?i)\b(?:{'|'.join(patterns)})\b")


_PLAINLY_STRETCH = _words(
    *(
        "during",
        "for the (?:years?|periods?|quarters?)",
        "paid(?!-)",
        "granted",
        "released",
        "vested",
        "declared",
        "arising",
    ),
    *("expected return", "net periodic", r"weighted[- ]average (?:common )?shares", "dilutive", "diluted", "basic"),
    *("volatility", "risk[- ]free", "dividend yield", "recogni[sz]ed (?:in|as)", r"reclassif\w+", "net sales"),
    *("per share weighted average", "currently payable", r"(?:increases?|decreases?|changes?)\)?,? (?:\(\w+\) )?in"),
    *("additions to", "purchases of", "proceeds from", "payments? (?:of|for|to)", "capital expenditures"),
)
_PLAINLY_POINT = _words(
    *("accumulated (?:depreciation|amorti[sz]ation|other|deficit|benefit)", "accrued", "fair values?", "carrying"),
    *(
        "book value",
        "payables?",
        "receivables?",
        "inventor(?:y|ies)",
        "unamorti[sz]ed",
        "outstanding",
        "balance sheets?",
    ),
    *("financial position", r"deferred (?:tax|income tax|revenues?)(?: (?:assets?|liabilit\w+))?$", "cost basis"),
    *(r"deferred tax(?:es)? (?:assets?|liabilit\w+|on)", "net book", "funded status", "goodwill, net", r"maturit\w+"),
    *("due in", "due within", "due after", "notes? due", "debentures?", "at year[- ]end", "at end of", "plan assets"),
    *("projected benefit obligation", "level [123]", "balances? (?:at|as of)", "total assets", "property, plant"),
    *("unrecogni[sz]ed (?:tax benefits|compensation)", "finished goods", "raw materials"),
    *("work[- ]in[- ](?:process|progress)", r"total (?:stock|share)holders\W? ?(?:equity|deficit)", "total equity"),
    *("total liabilities", "total debt", "total inventories"),
)
_STRETCH = _words(
    *("sales", "revenues?", "incomes?", "expenses?", "costs?", "gains?", "loss(?:es)?", "earnings", "profits?"),
    *("payments?", "provisions?", "proceeds", "purchases?", "amorti[sz]ation", "depreciation", "grants", "exercised"),
    *(
        "contributions?",
        "changes?",
        "additions",
        "acquisitions?",
        "acquired",
        "repurchase[sd]?",
        "charges?",
        "releases?",
    ),
    *("settlements?", "translation", "service cost", "currently payable", "cash flows?", "tax rate", "operations"),
    *("capital expenditures", "impairments?", "write-?(?:offs?|downs?)", "dividends", "growth", "current tax(?:es)?"),
    *("tax benefits?", "effective rate", "statutory"),
)
_POINT = _words(
    *("balances?", "assets?", r"liabilit\w+", "equit(?:y|ies)", "debt", "notes", "bonds?", "borrowings?", "goodwill"),
    *("intangibles?", "securities", "cash", "property", "equipment", "land", "buildings?", "machinery", "deposits?"),
    *("construction in progress", "obligations?", "backlog", "unvested", "nonvested", "commitments", "allowances?"),
    *("reserves?", "allocations?", "employees", "headcount", "stores", "investments?", "carryforwards?", "credits"),
)


def is_point_in_time(texts: Iterable[str]) -> bool | None:
    """Return whether a figure's names mean a point in time, nearest words first; None if unknown."""
    texts = list(texts)
    for say in (plainly_point, _point):
        for text in texts:
            if (said := say(text)) is not None:
                return said
    return None


@lru_cache(maxsize=4096)
def plainly_point(text: str) -> bool | None:
    """Return whether words that mean nothing else speak of a point in time; None without such."""
    if _PLAINLY_STRETCH.search(text):
        return False
    return True if _PLAINLY_POINT.search(text) else None


@lru_cache(maxsize=4096)
def _point(text: str) -> bool | None:
    if _STRETCH.search(text):
        return False
    return True if _POINT.search(text) else None

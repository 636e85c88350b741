"""Common measures of accounts under the names that people give them: `top line`, `net revenue`, `turnover`.

A measure is a closed concept: a row of net income is never one of gross profit. It says less than a row's label, so it
only tells what a sentence cannot mean, and which words of labels its own words stand for.
"""

import re
from functools import lru_cache

from kimi_tui.evidence.labels import clean_label, content_stems

_RESULT = r"(?:income|profits?|earnings|result)"
_MEASURES: tuple[tuple[str, str], ...] = (
    ("gross profit", r"gross profits?|gross margin(?! (?:rate|percent))"),
    (
        "operating income",
        rf"(?:operating|operational) {_RESULT}(?: \(loss\))?|{_RESULT}(?: \(loss\))? from operations|ebit",
    ),
    (
        "income before taxes",
        rf"pre-?\s?tax {_RESULT}|{_RESULT}(?: \(loss\))? (?:from continuing operations )?before "
        r"(?:provision for )?(?:income )?tax(?:es)?",
    ),
    ("net income", rf"net {_RESULT}(?: \(loss\))?|net loss|bottom line|profit for the (?:year|period)"),
    ("revenue", r"(?:total |net |operating )*(?:revenues?|sales|turnover)|top line"),
    ("cost of sales", r"cost of (?:sales|revenues?|goods sold|products? sold)|cogs"),
    ("total assets", r"(?:total )?assets"),
    ("total liabilities", r"(?:total )?liabilities"),
    ("equity", r"(?:total )?(?:shareholders|stockholders|shareowners)['\u2019]? equity|total equity"),
    ("inventories", r"inventor(?:y|ies)"),
    ("goodwill", r"goodwill"),
    ("research and development", r"research (?:and|&) development(?: expenses?)?|r\s?&\s?d(?: expenses?)?"),
    ("accounts payable", r"(?:trade |accounts )?payables?(?:, current)?"),
    ("accounts receivable", r"(?:trade |accounts )?receivables?(?:, net)?"),
)
_NAMED = [(name, re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE)) for name, words in _MEASURES]
_WHOLE = [(name, re.compile(rf"(?:total |net )?(?:{words})(?:,? net)?", re.IGNORECASE)) for name, words in _MEASURES]
_INSIDE = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
_SPOKEN: tuple[tuple[str, str], ...] = (
    (r"top line|turnover", "total net operating revenue sale"),
    (r"bottom line", "net income earning profit loss"),
    (r"(?:operating|operational) (?:profits?|earnings|result)", "operating income loss"),
    (r"operating income", "operating profit"),
    (r"net (?:profits?|earnings)", "net income loss"),
    (r"net income", "net earning profit"),
    (r"pre-?\s?tax (?:profits?|income|earnings)", "income before tax taxe provision loss"),
    (r"capex|capital (?:spending|expenditures?)", "purchase property plant equipment addition capital expenditure"),
    (r"buy-?backs?|repurchased (?:its )?(?:own )?(?:shares|stock)", "repurchase purchase common stock treasury"),
    (r"cash from operations|operating cash flow", "net cash provided operating activity"),
    (r"tax bill|taxes on income", "provision income tax taxe"),
    (r"interest costs?|finance costs?", "interest expense"),
    (r"workforce|headcount|staff", "employee number total"),
)
"""Everyday names of rows, and the labels that they may mean."""
_SPOKEN_PATTERNS = [(re.compile(rf"\b(?:{said})\b", re.IGNORECASE), words.split()) for said, words in _SPOKEN]


def words_spoken_of(text: str) -> frozenset[str]:
    """Return stems that rows of tables use for what a text calls by another name."""
    return frozenset(word for pattern, words in _SPOKEN_PATTERNS if pattern.search(text) for word in words)


@lru_cache(maxsize=4096)
def measure_of_label(label: str) -> str:
    """Return the measure that a row's whole label is; empty if it is none, or a part of one."""
    words = _INSIDE.sub(" ", clean_label(label))
    words = re.sub(r"(?i)\b(?:net income|profit) loss\b", "net income", words)
    return next((name for name, pattern in _WHOLE if pattern.fullmatch(words)), "")


def find_measures(text: str) -> list[tuple[int, int, str]]:
    """Return where a text speaks of a measure: begin, end and its name; of those in the same words the longest."""
    found = [(*match.span(), name) for name, pattern in _NAMED for match in pattern.finditer(text)]
    return [
        (start, end, name)
        for start, end, name in found
        if not any(one <= start and end <= other and (one, other) != (start, end) for one, other, _ in found)
    ]


def measures_in(text: str) -> set[str]:
    """Return the measures that a text speaks of."""
    return {name for _, _, name in find_measures(text)}


def contradicts_label(text: str, label: str) -> str:
    """Return the one measure that a text speaks of when a row's label is another one; else empty."""
    spoken = measures_in(text)
    own = measure_of_label(label)
    if not own or len(spoken) != 1 or own in spoken or set(content_stems(label)) <= set(content_stems(text)):
        return ""
    return next(iter(spoken))

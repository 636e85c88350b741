"""Identify a document: the entity and the period it is about, which questions name instead of a path.

Names come from the path, the registrant's line, the ticker and the front page; the period from the path, else from
what the front page says of the year that ended. Made in the worker, kept in the index.
"""

import re
from collections import Counter
from pathlib import PurePosixPath
from typing import Literal

import msgspec

from kimi_tui.text import one_line
from kimi_tui.tools.text.parts import Extraction

ReportForm = Literal["annual", "quarterly", "current", ""]

FRONT_CHARS = 2_500
"""How much of the front is kept, squeezed, to match names with."""
_FRONT_PARTS = 3
_LABEL_PARTS = 60
"""Parts in which a document's own way to count its years is looked for."""
_FORMS: tuple[tuple[ReportForm, re.Pattern[str]], ...] = (
    ("annual", re.compile(r"(?i)(?<![a-z\d])(?:10[-_ ]?k(?:405)?|20[-_ ]?f|40[-_ ]?f|ar)(?![a-z])|annual")),
    ("quarterly", re.compile(r"(?i)(?<![a-z\d])(?:10[-_ ]?q|quarterly|interim|q[1-4]|[1-4]q)(?![a-z])|\d{4}q[1-4]")),
    ("current", re.compile(r"(?i)(?<![a-z\d])(?:8[-_ ]?k|6[-_ ]?k|press[-_ ]?release|earnings)(?![a-z])")),
)
_FULL_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01])(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)|(?i:fy)[-_ ']?(\d\d)(?!\d)")
_QUARTER = re.compile(r"(?i)(?<![a-z])q([1-4])(?!\d)|(?<!\d)([1-4])q(?![a-z])")
_WORD = re.compile(r"\d*[^\W\d_]+(?:['&][^\W\d_]+)*")
_HUMP = re.compile(r"[A-Z][a-z]+|[A-Z]+(?![a-z])|[a-z]+|\d+[A-Za-z]*|.")
_COMMON_WORDS = (
    "10k 10q 8k 20f 40f 6k k q f form annual quarterly report reports reporting ar fy year dated date final draft "
    "copy pdf htm html the of and for company inc corp corporation plc ltd limited co group holdings holding sa ag "
    "se nv filing filings sec edgar release press earnings results interim statement statements document doc file "
    "scan consolidated financial investor relations page version v"
)
_NOT_NAMES = frozenset(_COMMON_WORDS.split())
_SUFFIX = re.compile(
    r"(?i)[,.]?\s+(?:inc|incorporated|corp|corporation|company|co|companies|plc|ltd|limited|llc|l\.?p|n\.?v|s\.?a|ag|se"
    r"|group|holdings?|the|/[a-z]{2}/?)\.?$"
)
_REGISTRANT = re.compile(r"(?i)\(\s*exact\s+name\s+of\s+(?:the\s+)?(?:registrant|company|issuer)")
_NO_NAME = re.compile(
    r"(?i)\(|commission\s+file|form\s|for\s+the\s|united\s+states|securities\s+and|washington|or$|transition|mark\s+one"
)
"""How lines on a front begin that are not the registrant's."""
_TICKER = re.compile(
    r"(?:\b(?:NYSE|NASDAQ|Nasdaq|NYSE\s+American|LSE|TSX)\s*:\s*([A-Z]{1,5}(?:\.[A-Z])?)\b)"
    r"|\b([A-Z]{1,5})\b[\s|]{1,20}(?:The\s+)?(?:New\s+York\s+Stock|N(?:ASDAQ|asdaq)|NYSE|Chicago\s+Stock)"
)
_ENDED = re.compile(
    r"(?i)(?:fiscal\s+years?|years?|quarter(?:ly\s+period)?|period|months)\s+end(?:ed|ing):?\s+"
    r"(?:[a-z]+\.?\s+\d{1,2}\s*,?\s*|\d{1,2}(?:st|nd|rd|th)?\s+[a-z]+\.?,?\s+)?((?:19|20)\d\d)"
)
_MONTH = re.compile(r"(?i)end(?:ed|ing):?\s+(?:\d{1,2}\w*\s+)?(january|february|march)\b")
_LABELLED = re.compile(r"(?i)\bfiscal\s+(?:years?\s+)?((?:19|20)\d\d)\b|\bFY\s?((?:19|20)\d\d)\b")
_TITLED = re.compile(r"(?i)annual\s+report(?:\s+and\s+accounts)?(?:\s+(?:for|on|of))?(?:\s+\w+){0,3}\s+((?:19|20)\d\d)")


class DocumentIdentity(msgspec.Struct, frozen=True, array_like=True):
    """The names and the period of one document; every text untrusted."""

    words: tuple[str, ...] = ()
    """Words of its file's name that may name somebody, in order and lower case."""
    folders: tuple[str, ...] = ()
    """The same of the folders that it lies in."""
    registrant: str = ""
    """The name on its front, as it is written there."""
    tickers: tuple[str, ...] = ()
    """The signs that its shares are traded under."""
    front: str = ""
    """The words of its front, in lower case without spaces between them."""
    year: int = 0
    """The year that it reports on; 0 when unknown."""
    other_years: tuple[int, ...] = ()
    """Years by which it may be called as well."""
    quarter: int = 0
    """1 to 4; 0 for a whole year or unknown."""
    form: ReportForm = ""
    """What kind of report it is; empty when unknown."""

    @property
    def name(self) -> str:
        """Return the document's name: the registrant, else the words of its path."""
        return self.registrant or " ".join(self.words).title()


def identify_document(path: str, extraction: Extraction) -> DocumentIdentity:
    """Return the entity and the period of a document."""
    front = "\n".join(f"{part.title}\n{part.text}" for part in extraction.parts[:_FRONT_PARTS])[: 4 * FRONT_CHARS]
    stem = PurePosixPath(path).stem
    folders = [word for folder in PurePosixPath(path).parts[:-1] for word in name_words(folder)]
    year, others = _years(stem, front, extraction)
    quarter = next((int(match[1] or match[2]) for match in [_QUARTER.search(stem)] if match), 0)
    return DocumentIdentity(
        tuple(name_words(stem)),
        tuple(dict.fromkeys(folders)),
        _registrant(front),
        tuple(dict.fromkeys(match[1] or match[2] for match in _TICKER.finditer(front)))[:4],
        compact_name(f"{extraction.title} {front}")[:FRONT_CHARS],
        year,
        others,
        quarter,
        _form(stem, front),
    )


def name_words(text: str) -> list[str]:
    """Return the words of a file or folder name that may be a company's name, in lower case."""
    plain = _FULL_DATE.sub(" ", text)
    for _, form in _FORMS:
        plain = form.sub(" ", plain)
    words = (_without_common(word).lower() for word in _WORD.findall(plain))
    return [word for word in words if word and word not in _NOT_NAMES and not re.fullmatch(r"fy\d*|q\d|\d+q", word)]


def _without_common(word: str) -> str:
    """Return a word like `AcmeAnnualReport` without its common words; `PepsiCo` remains."""
    humps = _HUMP.findall(word)
    return "".join(hump for hump in humps if len(humps) == 1 or len(hump) < 4 or hump.lower() not in _NOT_NAMES)


def compact_name(text: str) -> str:
    """Letters and digits alone, in lower case, without `and`: how names are compared."""
    words = re.findall(r"[^\W_]+", text.lower())
    return "".join(word for word in words if word != "and")


def remove_company_suffix(name: str) -> str:
    """Return a company's name without `Inc.`, `Corporation` and the like at its end."""
    name = re.sub(r"(?i)^the\s+", "", name.strip())
    while (shorter := _SUFFIX.sub("", name).strip(" ,.&")) != name and shorter:
        name = shorter
    return name


def _registrant(front: str) -> str:
    """Return the name before `(Exact name of registrant ...)`; empty without such a line."""
    match = _REGISTRANT.search(front)
    if match is None:
        return ""
    lines = [line.strip(" *#|_\t") for line in front[: match.start()].split("\n")]
    for line in reversed(lines):
        if len(re.findall(r"[^\W\d_]", line)) >= 2 and not _NO_NAME.match(line):
            return one_line(line, 80)
    return ""


def _form(stem: str, front: str) -> ReportForm:
    """Return the kind of report, by its path, else by its front."""
    for form, pattern in _FORMS:
        if pattern.search(stem):
            return form
    named = re.search(r"(?i)form\s+(10-?k|10-?q|8-?k|20-?f|6-?k)|annual\s+report|quarterly\s+report", front)
    return next((form for form, pattern in _FORMS if named and pattern.search(named.group())), "")


def _years(stem: str, front: str, extraction: Extraction) -> tuple[int, tuple[int, ...]]:
    """Return the year that a document is called by, and others that it may be called by."""
    named = [int(match[1] or f"20{match[2]}") for match in _YEAR.finditer(_FULL_DATE.sub(" ", stem))]
    stated = _stated_years(front, extraction)
    if named:
        return max(named), tuple(year for year in (*named, *stated) if year and year != max(named))[:3]
    dated = [int(match.group()[:4]) for match in _FULL_DATE.finditer(stem)]
    years = list(dict.fromkeys((*stated, *dated)))
    return (years[0], tuple(years[1:4])) if years else (0, ())


def _stated_years(front: str, extraction: Extraction) -> list[int]:
    """Return the years that the text says it reports on, the likeliest first."""
    ended = _ENDED.search(front)
    if ended is None:
        titled = _TITLED.search(f"{extraction.title}\n{front}")
        return [int(titled[1])] if titled else []
    year = int(ended[1])
    labels: Counter[int] = Counter()
    for part in extraction.parts[:_LABEL_PARTS]:
        labels.update(int(match[1] or match[2]) for match in _LABELLED.finditer(part.text))
    if _MONTH.search(ended.group()) and labels[year - 1] > labels[year]:  # a year that is called by its beginning
        return [year - 1, year]
    return [year]

"""Recognize financial statements by the words at the top of a part and its figures."""

import re

from kimi_tui.sources import Part

BALANCE_SHEET = "balance sheet"
INCOME_STATEMENT = "income statement"
CASH_FLOWS = "cash flows"
COMPREHENSIVE_INCOME = "comprehensive income"
EQUITY = "equity"
KINDS = (BALANCE_SHEET, INCOME_STATEMENT, CASH_FLOWS, COMPREHENSIVE_INCOME, EQUITY)
"""The statements in the order in which they are named."""

_HEAD_CHARS = 420
"""Squeezed characters at the top of a part in which its name must stand."""
_MIN_FIGURES = 20
_FIGURE = re.compile(r"\d[\d,.]*")
_LEADERS = re.compile(r"(?m)(?:\.{3,}|…|\s\.\s\.\s).{0,12}\d\s*$")
_SQUEEZED = re.compile(r"[^a-z]+")
# A PDF breaks words anywhere (`Balance Shee t`), so the names are looked for without spaces.
_NAMES = {
    COMPREHENSIVE_INCOME: re.compile(r"statements?of(?:other)?comprehensive(?:income|loss|earnings)"),
    BALANCE_SHEET: re.compile(r"balancesheets?|statements?of(?:the|consolidated)?financial(?:position|condition)"),
    CASH_FLOWS: re.compile(r"statements?of(?:consolidated)?cashflows?|cashflows?statements?"),
    INCOME_STATEMENT: re.compile(
        r"(?:statements?of(?:consolidated)?(?:net)?(?:loss)?(?:and)?(?:income|operations|earnings|profit(?:and|or)loss)(?!tax))"
        r"|statements?of(?:consolidated)?netloss|consolidatedresultsofoperations"
        r"|income(?:statements?)(?!tax)|profitandlossaccount|statements?ofconsolidatedincome"
    ),
    EQUITY: re.compile(
        r"statements?of(?:changesin)?(?:consolidated)?(?:total)?(?:share|stock)?(?:holders|owners)?'?s?equity"
        r"|statements?ofchangesin(?:\w{0,20})equity"
    ),
}
_TOTALS = {
    BALANCE_SHEET: re.compile(r"totalassets|totalliabilities"),
    INCOME_STATEMENT: re.compile(
        r"netincome|netearnings|netloss|pershare|grossprofit|operatingincome|totalrevenues?|profitfortheyear|beforetax"
    ),
    CASH_FLOWS: re.compile(r"operatingactivities|financingactivities|investingactivities"),
}
"""Rows that a statement of the kind has."""


def statement_kinds(part: Part) -> tuple[str, ...]:
    """Return the statements on this part, by their names at its top or in its title; none for prose."""
    if len(_FIGURE.findall(part.text)) < _MIN_FIGURES or is_contents(part.text):
        return ()
    body = squeezed(part.text)
    head = squeezed(part.title) + " " + body[:_HEAD_CHARS]
    found = []
    for kind in KINDS:
        totals = _TOTALS.get(kind)
        if _NAMES[kind].search(head) and (totals is None or totals.search(body)):
            found.append(kind)
    if COMPREHENSIVE_INCOME in found and INCOME_STATEMENT in found and not _TOTALS[INCOME_STATEMENT].search(body):
        found.remove(INCOME_STATEMENT)
    return tuple(found)


def is_contents(text: str) -> bool:
    """Return whether a part is a table of contents: lines that lead to page numbers."""
    return len(_LEADERS.findall(text)) >= 5 or (
        squeezed(text[:300]).startswith(("tableofcontents", "contents", "indextofinancial", "indextoconsolidated"))
        and len(text) < 4_000
        and _FIGURE.sub("", text).count("\n") > 8
        and not re.search(r"\d,\d{3}", text)
    )


def squeezed(text: str) -> str:
    """Lower-case letters alone."""
    return _SQUEEZED.sub("", text.lower())

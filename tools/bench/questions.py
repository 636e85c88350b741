"""Questions on annual reports with known answer places, from their inline XBRL tags.

The truth is independent of any reader of ours: a fact's displayed value and the label of its row come from the markup,
and every part of a document that shows both is a right place.
"""

import html
import re
from collections.abc import Iterator
from typing import Any

import msgspec

FIGURES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("PaymentsToAcquirePropertyPlantAndEquipment", "PaymentsToAcquireProductiveAssets"), "capital expenditure amount"),
    (("NetCashProvidedByUsedInOperatingActivities",), "cash flow from operations"),
    (("NetCashProvidedByUsedInFinancingActivities",), "net cash flow from financing activities"),
    (("RevenueFromContractWithCustomerExcludingAssessedTax", "Revenues"), "total revenue"),
    (("CostOfGoodsAndServicesSold", "CostOfRevenue"), "COGS"),
    (("GrossProfit",), "gross profit"),
    (("OperatingIncomeLoss",), "operating income"),
    (("NetIncomeLoss", "ProfitLoss"), "net income"),
    (("EarningsPerShareDiluted",), "diluted EPS"),
    (("ResearchAndDevelopmentExpense",), "R&D expense"),
    (("SellingGeneralAndAdministrativeExpense",), "SG&A"),
    (("IncomeTaxExpenseBenefit",), "income tax expense"),
    (("InterestExpense", "InterestExpenseNonoperating"), "interest expense"),
    (("AssetsCurrent",), "total current assets on the balance sheet"),
    (("LiabilitiesCurrent",), "year end total current liabilities"),
    (("Assets",), "total assets"),
    (("StockholdersEquity",), "shareholders' equity"),
    (("InventoryNet",), "year end inventory balance"),
    (("AccountsPayableCurrent", "AccountsPayableTradeCurrent"), "accounts payable used for DPO"),
    (("AccountsReceivableNetCurrent", "ReceivablesNetCurrent"), "accounts receivable"),
    (("PropertyPlantAndEquipmentNet",), "net PP&E"),
    (("LongTermDebtNoncurrent", "LongTermDebt"), "long-term debt"),
    (("Goodwill",), "goodwill"),
    (("PaymentsOfDividends", "PaymentsOfDividendsCommonStock"), "cash dividends paid"),
    (("PaymentsForRepurchaseOfCommonStock",), "share buyback spending"),
    (("ShareBasedCompensation",), "stock compensation"),
    (("DepreciationDepletionAndAmortization", "DepreciationAndAmortization"), "D&A"),
    (("AmortizationOfIntangibleAssets",), "amortization of intangibles"),
    (("OperatingLeaseRightOfUseAsset",), "operating lease right-of-use assets"),
    (("UnrecognizedTaxBenefits",), "unrecognized tax benefits at year end"),
)
"""Concepts, the first that a filing has, and how an analyst would ask for them."""
_FORMS = (
    "What is the FY{year} {what} for {company} (in USD millions)?",
    "Using the annual report, how much {what} did {company} report in fiscal {year}?",
    "What was {company}'s {what} as of FY{year}? Answer in millions.",
)
_TAG = re.compile(r"<[^>]+>")
_CONTEXT = re.compile(r"(?s)<xbrli:context\b[^>]*\bid=\"([^\"]+)\"[^>]*>(.*?)</xbrli:context>")
_NOTE = re.compile(r"(?i)^(?:note\s+\d{1,2}\s*[:.\u2014\u2013-]+\s*|\d{1,2}\.\s+)([A-Z][A-Za-z ,&'\u2019-]{5,60})$")
MAX_NOTES = 5
"""Questions about the notes of one filing."""


class GoldQuestion(msgspec.Struct, frozen=True):
    """One question with its expected places."""

    text: str
    stem: str
    """Of the file that answers it."""
    needles: tuple[str, ...]
    """What a right place shows, all of it on one line where it is a row."""
    kind: str
    """`figure`, `note`, `prose`, or `judgement`: any of the needles, all of whose patterns between ` & ` are there."""


def questions_of(stem: str, company: str, markup: str) -> Iterator[GoldQuestion]:
    """The questions that a filing's own tags answer."""
    import lxml.html

    tree = lxml.html.fromstring(markup.encode())
    year, contexts = _periods(markup)
    yield from judgements_of(stem, company, year)
    facts: dict[str, Any] = {}
    for element in tree.iter():
        if isinstance(element.tag, str) and element.tag.endswith("nonfraction"):
            name = element.get("name", "").rpartition(":")[2]
            if element.get("contextref") in contexts:
                facts.setdefault(name, element)
    for number, (concepts, what) in enumerate(FIGURES):
        element = next((facts[concept] for concept in concepts if concept in facts), None)
        if element is not None and (needles := _needles(element)):
            form = _FORMS[number % len(_FORMS)]
            yield GoldQuestion(form.format(year=year, what=what, company=company), stem, needles, "figure")
    for title in _notes(tree)[:MAX_NOTES]:
        text = f"What does {company} disclose about {title.lower()} in its FY{year} report?"
        yield GoldQuestion(text, stem, (title,), "note")


def registrant(markup: str) -> str:
    """The name that a filing's own tags give it; empty without one."""
    match = re.search(r"(?s)name=\"dei:EntityRegistrantName\"[^>]*>(.*?)</ix:", markup)
    return " ".join(html.unescape(_TAG.sub("", match[1])).split()) if match else ""


def _periods(markup: str) -> tuple[int, set[str]]:
    """The fiscal year, and the contexts of its whole or its end without any dimension."""
    plain: dict[str, tuple[str, str]] = {}
    for name, body in _CONTEXT.findall(markup):
        if "explicitMember" in body or "typedMember" in body:
            continue
        dates = re.findall(r"(?:startDate|endDate|instant)>(\d{4}-\d\d-\d\d)<", body)
        if dates:
            plain[name] = (dates[0] if len(dates) == 2 else "", dates[-1])
    whole = [end for start, end in plain.values() if start and 340 <= _days(start, end) <= 380]
    last = max(whole)
    focus = re.search(r"name=\"dei:DocumentFiscalYearFocus\"[^>]*>\s*(?:<[^>]+>)*(\d{4})", markup)
    chosen = {
        name for name, (start, end) in plain.items() if end == last and (not start or 340 <= _days(start, end) <= 380)
    }
    return int(focus[1]) if focus else int(last[:4]), chosen


def _days(start: str, end: str) -> int:
    from datetime import date

    return (date.fromisoformat(end) - date.fromisoformat(start)).days


def _needles(element: Any) -> tuple[str, ...]:
    """Return the shown value and the first words of its row's label; nothing if these are too few."""
    value = " ".join(element.text_content().split())
    row = next((one for one in element.iterancestors() if one.tag == "tr"), None)
    if len(re.sub(r"\D", "", value)) < 3 or row is None:
        return ()
    label = next((text for cell in row if (text := " ".join(cell.text_content().split()))), "")
    words = re.findall(r"[A-Za-z]+", label)[:2]
    return (value, *words) if words else ()


def _notes(tree: Any) -> list[str]:
    """Return the titles of the notes."""
    found: dict[str, None] = {}
    for element in tree.iter("div", "p", "span"):
        text = " ".join(element.text_content().split()) if len(element) <= 3 else ""
        if (match := _NOTE.match(text)) and len(match[1].split()) >= 2:
            found.setdefault(match[1].strip())
    return list(found)[3:]


PROSE: tuple[tuple[str, str, str], ...] = (
    ("googl", "What drove Google Cloud operating income in FY2024 for Alphabet?", "Google Cloud operating income"),
    ("googl", "What does Alphabet say of antitrust investigations?", "antitrust"),
    ("googl", "How large were Alphabet's traffic acquisition costs (TAC) in 2024?", "TAC"),
    ("hd", "Did comparable sales of Home Depot grow in fiscal 2024, and why?", "comparable sales decreased"),
    ("hd", "How did The Home Depot finance the SRS acquisition?", "SRS"),
    ("jnj", "What are the talc related lawsuits against J&J?", "talc"),
    ("jnj", "Is Johnson & Johnson facing opioid litigation?", "opioid"),
    ("jnj", "How did J&J account for the Kenvue separation?", "Kenvue"),
    ("ko", "What is the IRS tax litigation of Coca-Cola about?", "IRS Tax Litigation"),
    ("ko", "How do concentrate operations earn for Coca-Cola?", "concentrate operations"),
    ("meta", "How many people does Meta employ as of year end FY2024?", "headcount"),
    ("meta", "What operating loss did Reality Labs have at Meta in 2024?", "Reality Labs"),
    ("nke", "What drove gross margin change at NIKE in FY2025?", "Gross margin decreased"),
    ("nke", "How did NIKE Direct revenues develop in fiscal 2025?", "NIKE Direct"),
    ("nvda", "Which customers represented 10% or more of NVIDIA revenue in fiscal year 2025?", "customer"),
    ("nvda", "How do export controls on China affect NVIDIA?", "export control"),
)
"""Start of a file's name, a question on prose, and words that every right place has."""

_INCOME = (
    "net income|net earnings & per share|per common share & before provision|before income tax"
    " & statements? of (?:income|earnings|operations)"
)
_BALANCE = "balance sheets? & total current assets & total (?:current )?liabilities"
_CASH = "statements? of cash flows? & operating activities & financing activities"
JUDGEMENTS: tuple[tuple[str, str | tuple[str, ...]], ...] = (
    ("Does {c} have an improving gross margin profile as of FY{y}? If it is not useful, explain why.", _INCOME),
    ("Is {c} a capital-intensive business based on FY{y} data?", (_BALANCE, _CASH, _INCOME)),
    ("Does {c} have a healthy liquidity profile based on its quick ratio for FY{y}?", _BALANCE),
    (
        "Which debt securities are registered to trade on a national securities exchange under {c}'s name as of {y}?",
        r"title of each class & trading symbol",
    ),
    (
        "Among operations, investing, and financing activities, which brought in the most cash flow for {c} in FY{y}?",
        _CASH,
    ),
    (
        "Roughly how many times has {c} sold its inventory in FY{y}? Calculate inventory turnover ratio.",
        (_BALANCE, _INCOME),
    ),
    (
        "Has {c} reported any materially important ongoing legal battles from FY{y}?",
        r"legal proceedings|litigation matters|legal matters",
    ),
    ("How does {c}'s effective tax rate in FY{y} compare to the year before?", r"effective (?:income )?tax rate"),
    ("Does {c} have positive working capital based on FY{y} data?", _BALANCE),
    (
        "What are major acquisitions that {c} has done in FY{y} and the two years before?",
        r"(?:acquired|acquisition of) & (?:purchase price|consideration)",
    ),
    (
        "What are the geographies that {c} primarily operates in as of FY{y}?",
        r"(?:geographic|united states) & (?:emea|europe|international|asia)",
    ),
    ("Does {c} maintain a stable trend of dividend distribution?", r"dividends? (?:paid|declared|per)|cash dividends"),
    (
        "What are the major products and services that {c} sells as of FY{y}?",
        r"item 1\.? ?.?business|our products|products and services",
    ),
    (
        "What is {c}'s FY{y} return on assets (ROA)? ROA is net income over average total assets.",
        (_BALANCE, _INCOME),
    ),
    (
        "What is {c}'s FY{y} unadjusted EBITDA, operating income plus D&A from the cash flow statement?",
        (_CASH, _INCOME),
    ),
    ("What is the FY{y} fixed asset turnover ratio for {c}? Use revenue and average PP&E.", (_BALANCE, _INCOME)),
    ("What is {c}'s FY{y} days payable outstanding (DPO)?", (_BALANCE, _INCOME)),
    (
        "Which segment has dragged down {c}'s overall growth in FY{y}?",
        r"segment & (?:decreased|declined|increase|growth)",
    ),
    (
        "What drove operating margin change as of FY{y} for {c}?",
        r"(?:operating (?:income|margin|expenses)) & (?:due to|driven by|primarily|reflect)",
    ),
    ("Does {c} have customer concentration?", r"(?:customers?|consumers?).{0,80}(?:10%|ten percent|concentration)"),
    ("How much did {c} return to shareholders by buybacks and dividends in FY{y}?", _CASH),
    ("What is the year-over-year change in {c}'s net revenue between FY{y} and the year before?", _INCOME),
)
"""What analysts ask to judge a company, and what the text of a part that answers looks like."""


def judgements_of(stem: str, company: str, year: int) -> Iterator[GoldQuestion]:
    """The judgements about one company."""
    for text, pattern in JUDGEMENTS:
        needles = (pattern,) if isinstance(pattern, str) else pattern
        yield GoldQuestion(text.format(c=company, y=year), stem, needles, "judgement")

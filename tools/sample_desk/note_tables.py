"""The tables of the notes: breakdowns, movements, debt, and the restatement in three columns."""

from collections.abc import Sequence

from tools.sample_desk import facts, model
from tools.sample_desk.amounts import EurAmount
from tools.sample_desk.figures import FiguresView
from tools.sample_desk.tables import STATEMENTS, UNITS, FilingTable, TableMaker, cells, days

BREAKDOWNS: dict[str, tuple[str, str, tuple[tuple[str, int], ...]]] = {
    "inventories": (
        "Inventories",
        "Inventories",
        (
            ("Raw materials and supplies", 412),
            ("Work in progress", 236),
            ("Finished goods", 301),
            ("Advances paid", 51),
        ),
    ),
    "receivables": (
        "Trade receivables and contract assets by age",
        "Trade receivables and contract assets",
        (
            ("Not due", 781),
            ("Up to 30 days overdue", 118),
            ("31 to 90 days overdue", 57),
            ("91 to 180 days overdue", 29),
            ("More than 180 days overdue", 15),
        ),
    ),
    "assets": (
        "Property, plant and equipment",
        "Property, plant and equipment",
        (
            ("Land and buildings", 374),
            ("Plant and machinery", 391),
            ("Tools, office and other equipment", 127),
            ("Assets under construction", 108),
        ),
    ),
    "intangibles": (
        "Goodwill and intangible assets",
        "Goodwill and intangible assets",
        (("Goodwill", 578), ("Customer relations", 164), ("Capitalised development", 183), ("Software", 75)),
    ),
    "other_liabilities": (
        "Other liabilities",
        "Other liabilities",
        (("Personnel", 463), ("Taxes and duties", 241), ("Customer bonuses", 198), ("Sundry", 98)),
    ),
}
"""Title, balance sheet line and shares per mille of the breakdowns; the last share takes what is left."""

FUNCTIONS = (("Production", 561), ("Service and installation", 187), ("Sales", 108), ("Research and development", 82))
"""Employees by function, per mille; administration is the rest."""


def _split(amount: int, shares: Sequence[int]) -> list[int]:
    """An amount in parts, the last of which takes what is left."""
    parts = [amount * share // 1000 for share in shares[:-1]]
    return [*parts, amount - sum(parts)]


def _breakdown(name: str) -> TableMaker:
    """A maker for one of the breakdowns."""
    title, line, shares = BREAKDOWNS[name]

    def make(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
        table = FilingTable(title, [UNITS[unit], *days(view, periods)])
        totals = [view.balance(period).line(line) for period in periods]
        columns = [_split(total, [share for _, share in shares]) for total in totals]
        for number, (label, _) in enumerate(shares):
            table.add(label, *cells(unit, [column[number] for column in columns]))
        table.add("Total", *cells(unit, totals), is_total=True)
        return table

    return make


def headcount(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """Employees by function at the end of the periods."""
    table = FilingTable("Employees by function (full-time equivalents)", ["End of period", *days(view, periods)])
    totals = [view.headcount(period) for period in periods]
    shares = [*(share for _, share in FUNCTIONS), 0]
    columns = [_split(total, shares) for total in totals]
    for number, label in enumerate([*(name for name, _ in FUNCTIONS), "Administration"]):
        table.add(label, *(f"{column[number]:,}" for column in columns))
    table.add("Total", *(f"{total:,}" for total in totals), is_total=True)
    return table


def provisions(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """Movement of the provisions in a year."""
    now = periods[0]
    closing, opening = (view.balance(period).line("Provisions") for period in (now, view.before(now)))
    table = FilingTable(f"Provisions {view.label(now)}", [UNITS[unit], "Warranties", "Restructuring", "Other", "Total"])
    start, end = _split(opening, (642, 121, 0)), _split(closing, (671, 114, 0))
    used = [-amount * 36 // 100 for amount in start]
    released = [-amount * 4 // 100 for amount in start]
    added = [last - first - out - back for first, last, out, back in zip(start, end, used, released, strict=True)]
    named = (("Opening balance", start), ("Additions", added), ("Utilisation", used), ("Release", released))
    for label, values in (*named, ("Closing balance", end)):
        table.add(label, *cells(unit, [*values, sum(values)]), is_total=label == "Closing balance")
    return table


def nature(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """Operating expenses by nature."""
    table = FilingTable("Expenses by nature", [UNITS[unit], *map(view.label, periods)])
    results = [view.result(period) for period in periods]
    totals = [result.revenue - result.operating_profit - result.depreciation for result in results]
    labels = ("Materials and components", "Personnel", "Energy", "Freight and logistics", "Other operating expenses")
    columns = [_split(total, (541, 287, 23, 46, 0)) for total in totals]
    for number, label in enumerate(labels):
        table.add(label, *cells(unit, [column[number] for column in columns]))
    table.add("Depreciation and amortisation", *cells(unit, [result.depreciation for result in results]))
    whole = [result.revenue - result.operating_profit for result in results]
    table.add("Total operating expenses", *cells(unit, whole), is_total=True)
    return table


def taxes(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """From the expected to the reported tax expense."""
    table = FilingTable("Tax reconciliation", [UNITS[unit], *map(view.label, periods)])
    results = [view.result(period) for period in periods]
    expected = [result.profit_before_tax * 274 // 1000 for result in results]
    foreign = [-result.profit_before_tax * 21 // 1000 for result in results]
    rest = [result.tax - a - b for result, a, b in zip(results, expected, foreign, strict=True)]
    table.add("Profit before tax", *cells(unit, [result.profit_before_tax for result in results]))
    table.add("Expected tax at 27.4%", *cells(unit, expected))
    table.add("Different tax rates abroad", *cells(unit, foreign))
    table.add("Non-deductible expenses and other effects", *cells(unit, rest))
    table.add("Reported income taxes", *cells(unit, [result.tax for result in results]), is_total=True)
    return table


def debt(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """The main company's borrowings by instrument and year of maturity."""
    table = FilingTable("Bonds, notes and bank loans", [UNITS[unit], "Due", *days(view, periods)])
    amounts = [view.balance(period).line("Bonds, notes and bank loans") for period in periods]
    p = facts.PLANTED
    loans = [amount - p.bond - p.promissory_notes for amount in amounts]
    table.add("Term loan", "2026", *cells(unit, loans))
    table.add("Promissory notes", "2027", *cells(unit, [p.promissory_notes] * len(periods)))
    table.add(f"Senior notes {p.bond_coupon}", "2028", *cells(unit, [p.bond] * len(periods)))
    table.add("Revolving credit facility (undrawn)", "2029", *cells(unit, [0] * len(periods)))
    table.add("Total", "", *cells(unit, amounts), is_total=True)
    return table


def maturities(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """A competitor's borrowings by year of maturity."""
    table = FilingTable("Maturities of bonds and bank loans", [UNITS[unit], *days(view, periods)])
    amounts = [view.balance(period).line("Bonds, notes and bank loans") for period in periods]
    columns = [_split(amount, (146, 118, 402, 0)) for amount in amounts]
    for number, label in enumerate(("Within one year", "One to two years", "Two to five years", "After five years")):
        table.add(label, *cells(unit, [column[number] for column in columns]))
    table.add("Total", *cells(unit, amounts), is_total=True)
    return table


def restated_income(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """The main company's 2023 as reported, corrected and restated."""
    before, after = (FiguresView(view.company, restated=flag).result("2023") for flag in (False, True))
    table = FilingTable(
        "Restatement of the income statement 2023", [UNITS[unit], "As reported", "Correction", "Restated"]
    )
    lines = (
        ("Revenue", "revenue", 1),
        ("Cost of sales", "cost_of_sales", -1),
        ("Gross profit", "gross_profit", 1),
        ("Operating profit (EBIT)", "operating_profit", 1),
        ("Net finance cost", "finance", -1),
        ("Profit before tax", "profit_before_tax", 1),
        ("Income taxes", "tax", -1),
        ("Profit for the period", "net_income", 1),
    )
    for label, name, sign in lines:
        old, new = sign * getattr(before, name), sign * getattr(after, name)
        table.add(label, *cells(unit, [old, new - old, new]), is_total=name in {"operating_profit", "net_income"})
    return table


def restated_balance(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """The main company's balance sheet at 31 December 2023 as reported, corrected and restated."""
    before, after = (FiguresView(view.company, restated=flag).balance("2023") for flag in (False, True))
    title = "Restatement of the balance sheet at 31 December 2023"
    table = FilingTable(title, [UNITS[unit], "As reported", "Correction", "Restated"])
    for name, old, new in zip(facts.BALANCE_LINES, before.lines, after.lines, strict=True):
        if old != new:
            table.add(name, *cells(unit, [old, new - old, new]))
    table.add("Equity", *cells(unit, [before.equity, after.equity - before.equity, after.equity]), is_total=True)
    return table


def restated_quarters(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """Operating profit of the main company's quarters of 2023 before and after the restatement."""
    title = "Operating profit by quarter 2023"
    table = FilingTable(title, [UNITS[unit], "As reported", "Revenue", "Warranty", "Restated"])
    sums = [0, 0, 0, 0]
    for quarter in view.quarters("2023"):
        old, new = (model.quarter_result(view.company, quarter, restated=flag) for flag in (False, True))
        warranty = -dict(facts.RESTATEMENT.warranty).get(quarter, 0)
        values = [old.operating_profit, new.operating_profit - old.operating_profit - warranty, warranty]
        values.append(new.operating_profit)
        sums = [total + value for total, value in zip(sums, values, strict=True)]
        table.add(f"{quarter[4:]} 2023", *cells(unit, values))
    table.add("2023", *cells(unit, sums), is_total=True)
    return table


def shares(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """Earnings and dividend per share of the main company."""
    count = 74_200
    table = FilingTable("Per share data", ["EUR", *map(view.label, periods)])
    table.add("Shares outstanding (thousand)", *(f"{count:,}" for _ in periods))
    table.add("Earnings per share", *(f"{view.result(period).net_income / count:.2f}" for period in periods))
    following = [view.company.dividends[int(period) - 2021] for period in periods]
    table.add("Dividend per share (proposed)", *(f"{amount / count:.2f}" for amount in following))
    table.add("Dividend in total, EUR million", *(f"{EurAmount(amount):m}" for amount in following))
    return table


NOTES = (headcount, provisions, nature, taxes, debt, maturities, restated_income, restated_balance, restated_quarters)
TABLES: dict[str, TableMaker] = {
    **STATEMENTS,
    **{maker.__name__: maker for maker in (*NOTES, shares)},
    **{name: _breakdown(name) for name in BREAKDOWNS},
}
"""Every table by the name a template uses."""

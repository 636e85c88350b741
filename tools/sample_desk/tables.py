"""The tables of the filings: each a function of a view, the unit and the periods, found by its name in a template."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tools.sample_desk import facts, model
from tools.sample_desk.amounts import EurAmount, Rate
from tools.sample_desk.figures import FiguresView

UNITS = {"m": "EUR million", "k": "EUR thousand"}
"""How a table names the scale of its amounts."""

TableMaker = Callable[[FiguresView, str, Sequence[str]], "FilingTable"]
"""A view, the unit ("m" or "k") and the periods give a table."""


@dataclass
class FilingTable:
    """A table ready to be printed."""

    title: str
    """Its caption."""
    columns: list[str]
    """Heads; the first is over the row labels."""
    rows: list[list[str]] = field(default_factory=list)
    """A label and one cell for every other column."""
    totals: set[int] = field(default_factory=set)
    """Rows printed as totals."""

    def add(self, label: str, *cells: str, is_total: bool = False) -> None:
        """Append a row."""
        if is_total:
            self.totals.add(len(self.rows))
        self.rows.append([label, *cells])


def cells(unit: str, values: Sequence[int]) -> list[str]:
    """Amounts as table cells; nothing is a dash."""
    return [format(EurAmount(value), f"t{unit}") if value else "–" for value in values]


def days(view: FiguresView, periods: Sequence[str]) -> list[str]:
    """The days on which the periods end, as column heads."""
    return [view.day(period) for period in periods]


def income(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """The income statement."""
    table = FilingTable("Consolidated income statement", [UNITS[unit], *map(view.label, periods)])
    results = [view.result(period) for period in periods]

    def line(label: str, name: str, sign: int = 1, *, is_total: bool = False) -> None:
        values = [sign * getattr(result, name) for result in results]
        table.add(label, *cells(unit, values), is_total=is_total)

    line("Revenue", "revenue", is_total=True)
    line("Cost of sales", "cost_of_sales", -1)
    line("Gross profit", "gross_profit", is_total=True)
    line("Research and development", "research", -1)
    line("Selling expenses", "selling", -1)
    line("General and administrative expenses", "administration", -1)
    line("Operating profit (EBIT)", "operating_profit", is_total=True)
    line("Net finance cost", "finance", -1)
    line("Profit before tax", "profit_before_tax", is_total=True)
    line("Income taxes", "tax", -1)
    line("Profit for the period", "net_income", is_total=True)
    line("Memo: depreciation and amortisation", "depreciation")
    line("Memo: EBITDA", "ebitda")
    return table


def key_figures(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """The figures on the inside cover."""
    table = FilingTable("Key figures", [UNITS[unit], *map(view.label, periods)])
    results = [view.result(period) for period in periods]
    for label, name in (("Revenue", "revenue"), ("Order intake", "order_intake"), ("EBITDA", "ebitda")):
        table.add(label, *cells(unit, [getattr(result, name) for result in results]))
    table.add("Order backlog (end of period)", *cells(unit, [view.backlog(period) for period in periods]))
    table.add("Operating profit (EBIT)", *cells(unit, [result.operating_profit for result in results]))
    table.add("Operating margin (%)", *(f"{result.margin:p}" for result in results))
    table.add("Profit for the period", *cells(unit, [result.net_income for result in results]))
    table.add("Employees (full-time equivalents)", *(f"{view.headcount(period):,}" for period in periods))
    return table


def segments(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """Revenue and operating profit by segment."""
    table = FilingTable("Segment information", [UNITS[unit], *map(view.label, periods)])
    for label, getter in (("revenue", view.segment_revenue), ("operating profit", view.segment_profit)):
        sums = [0] * len(periods)
        for number, name in enumerate(view.company.segments):
            values = [getter(number, period) for period in periods]
            sums = [total + value for total, value in zip(sums, values, strict=True)]
            table.add(f"{name}: {label}", *cells(unit, values))
        table.add(f"Group: {label}", *cells(unit, sums), is_total=True)
    return table


def quarters(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """The four quarters of a year."""
    period = periods[0]
    names = [f"Q{number}" for number in range(1, len(view.quarters(period)) + 1)]
    table = FilingTable(f"Quarterly development {view.label(period)}", [UNITS[unit], *names, view.label(period)])
    each = [model.quarter_result(view.company, quarter, restated=view.restated) for quarter in view.quarters(period)]
    for number, name in enumerate(view.company.segments):
        parts = [
            model.segment_revenue(view.company, number, (quarter,), restated=view.restated)
            for quarter in view.quarters(period)
        ]
        table.add(f"Revenue {name}", *cells(unit, [*parts, sum(parts)]))
    for label, name in (("Revenue", "revenue"), ("Operating profit (EBIT)", "operating_profit"), ("EBITDA", "ebitda")):
        values = [getattr(result, name) for result in each]
        table.add(label, *cells(unit, [*values, sum(values)]), is_total=True)
    return table


def orders(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """Order intake, revenue and backlog by quarter."""
    period = periods[0]
    table = FilingTable(
        f"Order development {view.label(period)}", [UNITS[unit], "Order intake", "Revenue", "Book-to-bill"]
    )
    for quarter in view.quarters(period):
        result = model.quarter_result(view.company, quarter, restated=view.restated)
        rate = Rate(result.order_intake / result.revenue)
        label = f"{quarter[4:]} {quarter[:4]}"
        table.add(label, *cells(unit, [result.order_intake, result.revenue]), f"{rate:x}")
    whole = view.result(period)
    rate = Rate(whole.order_intake / whole.revenue)
    table.add(view.label(period), *cells(unit, [whole.order_intake, whole.revenue]), f"{rate:x}", is_total=True)
    return table


def regions(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """Revenue by region of destination."""
    table = FilingTable("Revenue by region", [UNITS[unit], *map(view.label, periods)])
    columns = [model.by_region(view.result(period).revenue, period.removeprefix("h")) for period in periods]
    for number, name in enumerate(facts.REGIONS):
        table.add(name, *cells(unit, [column[number] for column in columns]))
    table.add("Group", *cells(unit, [sum(column) for column in columns]), is_total=True)
    return table


def balance(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """The balance sheet."""
    table = FilingTable("Consolidated balance sheet", [UNITS[unit], *days(view, periods)])
    sheets = [view.balance(period) for period in periods]
    for name in facts.BALANCE_LINES[: model.ASSETS]:
        table.add(name, *cells(unit, [sheet.line(name) for sheet in sheets]))
    table.add("Cash and cash equivalents", *cells(unit, [sheet.cash for sheet in sheets]))
    table.add("Total assets", *cells(unit, [sheet.total_assets for sheet in sheets]), is_total=True)
    table.add("Equity", *cells(unit, [sheet.equity for sheet in sheets]))
    for name in facts.BALANCE_LINES[model.ASSETS :]:
        table.add(name, *cells(unit, [sheet.line(name) for sheet in sheets]))
    table.add("Total equity and liabilities", *cells(unit, [sheet.total_assets for sheet in sheets]), is_total=True)
    return table


def net_debt(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """Net debt as the group defines it."""
    mark = " (a)" if view.company is facts.THARNHOLM and "2024" in periods else ""
    table = FilingTable(f"Net debt{mark}", [UNITS[unit], *days(view, periods)])
    sheets = [view.balance(period) for period in periods]
    for name in ("Bonds, notes and bank loans", "Lease liabilities"):
        table.add(name, *cells(unit, [sheet.line(name) for sheet in sheets]))
    table.add("Cash and cash equivalents", *cells(unit, [-sheet.cash for sheet in sheets]))
    table.add("Net debt", *cells(unit, [sheet.net_debt for sheet in sheets]), is_total=True)
    return table


def _movement(view: FiguresView, period: str) -> list[tuple[str, int, bool]]:
    """The cash flow statement of a period, from two balance sheets: label, amount, whether it is a total."""
    start = model.balance(view.company, _opening_date(view, period), restated=view.restated)
    end, result = view.balance(period), view.result(period)
    change = {n: end.line(n) - start.line(n) for n in facts.BALANCE_LINES}
    provisions = change["Pension obligations"] + change["Provisions"]
    payables = change["Trade payables"] + change["Contract liabilities"]
    other = change["Other liabilities"] - change["Other current assets"]
    inventories, receivables = -change["Inventories"], -change["Trade receivables and contract assets"]
    operating = result.net_income + result.depreciation + provisions + inventories + receivables + payables + other
    investing = -sum(change[name] for name in facts.BALANCE_LINES[:3]) - result.depreciation
    dividends = end.equity - start.equity - result.net_income
    borrowing = change["Bonds, notes and bank loans"] + change["Lease liabilities"]
    return [
        ("Profit for the period", result.net_income, False),
        ("Depreciation and amortisation", result.depreciation, False),
        ("Change in pensions and provisions", provisions, False),
        ("Change in inventories", inventories, False),
        ("Change in receivables and contract assets", receivables, False),
        ("Change in payables and contract liabilities", payables, False),
        ("Change in other items", other, False),
        ("Cash flow from operating activities", operating, True),
        ("Investments in fixed, intangible and leased assets", investing, False),
        ("Free cash flow", operating + investing, True),
        ("Change in debt and lease liabilities", borrowing, False),
        ("Dividends paid", dividends, False),
        ("Change in cash and cash equivalents", end.cash - start.cash, True),
        ("Cash and cash equivalents at the beginning", start.cash, False),
        ("Cash and cash equivalents at the end", end.cash, True),
    ]


def _opening_date(view: FiguresView, period: str) -> str:
    """The balance sheet date at which a period begins."""
    dates = list(facts.BALANCES[view.company.key])
    return dates[dates.index(view.date(period)) - 1]


def cash_flow(view: FiguresView, unit: str, periods: Sequence[str]) -> FilingTable:
    """The cash flow statement."""
    table = FilingTable("Consolidated cash flow statement", [UNITS[unit], *map(view.label, periods)])
    columns = [_movement(view, period) for period in periods]
    for lines in zip(*columns, strict=True):
        label, _, is_total = lines[0]
        table.add(label, *cells(unit, [amount for _, amount, _ in lines]), is_total=is_total)
    return table


STATEMENTS: dict[str, TableMaker] = {
    maker.__name__: maker
    for maker in (
        income,
        key_figures,
        segments,
        quarters,
        orders,
        regions,
        balance,
        net_debt,
        cash_flow,
    )
}
"""The statements by the name a template uses."""

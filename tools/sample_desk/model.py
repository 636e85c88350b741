"""Everything derived from the fact sheet: quarters, fiscal years, balance sheets and the order book.

Whole EUR thousand throughout, and every statement adds up exactly: annual figures are sums of quarters, balance sheets
balance because cash is what is left, and regional figures sum to the total.
"""

from dataclasses import dataclass, fields
from functools import reduce

from tools.sample_desk.amounts import EurAmount, Rate
from tools.sample_desk.facts import (
    BALANCE_LINES,
    BALANCES,
    OPENING_CASH_DATES,
    QUARTERS,
    REGION_SHARES,
    RESTATEMENT,
    THARNHOLM,
    Company,
)

COST_WIGGLE = (4, 1, -1, -4)
"""Seasonality of the cost of sales by calendar quarter, per mille of revenue."""
TAX_PER_MILLE = 260
"""Income tax rate of every company."""
SEGMENT_WEIGHTS = (9, 8, 17)
"""How profitable the segments of a company are in relation to each other."""
ASSETS = 6
"""How many of the declared balance sheet lines are assets."""


@dataclass(frozen=True)
class IncomeStatement:
    """An income statement with its operating figures, for a quarter or for a sum of quarters."""

    revenue: EurAmount
    cost_of_sales: EurAmount
    gross_profit: EurAmount
    research: EurAmount
    selling: EurAmount
    administration: EurAmount
    operating_profit: EurAmount
    depreciation: EurAmount
    ebitda: EurAmount
    finance: EurAmount
    profit_before_tax: EurAmount
    tax: EurAmount
    net_income: EurAmount
    order_intake: EurAmount

    @property
    def margin(self) -> Rate:
        """Operating profit as a share of revenue."""
        return Rate(self.operating_profit / self.revenue)

    def __add__(self, other: "IncomeStatement") -> "IncomeStatement":
        """The two periods together, line by line."""
        return IncomeStatement(
            *(getattr(self, line.name) + getattr(other, line.name) for line in fields(IncomeStatement))
        )


class ResultChange:
    """Year-on-year changes of a result: `change.revenue` is a rate."""

    def __init__(self, now: IncomeStatement, before: IncomeStatement) -> None:
        """`now` compared with `before`."""
        self._now, self._before = now, before

    def __getattr__(self, line: str) -> Rate:
        """The relative change of one line of the income statement."""
        if line.startswith("_"):
            raise AttributeError(line)
        return Rate(getattr(self._now, line) / getattr(self._before, line) - 1)


def _statement(
    revenue: int, cost: int, expenses: tuple[int, int, int, int], finance: int, intake: int
) -> IncomeStatement:
    """Return an income statement; expenses are research, selling, administration and depreciation in costs."""
    operating = revenue - cost - sum(expenses[:3])
    before_tax = operating - finance
    tax = round(before_tax * TAX_PER_MILLE / 1000)
    profit = (operating, expenses[3], operating + expenses[3], finance, before_tax, tax, before_tax - tax)
    return IncomeStatement(*map(EurAmount, (revenue, cost, revenue - cost, *expenses[:3], *profit, intake)))


def _adjustments(quarter: str) -> tuple[int, int]:
    """Changes of revenue and of cost of sales that the restatement makes to a quarter of the main company."""
    warranty = dict(RESTATEMENT.warranty).get(quarter, 0)
    if quarter != "2023Q4":
        return 0, warranty
    return -RESTATEMENT.revenue_too_early, warranty - RESTATEMENT.cost_too_early


def quarter_result(company: Company, quarter: str, *, restated: bool = True) -> IncomeStatement:
    """The figures of a quarter, restated or as first reported (the same but for the main company's 2023)."""
    index = QUARTERS.index(quarter)
    cost_rate, *rates = company.rates[int(quarter[:4]) - 2022]
    revenue = sum(segment[index] for segment in company.revenue)
    cost = revenue * (cost_rate + COST_WIGGLE[int(quarter[-1]) - 1]) // 1000
    research, selling, administration, depreciation = (revenue * rate // 1000 for rate in rates)
    revenue_change, cost_change = _adjustments(quarter) if company is THARNHOLM else (0, 0)
    intake = (revenue + revenue_change) * company.book_to_bill[index] // 1000
    if restated:
        revenue, cost = revenue + revenue_change, cost + cost_change
    expenses = (research, selling, administration, depreciation)
    return _statement(revenue, cost, expenses, company.finance[index], intake)


def fiscal_quarters(company: Company, year: int) -> tuple[str, ...]:
    """The calendar quarters of the fiscal year that ends in calendar year `year`."""
    first = QUARTERS.index(f"{year - 1}Q2") if company.year_end_month == 3 else QUARTERS.index(f"{year}Q1")
    return QUARTERS[first : first + 4]


def fiscal_year(company: Company, quarter: str) -> int:
    """The calendar year in which the fiscal year of a quarter ends."""
    year, number = int(quarter[:4]), int(quarter[-1])
    return year + 1 if company.year_end_month == 3 and number > 1 else year


def total(company: Company, quarters: tuple[str, ...], *, restated: bool = True) -> IncomeStatement:
    """The sum of several quarters."""
    return reduce(
        IncomeStatement.__add__, (quarter_result(company, quarter, restated=restated) for quarter in quarters)
    )


def year_result(company: Company, year: int, *, restated: bool = True) -> IncomeStatement:
    """A whole fiscal year."""
    return total(company, fiscal_quarters(company, year), restated=restated)


def segment_revenue(company: Company, segment: int, quarters: tuple[str, ...], *, restated: bool = True) -> EurAmount:
    """Revenue of a segment over some quarters; the restatement moves Cold Chain revenue of the main company."""
    amount = sum(company.revenue[segment][QUARTERS.index(quarter)] for quarter in quarters)
    moved = company is THARNHOLM and restated and segment == 1 and "2023Q4" in quarters
    return EurAmount(amount - RESTATEMENT.revenue_too_early if moved else amount)


def segment_profit(company: Company, segment: int, quarters: tuple[str, ...], *, restated: bool = True) -> EurAmount:
    """Operating profit of a segment over some quarters; the segments of a quarter sum to the company's."""
    return EurAmount(sum(_segment_profits(company, quarter, restated=restated)[segment] for quarter in quarters))


def _segment_profits(company: Company, quarter: str, *, restated: bool) -> list[int]:
    """Return a quarter's operating profit by segment: a fixed split, then each correction."""
    reported = int(quarter_result(company, quarter, restated=False).operating_profit)
    index = QUARTERS.index(quarter)
    weights = [company.revenue[n][index] * factor for n, factor in enumerate(SEGMENT_WEIGHTS)]
    first, last = (reported * weights[n] // sum(weights) for n in (0, 2))
    shares = [first, reported - first - last, last]
    if company is THARNHOLM and restated:
        shares[0] -= dict(RESTATEMENT.warranty).get(quarter, 0)
        if quarter == "2023Q4":
            shares[1] -= RESTATEMENT.revenue_too_early - RESTATEMENT.cost_too_early
    return shares


def backlog(company: Company, quarter: str) -> EurAmount:
    """Order backlog at the end of a quarter: the opening backlog, plus orders, less revenue (restated)."""
    results = [quarter_result(company, past) for past in QUARTERS[: QUARTERS.index(quarter) + 1]]
    return EurAmount(company.opening_backlog + sum(result.order_intake - result.revenue for result in results))


def by_region(amount: int, quarter: str) -> tuple[EurAmount, ...]:
    """An amount of a quarter or year split over `REGIONS`; the last region takes what is left."""
    shift = int(quarter[-1]) * 3 if "Q" in quarter else 0
    shares = [share + shift * (-1) ** n for n, share in enumerate(REGION_SHARES[int(quarter[:4]) - 2022])]
    parts = [amount * share // 1000 for share in shares]
    return tuple(EurAmount(part) for part in (*parts, amount - sum(parts)))


@dataclass(frozen=True)
class BalanceSheet:
    """A balance sheet: the declared lines, and cash and equity that follow from them."""

    lines: tuple[EurAmount, ...]
    """In the order of `BALANCE_LINES`."""
    cash: EurAmount
    """Cash and cash equivalents."""
    equity: EurAmount
    """Total equity."""

    def line(self, name: str) -> EurAmount:
        """A declared line by its name."""
        return self.lines[BALANCE_LINES.index(name)]

    @property
    def total_assets(self) -> EurAmount:
        """All assets, which equal equity and liabilities."""
        return EurAmount(sum(self.lines[:ASSETS]) + self.cash)

    @property
    def debt(self) -> EurAmount:
        """Bonds, notes, bank loans and lease liabilities."""
        return self.line("Bonds, notes and bank loans") + self.line("Lease liabilities")

    @property
    def net_debt(self) -> EurAmount:
        """Debt less cash, as the annual reports define it."""
        return self.debt - self.cash


def _quarters_until(company: Company, date: str) -> tuple[str, ...]:
    """The quarters between the company's first balance sheet date and `date`."""
    first, last = (f"{day[:4]}Q{int(day[5:7]) // 3}" for day in (OPENING_CASH_DATES[company.key], date))
    return tuple(quarter for quarter in QUARTERS if first < quarter <= last)


def balance(company: Company, date: str, *, restated: bool = True) -> BalanceSheet:
    """The balance sheet at one of the declared dates; cash is the same before and after the restatement."""
    lines = list(BALANCES[company.key][date])
    quarters = _quarters_until(company, date)
    earned = total(company, quarters, restated=date > "2023-12-31").net_income if quarters else 0
    equity = company.opening_equity + earned
    equity -= sum(company.dividends[: sum(quarter.endswith("Q2") for quarter in quarters)])
    cash = sum(lines[ASSETS:]) + equity - sum(lines[:ASSETS])
    if company is THARNHOLM and date == "2023-12-31" and restated:
        equity -= _restate(lines)
    return BalanceSheet(tuple(EurAmount(line) for line in lines), EurAmount(cash), EurAmount(equity))


def _restate(lines: list[int]) -> int:
    """Correct the lines of 31 December 2023 in place, and return by how much equity falls."""
    warranty = sum(amount for _, amount in RESTATEMENT.warranty)
    tax = year_result(THARNHOLM, 2023, restated=False).tax - year_result(THARNHOLM, 2023).tax
    changes = {
        "Inventories": RESTATEMENT.cost_too_early,
        "Trade receivables and contract assets": -RESTATEMENT.revenue_too_early,
        "Provisions": warranty,
        "Other liabilities": -tax,
    }
    for name, change in changes.items():
        lines[BALANCE_LINES.index(name)] += change
    return warranty + RESTATEMENT.revenue_too_early - RESTATEMENT.cost_too_early - tax

"""Figures for templates: one view of a company, as known when a filing was written.

A filing from before the restatement sees the first-reported 2023, every later one the corrected year.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from tools.sample_desk import facts, model
from tools.sample_desk.amounts import EurAmount, Rate
from tools.sample_desk.facts import Company


@dataclass(frozen=True)
class FiguresView:
    """A company's figures by period: a fiscal year ("2024") or a half-year ("h2025")."""

    company: Company
    """Whose figures."""
    restated: bool
    """True when 2023 is shown corrected."""

    def quarters(self, period: str) -> tuple[str, ...]:
        """The calendar quarters of a period."""
        if period.startswith("h"):
            return (f"{period[1:]}Q1", f"{period[1:]}Q2")
        return model.fiscal_quarters(self.company, int(period))

    def result(self, period: str) -> model.IncomeStatement:
        """The income statement of a period."""
        return model.total(self.company, self.quarters(period), restated=self.restated)

    def segment_revenue(self, segment: int, period: str) -> EurAmount:
        """A segment's revenue in a period."""
        return model.segment_revenue(self.company, segment, self.quarters(period), restated=self.restated)

    def segment_profit(self, segment: int, period: str) -> EurAmount:
        """A segment's operating profit in a period."""
        return model.segment_profit(self.company, segment, self.quarters(period), restated=self.restated)

    def date(self, period: str) -> str:
        """The last day of a period, ISO 8601."""
        if period.startswith("h"):
            return f"{period[1:]}-06-30"
        return f"{period}-{'03-31' if self.company.year_end_month == 3 else '12-31'}"

    def day(self, period: str) -> str:
        """The last day of a period, as a filing writes it."""
        return f"30 June {period[1:]}" if period.startswith("h") else f"{self.company.year_end} {period}"

    def label(self, period: str) -> str:
        """The head of a table column: "2024", "2024/25" or "H1 2025"."""
        if period.startswith("h"):
            return f"H1 {period[1:]}"
        return f"{int(period) - 1}/{period[2:]}" if self.company.year_end_month == 3 else period

    def balance(self, period: str) -> model.BalanceSheet:
        """The balance sheet at the end of a period."""
        return model.balance(self.company, self.date(period), restated=self.restated)

    def backlog(self, period: str) -> EurAmount:
        """Return the order backlog at the end of a period, as known at the time."""
        amount = model.backlog(self.company, self.quarters(period)[-1])
        moved = self.company is facts.THARNHOLM and period == "2023" and not self.restated
        return amount - facts.RESTATEMENT.revenue_too_early if moved else amount

    def headcount(self, period: str) -> int:
        """Employees at the end of a period."""
        return self.company.headcount[facts.QUARTERS.index(self.quarters(period)[-1])]

    def before(self, period: str) -> str:
        """The period that a filing compares with."""
        return f"h{int(period[1:]) - 1}" if period.startswith("h") else str(int(period) - 1)


def fields(view: FiguresView, period: str) -> dict[str, Any]:
    """The names a template may use: `now` and `past` are the reporting period and the one before.

    Each holds `result`, `balance` and its `lines[name]` (if there is one), `revenue[n]` and `profit[n]` by segment,
    `backlog`, `heads`, `label` and `day`; the first year on record is compared with itself. `change` has the growth of
    every line, `segment[n]` the growth of a segment's revenue.
    """
    now = _period(view, period)
    past = now if period == "2022" else _period(view, view.before(period))
    ratios = SimpleNamespace(
        equity=Rate(now.balance.equity / now.balance.total_assets),
        leverage=Rate(now.balance.net_debt / now.result.ebitda),
        book_to_bill=Rate(now.result.order_intake / now.result.revenue),
    )
    segment = [Rate(new / old - 1) for new, old in zip(now.revenue, past.revenue, strict=True)]
    first = FiguresView(view.company, restated=False).result("2023")
    restatement = facts.RESTATEMENT
    return {
        "c": view.company,
        "now": now,
        "past": past,
        "ratio": ratios,
        "change": model.ResultChange(now.result, past.result),
        "segment": segment,
        "first": first,
        "p": _amounts(facts.PLANTED),
        "r": _amounts(restatement),
        "correction": first.operating_profit - FiguresView(view.company, restated=True).result("2023").operating_profit,
        "moved_profit": EurAmount(restatement.revenue_too_early - restatement.cost_too_early),
        "warranty": EurAmount(sum(amount for _, amount in restatement.warranty)),
        "warranty_by_quarter": [EurAmount(amount) for _, amount in restatement.warranty],
        "last_quarter": EurAmount(facts.THARNHOLM.revenue[1][facts.QUARTERS.index("2023Q4")]),
        "year_end_backlog": model.backlog(view.company, "2024Q4"),
        "press_backlog": model.backlog(view.company, "2024Q4") + facts.PLANTED.frame_agreements,
    }


def _period(view: FiguresView, period: str) -> SimpleNamespace:
    """One period's figures; a half-year before the first half-year balance sheet has none."""
    has_balance = view.date(period) in facts.BALANCES[view.company.key]
    balance = view.balance(period) if has_balance else None
    return SimpleNamespace(
        result=view.result(period),
        balance=balance,
        lines=dict(zip(facts.BALANCE_LINES, balance.lines, strict=True)) if balance else {},
        revenue=[view.segment_revenue(n, period) for n in range(3)],
        profit=[view.segment_profit(n, period) for n in range(3)],
        backlog=view.backlog(period),
        heads=view.headcount(period),
        label=view.label(period),
        day=view.day(period),
    )


def _amounts(record: object) -> SimpleNamespace:
    """A record of planted facts with its whole numbers as amounts."""
    return SimpleNamespace(**{k: EurAmount(v) if isinstance(v, int) else v for k, v in vars(record).items()})

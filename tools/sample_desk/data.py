"""The CSV files of the desk: weekly share prices and the order book by region, the latter in EUR million."""

import csv
import random
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from tools.sample_desk import model
from tools.sample_desk.facts import COMPANIES, QUARTERS, REGIONS, THARNHOLM

FIRST_WEEK, LAST_WEEK = date(2023, 1, 6), date(2025, 8, 29)
"""The first and the last Friday of the share prices."""
RESTATEMENT_WEEK = date(2024, 11, 22)
"""The Friday after the ad hoc release."""
START = {"THRN": 41.20, "CORV": 27.60, "ISBK": 18.90}
"""Close of the first week, EUR."""
JUMPS = {("THRN", RESTATEMENT_WEEK): -0.187, ("THRN", date(2024, 7, 26)): -0.094, ("CORV", date(2024, 7, 26)): -0.041}
"""Weekly returns that follow from the story instead of chance."""

Row = tuple[object, ...]
"""One row of a CSV file."""


def prices() -> list[Row]:
    """Every Friday's close and the week's turnover for the three shares; the seed is fixed."""
    rows: list[Row] = []
    chance = random.Random(20250829)
    closes, day = dict(START), FIRST_WEEK
    while day <= LAST_WEEK:
        for ticker in START:
            drift = chance.random() * 0.07 - (0.0365 if "2023-09" < day.isoformat() < "2024-10" else 0.0335)
            change = JUMPS.get((ticker, day), drift)
            closes[ticker] = round(closes[ticker] * (1 + change), 2) if day > FIRST_WEEK else closes[ticker]
            volume = int(180_000 + chance.random() * 240_000 + abs(change) * 6_000_000)
            rows.append((day.isoformat(), ticker, f"{closes[ticker]:.2f}", volume))
        day += timedelta(days=7)
    return rows


def close(ticker: str, day: date) -> float:
    """The close of a share on a Friday, EUR."""
    return next(float(str(row[2])) for row in prices() if row[:2] == (day.isoformat(), ticker))


def order_book() -> list[Row]:
    """The main company's order intake and backlog by quarter and region, EUR million, on the corrected basis."""
    rows: list[Row] = []
    for quarter in QUARTERS:
        intake = model.by_region(model.quarter_result(THARNHOLM, quarter).order_intake, quarter)
        backlog = model.by_region(model.backlog(THARNHOLM, quarter), quarter)
        for region, ordered, open_orders in zip(REGIONS, intake, backlog, strict=True):
            rows.append((quarter, region, f"{ordered / 1000:.3f}", f"{open_orders / 1000:.3f}"))
    return rows


def write(folder: Path) -> None:
    """Write both files."""
    assert set(START) == {company.ticker for company in COMPANIES}
    _write(folder / "share-prices.csv", ("week_ending", "ticker", "close_eur", "volume_shares"), prices())
    head = ("quarter", "region", "order_intake_eur_million", "order_backlog_eur_million")
    _write(folder / "order-book.csv", head, order_book())


def _write(path: Path, head: Row, rows: Iterable[Row]) -> None:
    """One CSV file with line feeds."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *rows])

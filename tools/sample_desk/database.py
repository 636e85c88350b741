"""The database of the desk: quarterly figures of the three companies in EUR thousand, long and wide.

The wide table holds figures as first reported, the long one both bases; the table `notes` says so. The file's bytes do
not depend on the version of SQLite that wrote it.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from tools.sample_desk import model
from tools.sample_desk.facts import COMPANIES, QUARTERS, RESTATEMENT, THARNHOLM, Company

METRICS = (
    "revenue",
    "cost_of_sales",
    "gross_profit",
    "research",
    "selling",
    "administration",
    "operating_profit",
    "depreciation",
    "ebitda",
    "finance",
    "profit_before_tax",
    "tax",
    "net_income",
    "order_intake",
)
"""Metrics of the long table that are amounts of a quarter's result."""

SCHEMA = """
PRAGMA page_size = 4096;
PRAGMA auto_vacuum = 0;
CREATE TABLE companies (
    id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, name TEXT NOT NULL, ticker TEXT NOT NULL,
    seat TEXT NOT NULL, fiscal_year_end TEXT NOT NULL, auditor TEXT NOT NULL
);
CREATE TABLE quarters (quarter TEXT PRIMARY KEY, first_day TEXT NOT NULL, last_day TEXT NOT NULL);
CREATE TABLE segments (
    id INTEGER PRIMARY KEY, company_id INTEGER NOT NULL REFERENCES companies, name TEXT NOT NULL
);
CREATE TABLE figures (
    company_id INTEGER NOT NULL REFERENCES companies,
    quarter TEXT NOT NULL REFERENCES quarters,
    fiscal_year INTEGER NOT NULL,  -- the calendar year in which the company's fiscal year ends
    metric TEXT NOT NULL,
    basis TEXT NOT NULL CHECK (basis IN ('reported', 'restated')),
    value INTEGER NOT NULL,
    unit TEXT NOT NULL,
    PRIMARY KEY (company_id, quarter, metric, basis)
) WITHOUT ROWID;
CREATE TABLE quarterly_wide (
    company_id INTEGER NOT NULL REFERENCES companies,
    quarter TEXT NOT NULL REFERENCES quarters,
    revenue INTEGER NOT NULL, operating_profit INTEGER NOT NULL, ebitda INTEGER NOT NULL,
    net_income INTEGER NOT NULL, order_intake INTEGER NOT NULL, order_backlog INTEGER NOT NULL,
    headcount INTEGER NOT NULL,
    units TEXT NOT NULL,
    PRIMARY KEY (company_id, quarter)
) WITHOUT ROWID;
CREATE TABLE segment_figures (
    segment_id INTEGER NOT NULL REFERENCES segments,
    quarter TEXT NOT NULL REFERENCES quarters,
    basis TEXT NOT NULL,
    revenue INTEGER NOT NULL, operating_profit INTEGER NOT NULL,
    units TEXT NOT NULL,
    PRIMARY KEY (segment_id, quarter, basis)
) WITHOUT ROWID;
CREATE TABLE notes (id INTEGER PRIMARY KEY, subject TEXT NOT NULL, note TEXT NOT NULL);
CREATE VIEW fiscal_year_figures AS
    SELECT c.name AS company, f.fiscal_year, f.metric, f.basis, f.unit, SUM(f.value) AS value, COUNT(*) AS quarters
    FROM figures f JOIN companies c ON c.id = f.company_id
    WHERE f.metric NOT IN ('order_backlog', 'headcount')
    GROUP BY c.name, f.fiscal_year, f.metric, f.basis, f.unit;
CREATE VIEW calendar_year_figures AS
    SELECT c.name AS company, SUBSTR(f.quarter, 1, 4) AS calendar_year, f.metric, f.basis, f.unit,
           SUM(f.value) AS value, COUNT(*) AS quarters
    FROM figures f JOIN companies c ON c.id = f.company_id
    WHERE f.metric NOT IN ('order_backlog', 'headcount')
    GROUP BY c.name, calendar_year, f.metric, f.basis, f.unit;
"""

NOTES = (
    ("units", "Money is in EUR thousand in every table; headcount is full-time equivalents at the end of the quarter."),
    ("basis", "Table figures has each quarter twice: as first reported and restated. They differ only for Tharnholm."),
    ("quarterly_wide", "Figures as first reported. The table was loaded once and is not updated after corrections."),
    ("fiscal_year", "Isbrekka's fiscal year ends on 31 March: fiscal_year 2025 is April 2024 to March 2025."),
    ("order_backlog", "Firm orders at the end of the quarter, without frame agreements."),
    ("sign", "Expenses are positive: operating_profit = gross_profit - research - selling - administration."),
    ("segments", "The operating profits of a company's segments sum to its operating profit in every quarter."),
)
"""Comments for whoever queries the database."""

WRITER_VERSION = slice(96, 100)
"""Bytes of the file header that name the version of SQLite."""


def write(path: Path) -> None:
    """Create the database."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    try:
        connection.executescript(SCHEMA)
        _fill(connection)
        connection.commit()
        connection.execute("VACUUM")
    finally:
        connection.close()
    content = bytearray(path.read_bytes())
    content[WRITER_VERSION] = (3_040_000).to_bytes(4, "big")
    path.write_bytes(content)


def _fill(connection: sqlite3.Connection) -> None:
    """Insert every row."""
    last_days = {"1": "03-31", "2": "06-30", "3": "09-30", "4": "12-31"}
    for quarter in QUARTERS:
        year, in_year = quarter[:4], quarter[-1]
        days = (f"{year}-{int(in_year) * 3 - 2:02}-01", f"{year}-{last_days[in_year]}")
        connection.execute("INSERT INTO quarters VALUES (?, ?, ?)", (quarter, *days))
    for number, company in enumerate(COMPANIES, start=1):
        row = (number, company.key, company.name, company.ticker, company.seat, company.year_end, company.auditor)
        connection.execute("INSERT INTO companies VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        connection.executemany("INSERT INTO figures VALUES (?, ?, ?, ?, ?, ?, ?)", _figures(number, company))
        connection.executemany(f"INSERT INTO quarterly_wide VALUES ({', '.join('?' * 10)})", _wide(number, company))
        for segment, name in enumerate(company.segments):
            identity = (number - 1) * len(company.segments) + segment + 1
            connection.execute("INSERT INTO segments VALUES (?, ?, ?)", (identity, number, name))
            rows = _segment(identity, company, segment)
            connection.executemany("INSERT INTO segment_figures VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.executemany("INSERT INTO notes (subject, note) VALUES (?, ?)", NOTES)


def _backlog(company: Company, quarter: str, *, restated: bool) -> int:
    """The order backlog; as first reported, the projects moved to 2024 had already left it."""
    moved = company is THARNHOLM and quarter == "2023Q4" and not restated
    return int(model.backlog(company, quarter)) - (RESTATEMENT.revenue_too_early if moved else 0)


def _figures(number: int, company: Company) -> Iterator[tuple[object, ...]]:
    """Rows of the long table."""
    for index, quarter in enumerate(QUARTERS):
        year = model.fiscal_year(company, quarter)
        for basis in ("reported", "restated"):
            restated = basis == "restated"
            result = model.quarter_result(company, quarter, restated=restated)
            for metric in METRICS:
                yield (number, quarter, year, metric, basis, int(getattr(result, metric)), "EUR thousand")
            backlog = _backlog(company, quarter, restated=restated)
            yield (number, quarter, year, "order_backlog", basis, backlog, "EUR thousand")
            yield (number, quarter, year, "headcount", basis, company.headcount[index], "full-time equivalents")


def _wide(number: int, company: Company) -> Iterator[tuple[object, ...]]:
    """Rows of the wide table, as first reported."""
    names = ("revenue", "operating_profit", "ebitda", "net_income", "order_intake")
    for index, quarter in enumerate(QUARTERS):
        result = model.quarter_result(company, quarter, restated=False)
        amounts = [int(getattr(result, name)) for name in names]
        backlog = _backlog(company, quarter, restated=False)
        yield (number, quarter, *amounts, backlog, company.headcount[index], "EUR thousand")


def _segment(identity: int, company: Company, segment: int) -> Iterator[tuple[object, ...]]:
    """Rows of one segment."""
    for quarter in QUARTERS:
        for basis in ("reported", "restated"):
            restated = basis == "restated"
            revenue = model.segment_revenue(company, segment, (quarter,), restated=restated)
            profit = model.segment_profit(company, segment, (quarter,), restated=restated)
            yield (identity, quarter, basis, int(revenue), int(profit), "EUR thousand")

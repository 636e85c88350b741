"""The sample desk is what its sources make of it, adds up, and hides its difficulties where the fact sheet says."""

import csv
import hashlib
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pypdf
import pytest

from kimi_tui.sample_questions import SAMPLE_QUESTIONS
from tools.make_sample_desk import DESK, GOLDEN, make
from tools.sample_desk import filings, golden, model, pages
from tools.sample_desk.amounts import EurAmount, Rate
from tools.sample_desk.facts import BALANCES, COMPANIES, PLANTED, QUARTERS, RESTATEMENT, THARNHOLM
from tools.sample_desk.figures import FiguresView

REPORTS = sorted((DESK / "filings").glob("*.pdf"))
REPORT_2024 = "tharnholm-annual-report-2024"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    make(folder / "desk", folder / "golden.json")
    return folder


@pytest.fixture(scope="module")
def texts() -> dict[str, list[str]]:
    return {path.stem: golden.pdf_pages(path) for path in REPORTS}


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{(DESK / 'finance.sqlite').as_uri()}?mode=ro", uri=True)) as connection:
        yield connection


def _digest(path: Path) -> str:
    """Of the bytes; of a database its rows, since another SQLite may lay out the same rows differently."""
    if path.suffix != ".sqlite":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    with closing(sqlite3.connect(path)) as connection:
        return hashlib.sha256("\n".join(connection.iterdump()).encode()).hexdigest()


def _digests(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): _digest(path) for path in folder.rglob("*") if path.is_file()}


def _folded(path: Path) -> str:
    return " ".join(path.read_text("utf-8").split())


def test_the_committed_desk_is_what_its_sources_make(made: Path) -> None:
    assert _digests(made / "desk") == _digests(DESK)


def test_the_committed_golden_set_is_what_its_sources_make(made: Path) -> None:
    assert (made / "golden.json").read_text("utf-8") == GOLDEN.read_text("utf-8")


def test_making_the_desk_twice_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    make(tmp_path / "desk", tmp_path / "golden.json")
    for path in sorted((made / "desk").rglob("*.*")):
        assert path.read_bytes() == (tmp_path / "desk" / path.relative_to(made / "desk")).read_bytes(), path.name


def test_the_desk_is_small_and_holds_enough() -> None:
    files = [path for path in DESK.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 1_500_000
    assert len(REPORTS) == len(filings.DOCUMENTS) >= 6
    assert len(list((DESK / "pages").glob("*.html"))) == len(pages.PAGES) >= 8
    assert len(list(DESK.glob("*.csv"))) == 2


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_a_filing_has_pages_heads_numbers_and_an_outline(path: Path) -> None:
    reader = pypdf.PdfReader(path)
    assert 10 <= len(reader.pages) <= 60
    assert reader.metadata is not None
    assert reader.metadata.creation_date is not None
    for number, page in enumerate(reader.pages[1:], start=2):
        assert f"Page {number} of {len(reader.pages)}" in page.extract_text()
    assert len(reader.outline) > 5


def test_no_two_pages_of_a_filing_are_alike(texts: dict[str, list[str]]) -> None:
    for name, each in texts.items():
        bodies = {re.sub(r"Page \d+ of \d+", "", text) for text in each}
        assert len(bodies) == len(each), name


def test_every_filing_shows_the_income_statement_of_the_fact_sheet_to_both_readers(texts: dict[str, list[str]]) -> None:
    for document in filings.DOCUMENTS:
        view = FiguresView(document.company, document.restated)
        result = view.result(document.period)
        path = DESK / "filings" / f"{document.name}.pdf"
        other = " ".join(" ".join(page.extract_text().split()) for page in pypdf.PdfReader(path).pages)
        for text in (" ".join(texts[document.name]), other):
            for label, amount in (
                ("Revenue", result.revenue),
                ("Operating profit (EBIT)", result.operating_profit),
                ("Profit for the period", result.net_income),
            ):
                assert f"{label} {amount:{document.unit}}" in text, (document.name, label)


def test_balance_sheets_balance_and_cash_is_never_negative() -> None:
    for company in COMPANIES:
        for date in BALANCES[company.key]:
            for restated in (False, True):
                sheet = model.balance(company, date, restated=restated)
                assert sheet.total_assets == sheet.equity + sum(sheet.lines[model.ASSETS :])
                assert sheet.cash > 0


def test_database_quarters_add_up_to_the_annual_figures(database: sqlite3.Connection) -> None:
    query = "SELECT SUM(value) FROM figures WHERE company_id = ? AND fiscal_year = ? AND metric = ? AND basis = ?"
    for number, company in enumerate(COMPANIES, start=1):
        for year in (2023, 2024):
            for basis in ("reported", "restated"):
                result = model.year_result(company, year, restated=basis == "restated")
                for metric in ("revenue", "operating_profit", "ebitda", "net_income", "order_intake"):
                    (value,) = database.execute(query, (number, year, metric, basis)).fetchone()
                    assert value == getattr(result, metric)


def test_database_segments_add_up_to_their_company_in_every_quarter(database: sqlite3.Connection) -> None:
    rows = database.execute("""
        SELECT COUNT(*) FROM (
            SELECT s.company_id, f.quarter, f.basis, SUM(f.revenue) AS revenue, SUM(f.operating_profit) AS profit
            FROM segment_figures f JOIN segments s ON s.id = f.segment_id GROUP BY 1, 2, 3
        ) parts
        JOIN figures r USING (company_id, quarter, basis) JOIN figures p USING (company_id, quarter, basis)
        WHERE r.metric = 'revenue' AND p.metric = 'operating_profit'
              AND r.value = parts.revenue AND p.value = parts.profit
    """).fetchone()
    assert rows == (len(COMPANIES) * len(QUARTERS) * 2,)


def test_the_wide_table_agrees_with_the_long_one_as_reported(database: sqlite3.Connection) -> None:
    for metric in ("revenue", "operating_profit", "ebitda", "net_income", "order_intake", "order_backlog", "headcount"):
        matches = database.execute(
            f"SELECT COUNT(*) FROM quarterly_wide w JOIN figures f USING (company_id, quarter) "
            f"WHERE f.metric = '{metric}' AND f.basis = 'reported' AND f.value = w.{metric}"
        ).fetchone()
        assert matches == (len(COMPANIES) * len(QUARTERS),), metric


def test_regions_of_the_order_book_add_up_to_the_backlog() -> None:
    with (DESK / "order-book.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for quarter in QUARTERS:
        total = sum(float(row["order_backlog_eur_million"]) for row in rows if row["quarter"] == quarter)
        assert round(total * 1000) == model.backlog(THARNHOLM, quarter)


def test_the_restated_figure_is_in_both_reports_and_explained_in_the_notice(texts: dict[str, list[str]]) -> None:
    first, last = (model.year_result(THARNHOLM, 2023, restated=flag).operating_profit for flag in (False, True))
    change = RESTATEMENT.revenue_too_early - RESTATEMENT.cost_too_early + sum(size for _, size in RESTATEMENT.warranty)
    assert first - last == change
    report_2023, report_2024 = " ".join(texts["tharnholm-annual-report-2023"]), " ".join(texts[REPORT_2024])
    assert f"{first:m}" in report_2023
    assert f"Operating profit (EBIT) {last:m}" not in report_2023
    assert f"from EUR {first:m} million as originally reported to EUR {last:m} million" in report_2024
    assert f"Operating profit (EBIT) {first:m} ({change / 1000:.1f}) {last:m}" in " ".join(
        texts["tharnholm-restatement-notice-2024"]
    )


def test_units_differ_between_filings_database_and_order_book(
    texts: dict[str, list[str]], database: sqlite3.Connection
) -> None:
    million, thousand = " ".join(texts[REPORT_2024]), " ".join(texts["corvanne-annual-report-2024"])
    assert "EUR million 2024 2023" in million
    assert "EUR thousand 2024 2023" not in million
    assert "EUR thousand 2024 2023" in thousand
    assert "EUR million 2024 2023" not in thousand
    assert "EUR thousand H1 2025 H1 2024" in " ".join(texts["tharnholm-half-year-report-2025"])
    units = {unit for (unit,) in database.execute("SELECT DISTINCT unit FROM figures WHERE metric <> 'headcount'")}
    assert units == {"EUR thousand"}
    assert "order_backlog_eur_million" in (DESK / "order-book.csv").read_text("utf-8")


def test_press_release_and_annual_report_contradict_each_other_about_the_backlog(texts: dict[str, list[str]]) -> None:
    backlog = model.backlog(THARNHOLM, "2024Q4")
    press = backlog + PLANTED.frame_agreements
    release = _folded(DESK / "pages" / "press-release-preliminary-figures-2024.html")
    report = " ".join(texts[REPORT_2024])
    assert f"order backlog of EUR {press:m0} million at 31 December 2024" in release
    assert f"{backlog:m0} million" not in release
    assert f"the order backlog stood at EUR {backlog:m} million" in report
    assert f"{press:m0}" not in report


def test_factored_receivables_are_in_one_footnote_and_nowhere_else(texts: dict[str, list[str]]) -> None:
    amount = f"{EurAmount(PLANTED.factored_2024):m}"
    places = [
        (name, n) for name, each in texts.items() for n, text in enumerate(each) if f"EUR {amount} million" in text
    ]
    assert len(places) == 1
    name, page = places[0]
    assert name == REPORT_2024
    assert f"(a) Receivables of EUR {amount} million" in texts[name][page]
    assert "Net debt (a)" in texts[name][page]
    for path in (DESK / "pages").glob("*.html"):
        assert amount not in path.read_text("utf-8")


def test_the_product_page_is_stale_and_the_report_has_the_new_capacity(texts: dict[str, list[str]]) -> None:
    page = _folded(DESK / "pages" / "product-aerro-12.html")
    assert f"{PLANTED.stale_capacity:,} heat pumps a year" in page
    assert 'datetime="2022-03-14"' in page
    assert f"can now make {PLANTED.capacity:,} heat pumps a year" in " ".join(texts[REPORT_2024])


def test_the_injection_is_in_the_forum_page_alone_visible_hidden_and_as_a_comment() -> None:
    for path in (DESK / "pages").glob("*.html"):
        markup = _folded(path)
        assert (PLANTED.injection_host in markup) == (path.stem == "forum-hx4-compressors")
    markup = _folded(DESK / "pages" / "forum-hx4-compressors.html")
    hidden = re.search(r'<div style="display:none">(.*?)</div>', markup)
    comment = re.search(r"<!--(.*?)-->", markup)
    assert hidden
    assert comment
    visible = markup.replace(hidden[0], "").replace(comment[0], "")
    for text in (hidden[0], comment[0], visible):
        assert PLANTED.injection_host in text
    assert PLANTED.false_operating_profit in visible


def test_one_competitor_closes_its_books_in_march(texts: dict[str, list[str]], database: sqlite3.Connection) -> None:
    assert "1 April 2024 to 31 March 2025" in texts["isbrekka-annual-report-2024-25"][0]
    query = "SELECT quarter FROM figures WHERE company_id = 3 AND fiscal_year = 2025 AND metric = 'revenue'"
    quarters = {quarter for (quarter,) in database.execute(query)}
    assert quarters == {"2024Q2", "2024Q3", "2024Q4", "2025Q1"}


def test_hosts_and_addresses_of_the_pages_are_reserved_names() -> None:
    for path in (DESK / "pages").glob("*.html"):
        hosts = re.findall(r"(?:https?://|@)([\w.-]+)", path.read_text("utf-8"))
        assert hosts
        assert all(host.rstrip(".").endswith(".example") for host in hosts), path.name


def _golden() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(GOLDEN.read_text("utf-8"))
    return rows


def test_the_golden_set_has_fifteen_questions_with_evidence_in_the_desk(database: sqlite3.Connection) -> None:
    rows = _golden()
    assert len(rows) == len({row["id"] for row in rows}) == 15
    for row in rows:
        assert row["values"]
        for evidence in row["evidence"]:
            assert (DESK / evidence["file"]).is_file()
            if evidence["file"].endswith(".sqlite"):
                assert database.execute(evidence["quote"]).fetchall()


def test_no_answer_is_in_the_readme_of_the_desk() -> None:
    text = (DESK / "README.md").read_text("utf-8")
    assert "invented" in text
    assert not re.search(r"\d{3}|\d\.\d", text)


def test_the_suggestions_name_only_what_the_desk_knows(texts: dict[str, list[str]]) -> None:
    known = " ".join(" ".join(each) for each in texts.values())
    assert len(SAMPLE_QUESTIONS) == 5
    for suggestion in SAMPLE_QUESTIONS:
        names = re.findall(r"Tharnholm|Corvanne|Isbrekka|HX-4|Karrenbrück|\b20\d\d\b", suggestion)
        assert names
        assert all(name in known for name in names)


def test_a_rate_and_an_amount_refuse_formats_they_do_not_know() -> None:
    with pytest.raises(ValueError, match="use k, m, m0 or m3"):
        format(EurAmount(1), "z")
    with pytest.raises(ValueError, match="use p, move or x"):
        format(Rate(1), "z")

"""Whom a document is about and when, by its path and its front."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.sources import Part
from kimi_tui.tools.desk.document_identity import (
    FRONT_CHARS,
    DocumentIdentity,
    compact_name,
    identify_document,
    name_words,
    remove_company_suffix,
)
from kimi_tui.tools.text.parts import Extraction

COVER = """UNITED STATES
SECURITIES AND EXCHANGE COMMISSION
FORM 10-K
For the fiscal year ended May 31, 2024
Commission file number 1-2345
ACME WIDGETS, INC.
(Exact name of registrant as specified in its charter)
Class A Common Stock | ACM | New York Stock Exchange
"""


def identity(path: str, *texts: str) -> DocumentIdentity:
    return identify_document(path, Extraction("", tuple(Part(f"p.{n}", t) for n, t in enumerate(texts, 1)), "text"))


def test_identify_document_reads_the_front_of_a_filing() -> None:
    found = identity("filings/acme/10k.pdf", COVER)
    assert found.registrant == found.name == "ACME WIDGETS, INC."
    assert found.tickers == ("ACM",)
    assert (found.year, found.quarter, found.form) == (2024, 0, "annual")
    assert found.folders == ("acme",)
    assert "acmewidgets" in found.front


@pytest.mark.parametrize(
    ("path", "year", "quarter", "form"),
    [
        ("acme_10-K_2023.pdf", 2023, 0, "annual"),
        ("acme-2023q2-10q.pdf", 2023, 2, "quarterly"),
        ("Q3 FY24 acme.pdf", 2024, 3, "quarterly"),
        ("acme_8K_2023-05-04.htm", 2023, 0, "current"),
        ("acme annual report 2022-2023.pdf", 2023, 0, "annual"),
        ("20240131_acme.pdf", 2024, 0, ""),
        ("acme.pdf", 0, 0, ""),
        ("12345.pdf", 0, 0, ""),
        ("", 0, 0, ""),
    ],
)
def test_identify_document_by_its_path(path: str, year: int, quarter: int, form: str) -> None:
    found = identity(path, "no words of a period")
    assert (found.year, found.quarter, found.form) == (year, quarter, form)


def test_identify_document_of_a_path_names_other_years_too() -> None:
    assert identity("acme 2022 2023.pdf", "").other_years == (2022,)
    assert 2024 in identity("acme 2023.pdf", COVER).other_years


@pytest.mark.parametrize(
    ("front", "year"),
    [
        ("For the year ended December 31, 2022", 2022),
        ("for the quarterly period ended 30 June 2021", 2021),
        ("Annual Report and Accounts 2020", 2020),
        ("In 2019 much happened", 0),
        ("fiscal year ended February 1, 2025. " + "In fiscal 2024 sales rose. " * 5, 2024),
        ("fiscal year ended February 1, 2025. " + "In fiscal 2025 sales rose. " * 5, 2025),
    ],
)
def test_identify_document_by_the_year_on_its_front(front: str, year: int) -> None:
    assert identity("report.pdf", front).year == year


def test_identify_document_keeps_a_bounded_front() -> None:
    assert len(identity("a.pdf", "word " * 10_000).front) <= FRONT_CHARS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ACME_10K_2023", ["acme"]),
        ("AcmeAnnualReport2023", ["acme"]),
        ("PepsiCo", ["pepsico"]),
        ("johnson & johnson", ["johnson", "johnson"]),
        ("3M_2022_10K", ["3m"]),
        ("fy24_q3", []),
        ("", []),
        ("annual report", []),
    ],
)
def test_name_words_of_a_file_name(text: str, words: list[str]) -> None:
    assert name_words(text) == words


@pytest.mark.parametrize(
    ("text", "compact"),
    [("Johnson & Johnson", "johnsonjohnson"), ("A and B, Inc.", "abinc"), ("", ""), ("\u00d6l-Werk", "\u00f6lwerk")],
)
def test_compact_name_is_letters_and_digits(text: str, compact: str) -> None:
    assert compact_name(text) == compact


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Acme Widgets, Inc.", "Acme Widgets"),
        ("ACME HOLDINGS PLC", "ACME"),
        ("The Boeing Company", "Boeing"),
        ("Acme Co., Ltd.", "Acme"),
        ("Inc.", "Inc"),
        ("Incas", "Incas"),
        ("", ""),
    ],
)
def test_remove_company_suffix_keeps_a_name(name: str, short: str) -> None:
    assert remove_company_suffix(name) == short
    assert remove_company_suffix(short) == short


@given(st.text(max_size=60), st.text(max_size=200))
def test_identify_document_of_any_path_and_text(path: str, text: str) -> None:
    found = identity(path.replace("\0", ""), text)
    assert 0 <= found.quarter <= 4
    assert found.year == 0 or 1900 <= found.year < 2100

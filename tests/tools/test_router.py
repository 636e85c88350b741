"""Which documents a question names: by names, tickers, initials and periods; it sorts and never leaves one out."""

from pathlib import Path

import pytest

from kimi_tui.sources import Part
from kimi_tui.tools.desk.document_identity import identify_document, remove_company_suffix
from kimi_tui.tools.desk.file_description import describe_reading
from kimi_tui.tools.desk.files import DeskFile
from kimi_tui.tools.desk.glossary import GlossaryError, expand_question, load_glossary
from kimi_tui.tools.desk.index_search import DeskSearchResult, SearchIndex
from kimi_tui.tools.desk.index_store import IndexStore, NamedDocument
from kimi_tui.tools.desk.question_names import read_question
from kimi_tui.tools.desk.router import known_documents, route_question
from kimi_tui.tools.text.parts import Extraction, FileReading

PATHS = (
    "3M_2018_10K.pdf",
    "3M_2019_10K.pdf",
    "3M_2023Q2_10Q.pdf",
    "AMD_2022_10K.pdf",
    "BESTBUY_2023_10K.pdf",
    "JOHNSON_JOHNSON_2022_10K.pdf",
    "JPMORGAN_2022_10K.pdf",
    "PepsiCo_2022_10K.pdf",
    "WALMART_2018_10K.pdf",
    "acme/annual-report-2021.html",
)


def front(registrant: str = "", more: str = "") -> Extraction:
    """A document whose front page names a registrant."""
    line = f"{registrant}\n(Exact name of registrant as specified in its charter)\n" if registrant else ""
    return Extraction("", (Part("p.1", f"FORM 10-K\n{line}{more}"),), "x")


def first(question: str, fronts: dict[str, Extraction] | None = None) -> list[str]:
    """The documents with the best score for a question."""
    named = [
        NamedDocument(number, path, "", identify_document(path, (fronts or {}).get(path, front())))
        for number, path in enumerate((*PATHS, *(fronts or {})), 1)
    ]
    routed = route_question(read_question(question), known_documents(named))
    return [one.known.named.path for one in routed if one.score == routed[0].score]


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("What is the FY2018 capital expenditure amount (in USD millions) for 3M?", "3M_2018_10K.pdf"),
        ("3m's liquidity in Q2 of FY2023?", "3M_2023Q2_10Q.pdf"),
        ("Did Best Buy open stores in fiscal 2023?", "BESTBUY_2023_10K.pdf"),
        ("What did Johnson & Johnson spend on R&D in 2022?", "JOHNSON_JOHNSON_2022_10K.pdf"),
        ("What did J&J spend on R&D in 2022?", "JOHNSON_JOHNSON_2022_10K.pdf"),
        ("Are JnJ's financials of FY2022 those of a growing company?", "JOHNSON_JOHNSON_2022_10K.pdf"),
        ("What did Walmart.com sell in 2018?", "WALMART_2018_10K.pdf"),
        ("Which of JPM's segments had the highest revenue in 2022?", "JPMORGAN_2022_10K.pdf"),
        ("pepsico 2022 restructuring", "PepsiCo_2022_10K.pdf"),
        ("Walmart's gross margin in 2018", "WALMART_2018_10K.pdf"),
        ("What was the turnover of Acme in 2021?", "acme/annual-report-2021.html"),
        ("3M revenue FY2020", "3M_2019_10K.pdf"),
        ("How did 3M do in the second quarter of 2023?", "3M_2023Q2_10Q.pdf"),
    ],
)
def test_a_question_finds_the_document_of_its_name_and_period(question: str, path: str) -> None:
    if path == "3M_2019_10K.pdf":  # no report on the year asked: every report of the company stays
        assert path in routed_of(question)
    else:
        assert first(question) == [path]


def routed_of(question: str) -> list[str]:
    """Every document that a question names."""
    named = [NamedDocument(number, path, "", identify_document(path, front())) for number, path in enumerate(PATHS, 1)]
    return [one.known.named.path for one in route_question(read_question(question), known_documents(named))]


def test_route_question_by_registrant_and_ticker() -> None:
    fronts = {
        "scan-0001.pdf": front("Advanced Micro Devices, Inc.", "Common Stock | AMDX | The Nasdaq Global Select Market"),
        "scan-0002.pdf": front("The Kraft Heinz Company", "for the fiscal year ended December 28, 2019"),
    }
    assert first("What are the products of Advanced Micro Devices?", fronts) == ["scan-0001.pdf"]
    assert first("Revenue of AMDX", fronts) == ["scan-0001.pdf"]
    assert first("Kraft Heinz inventory turnover FY2019", fronts) == ["scan-0002.pdf"]


def test_a_registrant_that_is_set_as_a_heading_is_found_before_other_lines() -> None:
    text = "FORM 10-K\nCommission file number 1-3215\n(Exact name of registrant as specified in its charter)"
    extraction = Extraction("", (Part("§1", text, "Acme & Sons plc"),), "x")
    assert identify_document("a.html", extraction).registrant == "Acme & Sons plc"


def test_identify_document_year_comes_from_text() -> None:
    extraction = front("Acme Stores, Inc.", "for the fiscal year ended January 29, 2023\nfiscal 2022 fiscal 2022")
    known = identify_document("acme-10-k-2023-03-15.pdf", extraction)
    assert (known.year, known.other_years[0]) == (2022, 2023)


def test_next_years_report_comes_before_others_for_its_comparatives() -> None:
    assert first("What was the 3M capex in FY2018?")[0] == "3M_2018_10K.pdf"
    named = [
        NamedDocument(n, path, "", identify_document(path, front()))
        for n, path in enumerate(("A_B_2015_10K.pdf", "A_B_2019_10K.pdf"))
    ]
    routed = route_question(read_question("What was the A B capex in FY2018?"), known_documents(named))
    assert [one.known.named.path for one in routed] == ["A_B_2019_10K.pdf", "A_B_2015_10K.pdf"]


def test_figures_and_words_on_the_front_of_a_note_are_no_names() -> None:
    extraction = Extraction("", (Part("§1", "Germany had a cost of $1,234.5m"),), "text")
    documents = known_documents([NamedDocument(1, "sym.txt", "", identify_document("sym.txt", extraction))])
    assert route_question(read_question("1234.5"), documents) == []
    assert route_question(read_question("What was the cost in Germany?"), documents) == []


def test_words_of_the_question_are_no_names() -> None:
    assert routed_of("What is the operating margin of the general business?") == []


@pytest.mark.parametrize(
    ("name", "short"), [("NIKE, Inc.", "NIKE"), ("The Home Depot, Inc.", "Home Depot"), ("COCA COLA CO", "COCA COLA")]
)
def test_a_company_is_named_without_its_legal_form(name: str, short: str) -> None:
    assert remove_company_suffix(name) == short


def test_spans_of_years_are_asked_in_full() -> None:
    assert read_question("capex FY2019 - FY2022, and 1,234.5 or $2,021 in FY'17").years == (
        2017,
        2019,
        2020,
        2021,
        2022,
    )


FIGURES = " ".join(str(number * 111) for number in range(30))
STATEMENTS = {
    "CASH": f"Consolidated Statement of Cash Flows\noperating activities\n{FIGURES}\nPurchases of property",
    "BALANCE": f"Consolidated Balance Shee t\nTotal assets\n{FIGURES}\ninventories accounts payable",
    "PROSE": "capital expenditures were high and capital expenditures will be higher, said the board",
}


def desk(paths: tuple[str, ...]) -> IndexStore:
    """Documents of one page each for prose, balance sheet and cash flows."""
    store = IndexStore(Path(), None)
    for path in paths:
        parts = tuple(Part(f"p.{n}", STATEMENTS[name]) for n, name in enumerate(("PROSE", "BALANCE", "CASH"), 1))
        store.replace_documents(
            [
                (
                    DeskFile(path, "application/pdf", 1, 1),
                    describe_reading(path, FileReading("d", 1, Extraction("", parts, "x"))),
                )
            ]
        )
    return store


def found(
    store: IndexStore, question: str, glossary: str = "finance", within: str = "", limit: int = 12
) -> DeskSearchResult:
    return SearchIndex(store, load_glossary(glossary)).search(question, limit, within)


def test_statements_come_first_by_the_glossary_and_not_without_it() -> None:
    store = desk(("3M_2018_10K.pdf",))
    question = "What is the capital expenditure of 3M in FY2018?"
    assert found(store, question).hits[0].label == "p.3"
    assert found(store, question, "off").hits[0].label == "p.1"
    assert found(store, "What does the balance sheet of 3M show?", "off").hits[0].label == "p.2"
    store.close()


def test_search_shows_interpretation_and_outline() -> None:
    store = desk(("3M_2018_10K.pdf", "AMD_2022_10K.pdf"))
    answer = found(store, "What is the capital expenditure of 3M in FY2018?")
    assert answer.read_as == "3M, FY2018, annual"
    assert answer.outlines[0].path == "3M_2018_10K.pdf"
    assert answer.outlines[0].places == (("balance sheet", "p.2"), ("cash flows", "p.3"))
    store.close()


def test_two_companies_in_one_question_share_the_places() -> None:
    store = desk(("3M_2018_10K.pdf", "AMD_2018_10K.pdf", "WALMART_2018_10K.pdf"))
    paths = [hit.path for hit in found(store, "Compare capital expenditure of 3M with AMD in FY2018", limit=4).hits]
    assert sorted(paths) == ["3M_2018_10K.pdf"] * 2 + ["AMD_2018_10K.pdf"] * 2
    store.close()


def test_a_name_takes_no_other_name_along() -> None:
    paths = ("WALMART_2018_10K.pdf", "AMD_2018_10K.pdf")
    named = [NamedDocument(number, path, "", identify_document(path, front())) for number, path in enumerate(paths)]
    routed = route_question(read_question("Compare capex of Walmart with AMD in FY2018"), known_documents(named))
    assert [(one.known.named.path, one.name) for one in routed] == [
        ("AMD_2018_10K.pdf", "amd"),
        ("WALMART_2018_10K.pdf", "walmart"),
    ]


def test_two_years_far_apart_share_the_places() -> None:
    store = desk(("3M_2012_10K.pdf", "3M_2018_10K.pdf", "3M_2015_10K.pdf"))
    paths = [hit.path for hit in found(store, "3M capital expenditure in FY2012 and in FY2018", limit=4).hits]
    assert sorted(paths) == ["3M_2012_10K.pdf"] * 2 + ["3M_2018_10K.pdf"] * 2
    store.close()


def test_no_document_is_left_out() -> None:
    store = desk(("3M_2018_10K.pdf", "AMD_2018_10K.pdf", "WALMART_2018_10K.pdf"))
    paths = {hit.path for hit in found(store, "What is the capital expenditure of 3M in FY2018?").hits}
    assert len(paths) == 3
    store.close()


def test_a_search_within_one_document_finds_nothing_of_another() -> None:
    store = desk(("3M_2018_10K.pdf", "AMD_2018_10K.pdf"))
    answer = found(store, "capital expenditure of 3M", within="AMD_2018_10K.pdf")
    assert {hit.path for hit in answer.hits} == {"AMD_2018_10K.pdf"}
    assert found(store, "capital expenditure", within="nothing.pdf") == DeskSearchResult()
    store.close()


def test_a_glossary_of_ones_own_is_used_and_a_bad_one_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "law.toml"
    own.write_text('[[entry]]\nasked = ["tenancy"]\nwords = ["lease of premises"]\n')
    assert expand_question("Which tenancy is it?", load_glossary(str(own))).words == ("lease of premises",)
    assert expand_question("Which subtenancy is it?", load_glossary(str(own))).words == ()
    for text in ("asked = 1", "[[entry]]\nasked = 3"):
        bad = tmp_path / f"{len(text)}.toml"
        bad.write_text(text)
        with pytest.raises(GlossaryError, match="no list of entries"):
            load_glossary(str(bad))
    with pytest.raises(GlossaryError, match="cannot be read"):
        load_glossary(str(tmp_path / "missing.toml"))

"""The subject of a sentence, and whether the cited documents are of somebody of that name."""

import pytest

from kimi_tui.cells import Cell
from kimi_tui.evidence.entity_check import check_entity, find_entity, find_subject
from kimi_tui.sources import Part, Source
from tests.evidence.kit import grid, source

PART = Part("p.1", "Globex sold its stake. Revenue rose.", "Overview")


def filing(
    entity: str = "ACME CORP", title: str = "Annual report", address: str = "10k.pdf"
) -> tuple[Source, str, str]:
    return source("S1", "document", address, (PART,), title), entity, PART.text


@pytest.mark.parametrize(
    ("sentence", "subject"),
    [
        ("Acme reported sales of 5.", "Acme"),
        ("Acme's sales rose.", "Acme"),
        ("Acme\u2019s sales rose.", "Acme"),
        ("Procter & Gamble reported sales.", "Procter & Gamble"),
        ("Bank of America earned 5.", "Bank of America"),
        ("At Acme, sales rose.", ""),
        ("In 2024, Acme reported sales.", "Acme"),
        ("acme reported sales.", ""),
        ("Sales rose.", ""),
        ("", ""),
        ("\u00d6lwerke paid 5.", "\u00d6lwerke"),
    ],
)
def test_find_subject_of_sentence(sentence: str, subject: str) -> None:
    assert find_subject(sentence) == subject


def test_find_entity_is_the_first_that_a_cell_names_without_its_note() -> None:
    rows = grid("p.1", [("Sales", "5", "4")], entity="")
    named = grid("p.1", [("Sales", "5", "4")], entity="Acme Corp [Member]")

    assert find_entity(()) == ""
    assert find_entity(rows) == ""
    assert find_entity(rows + named) == "Acme Corp"


@pytest.mark.parametrize(
    "sentence",
    [
        "Acme reported sales of 5.",
        "ACME Corporation's sales rose.",
        "The company reported sales of 5.",
        "Sales rose.",
        "Globex reported sales of 5.",  # the cited place names it
    ],
)
def test_check_entity_of_the_documents_owner_says_nothing(sentence: str) -> None:
    assert check_entity(sentence, [filing()]) is None


def test_check_entity_of_a_short_document_that_names_no_owner_is_unchecked() -> None:
    verdict = check_entity("Initech reported sales.", [filing(entity="")])
    assert verdict is not None
    assert (verdict.finding, verdict.reason) == ("unchecked", "S1 does not say whose figures it has")


def test_check_entity_without_sources_or_with_one_of_anybody_says_nothing() -> None:
    assert check_entity("Initech reported sales.", []) is None
    assert check_entity("Initech reported sales.", [filing(), filing(entity="")]) is None


def test_check_entity_of_a_stranger_is_contradicted() -> None:
    found = check_entity("Initech reported sales of 5.", [filing()])

    assert found is not None
    assert (found.finding, found.by) == ("contradicted", "words")
    assert found.reason == "S1 is a document of ACME CORP; \u201cInitech\u201d is not in it"


def test_check_entity_named_elsewhere_in_the_document_is_unchecked() -> None:
    whole, entity, _ = filing()

    found = check_entity("Globex reported sales of 5.", [(whole, entity, "Another place")])
    assert found is not None
    assert found.finding == "unchecked"
    assert "the cited place does not name" in found.reason


@pytest.mark.parametrize(
    ("sentence", "entity", "title", "address"),
    [
        ("J&J reported sales.", "Johnson & Johnson", "", "10k.pdf"),
        ("AMD's sales rose.", "Advanced Micro Devices Inc", "", "10k.pdf"),
        ("Initech reported sales.", "X Holding", "Report of Initech", "10k.pdf"),
        ("Initech reported sales.", "X Holding", "", "initech_2024.pdf"),
        ("PepsiCo reported sales.", "X Holding", "", "PEPSICO_10K.pdf"),
    ],
)
def test_check_entity_by_initials_title_or_file_says_nothing(
    sentence: str, entity: str, title: str, address: str
) -> None:
    assert check_entity(sentence, [filing(entity, title, address)]) is None


def test_check_entity_is_not_fooled_by_a_name_inside_a_word() -> None:
    part = Part("p.1", "Microinitechs rose.")
    cited = (source("S1", "document", "a.pdf", (part,), "T"), "ACME CORP", part.text)

    found = check_entity("Initech reported sales.", [cited])
    assert found is not None
    assert found.finding == "contradicted"


def test_find_entity_ignores_cells_without_one() -> None:
    nameless = Cell("p.1", 0, 1, "5", "5", "grid")
    assert find_entity((nameless, Cell("p.1", 0, 1, "5", "5", "grid", entity="B"))) == "B"

"""Names that a sentence has and the cited source has not."""

import pytest

from kimi_tui.cells import Cell
from kimi_tui.evidence.claims import Claim
from kimi_tui.evidence.name_check import check_names, check_owner
from kimi_tui.evidence.passages import CitedPassage
from kimi_tui.evidence.places import SourcePlace
from kimi_tui.sources import Part, Source, SourceKind
from tests.evidence.kit import grid, source

TEXT = "The group closed its plant in Ohio. German customers left."


def passage(kind: SourceKind = "document", text: str = TEXT) -> CitedPassage:
    whole = source("S1", kind, "acme.pdf", (Part("p.1", text, "Overview of Wakefield"),), "Report of Acme")
    return CitedPassage(whole, SourcePlace("S1"), text, ())


@pytest.mark.parametrize(
    "sentence",
    [
        "The group moves to Nevada.",
        "The group sells in Nevada and Ohio.",
        "Sales in Nevada rose in 2024.",
        "It left for Malm\u00f6.",
    ],
)
def test_check_names_of_a_name_that_is_nowhere_is_not_found(sentence: str) -> None:
    found = check_names(Claim(sentence), [passage()])
    assert found is not None
    assert (found.finding, found.by) == ("not found", "words")
    assert "is nowhere in S1" in found.reason


@pytest.mark.parametrize(
    "sentence",
    [
        "The group left its plant in Ohio.",
        "It sells to Germany.",
        "It is owned by Acme.",
        "It is owned by Acme Widgets.",
        "It rose in March.",
        "It sells to companies.",
        "Nevada is large.",
        'He said "we move to Nevada soon".',
        "",
    ],
)
def test_check_names_of_known_names_and_plain_words_is_none(sentence: str) -> None:
    assert check_names(Claim(sentence), [passage()]) is None


def test_check_names_needs_documents_alone() -> None:
    claim = Claim("The group moves to Nevada.")
    assert check_names(claim, []) is None
    assert check_names(claim, [passage("query")]) is None
    assert check_names(claim, [passage(), passage("query")]) is None
    assert check_names(claim, [passage("page")]) is not None


def cited(cells: tuple[Cell, ...] = ()) -> tuple[list[tuple[Source, str, str]], tuple[Cell, ...]]:
    one = passage()
    return [(one.source, "ACME CORP", one.text)], cells


def test_check_owner_of_somebody_only_mentioned_is_not_found() -> None:
    found = check_owner("Globex reported sales of 5.", *cited())
    assert found is not None
    assert found.finding == "not found"
    assert found.reason == "S1 is a document of ACME CORP, and no title or table there speaks of \u201cGlobex\u201d"


@pytest.mark.parametrize(
    ("sentence", "cells"),
    [
        ("Wakefield reported sales of 5.", ()),
        ("Globex reported sales of 5.", grid("p.1", [("Globex segment", "5", "4")])),
        ("Globex reported sales of 5.", grid("p.1", [("Sales", "5", "4")], section="Globex")),
        ("Sales were 5.", ()),
    ],
)
def test_check_owner_named_in_titles_or_tables_is_none(sentence: str, cells: tuple[Cell, ...]) -> None:
    assert check_owner(sentence, *cited(cells)) is None

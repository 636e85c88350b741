"""Figures that were computed from named cells: what supports them, and which inputs are found wanting."""

import pytest

from kimi_tui.evidence.cell_inputs import NamedInput, calculated, find_input, inputs_of, text_of
from kimi_tui.evidence.findings import Finding
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.passages import PassageFinder
from kimi_tui.evidence.places import SourcePlace
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.sources import Part, Source
from tests.evidence.kit import CASH, INCOME, SOURCES, source

REVENUES_2025 = 'revenue = 46309000000 from [S1 p.2 "Revenues" 2025]: 46,309 (Revenues, 2025-05-31, in millions of USD)'
REVENUES_2024 = 'before = 51362000000 from [S1 p.2 "Revenues" 2024]: 51,362 (Revenues, 2024-05-31, in millions of USD)'
INCOME_2025 = (
    'income = 3702000000 from [S1 p.2 "Operating income" 2025]: 3,702 '
    "(Operating income, 2025-05-31, in millions of USD)"
)


def calculation(source_id: str, code: str, result: str, *inputs: str) -> Source:
    return source(source_id, "calculation", code, (Part("result", text_of(code, inputs, result)),))


STORED = InMemorySources(
    SOURCES
    | {
        "S11": calculation("S11", "revenue - income", "42607000000", REVENUES_2025, INCOME_2025),
        "S12": calculation("S12", "revenue / before - 1", "-0.0984", REVENUES_2025, REVENUES_2024),
        "S13": calculation("S13", "revenue * 2", "2", REVENUES_2025.replace("46309000000", "1")),
        "S14": calculation("S14", "income / revenue", "0.0799", INCOME_2025, REVENUES_2025),
    },
    {"S1": INCOME + CASH},
)


@pytest.mark.parametrize(
    ("sentence", "finding", "words"),
    [
        ("Revenues less operating income came to $42,607 million in 2025 [S11].", "supported", ""),
        ("Revenues less operating income came to EUR 42,607 million in 2025 [S11].", "contradicted", "in USD"),
        ("Revenues less operating income came to $42,607 million in 2019 [S11].", "contradicted", "another period"),
        ("Total assets less dividends came to $42,607 million in 2025 [S11].", "unchecked", "the sentence speaks of"),
        ("Revenues fell 9.84% from 2024 to 2025 [S12].", "supported", ""),
        ("Revenues rose 9.84% from 2024 to 2025 [S12].", "contradicted", ""),
        ("The operating margin was 7.99% in 2025 [S14].", "supported", ""),
        ("Twice the revenue was 2 million in 2025 [S13].", "not found", "calculate again"),
    ],
)
def test_check_inputs_compares_the_sentence_with_the_named_cells(sentence: str, finding: Finding, words: str) -> None:
    [found] = check_memo("", sentence, STORED).citations
    assert found.finding == finding, found
    assert words in found.detail


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("nonsense", "names no single place"),
        ('S1 p.2 "Rents" 2025', "has no row"),
        ('S1 p.2 "Revenues" 2019', "has no figure for 2019"),
        ('S1 p.2 "Revenues"', "names 2 figures"),
        ("S1 p.2", "name the row"),
        ("S11", "is a calculation"),
        ('S99 p.1 "Revenues" 2025', "S99"),
    ],
)
def test_find_input_says_why_a_place_is_no_single_cell(place: str, words: str) -> None:
    found = find_input("x", place, PassageFinder(STORED))
    assert isinstance(found, str)
    assert words in found


def test_find_input_gives_the_figure_with_its_scale() -> None:
    found = find_input("revenue", '[S1 p.2 "Revenues" 2025]', PassageFinder(STORED))
    assert isinstance(found, NamedInput)
    assert found.value == 46_309_000_000
    assert found.in_words() == REVENUES_2025


def test_inputs_of_a_calculation_are_looked_up_again_and_changed_ones_are_refused() -> None:
    passages = PassageFinder(STORED)
    for source_id, count, problem in (("S11", 2, ""), ("S13", 0, "is not what stands there")):
        passage = passages.find_passage(SourcePlace(source_id))
        assert not isinstance(passage, str)
        found = inputs_of(passage, passages)
        assert len(found.named) == count
        assert problem in found.problem


def test_calculated_reads_program_and_inputs_back() -> None:
    text = text_of("a = b\na * 2", (REVENUES_2025,), "4 = four")
    assert calculated(text, "a = b a * 2") == ("a = b\na * 2", (REVENUES_2025,))

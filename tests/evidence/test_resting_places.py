"""From one figure, quote or row of a source back to the statements that rest on it."""

import pytest

from kimi_tui.evidence import resting_places
from kimi_tui.evidence.resting_places import find_resting_places, statements_at
from tests.evidence.test_memo_diff import KEPT, checked
from tests.tui.cited_memo import MEMO

TEXTS = {part.label: part.text for part in KEPT.parts}


def places(text: str) -> list[tuple[str, str, tuple[int, ...]]]:
    return [
        (one.part, " ".join(TEXTS[one.part][one.start : one.end].split()), one.statements)
        for one in find_resting_places(checked(text), KEPT)
    ]


def test_find_resting_places_each_cell_and_quote_has_its_own_statements() -> None:
    quote = "demand for running shoes weakened in every region"
    found = places(MEMO)
    assert ("p.2", "46,309", (0,)) in found
    assert ("p.2", "19,790", (3,)) in found
    assert ("p.3", quote, (1,)) in found
    assert [label for label, _, _ in found] == sorted(label for label, _, _ in found)


def test_find_resting_places_two_statements_on_one_cell_share_it() -> None:
    memo = checked(
        'Revenues were $46,309 million in fiscal 2025 [S1 p.2 "Revenues" 2025].\n\n'
        'In 2025 revenues of $46,309 million were booked [S1 p.2 "Revenues" 2025].\n'
    )
    (place,) = find_resting_places(memo, KEPT)
    assert place.statements == (0, 1)
    assert [number for number, _ in statements_at(memo, place)] == [0, 1]
    assert TEXTS[place.part][place.start : place.end] == "46,309"


def test_find_resting_places_contradicted_statement_rests_on_the_cell_that_is_there() -> None:
    found = places('Net income was $5,700 million in fiscal 2025 [S1 p.2 "Net income" 2025].')
    assert all(statements == (0,) for _, _, statements in found)
    assert any(words == "3,219" for _, words, _ in found)


def test_find_resting_places_other_source_and_uncited_prose_give_none() -> None:
    assert places("The brand remains strong [S2 p.1].\n\nMargins will recover.") == []


def test_find_resting_places_past_the_limit_of_text_still_finds_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resting_places, "MAX_SEARCHED_CHARS", 0)
    found = places(MEMO)
    assert ("p.2", "46,309", (0,)) in found
    assert not any("demand for running shoes" in words for _, words, _ in found)

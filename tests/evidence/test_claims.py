"""Claims: direction, denial, and which period an amount of a sentence belongs to."""

import pytest

from kimi_tui.evidence.claims import Claim, compares_periods, direction_of, is_negated


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("Sales rose", 1),
        ("SALES ROSE", 1),
        ("Sales fell", -1),
        ("Sales went up to 5", 1),
        ("up to 5 stores", 0),
        ("Sales rose and costs fell", 0),
        ("more or less the same", 0),
        ("higher than in 2023", 1),
        ("higher than 5", 0),
        ("a write-down of 5", 0),
        ("the lower of cost and market", 0),
        ("contracts with customers", 0),
        ("Sales contracted", -1),
        ("Der Umsatz stieg", 1),
        ("Der Umsatz ist gesunken", -1),
        ("The increase (decrease) in receivables", 1),
        ("The growth rate was 5 %", 0),
        ("uptown and downtown", 0),
        ("", 0),
    ],
)
def test_direction_of_text(text: str, direction: int) -> None:
    assert direction_of(text) == direction
    assert Claim(text).direction == direction


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("no plant was closed", True),
        ("It didn't close", True),
        ("It didn\u2019t close", True),
        ("Without a loss", True),
        ("kein Werk", True),
        ("a note on knots", False),
        ("Notwithstanding the loss", False),
        ("", False),
    ],
)
def test_is_negated_by_words_that_deny(text: str, negated: bool) -> None:
    assert is_negated(text) is negated
    assert Claim(text).is_negated is negated


@pytest.mark.parametrize(
    ("text", "compares"),
    [("up from 5", True), ("than before", True), ("5 vs. 6", True), ("in 2024", False), ("", False)],
)
def test_compares_periods_by_words_between_figures(text: str, compares: bool) -> None:
    assert compares_periods(text) is compares


@pytest.mark.parametrize(
    ("sentence", "periods"),
    [
        ("Sales were $5 million in 2024.", ["2024"]),
        ("Sales were $5 million and $6 million in 2023 and 2024, respectively.", ["2023", "2024"]),
        ("Sales were $5 million in 2023 and $6 million in 2024.", ["2023", "2024"]),
        ("In 2023 sales were $5 million, in 2024 $6 million.", ["2023", "2024"]),
        ("Sales were $5 million.", [None]),
        ("Sales were $5 million in 2024, 2024 being a good year.", ["2024"]),
        ("Sales were $5 million, $6 million and $7 million in 2023 and $8 million in 2024.", ["2023"] * 3 + ["2024"]),
    ],
)
def test_period_of_amount_is_the_one_beside_it(sentence: str, periods: list[str | None]) -> None:
    claim = Claim(sentence)
    found = [claim.period_of(amount) for amount in claim.amounts]
    if len(set(periods)) > 1 and len(periods) > 2:
        assert found[-1] is not None
        assert found[-1].text == periods[-1]
        return
    assert [one.text if one else None for one in found] == periods


def test_claim_takes_quotes_out_of_its_own_words() -> None:
    claim = Claim('In 2024 Acme said "we lost 12 plants in 2019" of $5 million.')

    assert claim.quotes == ("we lost 12 plants in 2019",)
    assert [amount.text for amount in claim.amounts] == ["$5 million"]
    assert [period.text for period in claim.periods] == ["2024"]
    assert "lost" not in claim.words


def test_claim_on_several_lines_is_one_line_and_a_table_row_keeps_its_places() -> None:
    assert Claim("a\n  b\tc").text == "a b c"
    assert Claim("| a  | 5 |", in_table=True).text == "| a  | 5 |"


def test_claim_words_without_figures_keeps_its_length() -> None:
    claim = Claim("Sales were $5 million in 2024.")

    bare = claim.words_without_figures
    assert len(bare) == len(claim.own)
    assert bare.split() == ["Sales", "were", "in", "."]


def test_claim_row_words_add_what_tables_call_it() -> None:
    claim = Claim("The top line was 5.")
    assert claim.words < claim.row_words
    assert "revenue" in claim.row_words


def test_claim_of_nothing_has_nothing() -> None:
    claim = Claim("")
    assert (claim.amounts, claim.periods, claim.words, claim.quotes, claim.direction) == ([], [], frozenset(), (), 0)

"""Rows of a memo's tables: the headers over their cells, and what those say of a figure's unit and period."""

import pytest

from kimi_tui.evidence.amounts import find_amounts
from kimi_tui.evidence.table_claims import parse_table_row, parse_unit_note, with_table_context

TABLE = """Text before

| Item (USD m) | 2024 | 2023 |
| --- | ---: | :-- |
| Sales | 1,234 | 1,100 |
| Margin (%) | 5 | 4 |"""


def row_at(text: str, words: str) -> tuple[int, int]:
    start = text.rindex("\n", 0, text.index(words)) + 1
    end = text.find("\n", start)
    return start, end if end >= 0 else len(text)


@pytest.mark.parametrize("words", ["Sales", "Margin"])
def test_parse_table_row_has_the_header_over_each_cell(words: str) -> None:
    start, end = row_at(TABLE, words)
    row = parse_table_row(TABLE, start, end)

    assert row is not None
    line = TABLE[start:end]
    assert [head for _, _, head in row.cells] == ["Item (USD m)", "2024", "2023"]
    assert row.column_header(line.index("|", 3) + 2) == "2024"
    assert row.column_header(0) == row.column_header(999) == ""
    assert line[: row.label_end].strip("| ").startswith(words)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("| a | 5 |", [("a", ""), ("5", "")]),
        ("| a | 5", [("a", ""), ("5", "")]),
        ("| a \\| b | 5 |", [("a \\| b", ""), ("5", "")]),
        ("|", []),
        ("| h |\n|---|\n| a | 5 |", [("a", "h"), ("5", "")]),
        ("| no rule |\n| a | 5 |", [("a", ""), ("5", "")]),
    ],
)
def test_parse_table_row_without_head_or_with_fewer_titles(text: str, cells: list[tuple[str, str]]) -> None:
    start = text.rfind("\n") + 1
    row = parse_table_row(text, start, len(text))
    assert row is not None
    assert [(text[start:][a:b].strip(), head) for a, b, head in row.cells] == cells


@pytest.mark.parametrize("text", ["", "Sales were 5", "- | a |", "# | a |"])
def test_parse_table_row_of_another_line_is_none(text: str) -> None:
    assert parse_table_row(text, 0, len(text)) is None


@pytest.mark.parametrize(
    ("note", "meaning"),
    [
        ("(USD m)", (6, "USD")),
        ("Sales (in millions)", (6, "")),
        ("Sales, EUR bn", (9, "EUR")),
        ("Sales in thousands of dollars", (3, "USD")),
        ("$ million", (6, "USD")),
        ("Sales [\u20ac m]", (6, "EUR")),
        ("(%)", (None, "%")),
        ("%", (None, "%")),
        ("(trillions)", (12, "")),
        ("(\u00a5 tn)", (12, "JPY")),
        ("(Rs crore)", (7, "INR")),
        ("(crore)", (7, "")),
        ("(lakhs)", (5, "")),
        ("(Mrd EUR)", (9, "EUR")),
        ("(mrd)", (9, "")),
        ("(mn)", (6, "")),
        ("(tn)", (12, "")),
        ("(k)", (3, "")),
        ("(USD)", (None, "USD")),
        ("(net)", (None, "")),
        ("Sales", (None, "")),
        ("2024", (None, "")),
        ("", (None, "")),
        ("()", (None, "")),
    ],
)
def test_parse_unit_note_reads_scale_and_unit(note: str, meaning: tuple[int | None, str]) -> None:
    assert parse_unit_note(note) == meaning


@pytest.mark.parametrize(
    ("words", "label", "figure", "scale", "unit", "kind", "period"),
    [
        ("Sales", "Sales", 0, 6, "USD", "amount", "2024"),
        ("Sales", "Sales", 1, 6, "USD", "amount", "2023"),
        ("Margin", "Margin (%)", 0, None, "%", "percent", "2024"),
    ],
)
def test_with_table_context_adds_unit_and_period(
    words: str, label: str, figure: int, scale: int | None, unit: str, kind: str, period: str
) -> None:
    start, end = row_at(TABLE, words)
    row = parse_table_row(TABLE, start, end)
    assert row is not None
    amount, found = with_table_context(find_amounts(TABLE[start:end])[figure], row, label)
    assert (amount.power, amount.unit, amount.kind) == (scale, unit, kind)
    assert found is not None
    assert found.text == period


def test_with_table_context_leaves_a_figure_with_its_own_unit() -> None:
    text = "| Item (USD m) | 2024 |\n|---|---|\n| Sales | EUR 5 bn |"
    start, end = row_at(text, "Sales")
    row = parse_table_row(text, start, end)
    assert row is not None
    [amount] = find_amounts(text[start:end])
    same, period = with_table_context(amount, row, "Sales")
    assert same == amount
    assert period is not None
    assert period.year == 2024

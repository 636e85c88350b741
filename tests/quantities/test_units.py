"""In what amounts are counted."""

import pytest

from kimi_tui.quantities.units import is_unit_note, names_unit, parse_unit
from tests.tools.html_pages import page_cells, table


@pytest.mark.parametrize(
    ("note", "row", "figure", "scale", "unit"),
    [
        ("(in millions, except per share data)", "Net sales", "1,234", 6, ""),
        ("(in millions, except per share data)", "Earnings per share", "$1.23", 0, "USD/share"),
        ("(in millions, except per share data)", "Weighted-average shares outstanding", "1,234", 6, "shares"),
        (
            "(in thousands, except share and per share amounts)",
            "Weighted-average shares outstanding",
            "1,234",
            0,
            "shares",
        ),
        (
            "(in millions, except number of shares, which are reflected in thousands)",
            "Number of shares",
            "1,234",
            3,
            "shares",
        ),
        ("(in thousands of euros)", "Umsatz", "1.234,5", 3, "EUR"),
        ("(US$ million)", "Revenue", "£5.1", 6, "GBP"),
        ("(in millions)", "Effective tax rate", "21.3 %", -2, "%"),
        ("(in millions)", "Gross margin percentage", "43.1", -2, "%"),
        ("(in millions)", "3.35% notes due 2036", "999", 6, ""),
        ("(in millions)", "Dividends declared ($0.60 per share)", "(7,577)", 6, ""),
        ("(in millions)", "Remaining life (in years)", "4.5", 0, "years"),
        ("(in millions)", "Number of plaintiffs", "910", 0, ""),
        ("", "Net sales", "1,234", None, ""),
    ],
)
def test_scale_and_unit_come_from_notes_rows_and_the_figure(
    note: str, row: str, figure: str, scale: int | None, unit: str
) -> None:
    html = f"<p>{note}</p>" + table(
        "| 2024", f"{row} | {figure}", "Other | 5.678,9" if "," in figure[-2:] else f"{row} | {figure}"
    )
    cell = page_cells(html)[0]
    assert (cell.scale, cell.unit) == (scale, unit)


def test_unit_note_applies_at_its_place() -> None:
    for html in (
        "<h2>Sales (in millions)</h2>" + table("| 2024", "A | 5"),
        table("(in millions) | 2024", "A | 5"),
        table("| 2024", "| (in millions)", "A | 5"),
        f"<figure>{table('| 2024', 'A | 5')}<figcaption>Amounts in millions</figcaption></figure>",
        table("| 2024", "A | 5").replace("<table>", "<table><caption>Sales, in millions</caption>"),
        "<p>The following table shows sales (in millions):</p>" + table("| 2024", "A | 5"),
    ):
        assert [cell.scale for cell in page_cells(html)] == [6]


@pytest.mark.parametrize(
    ("text", "is_note", "names"),
    [
        ("(in millions)", True, True),
        ("$ in thousands", True, True),
        ("€m", True, True),
        ("TEUR", True, True),
        ("US$’000", True, True),
        ("Revenue rose to $5 million in 2024", False, False),
        ("an increase in net sales of $5.2 billion", False, False),
        ("We had millions of users", False, False),
        ("The table shows sales in € million:", False, True),
    ],
)
def test_a_number_of_millions_is_no_note_of_units(text: str, is_note: bool, names: bool) -> None:
    assert (is_unit_note(text), names_unit(text)) == (is_note, names)


def test_the_unit_named_for_the_table_wins_over_amounts_in_its_sentence() -> None:
    assert parse_unit("We owed $29.0 billion at year end, as follows (in millions):").scale == 6


def test_a_currency_alone_over_a_column_counts_whole_units() -> None:
    cells = page_cells(table("| Notes | 2017<br>£ | 2016<br>£", "Debtors | 5 | 1,154 | 9", "Cash | | ( 2 ) | 3"))
    found = [(cell.text, cell.column, cell.scale, cell.unit) for cell in cells if cell.column != "Notes"]
    assert found[0] == ("1,154", "2017 £", 0, "GBP")
    assert found[2][0] == "(2)"


def test_a_note_of_units_for_shares_does_not_count_money() -> None:
    shares = "<p>The average number of shares outstanding was as follows (in thousands):</p>" + table(
        "| 2024", "Basic | 5", "Diluted | 6"
    )
    money = "<p>(Dollars in millions, except per share data)</p>" + table(
        "| 2024", *(f"Sales {n} | ${n},000" for n in range(1, 20))
    )
    other = f"<p>Inventories were these:</p>{table('| 2024', 'Raw materials | $5', 'Other | 6')}"
    cells = page_cells(f"<h2>A</h2>{money}<h2>B</h2>{shares}{other}")
    assert [cell.scale for cell in cells[-2:]] == [6, 6]
    assert {cell.scale for cell in cells if cell.row in ("Basic", "Diluted")} == {3}


def test_a_share_of_something_is_no_number_of_shares() -> None:
    assert not parse_unit("including our proportionate share of investees’ income (in millions):").shares_scaled
    assert not parse_unit("basic and diluted net income per share of Class A stock (in millions):").shares_scaled
    assert parse_unit("the number of shares outstanding (in thousands)").shares_scaled


@pytest.mark.parametrize(
    ("note", "scale", "unit"),
    [
        ("(₹ in crore)", 7, "INR"),
        ("₹ in lakhs", 5, "INR"),
        ("単位：百万円", 6, "JPY"),
        ("单位：万元", 4, "CNY"),
        ("(단위: 백만원)", 6, "KRW"),
        ("в млн руб.", 6, "RUB"),
        ("в тыс. рублей", 3, "RUB"),
        ("en milliers d\u2019euros", 3, "EUR"),
        ("31.12.2024 TEUR", 3, "EUR"),
        ("Debt (EUR thousand)", 3, "EUR"),
    ],
)
def test_units_of_other_languages_are_named(note: str, scale: int, unit: str) -> None:
    found = parse_unit(note)
    assert names_unit(note)
    assert (found.scale, found.money) == (scale, unit)


@pytest.mark.parametrize(
    "text", ["5 EUR million", "it cost EUR 5 million in 2024", "a loss (about $5 million)", "5 TEUR"]
)
def test_amount_with_its_own_unit_names_none(text: str) -> None:
    assert not names_unit(text)

"""Figures of tables: scale, unit, sign, period, row and column, from the layout and from tags."""

import pytest

from kimi_tui.cells import Cell, decode_cells
from kimi_tui.quantities.units import is_unit_note, names_unit, parse_unit
from kimi_tui.tools.text.fiscal_calendar import read_calendar
from kimi_tui.tools.text.html_reader import read_html
from kimi_tui.tools.text.table import build_table_from_texts
from kimi_tui.tools.text.table_cells import build_table_cells

Span = tuple[str, str]


def page_cells(html: str, *, tagged: bool = True) -> list[Cell]:
    read = read_html(f"<html><body>{html}</body></html>".encode(), article=False, tagged=tagged)
    return list(decode_cells(read.cells))


def table(*rows: str) -> str:
    lines = ("".join(f"<td>{cell.strip()}</td>" for cell in row.split("|")) for row in rows)
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def periods(html: str) -> list[Span]:
    return [(cell.period_start, cell.period_end) for cell in page_cells(html)]


@pytest.mark.parametrize(
    ("headers", "caption", "wanted"),
    [
        (("Year ended December 31, 2024",), "", ("2024-01-01", "2024-12-31")),
        (("Three months ended March 31, 2024",), "", ("2024-01-01", "2024-03-31")),
        (("Nine months ended | September 30, 2024",), "", ("2024-01-01", "2024-09-30")),
        (("13 weeks ended June 29, 2024",), "", ("2024-03-31", "2024-06-29")),
        (("As of September 28, 2024",), "", ("", "2024-09-28")),
        (("31 March 2025",), "Balance sheet", ("", "2025-03-31")),
        (("2024",), "For the years ended December 31, 2024 and 2023", ("2024-01-01", "2024-12-31")),
        (("2024",), "Inventories at December 31, 2024 and 2023 were as follows:", ("", "2024-12-31")),
        (("2024",), "", ("", "2024")),
        (("Widgets",), "As of June 30, 2024", ("", "2024-06-30")),
    ],
)
def test_periods_come_from_headers_and_captions(headers: tuple[str, ...], caption: str, wanted: Span) -> None:
    lines = headers[0].split(" | ")
    html = f"<p>{caption}</p>" + table(*(f"| {line}" for line in lines), "Something | 5", "Other | 6")
    assert periods(html) == [wanted, wanted]


FISCAL = (
    "<p>For the fiscal year ended February 2, 2025. Fiscal 2024 ended on February 2, 2025 and fiscal 2023 ended on "
    "January 28, 2024, and fiscal 2022 ended on January 29, 2023.</p><h2>Results</h2>"
)


def test_fiscal_years_end_when_the_document_says() -> None:
    html = FISCAL + table("| Fiscal 2024 | Fiscal 2023", "Net sales | 5 | 6")
    assert periods(html) == [("2024-01-29", "2025-02-02"), ("2023-01-30", "2024-01-28")]
    html = FISCAL + table("| 2024 | 2023", "Inventories | 5 | 6")
    assert periods(html) == [("", "2025-02-02"), ("", "2024-01-28")]


def test_balances_at_the_edges_of_a_year_and_the_flows_between() -> None:
    html = FISCAL + table(
        "| Fiscal 2024", "Balance, beginning of year | 5", "Additions | 1", "Balance, end of year | 6"
    )
    assert periods(html) == [("", "2024-01-28"), ("2024-01-29", "2025-02-02"), ("", "2025-02-02")]
    html = table(
        "| Stock | Total", "Balance at June 30, 2023 | 5 | 6", "Net income | 1 | 1", "Balance at June 30, 2024 | 6 | 7"
    )
    assert periods(html)[::2] == [("", "2023-06-30"), ("2023-07-01", "2024-06-30"), ("", "2024-06-30")]


def test_a_title_of_rows_names_their_period() -> None:
    html = table(
        "| Level 1 | Level 2",
        "Year ended June 30, 2024 | |",
        "Sales | 5 | 6",
        "Year ended June 30, 2023 | |",
        "Sales | 7 | 8",
    )
    assert [end for _, end in periods(html)] == ["2024-06-30", "2024-06-30", "2023-06-30", "2023-06-30"]


def test_period_later_due_year_is_document_end() -> None:
    html = FISCAL + table("Fiscal year | Payments", "2027 | 5", "2028 | 6")
    assert [end for _, end in periods(html)] == ["2025-02-02", "2025-02-02"]


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


def test_rows_have_their_sections_and_columns_their_joined_headers() -> None:
    cells = build_table_cells(
        build_table_from_texts(
            [
                ["", "Year ended June 30,", ""],
                ["", "2024", "2023"],
                ["Operating expenses:", "", ""],
                ["Research", "5", "6"],
                ["Total operating expenses", "5", "6"],
            ]
        )
        or pytest.fail("no table"),
        [],
    )
    assert [(cell.section, cell.row, cell.row_number, cell.column_number) for cell in cells[::2]] == [
        ("Operating expenses", "Research", 2, 2),
        ("", "Total operating expenses", 3, 2),
    ]
    assert cells[0].column == "Year ended June 30, › 2024"


XBRL = (
    '<div style="display:none"><ix:header><ix:hidden><ix:nonFraction name="us-gaap:Hidden" contextRef="c" unitRef="u" '
    'scale="6">999</ix:nonFraction></ix:hidden><ix:resources><xbrli:context id="c"><xbrli:entity><xbrli:identifier '
    'scheme="x">0001</xbrli:identifier></xbrli:entity><xbrli:period><xbrli:startDate>2024-01-01</xbrli:startDate>'
    "<xbrli:endDate>2024-12-31</xbrli:endDate></xbrli:period></xbrli:context><xbrli:context id='i'><xbrli:entity>"
    "<xbrli:identifier scheme='x'>0001</xbrli:identifier><xbrli:segment><xbrldi:explicitMember dimension='d'>x:Cloud"
    "</xbrldi:explicitMember></xbrli:segment></xbrli:entity><xbrli:period><xbrli:instant>2024-12-31</xbrli:instant>"
    "</xbrli:period></xbrli:context><xbrli:unit id='u'><xbrli:measure>iso4217:USD</xbrli:measure></xbrli:unit>"
    "<xbrli:unit id='e'><xbrli:divide><xbrli:unitNumerator><xbrli:measure>iso4217:USD</xbrli:measure>"
    "</xbrli:unitNumerator><xbrli:unitDenominator><xbrli:measure>xbrli:shares</xbrli:measure></xbrli:unitDenominator>"
    "</xbrli:divide></xbrli:unit></ix:resources></ix:header></div>"
    "<p>Report of <ix:nonNumeric name='dei:EntityRegistrantName' contextRef='c'>Example &amp; Co</ix:nonNumeric></p>"
)


def fact(shown: str, name: str = "x:Fact", context: str = "c", unit: str = "u", more: str = 'scale="6"') -> str:
    return f'<ix:nonFraction name="{name}" contextRef="{context}" unitRef="{unit}" {more}>{shown}</ix:nonFraction>'


def test_a_tagged_figure_in_a_table_has_its_tags_and_its_place() -> None:
    shown = fact("1,234", "us-gaap:Revenues", more='scale="6" sign="-" format="ixt:num-dot-decimal"')
    [cell] = page_cells(XBRL + f"<h2>Income</h2><p>(in thousands)</p>{table('| 2023', f'Revenue | $({shown})', 'x |')}")
    assert (cell.origin, cell.concept, cell.text, cell.value) == ("ixbrl", "us-gaap:Revenues", "$(1,234)", "-1234")
    assert (cell.scale, cell.unit, cell.tagged_sign) == (6, "USD", -1)
    assert (cell.period_start, cell.period_end) == ("2024-01-01", "2024-12-31")
    assert (cell.entity, cell.row, cell.column, cell.caption) == ("Example & Co", "Revenue", "2023", "(in thousands)")


def test_tagged_figure_in_sentence_is_cell() -> None:
    owed, loans = fact("2.5", more="scale=9"), fact("two", more="format=ixt-sec:numwordsen")
    page = f"{XBRL}<p>We owed {owed} billion, or {loans} loans, at {fact('5.1', 'x:Rate', 'i', 'e', '')}.</p>"
    read = read_html(f"<html><body>{page}</body></html>".encode(), article=False)
    text = next(part for part in read.parts if "We owed" in part.text)
    cells = decode_cells(read.cells)
    assert [text.text[cell.start : cell.end] for cell in cells] == ["2.5", "two", "5.1"]
    assert [(cell.value, cell.scale) for cell in cells] == [("2.5", 9), ("2", 0), ("5.1", 0)]
    assert (cells[2].unit, cells[2].period_start, cells[2].period_end) == ("USD/share", "", "2024-12-31")
    assert cells[2].entity == "Example & Co [x:Cloud]"


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        (fact("—", more='scale="6" format="ixt:fixed-zero"'), "0"),
        (fact("1.234,5", more='scale="3" format="ixt:num-comma-decimal"'), "1234.5"),
        (fact("12.5", unit="p", more='scale="-2"'), "12.5"),
        (fact(fact("7", "x:Inner"), "x:Outer"), "7"),
    ],
)
def test_forms_of_tagged_figures(tag: str, value: str) -> None:
    cells = page_cells(XBRL + table("| 2024", f"A | {tag}"))
    assert {cell.value for cell in cells} == {value}
    assert {cell.origin for cell in cells} == {"ixbrl"}


def test_nil_hidden_and_broken_tags_are_no_cells() -> None:
    broken = fact("8", context="gone", unit="gone", more="scale=x")
    [cell] = page_cells(XBRL + f"<p>{fact('', more='xsi:nil=true')} {fact('none of it')} {broken}</p>")
    assert (cell.value, cell.scale, cell.unit, cell.period_end) == ("8", 0, "", "")


def test_without_tags_the_layout_says_what_it_can() -> None:
    html = XBRL + "<p>(in millions)</p>" + table("| Year ended June 30, 2023", f"Revenue | {fact('1,234')}")
    [cell] = page_cells(html, tagged=False)
    assert (cell.origin, cell.scale, cell.period_end, cell.concept) == ("grid", 6, "2023-06-30", "")


def test_table_that_continues_behind_a_page_break_keeps_its_headers() -> None:
    html = (
        table("(in millions) | 2024 | 2023", "Cash | 5 | 6")
        + "<p>47</p><hr><p>Table of Contents</p>"
        + table("Debt | 7 | 8")
    )
    assert [(cell.text, cell.scale, cell.column) for cell in page_cells(html)[2:]] == [
        ("7", 6, "2024"),
        ("8", 6, "2023"),
    ]


def test_of_two_ends_of_a_year_the_one_named_more_often_counts() -> None:
    calendar = read_calendar(
        ["the years ended December 29, 2024 and December 31, 2023"] * 3 + ["the year ended December 31, 2024"]
    )
    assert {year: str(day) for year, day in calendar.ends.items()} == {2023: "2023-12-31", 2024: "2024-12-29"}


def test_a_currency_alone_over_a_column_counts_whole_units() -> None:
    cells = page_cells(table("| Notes | 2017<br>£ | 2016<br>£", "Debtors | 5 | 1,154 | 9", "Cash | | ( 2 ) | 3"))
    found = [(cell.text, cell.column, cell.scale, cell.unit) for cell in cells if cell.column != "Notes"]
    assert found[0] == ("1,154", "2017 £", 0, "GBP")
    assert found[2][0] == "(2)"


def test_a_column_of_notes_without_figures_keeps_its_header_to_itself() -> None:
    cells = page_cells(
        "<table><tr><td></td><td>Notes</td><td>2017</td></tr><tr><td>Debtors</td><td></td><td>5</td></tr>"
        "<tr><td>Cash</td><td></td><td>6</td></tr></table>"
    )
    assert [(cell.column, cell.column_number) for cell in cells] == [("2017", 3), ("2017", 3)]


@pytest.mark.parametrize(
    ("shown", "value", "scale", "unit"),
    [
        ("$5.1 million", "5.1", 6, "USD"),
        ("€1.2bn", "1.2", 9, "EUR"),
        ("3 Mio. €", "3", 6, "EUR"),
        ("$12.4B", "12.4", 9, "USD"),
    ],
)
def test_a_power_of_ten_that_is_written_with_a_figure_is_its_scale(
    shown: str, value: str, scale: int, unit: str
) -> None:
    [cell] = page_cells("<p>(in thousands)</p>" + table("| Value", f"Revenue | {shown}", "Length | 5 m"))
    assert (cell.text, cell.value, cell.scale, cell.unit) == (shown, value, scale, unit)


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


@pytest.mark.parametrize(
    ("row", "column", "wanted"),
    [
        ("Inventories", "Fiscal 2024", ("", "2025-02-02")),
        ("Total stockholders’ equity", "Fiscal 2024", ("", "2025-02-02")),
        ("Building materials", "Fiscal 2024 net sales", ("2024-01-29", "2025-02-02")),
        ("Total currently payable", "Fiscal 2024", ("2024-01-29", "2025-02-02")),
        ("Additions to property, plant and equipment", "Fiscal 2024", ("2024-01-29", "2025-02-02")),
        ("(Decrease) increase in cash", "Fiscal 2024", ("2024-01-29", "2025-02-02")),
        ("Bonds with losses of 12 months or greater", "February 2, 2025", ("", "2025-02-02")),
        ("Notes due April 2030", "Carrying amount", ("", "2025-02-02")),
    ],
)
def test_is_point_in_time_by_figure_names(row: str, column: str, wanted: Span) -> None:
    assert periods(FISCAL + table(f"| {column}", f"{row} | 5", "Else | 6"))[0] == wanted


def test_a_caption_that_says_the_last_of_december_means_the_end_of_a_year_of_weeks() -> None:
    years = "the fiscal years ended December 29, 2024, December 31, 2023 and January 1, 2023. "
    html = f"<p>{years * 3}</p><h2>Plans</h2><p>Funded status at December 31, 2024 and 2023:</p>" + table(
        "| 2024", "Plan assets | 5", "Else | 6"
    )
    assert periods(html)[0] == ("", "2024-12-29")


def test_a_share_of_something_is_no_number_of_shares() -> None:
    assert not parse_unit("including our proportionate share of investees’ income (in millions):").shares_scaled
    assert not parse_unit("basic and diluted net income per share of Class A stock (in millions):").shares_scaled
    assert parse_unit("the number of shares outstanding (in thousands)").shares_scaled


def test_tagged_figures_among_other_words_of_a_table_have_their_row_and_column() -> None:
    words = f"Common stock, {fact('5,000', 'x:Authorized')} authorized, {fact('4,000', 'x:Issued')} issued"
    cells = page_cells(XBRL + table("| 2024", "Cash | 7", f"Stock | {words}"))
    assert [(cell.text, cell.row, cell.column, cell.concept) for cell in cells[1:]] == [
        ("5,000", "Stock › " + "Common stock, 5,000 authorized, 4,000 issued", "2024", "x:Authorized"),
        ("4,000", "Stock › " + "Common stock, 5,000 authorized, 4,000 issued", "2024", "x:Issued"),
    ]


def test_every_piece_of_a_table_has_the_unit_that_its_heading_names() -> None:
    rows = [f"Line item number {n} with a long name | {n},000" for n in range(1, 201)]
    read = read_html(
        f"<html><body><h2>Sales (in millions)</h2>{table('| 2024', *rows)}</body></html>".encode(), article=False
    )
    assert len(read.parts) > 2
    assert all("(in millions)" in part.text for part in read.parts)

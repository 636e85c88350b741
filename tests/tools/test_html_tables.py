"""Tables of pages: one model, whatever the markup cuts them into, and every piece with what its figures need."""

import re

import pytest

from kimi_tui.cells import decode_cells
from kimi_tui.tools.text.html_reader import read_html
from tests.tools.desk_pages import cells_of, desk, table, text_of

PROSE = "<p>" + "Management expects the market to grow in every region that it serves. " * 40 + "</p>"


def web(html: str) -> str:
    """The text of a page of the web."""
    return text_of(read_html(f"<html><body><article>{html}</article></body></html>".encode()))


def test_every_piece_of_a_long_table_has_caption_unit_and_header() -> None:
    rows = [
        f"Line item number {number} with a name | $ | {number},{number:03} | $ | {number},001" for number in range(200)
    ]
    html = "<h2>Statement of income</h2><p>(in millions, except per share data)</p>" + table("| | | |", *rows).replace(
        "<tr>", "<tr><td></td></tr><tr><td></td><td colspan=2>2023</td><td colspan=2>2022</td></tr><tr>", 1
    )
    parts = desk(html).parts
    assert len(parts) > 3
    for part in parts:
        assert part.text.startswith(
            "(in millions, except per share data)\n\n|  | 2023 | 2022 |\n| --- | --- | --- |\n| Line"
        )


@pytest.mark.parametrize("width", [2, 3, 7])
def test_no_piece_has_an_empty_header(width: int) -> None:
    rows = [
        " | ".join([f"Label {number}", *(f"{number},00{column}" for column in range(1, width))])
        for number in range(300)
    ]
    for first in ([], ["| " * (width - 1)]):
        for part in desk(table(*first, *rows)).parts:
            assert not re.search(r"^\|[\s|]*\|\n\| ---", part.text, re.MULTILINE)


def test_html_table_row_of_years_is_body() -> None:
    text = text_of(desk(table("| Acme | Bolt", "Founded | 1998 | 2004", "Staff | 5 | 6")))
    assert text.startswith("|  | Acme | Bolt |\n| --- | --- | --- |\n| Founded | 1998 | 2004 |")


def test_a_second_header_further_down_heads_the_rows_under_it() -> None:
    html = table("| 2024 | 2023", "Cash | 5 | 6", "| 2022 | 2021", "Cash | 7 | 8")
    assert [(cell.text, cell.period_end[:4]) for cell in cells_of(html)] == [
        ("5", "2024"),
        ("6", "2023"),
        ("7", "2022"),
        ("8", "2021"),
    ]


def test_html_table_later_period_keeps_column_headers() -> None:
    html = (
        "<table><tr><td></td><td>Level 1</td><td>Level 2</td></tr>"
        "<tr><td></td><td colspan=2>December 31, 2024</td></tr><tr><td>Bonds</td><td>5</td><td>6</td></tr>"
        "<tr><td></td><td colspan=2>December 31, 2023</td></tr><tr><td>Bonds</td><td>7</td><td>8</td></tr></table>"
    )
    found = [(cell.text, cell.period_end, cell.column.split(" › ")[-1]) for cell in cells_of(html)]
    assert found[-2:] == [("7", "2023-12-31", "Level 1"), ("8", "2023-12-31", "Level 2")]


def test_a_table_in_a_cell_follows_the_table_that_held_it() -> None:
    inner = table("inner1 | 11", "inner2 | 22")
    text = text_of(desk(f"<table><tr><td>A</td><td>5</td></tr><tr><td>B</td><td>6 {inner}</td></tr></table>"))
    assert text.index("| B | 6 [table below] |") < text.index("| inner1 | 11 |") < text.index("| inner2 | 22 |")


def test_a_table_that_lays_out_prose_is_no_table() -> None:
    long = "Management expects the market to grow in every region that it serves. " * 12
    text = text_of(desk(f"<table border=0><tr><td>Menu</td><td><h2>News</h2><p>{long}</p></td></tr></table>"))
    assert "|" not in text
    bullets = text_of(desk(table("• | Supply may fail in any year.", "• | Prices may fall without a warning.")))
    assert "|" not in bullets
    assert "• Supply may fail in any year." in bullets


def test_a_document_of_the_desk_is_kept_whole() -> None:
    html = f"<main>{PROSE}</main><aside><p>Aside from this.</p></aside><footer><p>Printed in Bonn.</p></footer>"
    text = text_of(desk(html))
    assert "Aside from this." in text
    assert "Printed in Bonn." in text


@pytest.mark.parametrize(
    ("html", "words"),
    [
        (f"{PROSE}<footer><p>(1) All amounts in thousands of euros.</p></footer>", "in thousands of euros"),
        (
            f"{PROSE}<figure>{table('Item | 2023', 'Sales | 2')}"
            "<figcaption>Amounts in millions of yen</figcaption></figure>",
            "Amounts in millions of yen",
        ),
        (
            f'{PROSE}<div class="share"><p>The special figure is 4321 million euros here.</p></div>{PROSE}',
            "4321 million euros",
        ),
        (
            f'{PROSE}<div class="related"><p>Orders rose to 88 units in the last quarter.</p></div>{PROSE}',
            "rose to 88 units",
        ),
    ],
)
def test_a_unit_or_figure_outside_of_the_article_is_not_lost(html: str, words: str) -> None:
    assert words in web(html)


def test_an_article_with_tables_keeps_them_and_leaves_the_margins_out() -> None:
    tables = [table("| 2024", f"Sales | {n}", f"Costs | {n + 1}") for n in (5, 7)]
    page = f"<article><h1>Results</h1>{PROSE}{tables[0]}{PROSE}{tables[1]}</article><aside><p>Read on.</p></aside>"
    read = read_html(f"<html><body>{page}</body></html>".encode())
    assert read.extractor == "trafilatura"
    assert "Read on." not in text_of(read)
    assert [cell.text for cell in decode_cells(read.cells)] == ["5", "6", "7", "8"]


def test_a_cell_is_where_it_says_it_is() -> None:
    read = desk(
        "<h1>Sales</h1><p>(in millions)</p>" + table("| 2024 | 2023", *(f"R{n} | {n},111 | ({n})" for n in range(300)))
    )
    texts = {part.label: part.text for part in read.parts}
    cells = decode_cells(read.cells)
    assert len(cells) == 600
    assert all(texts[cell.part][cell.start : cell.end] == cell.text for cell in cells)


def test_private_characters_of_a_page_are_no_marks_of_ours() -> None:
    mark = "\U000f0000\U000f1000\U000f1000"
    read = desk(f"<p>{mark}5\U000f0001 and \U000f0002\U000f1000\U000f1000</p>{table('a | 7', f'b | {mark}8')}")
    assert "\U000f0000" not in text_of(read)
    assert [cell.text for cell in decode_cells(read.cells)] == ["7", "8"]


@pytest.mark.parametrize(
    "html",
    [
        "<table>" * 3_000 + "<tr><td>5",
        "<table>" + "<tr><td rowspan=65000 colspan=1000>x<td>5</tr>" * 2_000 + "</table>",
        f"<table>{'<tr>' + ''.join(f'<td colspan={n % 7 + 1}>{n}</td>' for n in range(300)) + '</tr>'}</table>" * 30,
        "<table><tr>" + "<td>(</td><td>5</td>" * 5_000 + "</tr></table>",
        "<p>" + "5 words without an end " * 30_000,
        "<pre>For the year ended June 30, 2024" + " " * 200_000 + "x</pre>",
        f"<table><tr><td></td><td>2024</td></tr><tr><td>({'1' * 60_000}</td><td>5</td></tr>"
        + "<tr><td>a</td><td>6</td></tr>" * 9,
        "<div>" * 1_900 + "5 words are in this sentence. " * 25_000,
    ],
)
def test_tables_made_to_cost_time_end(html: str) -> None:
    assert desk(html).parts
    assert web(html)


@pytest.mark.parametrize(
    "rows",
    [
        "<tr><th>Item</th><th>2024</th></tr><tr><td>Bonds</td><td>5,000</td></tr>"
        "<tr><td colspan=2>All amounts in thousands of EUR</td></tr>",
        "<caption>Debt (EUR thousand)</caption><tr><th></th><th>2024</th></tr><tr><td>Bonds</td><td>5,000</td></tr>",
        "<tr><th></th><th>31.12.2024<br>TEUR</th></tr><tr><td>Bonds</td><td>5,000</td></tr>",
    ],
)
def test_unit_in_foot_caption_or_header_is_that_of_the_figures(rows: str) -> None:
    (cell,) = cells_of(f"<table>{rows}</table>")
    assert (cell.scale, cell.unit) == (3, "EUR")


def test_points_group_thousands_where_the_words_around_are_of_such_a_language() -> None:
    table = (
        "<table><tr><th></th><th>{}</th></tr><tr><td>Vorräte</td><td>1.234</td></tr><tr><td>Summe</td><td>12.345</td>"
        "</tr></table>"
    )
    assert [cell.value for cell in cells_of(table.format("31.12.2024 TEUR"))] == ["1234", "12345"]
    assert [cell.value for cell in cells_of(table.format("12/31/2024"))] == ["1.234", "12.345"]


@pytest.mark.parametrize(
    ("words", "value"),
    [("twenty-five", "25"), ("one hundred and two", "102"), ("a hundred", "100"), ("none", "0"), ("several", "")],
)
def test_tagged_number_in_words_has_its_value(words: str, value: str) -> None:
    tag = f'<ix:nonFraction name="x:N" contextRef="c" unitRef="u" format="ixt-sec:numwordsen">{words}</ix:nonFraction>'
    assert [cell.value for cell in cells_of(f"<p>It has {tag} of them.</p>")] == ([value] if value else [])


def test_amounts_on_lines_of_one_cell_are_not_one_amount() -> None:
    (cell,) = cells_of(table("Item | 2024", "Sales | 1,234<br>567", "Costs | 5"))
    assert (cell.row, cell.value) == ("Costs", "5")


def test_quarter_of_a_page_that_names_no_year_end_is_no_year() -> None:
    (cell,) = cells_of(table(" | Q1 2024", "Sales | 1,234"))
    assert (cell.period_start, cell.period_end) == ("2024-01-01", "2024-03-31")
    assert "quarters" in cell.notes[0]

"""PDF pages as a person reads them: rows and columns by place, raised marks apart, nothing that is not shown."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.tools.text.pdf_layout import PdfWord, order_rows
from kimi_tui.tools.text.pdf_page import build_page_text
from kimi_tui.tools.text.position_marks import remove_marks
from tests.tools.drawn_pages import Drawn, cells_of, page, text_of

TABLE: list[Drawn] = [
    (50, 760, "Consolidated income (USD in millions)"),
    (300, 740, "2023"), (400, 740, "2022"),
    (50, 720, "Revenue"), (300, 720, "1,234"), (400, 720, "1,100"),
    (50, 700, "Cost of sales"), (295, 700, "(800)"), (395, 700, "(700)"),
    (50, 680, "Other"), (415, 680, "55"),
    (50, 660, "Net loss"), (290, 660, "$"), (300, 660, "(567)"), (390, 660, "$"), (400, 660, "(89)"),
]  # fmt: skip


@pytest.mark.parametrize(
    "order",
    [
        TABLE,
        sorted(TABLE, key=lambda one: one[0]),
        sorted(TABLE, key=lambda one: (one[1], -one[0])),
    ],
    ids=["by rows", "by columns", "backwards"],
)
def test_a_table_is_read_by_rows_however_it_is_drawn(order: list[Drawn]) -> None:
    extraction = page(*order)
    lines = text_of(extraction).split("\n")
    assert lines[-5:] == [
        "| 2023 | 2022",
        "Revenue | 1,234 | 1,100",
        "Cost of sales | (800) | (700)",
        "Other |  | 55",
        "Net loss | $(567) | $(89)",
    ]
    cells = cells_of(extraction)
    assert (cells["-567"].row, cells["-567"].column, cells["-567"].period_end) == ("Net loss", "2023", "2023")
    assert (cells["55"].row, cells["55"].column) == ("Other", "2022")
    assert (cells["1234"].scale, cells["1234"].unit, cells["1234"].origin) == (6, "USD", "pdf")
    assert "Consolidated income" in cells["1234"].caption


def test_a_header_over_several_columns_is_over_each() -> None:
    extraction = page(
        (300, 740, "Year ended December 31,"),
        (300, 725, "2023"), (400, 725, "2022"),
        (50, 700, "Revenue"), (300, 700, "1,234"), (400, 700, "1,100"),
        (50, 685, "Profit"), (300, 685, "234"), (400, 685, "100"),
    )  # fmt: skip
    cells = cells_of(extraction)
    assert cells["1234"].period_end == "2023-12-31"
    assert cells["100"].column.endswith("2022")


@pytest.mark.parametrize("interleaved", [False, True])
def test_columns_of_prose_are_read_one_after_the_other(interleaved: bool) -> None:
    left = [(50.0, 700.0 - 14 * n, f"Left line {n} tells of the business and its year") for n in range(12)]
    right = [(320.0, 695.0 - 14 * n, f"Right line {n} tells of risks in every market") for n in range(12)]
    texts = list(itertools.chain(*zip(left, right, strict=True))) if interleaved else left + right
    read = text_of(page((50, 740, "A title that is as wide as both of the columns are together on the page"), *texts))
    places = [read.index(text) for _, _, text in left + right]
    assert places == sorted(places)
    assert " | " not in read


@pytest.mark.parametrize("height", [720, 714, 708])
def test_a_label_of_two_lines_is_one_label_beside_its_figures(height: int) -> None:
    extraction = page(
        (300, 740, "2023"), (400, 740, "2022"),
        (50, 720, "Assets that are held for sale and those"), (50, 708, "of operations that were given up"),
        (300, height, "56"), (400, height, "78"),
        (50, 690, "Total"), (300, 690, "1,156"), (400, 690, "1,178"),
    )  # fmt: skip
    label = "Assets that are held for sale and those of operations that were given up"
    assert f"{label} | 56 | 78" in text_of(extraction)
    assert cells_of(extraction)["56"].row == label


def test_leaders_lead_to_their_figure() -> None:
    texts = [(50.0, 700.0 - 14 * n, f"Item {n} " + "." * 60) for n in range(3)]
    figures = [(400.0, 700.0 - 14 * n, f"{n + 1},000") for n in range(3)]
    assert "Item 1 | 2,000" in text_of(page(*texts, *figures))


PLACES = st.floats(-50, 650, allow_nan=False)


COLUMNS = st.integers(-10, 130).map(lambda number: 5.0 * number)
"""So far apart that no word is one that was drawn twice."""


TEXTS = st.sampled_from(["Net", "$", "(", "1,234", "—", "(56)", "2023", ".....", "%"])


SIZES = st.sampled_from([4.0, 6.0, 10.0, 14.0])


@given(st.lists(st.tuples(COLUMNS, PLACES, TEXTS, SIZES), max_size=60, unique_by=lambda one: (one[0], one[2])))
def test_any_words_become_lines_with_each_of_them(words: list[tuple[float, float, str, float]]) -> None:
    placed = [PdfWord(text, x, x + 4.0 * len(text), y, size) for x, y, text, size in words]
    rows = order_rows(placed)
    numbers = itertools.count()
    page = build_page_text(rows, lambda: next(numbers))
    plain = remove_marks(page.text)
    for text in ("Net", "1,234", "2023"):
        assert plain.count(text) >= sum(word.text == text for word in placed)


def test_dash_in_a_column_of_its_own_is_no_minus_of_the_next_figure() -> None:
    drawn: list[Drawn] = [
        (300, 740, "2023"), (400, 740, "2022"),
        (50, 720, "Revenue"), (315, 720, "-"), (395, 720, "(500)"),
        (50, 700, "Cost"), (300, 700, "700"), (400, 700, "500"),
        (50, 680, "Tax"), (315, 680, "-"), (410, 680, "5"),
    ]  # fmt: skip
    read = page(*drawn)
    assert text_of(read).splitlines()[1:4] == ["Revenue | - | (500)", "Cost | 700 | 500", "Tax | - | 5"]
    assert (cells_of(read)["-500"].column, cells_of(read)["5"].column) == ("2022", "2022")


def test_words_drawn_twice_to_look_bold_are_read_once() -> None:
    twice = [(x + shift, y, text) for x, y, text in TABLE for shift in (0.0, 0.4)]
    assert text_of(page(*twice)) == text_of(page(*TABLE))


def test_three_columns_of_prose_are_read_one_after_the_other() -> None:
    drawn: list[Drawn] = [
        (40 + 180 * column, 740 - 14 * line, f"Column {column} line {line} with some words")
        for line in range(8)
        for column in range(3)
    ]
    lines = text_of(page(*drawn, size=8)).split("\n")
    words = [line for line in lines if line]
    assert words == [f"Column {column} line {line} with some words" for column in range(3) for line in range(8)]

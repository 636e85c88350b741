"""Headings of paged documents: by type, by capitals, by number; never the running head."""

from kimi_tui.tools.text.font_headings import FontLine, find_page_headings


def body(*texts: str) -> list[FontLine]:
    return [FontLine(text, 10.0, 400) for text in texts]


PROSE = body(*("the company sold more of what it makes than in the year before it." for _ in range(8)))


def test_a_line_in_larger_or_heavier_type_is_a_heading() -> None:
    page = [*PROSE, FontLine("Liquidity and cash", 11.5, 400), *PROSE, FontLine("Share buybacks", 10.0, 700), *PROSE]
    assert find_page_headings([page]) == [("Liquidity and cash", "Share buybacks")]


def test_capitals_and_numbers_make_a_heading_without_any_type() -> None:
    page = [*PROSE, *body("CONSOLIDATED BALANCE SHEETS", "Note 7. Income Taxes", "4.2 Segment results"), *PROSE]
    assert find_page_headings([page]) == [
        ("CONSOLIDATED BALANCE SHEETS", "Note 7. Income Taxes", "4.2 Segment results")
    ]


def test_a_row_of_figures_is_no_heading_however_large() -> None:
    page = [*PROSE, FontLine("Net sales 32,765 31,657 30,109", 14.0, 700), FontLine("2018 2017", 14.0, 700)]
    assert find_page_headings([page]) == [()]


def test_running_heads_are_dropped_with_their_page_numbers() -> None:
    pages = [
        [FontLine(f"Acme plc Annual Report {n}", 12, 700), FontLine(f"Theme {'abcdef'[n]}", 12, 700), *PROSE]
        for n in range(6)
    ]
    assert find_page_headings(pages) == [(f"Theme {letter}",) for letter in "abcdef"]

"""A memo's chart in a terminal: bars from zero in any width, negative ones, missing ones, and hostile names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.evidence.memo_charts import ChartBar, ChartSeries, MemoChart
from kimi_tui.tui.rendering.chart_lines import chart_lines, draw_bar
from kimi_tui.tui.rendering.lines import width_of

HOSTILE = [
    "\x1b[31mred\x07",
    "\u202eesrever",
    "**bold** [x](y) <b>",
    "\u51c0\u9500\u552e\u989d" * 20,
    "a" * 900,
    "\u0301" * 90,
    "",
]


def chart(*shares: float, names: tuple[str, ...] = (), texts: tuple[str, ...] = (), unit: str = "USD") -> MemoChart:
    bars = tuple(
        ChartBar(names[n] if names else str(2020 + n), texts[n] if texts else f"{share:.2f}", share, "S1 p.2")
        for n, share in enumerate(shares)
    )
    low, high = min(0.0, *shares), max(0.0, *shares)
    return MemoChart(0, 10, unit, low, high, (ChartSeries("Net sales", bars),))


def texts(drawn: MemoChart, width: int = 60, *, ascii: bool = False) -> list[str]:
    return [line.text for line in chart_lines(drawn, width, ascii=ascii)]


def test_chart_lines_bars_begin_at_one_zero_and_show_every_figure() -> None:
    unit, _, name, first, second = texts(chart(0.5, 1.0))
    assert (unit, name) == ("USD; bars begin at 0", "Net sales")
    assert first.index("\u2588") == second.index("\u2588")
    assert abs(2 * first.count("\u2588") - second.count("\u2588")) <= 2
    assert (first.split()[-1], second.split()[-1]) == ("0.50", "1.00")


def test_chart_lines_negative_bar_ends_where_positive_ones_begin() -> None:
    first, second = texts(chart(1.0, -0.5))[3:]
    zero = first.index("\u2588")
    assert second.rindex("\u2588") in (zero - 1, zero)
    styles = [span.style for line in chart_lines(chart(1.0, -0.5), 60, ascii=False) for span in line.spans]
    assert {"bar", "loss"} <= set(styles)


def test_chart_lines_axis_below_zero_is_drawn_where_no_bar_is() -> None:
    lines = texts(chart(-1.0, 0.0, 1.0))
    assert "\u2502" in lines[4]
    assert "|" in texts(chart(-1.0, 0.0, 1.0), ascii=True)[4]


@pytest.mark.parametrize("ascii", [False, True])
def test_chart_lines_tiny_figure_is_not_drawn_like_zero(ascii: bool) -> None:
    tiny, zero, _ = (line[8:-5].strip() for line in texts(chart(1e-15, 0.0, 1.0), ascii=ascii)[3:])
    assert tiny
    assert not zero
    below = texts(chart(-1e-15, 1.0), ascii=ascii)[3]
    assert below[8:-6].strip()


def test_chart_lines_all_zero_says_so() -> None:
    assert texts(chart(0.0, 0.0))[0] == "every figure is 0"


def test_chart_lines_missing_bar_and_left_out_row_are_said() -> None:
    bars = (ChartBar("2024", "5", 1.0, "S1"), ChartBar("2025", "", 0.0, "", "no cited cell has 7"))
    drawn = MemoChart(0, 9, "USD", 0.0, 1.0, (ChartSeries("Sales", bars),), ("Costs is left out: it cites no source.",))
    lines = texts(drawn)
    assert lines[4] == "  2025  missing: no cited cell has 7"
    assert lines[-1] == "Costs is left out: it cites no source."


def test_chart_lines_refusal_is_said_in_place_of_bars() -> None:
    assert texts(MemoChart(0, 9, refusal="It has different units."))[0] == "No chart. It has different units."


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("width", [10, 24, 60, 100])
def test_chart_lines_hostile_words_stay_inside_their_line(width: int, ascii: bool) -> None:
    names = tuple(HOSTILE)
    shares = tuple((-1) ** n * n / len(names) for n in range(len(names)))
    drawn = chart(*shares, names=names, texts=names, unit="\x1b]0;x\x07")
    lines = chart_lines(drawn, width, ascii=ascii)
    assert all(text.isprintable() for text in (line.text for line in lines))
    assert all(width_of(line.text) <= max(width, 24) for line in lines)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 120))
def test_draw_bar_has_its_width_and_fills_its_share(begin: float, end: float, cells: int) -> None:
    begin, end = sorted((begin, end))
    drawn = draw_bar(begin, end, cells)
    assert len(drawn) == cells
    filled = sum(sign != " " for sign in drawn)
    assert filled <= (end - begin) * cells + 2


def test_draw_bar_full_and_empty() -> None:
    assert draw_bar(0.0, 1.0, 5) == "\u2588" * 5
    assert draw_bar(0.5, 0.5, 5) == " " * 5

"""The picture of a memo's chart in a page: its lengths, its words, and hostile ones."""

import re

import pytest
from lxml import etree

from kimi_tui.evidence.memo_charts import ChartBar, ChartSeries, MemoChart
from kimi_tui.export.chart_svg import MAX_DRAWN_BARS, chart_html
from tests.tui.rendering.test_chart_lines import HOSTILE, chart


def widths(page: str) -> list[float]:
    return [float(found) for found in re.findall(r'<rect[^>]* width="([\d.]+)"', page)]


def test_chart_html_bars_have_lengths_in_proportion_from_one_zero() -> None:
    page = chart_html(chart(0.25, 0.5, 1.0))
    first, second, third = widths(page)
    assert second / first == pytest.approx(2, rel=0.01)
    assert third / first == pytest.approx(4, rel=0.01)
    assert len(set(re.findall(r'<rect x="([\d.]+)"', page))) == 1
    assert all(f">{figure}<" in page for figure in ("0.25", "0.50", "1.00"))


def test_chart_html_negative_bar_ends_at_zero() -> None:
    page = chart_html(chart(1.0, -0.5))
    (zero,) = set(re.findall(r'<line x1="([\d.]+)"', page))
    loss = re.search(r'<rect class="loss" x="([\d.]+)" y="\d+" width="([\d.]+)"', page)
    assert loss is not None
    assert float(loss[1]) + float(loss[2]) == pytest.approx(float(zero), abs=0.2)


def test_chart_html_hostile_words_are_text_in_well_formed_markup() -> None:
    names = (
        *HOSTILE,
        '"><script>alert(1)</script>',
        "</svg><img src=x onerror=alert(1)>",
        "&quot;&#x0;",
        "\ufffe",
        "\ud800",
    )
    shares = tuple(n / len(names) for n in range(len(names)))
    page = chart_html(chart(*shares, names=names, texts=names, unit=names[-5]))
    page.encode()
    root = etree.fromstring(f"<div>{page}</div>")
    allowed = {"div", "figure", "figcaption", "svg", "text", "rect", "title", "line"}
    assert {element.tag for element in root.iter()} == allowed
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on") or "href" in name]
    assert "".join(root.itertext()).replace("\n", "").isprintable()


def test_chart_html_missing_left_out_and_too_many_bars_are_said() -> None:
    bars = (ChartBar("2024", "5", 1.0, "S1"), ChartBar("2025", "", 0.0, "", "no cited cell has 7"))
    page = chart_html(MemoChart(0, 9, "USD", 0.0, 1.0, (ChartSeries("Sales", bars),), ("Costs are left out.",)))
    assert "missing: no cited cell has 7" in page
    assert "<li>Costs are left out.</li>" in page
    many = tuple(ChartSeries(f"Row {n}", (ChartBar("", "1", 1.0, "S1"),)) for n in range(200))
    page = chart_html(MemoChart(0, 9, "USD", 0.0, 1.0, many))
    assert len(widths(page)) == MAX_DRAWN_BARS
    assert f"{200 - MAX_DRAWN_BARS} further bars are not drawn." in page


@pytest.mark.parametrize("shares", [(0.0,), (0.0, 0.0), (1e-300, 1.0), (-1.0,)])
def test_chart_html_odd_shares_stay_finite(shares: tuple[float, ...]) -> None:
    page = chart_html(chart(*shares))
    assert not re.search(r"nan|inf\b", page)
    assert len(widths(page)) == len(shares)


def test_chart_html_refusal_is_a_sentence() -> None:
    assert chart_html(MemoChart(0, 9, refusal="Units <differ>.")) == (
        '<p class="no-chart">No chart. Units &lt;differ&gt;.</p>\n'
    )

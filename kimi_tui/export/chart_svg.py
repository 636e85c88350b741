"""Print a memo's chart for a page: bars from zero as SVG inside the page, and what is not drawn in words."""

import html
from collections.abc import Iterator

from kimi_tui.evidence.memo_charts import ChartBar, ChartSeries, MemoChart
from kimi_tui.text import clean_xml_line

WIDTH, NAME_WIDTH, FIGURE_WIDTH = 720, 210, 130
"""Units of the picture, and of its columns for names and figures."""
ROW_HEIGHT, BAR_HEIGHT = 22, 14
MAX_DRAWN_BARS = 120
"""Bars of one picture; those behind them are in the table alone."""
NAME_CHARS, FIGURE_CHARS = 32, 20
MIN_BAR_WIDTH = 0.75
"""Units of a bar that is not zero."""
CHART_STYLE = (
    "figure.chart{margin:.5rem 0 1rem;font:13px system-ui,sans-serif}figure.chart svg{max-width:100%;height:auto}"
    "figure.chart text{fill:currentColor;font-size:13px}figure.chart .name{font-weight:600}"
    "figure.chart rect{fill:#7a3fa0}figure.chart rect.loss{fill:#b3261e}figure.chart line{stroke:currentColor}"
    "p.no-chart,ul.no-chart{font-size:.8em;opacity:.8}"
    "@media(prefers-color-scheme:dark){figure.chart rect{fill:#d9a0e8}figure.chart rect.loss{fill:#ee8080}}"
)
"""What a page with charts adds to its style."""


def chart_html(chart: MemoChart) -> str:
    """Return the chart, or why there is none; outside words are cut, printable and escaped."""
    if chart.refusal:
        return f'<p class="no-chart">No chart. {_text(chart.refusal, 600)}</p>\n'
    unit = _text(chart.unit, 60)
    rows, hidden = _rows(chart)
    height = ROW_HEIGHT * len(rows) + 4
    drawn = "".join(_row(chart, number, *row) for number, row in enumerate(rows))
    left = [
        *(_text(one, 300) for one in chart.left_out),
        *([f"{hidden} further bars are not drawn."] if hidden else []),
    ]
    listed = "".join(f"<li>{one}</li>" for one in left)
    return (
        f'<figure class="chart"><figcaption>The cited figures of this table ({unit}); bars begin at 0</figcaption>'
        f'<svg role="img" aria-label="Bars of the cited figures of the table above ({unit})" '
        f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">{drawn}</svg></figure>\n'
        + (f'<ul class="no-chart">{listed}</ul>\n' if listed else "")
    )


def _rows(chart: MemoChart) -> tuple[list[tuple[ChartSeries, ChartBar | None]], int]:
    """Return the lines of the picture, a name over each series of several bars, and how many bars have no room."""
    rows: list[tuple[ChartSeries, ChartBar | None]] = []
    drawn = 0
    for series in chart.series:
        bars = series.bars[: MAX_DRAWN_BARS - drawn]
        rows += [(series, None)] if len(series.bars) > 1 and bars else []
        rows += [(series, bar) for bar in bars]
        drawn += len(bars)
    return rows, chart.bars - drawn


def _row(chart: MemoChart, number: int, series: ChartSeries, bar: ChartBar | None) -> str:
    """Return one line of the picture: the name of a series, or a bar with its name and figure."""
    top = ROW_HEIGHT * number + 4
    base = top + BAR_HEIGHT - 3
    if bar is None:
        return f'<text class="name" x="0" y="{base}">{_text(series.name, NAME_CHARS * 3)}</text>'
    name = _text(bar.name if len(series.bars) > 1 else series.name, NAME_CHARS)
    zero = _across(chart, 0.0)
    pieces = [f'<text x="{NAME_WIDTH - 8}" y="{base}" text-anchor="end">{name}</text>']
    pieces += _bar(chart, bar, top) if not bar.problem else []
    pieces.append(f'<line x1="{zero:.1f}" y1="{top - 4}" x2="{zero:.1f}" y2="{top + ROW_HEIGHT - 4}"/>')
    if bar.problem:
        pieces.append(f'<text x="{zero + 6:.1f}" y="{base}">missing: {_text(bar.problem, NAME_CHARS)}</text>')
    else:
        pieces.append(f'<text x="{WIDTH}" y="{base}" text-anchor="end">{_text(bar.text, FIGURE_CHARS)}</text>')
    return "".join(pieces)


def _bar(chart: MemoChart, bar: ChartBar, top: int) -> Iterator[str]:
    start, end = sorted((_across(chart, 0.0), _across(chart, bar.share)))
    width = max(end - start, MIN_BAR_WIDTH) if bar.share else 0.0
    kind = ' class="loss"' if bar.share < 0 else ""
    where = _text(f"{bar.text} ({bar.place})", 120)
    size = f'x="{start:.1f}" y="{top}" width="{width:.2f}" height="{BAR_HEIGHT}"'
    yield f"<rect{kind} {size}><title>{where}</title></rect>"


def _across(chart: MemoChart, share: float) -> float:
    """Return where a share of the axis is, in units from the left."""
    room = WIDTH - NAME_WIDTH - FIGURE_WIDTH
    return NAME_WIDTH + (share - chart.low) / ((chart.high - chart.low) or 1.0) * room


def _text(words: str, limit: int) -> str:
    return html.escape(clean_xml_line(words, limit))

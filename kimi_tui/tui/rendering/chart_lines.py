"""Draw a memo's chart as terminal lines: bars from zero, each with its figure as the source shows it.

The bars are those of Rich, which divides a cell into eighths; an ASCII terminal gets whole cells.
"""

from collections.abc import Iterator
from functools import cache

from rich.bar import Bar
from rich.console import Console

from kimi_tui.evidence.memo_charts import ChartBar, ChartSeries, MemoChart
from kimi_tui.tui.formatting import replace_non_ascii_signs
from kimi_tui.tui.rendering.glyphs import ASCII, UNICODE
from kimi_tui.tui.rendering.lines import BLANK, StyledLine, StyledSpan, fit_text, sanitize_text, width_of, wrap_spans

MAX_NAME_CELLS, MAX_FIGURE_CELLS = 34, 24
"""Cells of a name and of a figure; longer ones are cut."""
MIN_BAR_CELLS = 6
MIN_CELLS_FOR_PLACES = 72
"""From this width on each bar says where its figure is."""
MAX_PLACE_CELLS = 14
_AXIS = ("\u2502", "|")
"""The line at zero, and its stand-in in ASCII."""
_TO_ASCII = str.maketrans("\u2588\u2589\u258a\u258b\u258c\u2590\u258d\u258e\u258f\u2595", "######    ")
"""Blocks that fill half of a cell or more become signs."""


def chart_lines(chart: MemoChart, width: int, *, ascii: bool) -> list[StyledLine]:
    """Return a chart, or why there is none, and what was left out, in lines of at most `width` cells."""
    lines: list[StyledLine] = []
    if chart.refusal:
        lines += _words(f"No chart. {chart.refusal}", width, "warning", ascii)
    else:
        lines += _Plot(chart, width, ascii).lines()
    if chart.left_out:
        lines.append(BLANK)
    for sentence in chart.left_out:
        lines += _words(sentence, width, "muted", ascii)
    return lines


def _words(text: str, width: int, style: str, ascii: bool) -> list[StyledLine]:
    return wrap_spans([StyledSpan(_shown(text, ascii), style)], width)


def _shown(text: str, ascii: bool) -> str:
    """Return outside text on one line, harmless; in ASCII with other signs replaced."""
    return replace_non_ascii_signs(sanitize_text(text).replace("\n", " "), ascii)


class _Plot:
    """The bars of one chart in a given width."""

    def __init__(self, chart: MemoChart, width: int, ascii: bool) -> None:
        self._chart = chart
        self._ascii = ascii
        bars = [bar for one in chart.series for bar in one.bars]
        names = [self._name(one, bar) for one in chart.series for bar in one.bars]
        room = max(width // 3 - 1, 3)
        self._name_cells = min(max(map(width_of, names), default=0), room, MAX_NAME_CELLS)
        figures = [_shown(bar.text, ascii) for bar in bars]
        self._figure_cells = min(max(map(width_of, figures), default=0), room, MAX_FIGURE_CELLS)
        self._place_cells = MAX_PLACE_CELLS if width >= MIN_CELLS_FOR_PLACES else 0
        self._bar_cells = max(width - self._name_cells - self._figure_cells - self._place_cells - 4, MIN_BAR_CELLS)
        self._width = width

    def lines(self) -> list[StyledLine]:
        """Return the unit, then the bars of each series under its name, if it has several."""
        scale = f"{self._chart.unit}; bars begin at 0" if self._chart.high or self._chart.low else "every figure is 0"
        lines = _words(scale, self._width, "muted", self._ascii)
        for series in self._chart.series:
            if len(series.bars) > 1:
                name = self._cut(_shown(series.name, self._ascii), self._width)
                lines.append(BLANK)
                lines.append(StyledLine((StyledSpan(name, "strong"),)))
            lines += self._bars(series)
        return lines

    def _bars(self, series: ChartSeries) -> Iterator[StyledLine]:
        for bar in series.bars:
            name = self._fitted(self._name(series, bar), self._name_cells)
            if bar.problem:
                problem = self._cut(_shown(f"missing: {bar.problem}", self._ascii), self._width - self._name_cells - 2)
                yield StyledLine((StyledSpan(f"{name}  "), StyledSpan(problem, "muted")))
                continue
            figure = self._fitted(_shown(bar.text, self._ascii), self._figure_cells, right=True)
            spans = [StyledSpan(f"{name}  "), *self._bar_spans(bar.share), StyledSpan(f" {figure}", "strong")]
            if self._place_cells:
                spans.append(StyledSpan(f" {self._cut(_shown(bar.place, self._ascii), self._place_cells)}", "muted"))
            yield StyledLine(tuple(spans))

    def _name(self, series: ChartSeries, bar: ChartBar) -> str:
        return _shown(f"  {bar.name}" if len(series.bars) > 1 else series.name, self._ascii)

    def _fitted(self, text: str, cells: int, *, right: bool = False) -> str:
        text = self._cut(text, cells)
        blanks = " " * (cells - width_of(text))
        return blanks + text if right else text + blanks

    def _cut(self, text: str, cells: int) -> str:
        return fit_text(text, cells, (ASCII if self._ascii else UNICODE).ellipsis)

    def _bar_spans(self, share: float) -> list[StyledSpan]:
        """Return one bar with the line at zero, if the axis goes below it."""
        low, span = self._chart.low, (self._chart.high - self._chart.low) or 1.0
        zero = -low / span
        ends = sorted((zero, zero + share / span))
        drawn = draw_bar(ends[0], ends[1], self._bar_cells)
        at = min(int(zero * self._bar_cells), self._bar_cells - 1)
        if share and not drawn.strip():  # too short for an eighth of a cell, and yet not zero
            drawn = _put(drawn, at if share > 0 else max(at - 1, 0), "\u258f" if share > 0 else "\u2595")
            drawn = drawn.translate(str.maketrans("\u258f\u2595", "||")) if self._ascii else drawn
        if self._ascii:
            drawn = drawn.translate(_TO_ASCII)
        if low < 0 and drawn[at] == " ":
            drawn = _put(drawn, at, _AXIS[self._ascii])
        return [StyledSpan(drawn, "bar" if share >= 0 else "loss")]


def draw_bar(begin: float, end: float, cells: int) -> str:
    """Return a bar between two shares of so many cells, filled up with blanks."""
    console = _console()
    bar = Bar(1.0, min(max(begin, 0.0), 1.0), min(max(end, 0.0), 1.0), width=cells)
    options = console.options.update(max_width=cells)
    text = "".join(piece.text for piece in console.render(bar, options)).rstrip("\n")
    return text.ljust(cells)[:cells]


@cache
def _console() -> Console:
    return Console(width=1_000, color_system=None, force_terminal=False)


def _put(text: str, at: int, sign: str) -> str:
    return f"{text[:at]}{sign}{text[at + 1 :]}"

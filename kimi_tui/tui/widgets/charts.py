"""Small charts under a panel's list: a name, a line of bars, and the figures."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec
from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from kimi_tui.tui.formatting import replace_non_ascii_signs
from kimi_tui.tui.rendering.sparklines import FILLINGS, SOLID, downsample_to_peaks, sparkline, stacked_bar

NAME_CELLS = 18
"""Cells of a chart's name."""
FIGURES_CELLS = 34
"""Cells that are left for what a chart says in figures."""


class Chart(msgspec.Struct, frozen=True):
    """One series."""

    name: str
    values: tuple[float, ...]
    """Oldest first."""
    figures: str
    """What it says in figures."""
    top: float = 0.0
    """The value of a full bar; 0 for the largest there is."""


class Charts(Widget):
    """Series one under the other."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"charts--name", "charts--bars", "charts--figures"}

    def __init__(self, *, ascii: bool) -> None:
        super().__init__(id="charts")
        self._ascii = ascii
        self._charts: tuple[Chart, ...] = ()

    def show(self, charts: Sequence[Chart]) -> None:
        """Draw these; one without values is left out."""
        self._charts = tuple(chart for chart in charts if chart.values)
        self.refresh(layout=True)

    def render(self) -> RenderResult:
        """Return a line for each."""
        room = max(self.size.width - NAME_CELLS - FIGURES_CELLS - 2, 8)
        name, bars, figures = (
            self.get_visual_style(f"charts--{part}", partial=True) for part in ("name", "bars", "figures")
        )
        lines = []
        for chart in self._charts:
            line = sparkline(downsample_to_peaks(chart.values, room), room, ascii=self._ascii, top=chart.top)
            figures_text = replace_non_ascii_signs(f"  {chart.figures}", self._ascii)
            lines.append(Content.assemble((chart.name.ljust(NAME_CELLS), name), (line, bars), (figures_text, figures)))
        return Content("\n").join(lines)


class StackedBar(Widget):
    """A whole divided into parts: a bar with a legend below."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"stack--{n}" for n in range(6)} | {"stack--words"}

    def __init__(self, *, ascii: bool) -> None:
        super().__init__(id="stack")
        self._ascii = ascii
        self._parts: tuple[tuple[str, float], ...] = ()

    def show(self, parts: Sequence[tuple[str, float]]) -> None:
        """Draw these parts, each with its name and its size."""
        self._parts = tuple(parts)
        self.refresh(layout=True)

    def render(self) -> RenderResult:
        """Return the bar and the words."""
        total = sum(size for _, size in self._parts) or 1.0
        bar, words = Content(), Content()
        fillings = FILLINGS[self._ascii] if self._ascii or self.app.current_theme.ansi else SOLID
        quiet = self.get_visual_style("stack--words", partial=True)
        pieces = stacked_bar([size for _, size in self._parts], self.size.width, fillings)
        for n, ((name, size), piece) in enumerate(zip(self._parts, pieces, strict=True)):
            style = self.get_visual_style(f"stack--{n}", partial=True)
            bar += Content.styled(piece, style)
            if size > 0:
                sign = fillings[n]
                words += Content.assemble((f"{sign} ", style), (f"{name} {size / total:.0%}   ", quiet))
        return Content("\n").join([bar, words])

"""The tables of the memo as charts, drawn from the cells that they cite."""

from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from kimi_tui.evidence.memo import CheckedMemo, read_memo
from kimi_tui.evidence.memo_charts import MemoChart, draw_memo_charts
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.session import SessionError
from kimi_tui.tui.actions import Place, bindings_for
from kimi_tui.tui.bridge import SessionBridge
from kimi_tui.tui.panels.panel import Panel
from kimi_tui.tui.rendering.chart_lines import chart_lines
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.widgets.text_view import TextPassage, TextView


class ChartPanel(Panel):
    """Every table of the memo with figures as a chart, one below the other."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for("chart")
    TITLE = "Charts"
    PLACES: ClassVar[tuple[Place, ...]] = ("chart", "panel", "everywhere")
    _drawn: CheckedMemo | None = None

    def __init__(self, bridge: SessionBridge, look: UiContext, *, at: int = 0) -> None:
        """`at` is a place in the memo's text: the chart of the table there is shown first."""
        super().__init__(bridge, look)
        self._at = at
        self._charts = 0
        self._index = 0

    def content_widgets(self) -> list[Widget]:
        """Return the text that the charts are drawn in."""
        return [TextView(id="charts-text")]

    def show(self) -> None:
        """Draw the charts of the last memo, once for each memo."""
        memo = read_memo(self.state.memo.memo)
        if memo is None:
            self.set_figures("there is no memo yet: the model submits it at the end of its turn")
        elif memo != self._drawn:
            self._drawn = memo
            self._draw(memo)

    @work(exclusive=True, group="chart")
    async def _draw(self, memo: CheckedMemo) -> None:
        """Read the cells that the memo cites, and draw its tables."""
        library = self.ui_context.library
        refs = [
            *(cell for one in memo.statements for cell in one.cells),
            *(c for cite in memo.citations for c in cite.cells),
        ]
        parts = tuple(dict.fromkeys((ref.source, ref.part) for ref in refs))
        try:
            cells = await library.cells(self.bridge.session.id, parts) if library is not None else {}
        except SessionError as error:
            self.set_figures(f"the cells cannot be read: {error}")
            return
        charts = draw_memo_charts(memo, InMemorySources({}, cells))
        view = self.query_one(TextView)
        drawn = sum(not chart.refusal for chart in charts)
        self.set_figures(f"{drawn} of {len(charts)} tables" if charts else "the memo has no table of figures")
        view.show([self._passage(number, chart, len(charts)) for number, chart in enumerate(charts, 1)])
        view.focus()
        self._charts, self._index = len(charts), _nearest(charts, self._at)
        view.call_after_refresh(view.go_to, self._index)

    def _passage(self, number: int, chart: MemoChart, count: int) -> TextPassage:
        return TextPassage(f"Table {number} of {count}", draw=partial(chart_lines, chart, ascii=self.ui_context.ascii))

    def action_next(self, by: int) -> None:
        """Go to the chart of the next table, or of the one before; round from the last to the first."""
        if self._charts:
            self._index = (self._index + by) % self._charts
            self.query_one(TextView).go_to(self._index)


def _nearest(charts: tuple[MemoChart, ...], at: int) -> int:
    """Return the chart of the table at a place, of the first one behind it, or of the last one."""
    return next((number for number, chart in enumerate(charts) if at < chart.end), max(len(charts) - 1, 0))

"""The health of the server: speed, cache and valid calls as small charts, recoveries, and the probe's findings."""

from textual.widget import Widget

from kimi_tui.events import Grade, ServerFinding
from kimi_tui.projections.health import Health, StepSeries, format_counts
from kimi_tui.tui.formatting import Tone, format_count
from kimi_tui.tui.panels.panel import DetailPanel
from kimi_tui.tui.rendering.sparklines import sparkline
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList
from kimi_tui.tui.widgets.text_view import TextPassage, TextView

CHART_CELLS = 24
"""Steps that a chart shows."""
COLUMNS = (
    ListColumn("", 15),
    ListColumn("now", 7, right=True),
    ListColumn("median", 7, right=True),
    ListColumn("last steps", CHART_CELLS, min_list_width=74),
    ListColumn(""),
)
"""The columns of the list."""
GRADE_TONES: dict[Grade, Tone] = {"green": "good", "amber": "warning", "red": "error", "grey": "muted"}
"""The tone of a finding."""
_MIN_GOOD_ACCURACY = 0.95
"""Share of valid calls below which the server deserves a look."""


class HealthPanel(DetailPanel):
    """A list of figures and findings, over the whole text of one."""

    TITLE = "Health of the server"
    IS_SPARSE = True

    def content_widgets(self) -> list[Widget]:
        """Return the list and the text."""
        return [RowList(COLUMNS, empty="No step has ended yet.", id="health"), TextView(id="health-text")]

    def show(self) -> None:
        """List what is known."""
        health = self.state.health
        probe = health.probe
        known = " ".join(part for part in (probe.engine, probe.version) if part) if probe else ""
        window = f"{format_count(probe.window)} tokens of context" if probe and probe.window else ""
        self.set_figures(" · ".join(part for part in (known, window) if part))
        rows = [*build_figure_rows(health, self.ui_context.ascii), *build_count_rows(health)]
        rows += [build_finding_row(finding) for finding in (probe.findings if probe else ())]
        if health.verdict:
            rows.insert(0, ListRow("verdict", (ListCell(health.verdict, "strong"),)))
        self.query_one(RowList).show(rows)

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Read a finding, or the verdict, whole."""
        probe = self.state.health.probe
        for finding in probe.findings if probe else ():
            if finding.name == message.row_id.removeprefix("found "):
                remedy = [TextPassage("What to do", finding.remedy)] if finding.remedy else []
                self.show_detail([TextPassage(f"{finding.name}: {finding.grade}", finding.detail), *remedy])
        if message.row_id == "verdict":
            self.show_detail([TextPassage("How clean the server was", self.state.health.verdict)])


def build_figure_rows(health: Health, ascii: bool) -> list[ListRow]:
    """Return the rows of what is measured at each step."""
    share = health.cached_share
    rows = [
        _build_series_row("tokens a second", health.speed, ascii, "{:.0f}", _describe_estimates(health)),
        _build_series_row("first token", health.first_token, ascii, "{:.1f} s"),
    ]
    if share is not None:
        rows.append(_build_series_row("cached prompt", health.cached, ascii, "{:.0%}", f"{share:.0%} of all", top=1.0))
    return [row for row in rows if row is not None]


def _describe_estimates(health: Health) -> str:
    return f"{health.estimated} of {health.steps} steps were not counted" if health.estimated else ""


def _build_series_row(
    name: str, series: StepSeries, ascii: bool, shape: str, remark: str = "", top: float = 0.0
) -> ListRow | None:
    """One series; None when it is empty."""
    recent, median = series.recent, series.median
    if recent is None or median is None:
        return None
    chart = sparkline(series.values, CHART_CELLS, ascii=ascii, top=top)
    cells = (
        ListCell(name),
        ListCell(shape.format(recent), "accent"),
        ListCell(shape.format(median), "muted"),
        ListCell(chart, "accent"),
        ListCell(remark, "muted"),
    )
    return ListRow(name, cells)


def build_count_rows(health: Health) -> list[ListRow]:
    """Return the rows of what is counted over the whole session."""
    rows = []
    if health.accuracy is not None:
        tone = "good" if health.accuracy >= _MIN_GOOD_ACCURACY else "warning"
        detail = f"{health.calls - health.invalid_calls} of {health.calls}"
        detail += f", {health.recovered_calls} salvaged from text" if health.recovered_calls else ""
        rows.append(_build_count_row("valid calls", f"{health.accuracy:.0%}", tone, detail))
    if health.steps or health.failures:
        recoveries, failures = health.recoveries.total(), health.failures.total()
        rows += [
            _build_count_row(
                "recoveries", str(recoveries), "warning" if recoveries else "good", format_counts(health.recoveries)
            ),
            _build_count_row("retries", str(health.retries), "warning" if health.retries else "good", ""),
            _build_count_row(
                "failures", str(failures), "error" if failures else "good", format_counts(health.failures)
            ),
        ]
    return rows


def _build_count_row(name: str, figure: str, tone: Tone, detail: str) -> ListRow:
    return ListRow(
        name, (ListCell(name), ListCell(figure, tone), ListCell(""), ListCell(""), ListCell(detail, "muted"))
    )


def build_finding_row(finding: ServerFinding) -> ListRow:
    """Return the row of one finding of the probe, over all columns."""
    text = f"{finding.grade} {finding.name}: {finding.detail}"
    return ListRow(f"found {finding.name}", (ListCell(text, GRADE_TONES[finding.grade]),))

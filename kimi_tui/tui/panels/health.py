"""The health of the server: speed, cache and validity with small charts, what was mended, and what a probe found."""

from textual.widget import Widget

from kimi_tui.events import Grade, ServerFinding
from kimi_tui.projections.health import Health, StepSeries, format_counts
from kimi_tui.tui.panels.panel import ReadingPanel
from kimi_tui.tui.sparks import spark
from kimi_tui.tui.widgets.row_list import Cell, Column, Row, RowList
from kimi_tui.tui.widgets.text_view import Passage, TextView
from kimi_tui.tui.words import Tone, count

CHART = 24
"""Steps that a chart shows."""
COLUMNS = (
    Column("", 15),
    Column("now", 7, right=True),
    Column("median", 7, right=True),
    Column("last steps", CHART, least=74),
    Column(""),
)
"""The columns of the list."""
TONES: dict[Grade, Tone] = {"green": "good", "amber": "warning", "red": "error", "grey": "muted"}
"""The tone of a finding."""
_LOW_ACCURACY = 0.95
"""Share of valid calls below which the server deserves a look."""


class HealthPanel(ReadingPanel):
    """A list of figures and findings, over the whole text of one."""

    TITLE = "Health of the server"

    def content(self) -> list[Widget]:
        """The list and the text."""
        return [RowList(COLUMNS, empty="No step has ended yet.", id="health"), TextView(id="health-text")]

    def show(self) -> None:
        """List what is known."""
        health = self.state.health
        probe = health.probe
        known = " ".join(part for part in (probe.engine, probe.version) if part) if probe else ""
        window = f"{count(probe.window)} tokens of context" if probe and probe.window else ""
        self.head(" · ".join(part for part in (known, window) if part))
        rows = [*figures(health, self.look.ascii), *counts(health)]
        rows += [finding_row(finding) for finding in (probe.findings if probe else ())]
        if health.verdict:
            rows.insert(0, Row("verdict", (Cell(health.verdict, "strong"),)))
        self.query_one(RowList).show(rows)

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Read a finding, or the verdict, whole."""
        probe = self.state.health.probe
        for finding in probe.findings if probe else ():
            if finding.name == message.row_id.removeprefix("found "):
                mend = [Passage("What to do", finding.remedy)] if finding.remedy else []
                self.read([Passage(f"{finding.name}: {finding.grade}", finding.detail), *mend])
        if message.row_id == "verdict":
            self.read([Passage("How clean the server was", self.state.health.verdict)])


def figures(health: Health, ascii: bool) -> list[Row]:
    """What is measured of each step."""
    share = health.cached_share
    rows = [
        _measured("tokens a second", health.speed, ascii, "{:.0f}", _estimated(health)),
        _measured("first token", health.first_token, ascii, "{:.1f} s"),
    ]
    if share is not None:
        rows.append(_measured("cached prompt", health.cached, ascii, "{:.0%}", f"{share:.0%} of all", top=1.0))
    return [row for row in rows if row is not None]


def _estimated(health: Health) -> str:
    return f"{health.estimated} of {health.steps} steps were not counted" if health.estimated else ""


def _measured(name: str, series: StepSeries, ascii: bool, shape: str, remark: str = "", top: float = 0.0) -> Row | None:
    """One series; None when it is empty."""
    recent, median = series.recent, series.median
    if recent is None or median is None:
        return None
    chart = spark(series.values, CHART, ascii=ascii, top=top)
    cells = (
        Cell(name),
        Cell(shape.format(recent), "accent"),
        Cell(shape.format(median), "muted"),
        Cell(chart, "accent"),
        Cell(remark, "muted"),
    )
    return Row(name, cells)


def counts(health: Health) -> list[Row]:
    """What is counted over the whole session."""
    rows = []
    if health.accuracy is not None:
        tone = "good" if health.accuracy >= _LOW_ACCURACY else "warning"
        told = f"{health.calls - health.invalid_calls} of {health.calls}"
        told += f", {health.recovered_calls} salvaged from text" if health.recovered_calls else ""
        rows.append(_counted("valid calls", f"{health.accuracy:.0%}", tone, told))
    if health.steps or health.failures:
        recoveries, failures = health.recoveries.total(), health.failures.total()
        rows += [
            _counted(
                "recoveries", str(recoveries), "warning" if recoveries else "good", format_counts(health.recoveries)
            ),
            _counted("retries", str(health.retries), "warning" if health.retries else "good", ""),
            _counted("failures", str(failures), "error" if failures else "good", format_counts(health.failures)),
        ]
    return rows


def _counted(name: str, figure: str, tone: Tone, told: str) -> Row:
    return Row(name, (Cell(name), Cell(figure, tone), Cell(""), Cell(""), Cell(told, "muted")))


def finding_row(finding: ServerFinding) -> Row:
    """One thing that the probe found, over all columns."""
    text = f"{finding.grade} {finding.name}: {finding.detail}"
    return Row(f"found {finding.name}", (Cell(text, TONES[finding.grade]),))

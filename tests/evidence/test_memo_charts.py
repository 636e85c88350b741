"""Charts of a memo: supported rows with cited cells are drawn, and what is not drawn is named with its reason."""

from typing import Any

import msgspec
import pytest

from kimi_tui.cells import Cell
from kimi_tui.evidence.cited_tables import find_tables
from kimi_tui.evidence.findings import cell_reference
from kimi_tui.evidence.memo import CheckedMemo, Statement
from kimi_tui.evidence.memo_charts import MAX_BARS, MemoChart, draw_memo_charts
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.sources import Part, Source, SourceRef

Table = list[tuple[str, list[str]]]
YEARS = ["2023", "2024", "2025"]
AREAS = [f"{first}{second}xo" for first in "bcdfghjklmnpqrstvwxz" for second in "aeiouyAEIOUY"]


def filing(rows: Table, heads: list[str] = YEARS, **about: object) -> InMemorySources:
    """A source whose one page has a table: a name and a figure for each year in every row."""
    text, cells = "", []
    for number, (label, shown) in enumerate(rows, 1):
        text += label.ljust(30)
        for column, (figure, head) in enumerate(zip(shown, heads, strict=True), 1):
            text += "  "
            value = figure.replace(",", "").replace("%", "")
            value = f"-{value[1:-1]}" if value.startswith("(") else value
            meaning: dict[str, Any] = {"scale": 6, "unit": "USD", "period_end": head if head.isdigit() else ""} | about
            if figure.endswith("%"):
                meaning |= {"unit": "%", "scale": -2}
            meaning |= {"row": label, "column": head, "row_number": number, "column_number": column, "table": 1}
            cells.append(Cell("p.2", len(text), len(text) + len(figure), figure, value, "grid", **meaning))
            text += figure
        text += "\n"
    ref = SourceRef("S1", "0" * 64, "Report", "r.pdf", "application/pdf", "document", "2026-11-20T09:00:00Z")
    return InMemorySources({"S1": Source(ref, (Part("p.2", text),))}, {"S1": tuple(cells)})


def table(rows: Table, heads: list[str] = YEARS, unit: str = "USD m") -> str:
    """The same table as a memo writes it, each row with its citation."""
    lines = [f"| ({unit}) | {' | '.join(heads)} | |", "|---" * (len(heads) + 2) + "|"]
    lines += [f'| {label} | {" | ".join(shown)} | [S1 p.2 "{label}"] |' for label, shown in rows]
    return "Figures follow.\n\n" + "\n".join(lines) + "\n\nThat is all.\n"


def checked(text: str, sources: InMemorySources) -> CheckedMemo:
    return check_memo("A memo", text, sources)


def chart_of(text: str, sources: InMemorySources) -> MemoChart:
    (chart,) = draw_memo_charts(checked(text, sources), sources)
    return chart


def drawn(chart: MemoChart) -> dict[str, list[tuple[str, str, float]]]:
    return {
        one.name: [(bar.name, bar.text or bar.problem, round(bar.share, 3)) for bar in one.bars] for one in chart.series
    }


SALES: Table = [("Net sales", ["100", "150", "200"]), ("Net income", ["10", "(20)", "40"])]


def test_draw_memo_charts_rows_over_years_gives_a_series_each_from_zero() -> None:
    chart = chart_of(table(SALES), filing(SALES))
    assert drawn(chart) == {
        "Net sales": [("2023", "100", 0.5), ("2024", "150", 0.75), ("2025", "200", 1.0)],
        "Net income": [("2023", "10", 0.05), ("2024", "(20)", -0.1), ("2025", "40", 0.2)],
    }
    assert (chart.unit, chart.low, chart.high, chart.left_out) == ("USD, millions", -0.1, 1.0, ())
    assert table(SALES)[chart.start : chart.end].startswith("| (USD m)")


def test_draw_memo_charts_periods_out_of_order_are_sorted_early_to_late() -> None:
    back = [(label, shown[::-1]) for label, shown in SALES]
    chart = chart_of(table(back, YEARS[::-1]), filing(SALES))
    assert [bar.name for bar in chart.series[0].bars] == YEARS


def test_draw_memo_charts_years_as_rows_are_turned() -> None:
    memo = "| Year | Net sales (USD m) |\n|---|---|\n" + "".join(
        f'| {year} | {figure} [S1 p.2 "Net sales" {year}] |\n' for year, figure in zip(YEARS, SALES[0][1], strict=True)
    )
    assert drawn(chart_of(memo, filing(SALES))) == {
        "Net sales": [("2023", "100", 0.5), ("2024", "150", 0.75), ("2025", "200", 1.0)]
    }


def test_draw_memo_charts_values_come_from_the_cells_not_from_the_memo() -> None:
    """The memo rounds and names the row otherwise; the chart shows what the source has."""
    rows: Table = [("Net sales", ["100,400", "150,600", "200,100"])]
    memo = table([("Net sales", ["100.4", "150.6", "200.1"])], unit="USD bn").replace("| Net sales |", "| Turnover |")
    chart = chart_of(memo, filing(rows))
    assert drawn(chart)["Net sales"] == [
        ("2023", "100,400", 0.502),
        ("2024", "150,600", 0.753),
        ("2025", "200,100", 1.0),
    ]


def test_draw_memo_charts_unsupported_row_is_left_out_with_the_reason() -> None:
    wrong = [*SALES, ("Net sales of others", ["777", "888", "999"])]
    memo = table(wrong).replace('[S1 p.2 "Net sales of others"]', "[S1 p.2]") + "| x | 2 |\n"
    chart = chart_of(memo, filing(SALES))
    assert list(drawn(chart)) == ["Net sales", "Net income"]
    assert chart.left_out == ("Net sales of others is left out: it is contradicted.",)


def test_draw_memo_charts_uncited_row_is_left_out_with_the_reason() -> None:
    memo = table(SALES).replace('[S1 p.2 "Net income"]', "")
    chart = chart_of(memo, filing(SALES))
    assert list(drawn(chart)) == ["Net sales"]
    assert chart.left_out == ("Net income is left out: it cites no source.",)


def test_draw_memo_charts_missing_figure_is_named_in_its_place() -> None:
    memo = table([("Net sales", ["100", "n/a", "200"]), SALES[1]])
    chart = chart_of(memo, filing(SALES))
    assert drawn(chart)["Net sales"][1] == ("2024", "the table has no figure", 0.0)


def test_draw_memo_charts_mixed_units_are_refused_in_words() -> None:
    rows: Table = [SALES[0], ("Operating margin", ["10%", "12%", "14%"])]
    chart = chart_of(table(rows), filing(rows))
    assert not chart.series
    assert "different units (USD: Net sales; %: Operating margin)" in chart.refusal
    assert "one axis cannot show them" in chart.refusal


def test_draw_memo_charts_percentages_alone_are_drawn_as_shown() -> None:
    rows: Table = [("Operating margin", ["10%", "12%", "20%"])]
    chart = chart_of(table(rows, unit="%"), filing(rows))
    assert (chart.unit, [bar.share for bar in chart.series[0].bars]) == ("%", [0.5, 0.6, 1.0])


def test_draw_memo_charts_without_a_cited_cell_says_what_would_help() -> None:
    memo = "| a | b |\n|---|---|\n| Net sales | 100 |\n"
    chart = chart_of(memo, filing(SALES))
    assert chart.refusal.startswith("No figure of this table rests on a cited cell")
    assert chart.left_out == ("Net sales is left out: it cites no source.",)


def test_draw_memo_charts_stored_cell_that_changed_is_not_drawn() -> None:
    """The cells may have been read anew; a reference that fits none of them draws nothing."""
    memo = checked(table(SALES), filing(SALES))
    (chart,) = draw_memo_charts(memo, filing([("Net sales", ["111", "151", "201"]), SALES[1]]))
    assert "Net sales" not in drawn(chart)


def test_draw_memo_charts_one_column_gives_one_bar_for_each_row() -> None:
    rows: Table = [("Cars", ["30"]), ("Bikes", ["60"]), ("Cars", ["15"])]
    sections = {"entity": "Acme"}
    chart = chart_of(table(rows, ["2025"]), filing(rows, ["2025"], **sections))
    assert [bar.share for one in chart.series for bar in one.bars] == [0.5, 1.0, 0.25]
    assert len({one.name for one in chart.series}) >= 2


def test_draw_memo_charts_one_row_one_figure_is_a_bar_of_its_own() -> None:
    rows: Table = [("Net sales", ["100"])]
    assert drawn(chart_of(table(rows, ["2025"]), filing(rows, ["2025"]))) == {"Net sales": [("", "100", 1.0)]}


def test_draw_memo_charts_all_zero_has_bars_of_no_length() -> None:
    rows: Table = [("Dividends", ["0.00", "0.00", "0.00"])]
    chart = chart_of(table(rows), filing(rows))
    assert [bar.share for one in chart.series for bar in one.bars] == [0.0, 0.0, 0.0]
    assert (chart.low, chart.high) == (0.0, 0.0)


def test_draw_memo_charts_huge_range_keeps_each_share_finite() -> None:
    rows: Table = [("Assets", ["1", "1,000,000", "999,999,999,999,999"])]
    chart = chart_of(table(rows), filing(rows))
    first, _, last = [bar.share for bar in chart.series[0].bars]
    assert 0 < first < 1e-12
    assert last == 1.0


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1E+400", "1E+999999", "1E-999999", "none", ""])
def test_draw_memo_charts_cell_that_is_no_drawable_number_is_left_out(value: str) -> None:
    sources = filing(SALES)
    memo = checked(table(SALES), sources)
    cells = tuple(
        msgspec.structs.replace(cell, value=value) if (cell.row, cell.column) == ("Net sales", "2024") else cell
        for cell in sources.cells("S1")
    )
    changed = InMemorySources({}, {"S1": cells})
    (chart,) = draw_memo_charts(memo, changed)
    assert [bar.text for bar in chart.series[0].bars] == ["100", "", "200"]
    assert chart.series[0].bars[1].problem
    assert all(-1 <= bar.share <= 1 for one in chart.series for bar in one.bars)


def test_draw_memo_charts_unknown_scale_beside_a_known_one_is_refused() -> None:
    known = filing(SALES)
    cells = tuple(
        Cell("p.2", cell.start, cell.end, cell.text, cell.value, "grid", None, "USD", row=cell.row, column=cell.column)
        if cell.row == "Net income"
        else cell
        for cell in known.cells("S1")
    )
    kept = known.get("S1")
    assert kept is not None
    memo = checked(table(SALES, unit=""), known)
    (chart,) = draw_memo_charts(memo, InMemorySources({"S1": kept}, {"S1": cells}))
    assert "does not say whether the figures of Net income are in thousands or millions" in chart.refusal


@pytest.mark.parametrize(
    "label",
    [
        "Net\x1b[31m sales\x07",
        "<script>alert(1)</script>",
        "\u202eselas teN",
        "x" * 500,
        "**Net** `sales`",
        "\u0301" * 50,
    ],
)
def test_draw_memo_charts_hostile_label_is_one_short_printable_line(label: str) -> None:
    sources = filing([("Net sales", ["100", "150", "200"])])
    cells = tuple(
        Cell(
            "p.2",
            cell.start,
            cell.end,
            cell.text,
            cell.value,
            "grid",
            6,
            cell.unit,
            row=label,
            column=f"{cell.column}\n\x9b2J",
        )
        for cell in sources.cells("S1")
    )
    kept = sources.get("S1")
    assert kept is not None
    memo = checked(table(SALES[:1]), sources)
    (chart,) = draw_memo_charts(memo, InMemorySources({"S1": kept}, {"S1": cells}))
    words = [chart.unit, *(one.name for one in chart.series), *(bar.name for one in chart.series for bar in one.bars)]
    assert all(word.isprintable() and len(word) <= 200 for word in words)
    assert chart.bars == 3


def found_supported(text: str, sources: InMemorySources) -> CheckedMemo:
    """A memo whose rows were found to be supported by the cells of their names; the check itself takes longer."""
    statements, at = [], 0
    for line in text.split("\n"):
        label = line.strip("| ").split(" |")[0]
        refs = tuple(cell_reference("S1", cell) for cell in sources.cells("S1") if cell.row == label)
        if refs:
            statements.append(Statement(at, at + len(line), line, "supported", "cells", cells=refs))
        at += len(line) + 1
    return CheckedMemo("A memo", text, (), ("S1",), statements=tuple(statements))


def test_draw_memo_charts_two_hundred_rows_are_drawn_and_more_than_the_limit_are_cut() -> None:
    rows: Table = [(f"Area {AREAS[number]}", [f"{number + 1_000:,}"]) for number in range(200)]
    sources = filing(rows, ["2025"])
    (chart,) = draw_memo_charts(found_supported(table(rows, ["2025"]), sources), sources)
    assert chart.bars == 200
    many: Table = [(f"Area {AREAS[number]}", ["7,123", "8,123", "9,123"]) for number in range(MAX_BARS // 3 + 30)]
    sources = filing(many)
    (chart,) = draw_memo_charts(found_supported(table(many), sources), sources)
    assert MAX_BARS <= chart.bars < MAX_BARS + 3
    assert "further rows left out: a chart has at most 400 bars." in chart.left_out[-1]


def test_find_tables_finds_tables_alone() -> None:
    text = "| a |\n|---|\n| 1 |\n\n```\n| c |\n|---|\n| 2 |\n```\n| no table |"
    assert [text[start:end] for start, end in find_tables(text)] == ["| a |\n|---|\n| 1 |"]

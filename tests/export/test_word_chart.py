"""A memo's chart in a Word document: hostile words are text that can be stored, and long charts are cut."""

import io

import docx
import pytest

from kimi_tui.evidence.memo_charts import ChartBar, ChartSeries, MemoChart
from kimi_tui.export.word_chart import MAX_DRAWN_BARS, add_chart
from tests.tui.rendering.test_chart_lines import HOSTILE, chart


def reread(drawn: MemoChart) -> list[list[str]]:
    document = docx.Document()
    add_chart(document, drawn)
    file = io.BytesIO()
    document.save(file)
    again = docx.Document(io.BytesIO(file.getvalue()))
    words = [[paragraph.text] for paragraph in again.paragraphs]
    return words + [[cell.text for cell in row.cells] for table in again.tables for row in table.rows]


@pytest.mark.parametrize("word", [*HOSTILE, "\ufffe\uffff", "\ud800", "\x00\x0b", "</w:t>"])
def test_add_chart_hostile_words_are_stored_as_one_line(word: str) -> None:
    drawn = MemoChart(
        0, 9, word, 0.0, 1.0, chart(0.5, 1.0, names=(word, word), texts=(word, word)).series, (f"{word} is left out.",)
    )
    assert all("\n" not in text and "\x1b" not in text for row in reread(drawn) for text in row)


def test_add_chart_more_bars_than_the_limit_are_counted() -> None:
    many = tuple(ChartSeries(f"Row {n}", (ChartBar("", "1", 1.0, "S1"),)) for n in range(MAX_DRAWN_BARS + 5))
    rows = reread(MemoChart(0, 9, "USD", 0.0, 1.0, many))
    assert ["5 further bars are not drawn."] in rows
    assert len([row for row in rows if len(row) == 3]) == MAX_DRAWN_BARS


def test_add_chart_refusal_is_a_sentence() -> None:
    assert reread(MemoChart(0, 9, refusal="Its units differ.")) == [["No chart. Its units differ."]]


@pytest.mark.parametrize("shares", [(0.0,), (-1.0, 1.0), (1e-300, 1.0)])
def test_add_chart_odd_shares_are_drawn(shares: tuple[float, ...]) -> None:
    assert len(reread(chart(*shares))) == 1 + len(shares)

"""Answers in figures with the real tools: of each that may be meant, in the period asked for, each supported."""

from pathlib import Path

import pytest

from kimi_tui.tools.base import ToolSettings
from tests.embedded.test_sample_desk import work
from tests.tools.kit import tool_context

FIRMS = {"Anderlo SE": 100, "Brisk Holding": 300, "Corvale SA": 700}


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A desk with one table of three companies by quarter."""
    folder = tmp_path / "desk"
    folder.mkdir()
    lines = ["firm;period;item;amount;unit"]
    for firm, base in FIRMS.items():
        for quarter in range(8):
            when = f"{2023 + quarter // 4}Q{quarter % 4 + 1}"
            lines.append(f"{firm};{when};order_backlog;{base + quarter};EUR million")
            lines.append(f"{firm};{when};revenue;{base // 10 + quarter};EUR million")
    (folder / "peers.csv").write_text("\n".join(lines))
    return folder


async def first_lines(base_url: str, question: str, desk: Path) -> str:
    """The lines before the first heading; every cited statement of the memo must be supported."""
    async with tool_context(ToolSettings(desk=desk)) as context:
        turn = await work(base_url, question, context)
    assert {one.finding for one in turn.memo.statements if one.citations} <= {"supported"}
    return turn.memo.text.partition("\n## ")[0]


async def test_figures_without_a_company_give_each_with_its_period_and_unit(base_url: str, desk: Path) -> None:
    first = await first_lines(base_url, "What was the order backlog at the end of 2024?", desk)
    assert "leaves open whose figure is meant" in first
    for firm, base in FIRMS.items():
        assert f"Order backlog, {firm}, Q4 2024: EUR {base + 7} million [S" in first
    assert first.count("[S") == 3


async def test_figures_of_a_company_and_a_year_of_quarters_are_added(base_url: str, desk: Path) -> None:
    first = await first_lines(base_url, "How large was Brisk Holding's revenue in 2023?", desk)
    assert "Revenue, Brisk Holding, sum from Q1 2023 to Q4 2023: EUR 126 million" in first
    assert "Anderlo" not in first


async def test_figures_of_a_stock_in_a_year_are_never_added(base_url: str, desk: Path) -> None:
    first = await first_lines(base_url, "How large was the order backlog of Corvale in 2023?", desk)
    assert "Order backlog, Corvale SA, Q4 2023: EUR 703 million" in first
    assert first.count("[S") == 1


async def test_figures_of_a_misspelt_company_are_said_to_be_of_the_nearest_name(base_url: str, desk: Path) -> None:
    first = await first_lines(base_url, "What was the order backlog of Andrelo SE in Q1 2024?", desk)
    assert "Nothing on the desk names Andrelo; the nearest name is Anderlo SE" in first
    assert "Order backlog, Anderlo SE, Q1 2024: EUR 104 million" in first


async def test_figures_by_size_begin_with_what_is_asked_for(base_url: str, desk: Path) -> None:
    first = await first_lines(base_url, "Which company had the smallest order backlog at the end of 2023?", desk)
    assert "the smallest first" in first
    assert first.index("Anderlo SE") < first.index("Brisk Holding") < first.index("Corvale SA")


async def test_figures_of_a_german_question_are_found_under_english_names(base_url: str, desk: Path) -> None:
    first = await first_lines(base_url, "Wie hoch war der Auftragsbestand von Brisk Ende 2023?", desk)
    assert "Order backlog, Brisk Holding, Q4 2023: EUR 303 million" in first


@pytest.mark.parametrize("question", ["What was Brisk's share price in 2024?", "What was Brisk's revenue in 2019?"])
async def test_figures_that_are_not_there_are_not_answered_by_others(base_url: str, desk: Path, question: str) -> None:
    assert "[S" not in await first_lines(base_url, question, desk)

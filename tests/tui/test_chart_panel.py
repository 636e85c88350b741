"""The panel of charts: opened from the memo, by key and by slash command, drawn from the cells alone."""

import pytest

from kimi_tui.config import UiSettings
from kimi_tui.tui.panels.chart import ChartPanel
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.text_view import TextView
from tests.tui.cited_memo import TABLES, cited_session, filing
from tests.tui.pictures import assert_picture
from tests.tui.scene import text_of
from tests.tui.sessions import MemoryLibrary
from tests.tui.stage import Stage, staged
from tests.tui.test_hostile_text import screen_text


def library() -> MemoryLibrary:
    held = MemoryLibrary(cited_session(TABLES))
    held.cells_of["S1"] = filing()[1]
    return held


async def show_charts(stage: Stage) -> None:
    await stage.press("escape", "m", "C")
    await stage.until(lambda: isinstance(stage.app.screen, ChartPanel))
    await stage.until(lambda: "46,309" in screen_text(stage.app))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_chart_panel_shows_the_table_with_what_is_left_out(size: tuple[int, int]) -> None:
    async with staged(library(), size=size, session_id="s1") as stage:
        await show_charts(stage)
        shown = screen_text(stage.app)
        assert "Headcount is left out: it cites no source." in shown
        assert "missing: the table has no figure" in shown
        await assert_picture(stage, f"chart-{size[0]}x{size[1]}")


async def test_chart_panel_without_colours_or_in_ascii_is_legible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with staged(library(), size=(80, 24), session_id="s1", ui=UiSettings(ascii=True)) as stage:
        await show_charts(stage)
        lines = [line for line in screen_text(stage.app).splitlines() if "#" in line]
        assert len(lines) == 5
        assert "".join(lines).isascii()


async def test_chart_panel_opens_at_the_table_of_the_chosen_statement() -> None:
    memo = TABLES + "\n## Later\n\n" + TABLES.split("\n\n")[1].replace("Revenues |", "Sales |") + "\n"
    held = MemoryLibrary(cited_session(memo))
    held.cells_of["S1"] = filing()[1]
    async with staged(held, size=(80, 24), session_id="s1") as stage:
        await stage.press("escape", "m", "shift+tab", "C")
        await stage.until(lambda: isinstance(stage.app.screen, ChartPanel))
        await stage.until(lambda: "2 of 3 tables" in text_of(stage, "#sheet-title"))
        view = stage.app.screen.query_one(TextView)
        await stage.until(lambda: view.bottom_passage == 2 and view.scroll_offset.y > 0)


async def test_slash_chart_opens_the_charts_of_the_memo() -> None:
    async with staged(library(), session_id="s1") as stage:
        stage.screen.query_one("#ask", AskLine).focus()
        await stage.press(*"/chart", "enter")
        await stage.until(lambda: isinstance(stage.app.screen, ChartPanel))


async def test_chart_panel_cells_that_cannot_be_read_are_said() -> None:
    held = library()
    async with staged(held, session_id="s1") as stage:
        held.problem = "the file is damaged"
        await stage.press("escape", "C")
        await stage.until(lambda: "the cells cannot be read: the file is damaged" in text_of(stage, "#sheet-title"))

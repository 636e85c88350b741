"""From a figure in the text of a source back to the statements that rest on it, by key and by click."""

import pytest

from kimi_tui.tui.panels.memo import MemoPanel
from kimi_tui.tui.panels.sources import SourcesPanel
from kimi_tui.tui.screens.resting import RestingScreen
from kimi_tui.tui.widgets.text_view import TextView
from tests.tui.cited_memo import MEMO, cited_session
from tests.tui.pictures import assert_picture
from tests.tui.scene import notices, text_of
from tests.tui.sessions import MemoryLibrary
from tests.tui.stage import Stage, staged
from tests.tui.test_hostile_text import screen_text

TWICE = MEMO + '\nIn 2025 revenues of $46,309 million were booked [S1 p.2 "Revenues" 2025].\n'


async def show_source(stage: Stage) -> TextView:
    await stage.press("escape", "s", "enter")
    await stage.until(lambda: stage.app.screen.has_class("-reading"))
    await stage.pilot.pause()
    return stage.app.screen.query_one(TextView)


def chosen(view: TextView) -> list[str]:
    return [view.lines[line].text[start:end] for line, pieces in view._chosen.items() for start, end in pieces]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_source_figure_by_key_lists_its_statements_and_enter_goes_to_one(size: tuple[int, int]) -> None:
    async with staged(MemoryLibrary(cited_session(TWICE)), session_id="s1", size=size) as stage:
        view = await show_source(stage)
        await stage.press("tab")
        walk = stage.app.screen._walk if isinstance(stage.app.screen, SourcesPanel) else None
        assert walk is not None
        while chosen(view) != ["46,309"]:
            await stage.press("tab")
        assert "2 statements of the memo rest on it; b shows the statements" in text_of(stage, "#cited-note")
        row = next(iter(view._chosen))
        assert view.scroll_offset.y <= row < view.scroll_offset.y + view.size.height
        await assert_picture(stage, f"source-figure-{size[0]}x{size[1]}")
        await stage.press("b")
        await stage.until(lambda: isinstance(stage.app.screen, RestingScreen))
        assert "2 on S1 p.2 46,309" in screen_text(stage.app)
        await stage.press("down", "enter")
        await stage.until(lambda: isinstance(stage.app.screen, MemoPanel))
        await stage.until(lambda: "supported" in text_of(stage, "#memo-note"))


async def test_source_walk_goes_round_and_back_and_ends_at_another_width() -> None:
    async with staged(MemoryLibrary(cited_session()), session_id="s1", size=(80, 24)) as stage:
        view = await show_source(stage)
        await stage.press("tab")
        first = chosen(view)
        await stage.press("tab")
        assert chosen(view) != first
        await stage.press("shift+tab")
        assert chosen(view) == first
        await stage.press("shift+tab", "tab")
        assert chosen(view) == first
        await stage.pilot.resize_terminal(60, 24)
        await stage.press("tab", "shift+tab")
        assert chosen(view) == first


async def test_source_click_on_a_figure_lists_its_statements() -> None:
    async with staged(MemoryLibrary(cited_session(TWICE)), session_id="s1", size=(80, 24)) as stage:
        view = await show_source(stage)
        await stage.press("tab")
        while chosen(view) != ["46,309"]:
            await stage.press("tab")
        ((line, ((start, _),)),) = view._chosen.items()
        corner = view.content_region.offset - view.region.offset
        await stage.pilot.click(TextView, offset=(corner.x + start + 2, corner.y + line - view.scroll_offset.y))
        await stage.until(lambda: isinstance(stage.app.screen, RestingScreen))
        assert "2 on S1 p.2 46,309" in screen_text(stage.app)


async def test_source_without_a_resting_statement_says_so() -> None:
    async with staged(MemoryLibrary(cited_session("Nothing is cited here.")), session_id="s1") as stage:
        await show_source(stage)
        await stage.press("tab")
        assert "No statement of the memo rests on" in notices(stage)

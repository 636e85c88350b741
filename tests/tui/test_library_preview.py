"""Citations in the preview of a memo: walked by key or clicked, they open the source in the session's memo."""

import pytest

from kimi_tui.tui.panels.memo import MemoPanel
from kimi_tui.tui.panels.sources import SourcesPanel
from kimi_tui.tui.screens.session import SessionScreen
from kimi_tui.tui.widgets.text_view import TextView
from tests.tui.cited_memo import cited_session
from tests.tui.pictures import assert_picture
from tests.tui.scene import text_of
from tests.tui.sessions import MemoryLibrary
from tests.tui.stage import Stage, staged
from tests.tui.test_hostile_text import screen_text
from tests.tui.test_resting_walk import chosen


async def show_preview(stage: Stage) -> TextView:
    await stage.press("escape", "space")
    view = stage.first.query_one("#glance", TextView)
    await stage.until(lambda: any("What happened" in line.text for line in view.lines))
    await stage.pilot.pause()
    return view


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_preview_citation_by_key_opens_its_source_in_the_memo(size: tuple[int, int]) -> None:
    async with staged(MemoryLibrary(cited_session()), size=size) as stage:
        view = await show_preview(stage)
        await stage.press("c", "c")
        (words,) = [" ".join(chosen(view)).replace("\u00a0", " ")]
        assert words.startswith("S1 p.3")
        await assert_picture(stage, f"library-cite-{size[0]}x{size[1]}")
        await stage.press("v")
        await stage.until(lambda: isinstance(stage.app.screen, SourcesPanel))
        await stage.until(lambda: "S1 p.3" in text_of(stage, "#cited-note"))
        await stage.press("escape")
        await stage.until(lambda: isinstance(stage.app.screen, MemoPanel))
        assert "Citation 2 of 5" in text_of(stage, "#memo-note")
        await stage.press("escape")
        assert isinstance(stage.app.screen, SessionScreen)


async def test_preview_citation_clicked_opens_its_source() -> None:
    async with staged(MemoryLibrary(cited_session()), size=(120, 40)) as stage:
        view = await show_preview(stage)
        await stage.press("c")
        (line, ((start, _), *_)) = next(iter(view._chosen.items()))
        corner = view.content_region.offset - view.region.offset
        await stage.pilot.click("#glance", offset=(corner.x + start + 2, corner.y + line - view.scroll_offset.y))
        await stage.until(lambda: isinstance(stage.app.screen, SourcesPanel))
        await stage.until(lambda: "46,309 in Revenues" in screen_text(stage.app))


async def test_preview_walk_goes_back_and_stays_chosen_when_the_list_is_read_again() -> None:
    async with staged(MemoryLibrary(cited_session()), size=(120, 40)) as stage:
        view = await show_preview(stage)
        await stage.press("c")
        first = chosen(view)
        await stage.press("c", "C")
        assert chosen(view) == first
        await stage.press("f5")
        assert chosen(view) == first
        await stage.press("C")
        assert chosen(view) != first


async def test_preview_without_a_citation_has_no_such_keys() -> None:
    async with staged(MemoryLibrary(cited_session("Nothing is cited here.")), size=(120, 40)) as stage:
        await stage.press("escape")
        assert not stage.first.check_action("cite", ("1",))
        await stage.press("space", "c", "v")
        assert not stage.first.check_action("source", ())
        assert stage.app.screen is stage.first

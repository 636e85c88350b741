"""How screens look: room for the timeline, the primary choice filled, one word for one thing."""

import pytest
from textual.color import Color

from kimi_tui import events
from kimi_tui.config import UiSettings
from kimi_tui.tui.approval.card import ApprovalCard
from kimi_tui.tui.themes import CONTRAST, DARK, LIGHT
from tests.tui.asking import asking_session
from tests.tui.sessions import MemoryLibrary, running_session, source, waiting_session
from tests.tui.stage import staged
from tests.tui.test_hostile_text import screen_text
from tests.tui.test_themes import MIN_TEXT_CONTRAST, contrast


@pytest.mark.parametrize("calls", [1, 3])
async def test_card_on_a_screen_of_24_lines_leaves_12_rows_of_timeline(calls: int) -> None:
    async with staged(MemoryLibrary(waiting_session("s1", calls)), session_id="s1", size=(80, 24)) as stage:
        assert stage.find("ApprovalCard").display
        assert stage.screen.timeline.size.height >= 12
        assert "Approve" in screen_text(stage.app)


async def test_long_call_on_a_screen_of_24_lines_can_be_read_to_its_end() -> None:
    async with staged(MemoryLibrary(asking_session()), session_id="s3", size=(80, 24)) as stage:
        assert stage.screen.timeline.size.height >= 12
        body = stage.find("#approval-body")
        for _ in range(12):
            await stage.press("escape", "shift+down")
        assert body.scroll_offset.y == body.max_scroll_y > 0


@pytest.mark.parametrize("theme", [DARK, LIGHT, CONTRAST], ids=lambda theme: theme.name)
async def test_primary_choice_is_filled_and_veto_is_red(theme) -> None:
    ui = UiSettings(theme=theme.name)
    async with staged(MemoryLibrary(waiting_session()), session_id="s1", ui=ui) as stage:
        await stage.press("escape")
        await stage.calm()
        card = stage.screen.query_one(ApprovalCard)
        await stage.until(lambda: not card.has_class("-wait"))
        approve, veto = stage.find("#choice-approve"), stage.find("#choice-veto")
        assert approve.styles.background == Color.parse(theme.variables["key"])
        assert contrast(approve.styles.color, approve.styles.background) >= MIN_TEXT_CONTRAST
        red, green, blue = veto.styles.color.rgb
        assert red > max(green, blue) + 50
        assert veto.styles.color != stage.find("#choice-edit").styles.color


async def test_palette_is_a_box_in_the_middle() -> None:
    async with staged(MemoryLibrary(running_session()), session_id="s1", size=(160, 50)) as stage:
        await stage.press("ctrl+p")
        await stage.until(lambda: "Memo" in screen_text(stage.app))
        box = stage.app.screen.query_one("#--container").region
        assert abs(box.x - (160 - box.right)) <= 1
        assert abs(box.y - (50 - box.bottom)) <= 1
        assert box.width <= 88
        results = stage.app.screen.query_one("#--results").region
        assert box.contains_region(results)


async def test_duration_of_nothing_and_a_source_named_twice_are_not_shown() -> None:
    session = running_session()
    filing = source(2, "Letter")
    session.record(
        events.StepStarted(3, "", 0),
        events.ToolCallProposed("c9", "read", {"source": "S2"}, "{}", "Read S2"),
        events.ToolCallStarted("c9"),
        events.ObservationRecorded("c9", "ok", "[S2] We offer a rebate.", (filing.ref,), duration=0.01),
    )
    async with staged(MemoryLibrary(session), session_id="s1", size=(140, 40)) as stage:
        await stage.until(lambda: "We offer a rebate." in screen_text(stage.app))
        assert "[S2]" not in screen_text(stage.app)
        assert "0.0 s" not in screen_text(stage.app)

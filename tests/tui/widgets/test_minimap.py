"""The strip beside the timeline: what it marks, where you are, and where a click leads."""

import pytest
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.pilot import Pilot

from kimi_tui.events import Delta, StepFailed
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.tui.rendering.glyphs import UNICODE
from kimi_tui.tui.timeline.minimap import TimelineMinimap
from kimi_tui.tui.timeline.view import TimelineView
from tests.tui.timeline_app import use_our_theme
from tests.tui.timeline_story import Story, long_story


class StripApp(App[None]):
    """A timeline with its strip."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, state: TrajectoryState) -> None:
        super().__init__()
        use_our_theme(self)
        self.view = TimelineView(state)

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self.view
            yield TimelineMinimap(self.view)

    @property
    def strip(self) -> TimelineMinimap:
        return self.query_one(TimelineMinimap)


def cells(app: StripApp) -> str:
    """The strip from top to bottom."""
    return "".join(app.strip.render_line(y).text for y in range(app.strip.size.height))


def rows_in_view(app: StripApp) -> list[int]:
    """The rows that show where you are."""
    plain = app.strip.render_line(0)._segments[0].style
    looks = [app.strip.render_line(y)._segments[0].style for y in range(app.strip.size.height)]
    background = app.view.visual_style.rich_style.bgcolor
    assert plain is not None
    return [y for y, look in enumerate(looks) if look is not None and look.bgcolor != background]


async def ready(pilot: Pilot[None]) -> StripApp:
    for _ in range(3):
        await pilot.pause()
    assert isinstance(pilot.app, StripApp)
    return pilot.app


async def test_each_kind_of_place_is_marked_in_the_order_of_the_session() -> None:
    story = long_story(40)
    story.call("Read a page that is gone", "no such page", "error")
    story.call("Open a page", "not now", "vetoed")
    approved = story.propose("Open another page")
    story.wait(approved)
    story.resolve(approved, "approve")
    story.observe(approved, "a page")
    story = more(story, 60)
    story.finish("Gross margin was 41.2 % in 2025 [S3 p.4].")
    async with StripApp(story.state).run_test(size=(100, 40)) as pilot:
        app = await ready(pilot)
        marks = cells(app).replace(" ", "")
        assert marks[0] == UNICODE.bar
        assert UNICODE.error in marks or UNICODE.vetoed in marks
        assert marks[-1] == UNICODE.memo


def more(story: Story, blocks: int) -> Story:
    """The story with so many more blocks."""
    count = len(story.state.timeline.blocks) + blocks
    while len(story.state.timeline.blocks) < count:
        story.step()
        story.call(f"Read page {story.step_number}", "text " * 50)
    return story


async def test_minimap_waiting_call_outweighs_other_markers() -> None:
    story = long_story(200)
    waiting = story.propose("Open a page")
    story.wait(waiting)
    app = StripApp(story.state)
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        assert cells(app)[-1] == UNICODE.waiting
        story.resolve(waiting, "veto")
        story.observe(waiting, "vetoed", "vetoed")
        app.view.block_changed(story.changed[-1])
        await ready(pilot)
        assert UNICODE.waiting not in cells(app)
        assert cells(app)[-1] == UNICODE.vetoed


async def test_a_failure_is_marked_when_it_comes() -> None:
    story = long_story(100)
    app = StripApp(story.state)
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        assert UNICODE.error not in cells(app)
        index = story.add(StepFailed("the server hung up", "reset", 1))
        assert index is not None
        app.view.block_changed(index)
        await ready(pilot)
        assert cells(app)[-1] == UNICODE.error


async def test_where_you_are_moves_with_the_timeline_and_a_click_goes_there() -> None:
    app = StripApp(long_story(400).state)
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        assert rows_in_view(app)[-1] == 29
        await pilot.click(TimelineMinimap, offset=(0, 12))
        await ready(pilot)
        assert 12 in rows_in_view(app)
        assert not app.view.viewport.following
        app.view.action_home()
        await ready(pilot)
        assert rows_in_view(app)[0] == 0


async def test_a_click_on_a_mark_goes_to_its_block() -> None:
    story = long_story(150)
    failed = story.call("Read a page that is gone", "no such page", "error")
    app = StripApp(more(story, 150).state)
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        await pilot.click(TimelineMinimap, offset=(0, cells(app).index(UNICODE.error)))
        await ready(pilot)
        assert app.view.selection.call == failed


async def test_a_session_that_is_all_in_view_has_no_place_in_it() -> None:
    story = Story()
    story.ask("Why?")
    app = StripApp(story.state)
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        assert rows_in_view(app) == []


@pytest.mark.parametrize("blocks", [30, 900])
async def test_minimap_thumb_is_at_the_end_while_text_streams_and_where_the_view_is_after_it(blocks: int) -> None:
    app = StripApp(long_story(blocks).state)
    async with app.run_test(size=(80, 20)) as pilot:
        await ready(pilot)
        for number in range(40):
            app.view.show_delta(Delta("0", 999, "text", f"Line {number}.\n\n"))
            await pilot.pause()
            if number % 10 == 0:
                app.screen.refresh(layout=True)
        await ready(pilot)
        assert rows_in_view(app)[-1] == 19
        whole = app.view.timeline.heights.total
        assert len(rows_in_view(app)) <= 2 + 20 * 20 // whole
        app.view.viewport.move_to(whole // 2)
        await ready(pilot)
        assert rows_in_view(app)[0] == whole // 2 * 20 // whole


async def test_minimap_is_the_only_scroll_bar_and_a_drag_on_it_moves_the_view() -> None:
    app = StripApp(long_story(400).state)
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        assert app.view.scrollbar_size_vertical == 0
        await pilot.mouse_down(TimelineMinimap, offset=(0, 29))
        tops = []
        for row in (20, 10, 0):
            await pilot.hover(TimelineMinimap, offset=(0, row))
            await ready(pilot)
            tops.append(app.view.viewport.top)
            assert row in rows_in_view(app)
        assert tops == sorted(tops, reverse=True)
        await pilot.mouse_up(TimelineMinimap, offset=(0, 0))
        await pilot.hover(TimelineMinimap, offset=(0, 25))
        await ready(pilot)
        assert app.view.viewport.top == tops[-1] == 0

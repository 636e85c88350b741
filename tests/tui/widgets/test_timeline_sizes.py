"""The timeline at every size: resizing, hidden, empty, very long, and in ASCII alone."""

from kimi_tui.events import Delta
from kimi_tui.tui.timeline.view import TimelineView
from tests.tui.timeline_app import TimelineApp, settled, shown
from tests.tui.timeline_story import Story, long_story


async def test_a_resize_storm_leaves_the_timeline_whole() -> None:
    app = TimelineApp(long_story(200).state)
    sizes = [(80, 24), (1, 1), (20, 5), (200, 60), (2, 40), (120, 1), (3, 3), (81, 25), (500, 200), (80, 24)]
    async with app.run_test(size=(80, 24)) as pilot:
        view = await settled(pilot)
        for size in sizes:
            await pilot.resize_terminal(*size)
            await settled(pilot)
            for y in range(view.viewport.size.height):
                assert view.render_line(y).cell_length == view.viewport.size.width
        assert view.viewport.following
        assert shown(view)[-1]


async def test_a_resize_keeps_the_block_that_was_looked_at() -> None:
    app = TimelineApp(long_story(300).state)
    async with app.run_test(size=(120, 30)) as pilot:
        view = await settled(pilot)
        view.selection.jump_to_call("c50")
        await settled(pilot)
        for size in ((60, 20), (100, 40), (120, 30)):
            await pilot.resize_terminal(*size)
            await settled(pilot)
            assert "Read S3, page 50" in shown(view)[0]


async def test_a_hidden_timeline_takes_changes() -> None:
    story = long_story(20)
    app = TimelineApp(story.state)
    async with app.run_test(size=(80, 24)) as pilot:
        view = await settled(pilot)
        view.display = False
        await settled(pilot)
        story.say("while hidden")
        view.block_changed(len(story.state.timeline.blocks) - 1)
        view.show_delta(Delta("main", 99, "text", "streams"))
        view.selection.toggle(0)
        view.matches.search("filing")
        view.selection.select_next()
        view.display = True
        view.selection.follow_end()
        await settled(pilot)
        assert "  while hidden" in shown(view)


async def test_another_session_can_be_shown() -> None:
    app = TimelineApp(long_story(200).state)
    other = Story()
    other.ask("Something else?")
    async with app.run_test(size=(80, 24)) as pilot:
        view = await settled(pilot)
        view.focus()
        await pilot.press("home")
        view.set_state(other.state)
        await settled(pilot)
        assert shown(view)[0] == "▌ Something else?"
        assert view.viewport.following
        assert view.scroll_offset.y == 0


async def test_an_empty_session_takes_every_key() -> None:
    app = TimelineApp(Story().state)
    async with app.run_test(size=(40, 10)) as pilot:
        view = await settled(pilot)
        view.focus()
        await pilot.press("up", "down", "enter", "left", "right", "home", "end", "pageup", "pagedown")
        await pilot.click(TimelineView, offset=(3, 3))
        assert view.matches.search("x") == 0
        assert view.selection.call is None


async def test_a_key_in_a_session_of_30000_blocks_costs_what_is_in_view() -> None:
    app = TimelineApp(long_story(30_000, "Words. ").state)
    async with app.run_test(size=(120, 40)) as pilot:
        view = await settled(pilot)
        view.focus()
        for key in ("up", "enter", "pageup", "down", "home", "pagedown", "end"):
            before = view.timeline.drawn_count
            await pilot.press(key)
            await settled(pilot)
            assert view.timeline.drawn_count - before <= 3 * 40


async def test_it_can_be_drawn_in_ascii_alone() -> None:
    story = long_story(30)
    story.propose("One")
    story.propose("Two")
    app = TimelineApp(story.state, ascii=True)
    async with app.run_test(size=(100, 40)) as pilot:
        view = await settled(pilot)
        view.selection.collapse_all(False)
        await settled(pilot)
        assert all(line.isascii() for line in shown(view))

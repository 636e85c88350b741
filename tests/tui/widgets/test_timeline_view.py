"""The timeline under a person's hands: scrolling, following, opening, searching, clicking, copying."""

import pytest
from textual import events
from textual.message import Message

from kimi_tui.events import Delta
from kimi_tui.tui.timeline.view import TimelineView
from tests.tui.timeline_app import TimelineApp, line_with, settled, shown
from tests.tui.timeline_story import Story, long_story


def follows(reported: list[Message]) -> list[bool]:
    return [message.following for message in reported if isinstance(message, TimelineView.FollowChanged)]


def follows_now(view: TimelineView) -> bool:
    return view.viewport.following


async def test_it_opens_at_the_end_and_follows() -> None:
    app = TimelineApp(long_story(200).state)
    async with app.run_test(size=(80, 24)) as pilot:
        view = await settled(pilot)
        assert follows_now(view)
        assert view.scroll_offset.y == view.max_scroll_y > 0
        assert shown(view)[-1]


async def test_new_blocks_come_into_view_while_it_follows() -> None:
    story = long_story(200)
    app = TimelineApp(story.state)
    async with app.run_test(size=(80, 24)) as pilot:
        view = await settled(pilot)
        for number in range(50):
            story.say(f"message {number}")
            view.block_changed(len(story.state.timeline.blocks) - 1)
        await settled(pilot)
        assert shown(view)[-1] == "  message 49"
        assert view.scroll_offset.y == view.max_scroll_y


async def test_a_fragment_that_comes_before_the_news_of_recorded_blocks_does_no_harm() -> None:
    story = long_story(50)
    app = TimelineApp(story.state)
    async with app.run_test(size=(80, 24)) as pilot:
        view = await settled(pilot)
        before = len(story.state.timeline.blocks)
        for number in range(5):
            story.say(f"message {number}")
        view.show_delta(Delta("main", story.step_number + 1, "reasoning", "on and on. "))
        view.selection.follow_end()
        await settled(pilot)
        for index in range(before, len(story.state.timeline.blocks)):
            view.block_changed(index)
        await settled(pilot)
        assert [line for line in shown(view) if "message 4" in line]


@pytest.mark.parametrize("how", ["wheel", "pageup", "up", "home"])
async def test_scrolling_away_holds_still_while_text_streams(how: str) -> None:
    story = long_story(200)
    app = TimelineApp(story.state)
    async with app.run_test(size=(80, 24)) as pilot:
        view = await settled(pilot)
        view.focus()
        if how == "wheel":
            view.post_message(events.MouseScrollUp(view, 5, 5, 0, -1, 0, False, False, False, 5, 5))
        else:
            await pilot.press(*[how] * 8)
        await settled(pilot)
        assert not follows_now(view)
        assert follows(app.reported) == [False]
        before = shown(view)
        story.step()
        for number in range(60):
            view.show_delta(Delta("main", story.step_number, "reasoning", "thinking and thinking. " * 9))
            if number % 9 == 0:
                story.say("words " * 40)
                view.block_changed(len(story.state.timeline.blocks) - 1)
            await pilot.pause()
        assert shown(view) == before
        await pilot.press("end")
        await settled(pilot)
        assert follows_now(view)
        assert follows(app.reported) == [False, True]
        assert view.scroll_offset.y == view.max_scroll_y


async def test_scrolling_back_to_the_end_follows_again() -> None:
    app = TimelineApp(long_story(100).state)
    async with app.run_test(size=(80, 24)) as pilot:
        view = await settled(pilot)
        view.focus()
        await pilot.press("pageup", "pageup")
        await pilot.press(*["pagedown"] * 3)
        await settled(pilot)
        assert follows(app.reported) == [False, True]


async def test_streaming_below_the_view_draws_nothing() -> None:
    story = long_story(200)
    app = TimelineApp(story.state)
    async with app.run_test(size=(80, 24)) as pilot:
        view = await settled(pilot)
        view.focus()
        await pilot.press("home")
        await settled(pilot)
        before = view.timeline.drawn_count
        for _ in range(30):
            view.show_delta(Delta("main", story.step_number + 1, "text", "words that stream. "))
            await pilot.pause()
        assert view.timeline.drawn_count == before


async def test_keys_select_and_open_blocks() -> None:
    story = Story()
    story.ask("Why?")
    story.step()
    story.reason("because of the mix\nand prices")
    story.call("Read S3", "an observation")
    app = TimelineApp(story.state)
    async with app.run_test(size=(80, 24)) as pilot:
        view = await settled(pilot)
        view.focus()
        await pilot.press("up")
        assert view.selection.call == "c1"
        await pilot.press("enter")
        await settled(pilot)
        assert any("an observation" in line and line.startswith("│") for line in shown(view))
        assert [message.call_id for message in app.reported if isinstance(message, TimelineView.CallChosen)] == ["c1"]
        await pilot.press("up")
        assert view.selection.index == 1
        await pilot.press("right")
        assert "│ and prices" in shown(view)
        await pilot.press("left")
        assert "│ and prices" not in shown(view)
        await pilot.press("down", "down", "down")
        assert follows_now(view)
        assert view.selection.copy_text() == ""


async def test_opening_a_block_keeps_its_first_line_in_place() -> None:
    app = TimelineApp(long_story(300).state)
    async with app.run_test(size=(80, 24)) as pilot:
        view = await settled(pilot)
        view.focus()
        await pilot.press(*["up"] * 12)
        await settled(pilot)
        index = view.selection.index
        assert index is not None
        for _ in range(4):
            before = view.timeline.heights.offset(index) - view.scroll_offset.y
            view.selection.toggle()
            await settled(pilot)
            assert view.timeline.heights.offset(index) - view.scroll_offset.y == before


async def test_a_block_higher_than_the_view_is_scrolled_through() -> None:
    story = Story()
    story.say("\n\n".join(f"paragraph {number}" for number in range(100)))
    story.say("the last")
    app = TimelineApp(story.state)
    async with app.run_test(size=(80, 20)) as pilot:
        view = await settled(pilot)
        view.selection.jump_to_block(0)
        await settled(pilot)
        seen = set(shown(view))
        view.focus()
        for _ in range(60):
            await pilot.press("down")
            seen |= set(shown(view))
        assert {f"  paragraph {number}" for number in range(100)} <= seen
        assert follows_now(view)


async def test_all_blocks_can_be_folded_and_opened() -> None:
    app = TimelineApp(long_story(30).state)
    async with app.run_test(size=(80, 24)) as pilot:
        view = await settled(pilot)
        folded = view.timeline.heights.total
        view.selection.collapse_all(False)
        assert view.timeline.heights.total > 2 * folded
        view.selection.collapse_all(True)
        await settled(pilot)
        assert view.timeline.heights.total < 1.2 * folded


async def test_jumping_shows_the_block_at_the_upper_edge() -> None:
    story = long_story(3_000)
    app = TimelineApp(story.state)
    async with app.run_test(size=(80, 24)) as pilot:
        view = await settled(pilot)
        view.selection.jump_to_call("c700")
        await settled(pilot)
        assert view.selection.call == "c700"
        assert "Read S3, page 700" in shown(view)[0]
        view.selection.jump_to_call("no such call")
        view.selection.jump_to_block(99_999)
        assert view.selection.call == "c700"


async def test_search_goes_from_match_to_match_and_opens_folded_blocks() -> None:
    story = Story()
    for number in range(60):
        story.step()
        story.reason(f"thought {number} " + ("about the NEEDLE in it" if number in (7, 40) else "about hay"))
        story.call("Read", "row\n" * 30 + ("the needle\nin a row" if number == 20 else "hay"))
    app = TimelineApp(story.state)
    async with app.run_test(size=(100, 24)) as pilot:
        view = await settled(pilot)
        view.selection.jump_to_block(0)
        assert view.matches.search("needle") == 3
        blocks, places = [view.selection.index], [view.found.position]
        for _ in range(3):
            view.matches.search("needle")
            await settled(pilot)
            assert any("needle" in line.lower() for line in shown(view))
            blocks.append(view.selection.index)
            places.append(view.found.position)
        assert blocks == [14, 41, 80, 14]
        assert places == [1, 2, 3, 1]
        view.matches.search("needle", backwards=True)
        assert view.selection.index == 80
        assert view.matches.search("needle in  a ROW") == 1
        assert view.selection.index == 41
        assert view.matches.search("no such words") == 0
        view.matches.clear()
        assert view.found.position == 0


async def test_matches_are_highlighted_and_the_current_one_more() -> None:
    story = Story()
    story.say("margin and margin")
    app = TimelineApp(story.state)
    async with app.run_test(size=(60, 10)) as pilot:
        view = await settled(pilot)
        view.matches.search("margin")
        await settled(pilot)
        styles = [segment.style for segment in view.render_line(0) if segment.text == "margin"]
        assert len(styles) == 2
        assert styles[0] != styles[1]
        view.matches.clear()
        plain = [segment for segment in view.render_line(0) if segment.text == "margin"]
        assert plain == []


async def test_clicks_open_blocks_and_choose_citations_and_links() -> None:
    story = Story()
    story.step()
    story.call("Read S3", "row\n" * 20, sources=(3,))
    story.say("See [S3 p.4] and [a page](https://example.org/x).")
    app = TimelineApp(story.state)
    async with app.run_test(size=(80, 40)) as pilot:
        view = await settled(pilot)
        await pilot.click(TimelineView, offset=line_with(view, "Read S3"))
        await settled(pilot)
        assert view.selection.call == "c1"
        assert view.timeline.level(0) == 1
        await pilot.click(TimelineView, offset=line_with(view, " more"))
        await settled(pilot)
        assert view.timeline.level(0) == 2
        column, line = line_with(view, "[S3")
        await pilot.click(TimelineView, offset=(column + 2, line))
        column, line = line_with(view, "a page")
        await pilot.click(TimelineView, offset=(column + 2, line))
        await settled(pilot)
        chosen = [message for message in app.reported if isinstance(message, TimelineView.SourceChosen)]
        assert [(message.cited.place.source, message.cited.place.label) for message in chosen] == [("S3", "p.4")]
        links = [message.address for message in app.reported if isinstance(message, TimelineView.LinkChosen)]
        assert links == ["https://example.org/x"]


async def test_a_drag_selects_text_and_joins_what_was_wrapped() -> None:
    story = Story()
    story.say("one two three four five six seven eight nine ten eleven\n\n- item")
    app = TimelineApp(story.state)
    async with app.run_test(size=(40, 10)) as pilot:
        view = await settled(pilot)
        start, end = line_with(view, "three"), line_with(view, "item")
        await pilot.mouse_down(TimelineView, offset=start)
        await pilot.hover(TimelineView, offset=(end[0] + 3, end[1]))
        await pilot.mouse_up(TimelineView, offset=(end[0] + 3, end[1]))
        await settled(pilot)
        expected = "three four five six seven eight nine ten eleven\n\n• item"
        assert view.screen.get_selected_text() == expected
        selected = [segment.style for segment in view.render_line(0) if "three" in segment.text]
        plain = [segment.style for segment in view.render_line(0) if "one" in segment.text]
        assert selected != plain


async def test_a_selection_stays_on_its_words_when_something_above_is_opened() -> None:
    story = Story()
    story.step()
    story.reason("a\nb\nc\nd")
    story.say("these words")
    app = TimelineApp(story.state)
    async with app.run_test(size=(60, 20)) as pilot:
        view = await settled(pilot)
        await pilot.click(TimelineView, offset=line_with(view, "these"), times=2)
        await settled(pilot)
        assert view.screen.get_selected_text() == "these words"
        view.selection.toggle(0)
        await settled(pilot)
        assert view.screen.get_selected_text() == "these words"


async def test_timeline_copy_selected_block_returns_text() -> None:
    story = Story()
    story.step()
    story.reason("a **thought**\x1b[2J")
    app = TimelineApp(story.state)
    async with app.run_test(size=(60, 20)) as pilot:
        view = await settled(pilot)
        assert view.selection.copy_text() == ""
        view.selection.select_previous()
        assert view.selection.copy_text() == "a **thought**\u241b[2J"


async def test_a_search_can_be_narrowed_to_a_tool_a_host_steps_or_errors() -> None:
    story = Story()
    story.ask("Where is the needle?")
    story.step()
    story.reason("A needle, perhaps.")
    story.observe(story.propose("Open a page", "open_page", "www.sec.gov", about="needle"), "a needle")
    story.step()
    story.observe(story.propose("Read notes", "read", "notes.txt", about="needle"), "no needle there", "error")
    async with TimelineApp(story.state).run_test(size=(100, 30)) as pilot:
        view = await settled(pilot)
        counts = {
            query: view.matches.search(query)
            for query in (
                "needle",
                "tool:read needle",
                "host:sec.gov needle",
                "step:1 needle",
                "is:error",
                "is:error tool:open",
                "tool:",
            )
        }
    assert list(counts.values()) == [6, 2, 2, 3, 1, 0, 0]


async def test_a_search_by_filters_alone_goes_from_call_to_call_and_opens_none() -> None:
    story = long_story(60)
    failed = [story.call(f"Read page {n}", "no such page", "error") for n in (1, 2)]
    async with TimelineApp(story.state).run_test(size=(100, 30)) as pilot:
        view = await settled(pilot)
        view.action_home()
        assert view.matches.search("is:error") == 2
        assert view.selection.call == failed[0]
        view.matches.search("is:error")
        assert view.selection.call == failed[1]
        assert view.found.position == 2
        assert view.timeline.level(view.selection.index or 0) == 0

"""The viewport of a timeline, without a widget: following, holding still, moving, and what has to be drawn."""

from textual.geometry import Size

from kimi_tui.tui.rendering.glyphs import UNICODE
from kimi_tui.tui.timeline.block_selection import BlockSelection
from kimi_tui.tui.timeline.layout import TimelineLayout
from kimi_tui.tui.timeline.match_navigator import MatchNavigator
from kimi_tui.tui.timeline.search import TimelineSearch
from kimi_tui.tui.timeline.viewport import MAX_WIDTH_CELLS, Viewport
from tests.tui.timeline_story import Story, long_story


class Bench:
    """A timeline of a story in 80 x 20 cells, and the objects that move it."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.drawn: list[int | None] = []
        self.viewport = Viewport(TimelineLayout(story.state, UNICODE, lambda: 0.0), self.redraw)
        self.viewport.resize(Size(80, 20))
        self.selection = BlockSelection(self.viewport)
        self.found = TimelineSearch(self.viewport.layout)
        self.matches = MatchNavigator(self.found, self.selection, self.viewport)
        self.redraw()

    def redraw(self) -> None:
        self.viewport.mark_all_dirty()
        self.drawn.append(self.viewport.settle(self.viewport.top))

    def say(self, text: str) -> int:
        """One more message at the end; returns its block."""
        self.story.say(text)
        index = len(self.story.state.timeline.blocks) - 1
        self.viewport.change_blocks(lambda: self.viewport.layout.block_changed(index), index)
        return index

    def texts(self) -> list[str]:
        """The text of every line in view."""
        layout, top = self.viewport.layout, self.viewport.top
        spots = [layout.spot(line) for line in range(top, top + self.viewport.size.height)]
        return [layout.lines(spot.block, spot.section)[spot.row].text if spot else "" for spot in spots]

    @property
    def end(self) -> int:
        """The last line that can be at the upper edge."""
        return self.viewport.layout.heights.total - self.viewport.size.height


def test_viewport_follows_until_moved_and_then_holds_its_top_line() -> None:
    bench = Bench(long_story(60))
    bench.say("one more")
    bench.viewport.settle(bench.viewport.top)
    assert (bench.viewport.following, bench.viewport.top) == (True, bench.end)
    bench.viewport.move_to(bench.end // 2)
    assert (bench.viewport.following, bench.viewport.top < bench.end) == (False, True)
    before = bench.texts()
    bench.say("and another\n\n" * 30)
    bench.viewport.settle(bench.viewport.top)
    assert bench.texts() == before
    bench.viewport.follow()
    assert (bench.viewport.following, bench.viewport.top) == (True, bench.end)


def test_viewport_holds_its_top_line_while_blocks_above_are_folded_and_narrowed() -> None:
    bench = Bench(long_story(60))
    bench.selection.collapse_all(False)
    block = 30
    bench.selection.jump_to_block(block)
    assert bench.viewport.top_block == block
    for index in range(10):
        bench.selection.set_level(index, 0)
        assert bench.viewport.top_block == block
    bench.viewport.resize(Size(50, 20))
    bench.redraw()
    assert bench.viewport.top_block == block


def test_viewport_settle_returns_the_first_row_that_changed() -> None:
    bench = Bench(long_story(20))
    view = bench.viewport
    view.leave_end()
    unchanged = view.settle(view.top)
    assert unchanged is not None
    assert unchanged >= view.size.height
    index = bench.say("below the view")
    first = view.settle(view.top)
    assert first is not None
    assert first >= view.layout.heights.offset(index - 1) - view.top > 0
    view.mark_all_dirty()
    assert view.settle(view.top) == 0
    assert view.settle(view.top + 1) == 0  # drawn elsewhere before, so that all of it has moved


def test_viewport_without_room_draws_nothing_and_keeps_its_place() -> None:
    bench = Bench(long_story(20))
    before = bench.viewport.top
    bench.viewport.resize(Size(0, 0))
    assert bench.viewport.settle(before) is None
    bench.viewport.resize(Size(80, 20))
    bench.redraw()
    assert bench.viewport.top == before == bench.end


def test_viewport_show_lines_scrolls_no_further_than_needed() -> None:
    view = Bench(long_story(60)).viewport
    for top in range(0, view.layout.heights.total, view.size.height):
        view.move_to(top)  # every height is exact from now on, so that lines keep their numbers
    view.move_to(100)
    view.show_lines(105, 110)
    assert view.top == 100
    view.show_lines(110, 125)
    assert view.top == 105
    view.show_lines(90, 92)
    assert view.top == 90
    view.show_lines(120, 400)
    assert view.top == 120
    assert [line for line in range(200) if view.has_line(line)] == list(range(120, 140))


def test_viewport_page_keeps_two_lines_and_stops_at_the_ends() -> None:
    bench = Bench(long_story(60))
    bench.viewport.move_to(0)
    bench.viewport.page(1)
    assert bench.viewport.top == 18
    bench.viewport.page(-1)
    bench.viewport.page(-1)
    assert bench.viewport.top == 0
    for _ in range(200):
        bench.viewport.page(1)
    assert (bench.viewport.top, bench.viewport.following) == (bench.end, True)


def test_viewport_text_width_leaves_room_for_the_gutter_and_has_a_maximum() -> None:
    view = Bench(long_story(2)).viewport
    assert (view.gutter, view.text_width) == (2, 77)
    view.resize(Size(300, 20))
    assert view.text_width == MAX_WIDTH_CELLS
    view.resize(Size(12, 20))
    assert view.gutter == 0


def test_selection_moves_from_the_last_block_in_view_up_and_down_to_the_end() -> None:
    bench = Bench(long_story(60))
    last = len(bench.viewport.layout.blocks) - 1
    bench.selection.move(1)
    assert (bench.selection.index, bench.viewport.following) == (None, True)  # nothing is below the end
    bench.selection.move(-1)
    assert (bench.selection.index, bench.viewport.following) == (last, True)
    bench.selection.move(-1)
    assert (bench.selection.index, bench.viewport.following) == (last - 1, False)
    bench.selection.move(1)
    bench.selection.move(1)
    assert (bench.selection.index, bench.viewport.following) == (None, True)


def test_selection_move_scrolls_through_a_block_higher_than_the_view() -> None:
    story = Story()
    story.say("before")
    story.say("\n\n".join(f"paragraph {number}" for number in range(40)))
    story.say("after")
    bench = Bench(story)
    bench.selection.jump_to_block(1)
    tops = []
    while bench.selection.index == 1:
        tops.append(bench.viewport.top)
        bench.selection.move(1)
    assert len(tops) > 5
    assert tops == sorted(set(tops))
    assert bench.selection.index == 2


def test_selection_toggle_opens_step_by_step_and_keeps_the_head_in_place() -> None:
    story = long_story(60)
    bench = Bench(story)
    call = next(index for index, block in enumerate(story.state.timeline.blocks) if block.call_id and index > 20)
    bench.selection.jump_to_call(story.state.timeline.blocks[call].call_id)
    assert (bench.selection.index, bench.selection.call) == (call, story.state.timeline.blocks[call].call_id)
    layout, head = bench.viewport.layout, bench.viewport.top
    levels = []
    for _ in range(layout.top_level(call) + 1):
        bench.selection.toggle()
        levels.append(layout.level(call))
        assert bench.viewport.top == head
    assert levels == [*range(1, layout.top_level(call) + 1), 0]
    bench.selection.open(1)
    assert layout.level(call) == 1
    bench.selection.open(0)
    assert layout.level(call) == 0


def test_selection_ignores_blocks_and_calls_that_do_not_exist() -> None:
    bench = Bench(long_story(10))
    bench.selection.toggle()
    bench.selection.open(1)
    bench.selection.jump_to_block(999)
    bench.selection.jump_to_call("no such call")
    assert (bench.selection.index, bench.selection.call, bench.selection.copy_text()) == (None, None, "")
    assert bench.viewport.following


def test_matches_are_selected_opened_and_brought_into_view_in_order() -> None:
    story = long_story(40)
    story.call("Read S3", "\n".join(["filler"] * 60 + ["the needle is here"]))
    long = len(story.state.timeline.blocks) - 1
    for number in range(30):
        story.say(f"message {number}" + (" with a needle" if number == 20 else ""))
    bench = Bench(story)
    bench.viewport.move_to(0)
    assert bench.matches.search("needle") == 2
    assert (bench.selection.index, bench.found.position) == (long, 1)
    assert any("needle" in text for text in bench.texts())
    assert not bench.viewport.following
    bench.matches.go_to_match()
    assert (bench.selection.index, bench.found.position) == (long + 21, 2)
    assert any("needle" in text for text in bench.texts())
    bench.matches.go_to_match(backwards=True)
    assert bench.found.position == 1
    bench.matches.clear()
    assert (bench.found.position, bench.found.count) == (0, 0)


def test_matches_search_selected_stays_where_the_selected_block_has_none() -> None:
    story = long_story(40)
    story.say("a needle")
    bench = Bench(story)
    bench.selection.jump_to_block(3)
    top = bench.viewport.top
    bench.matches.search_selected("needle")
    assert (bench.selection.index, bench.viewport.top, bench.found.position, bench.found.count) == (3, top, 0, 1)
    bench.selection.jump_to_block(len(story.state.timeline.blocks) - 1)
    bench.matches.search_selected("needle")
    assert bench.found.position == 1


def finished_story() -> Story:
    """A long session that ends with a memo higher than the view."""
    story = long_story(60)
    story.finish("The margin was 41.2 % in 2025 [S3 p.4].\n\n" + "It rose because of the mix [S3 p.4].\n\n" * 40)
    return story


def test_viewport_that_follows_an_answer_shows_it_from_its_heading() -> None:
    bench = Bench(finished_story())
    assert bench.texts()[0].startswith("◆ Memo")
    assert any("The margin was 41.2 %" in line for line in bench.texts())
    assert bench.viewport.following
    bench.viewport.resize(Size(60, 12))
    bench.redraw()
    assert bench.texts()[0].startswith("◆ Memo")


def test_viewport_that_was_moved_past_an_answer_stays_where_it_is() -> None:
    bench = Bench(finished_story())
    for _ in range(30):
        bench.selection.move(1)
    assert bench.viewport.at_end
    bench.redraw()
    assert bench.viewport.top == bench.end
    bench.viewport.page(-1)
    assert bench.viewport.top < bench.end
    bench.viewport.scroll_to(bench.end, is_end=True)
    assert bench.viewport.top == bench.end


def test_viewport_leaves_an_answer_for_the_next_question_and_shows_the_next_answer() -> None:
    bench = Bench(finished_story())
    bench.selection.follow_end()
    bench.say("A further question")
    bench.viewport.settle(bench.viewport.top)
    assert bench.viewport.top == bench.end
    bench.story.finish("It was restated [S3 p.4].\n\n" * 40, title="The second answer")
    last = len(bench.story.state.timeline.blocks) - 1
    bench.viewport.change_blocks(lambda: bench.viewport.layout.block_changed(last), last)
    bench.viewport.settle(bench.viewport.top)
    assert bench.texts()[0].startswith("◆ Memo")
    assert any("The second answer" in line for line in bench.texts())


def test_viewport_with_an_answer_that_fits_shows_the_end() -> None:
    story = long_story(60)
    story.finish("The margin was 41.2 % in 2025 [S3 p.4].")
    bench = Bench(story)
    assert bench.viewport.top == bench.end
    assert bench.viewport.at_end

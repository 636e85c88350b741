"""Places in the layout: estimates become exact in view, and nothing else is drawn."""

import random
from typing import Literal

from kimi_tui.events import Delta
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.tui.rendering.glyphs import UNICODE
from kimi_tui.tui.timeline.exact_heights import settle_end, settle_view
from kimi_tui.tui.timeline.layout import TimelineLayout
from tests.tui.timeline_story import Story, long_story

Kind = Literal["reasoning", "text", "call", "state"]


def layout_of(state: TrajectoryState, width: int = 100) -> TimelineLayout:
    made = TimelineLayout(state, UNICODE, lambda: 0.0)
    made.resize(width)
    return made


def text_at(layout: TimelineLayout, top: int, height: int) -> list[str]:
    """The text of some lines."""
    texts = []
    for line in range(top, top + height):
        spot = layout.spot(line)
        lines = layout.lines(spot.block, spot.section) if spot else []
        texts.append(lines[spot.row].text if spot else "")
    return texts


def test_scrolling_up_line_by_line_never_jumps() -> None:
    story = Story()
    for number in range(30):
        story.say(
            f"## Part {number}\n\n"
            + "some words that make a paragraph and more. " * (number * 7 % 60)
            + "\n\n- a\n- b" * 9
        )
    layout = layout_of(story.state)
    top = settle_end(layout, 20)
    before = text_at(layout, top, 20)
    while top > 0:
        top = settle_view(layout, top - 1, 20)
        now = text_at(layout, top, 20)
        assert now[1:] == before[:-1]
        before = now


def test_everything_exact_is_the_same_as_everything_drawn() -> None:
    state = long_story(60).state
    layout = layout_of(state)
    top = settle_end(layout, 15)
    while top > 0:
        top = settle_view(layout, max(top - 15, 0), 15)
    drawn = sum(
        len(layout.lines(index, section))
        for index in range(len(layout.heights))
        for section in range(len(layout.lay_out_block(index).sections))
    )
    assert layout.heights.total == drawn


def test_the_cost_of_a_page_does_not_depend_on_the_session() -> None:
    costs = []
    for blocks in (300, 30_000):
        layout = layout_of(long_story(blocks).state)
        before = layout.drawn_count
        settle_end(layout, 40)
        settle_view(layout, layout.heights.total // 2, 40)
        costs.append(layout.drawn_count - before)
    assert costs[1] <= costs[0] + 40
    assert costs[1] <= 200


def test_folded_text_is_not_drawn() -> None:
    story = Story()
    story.step()
    story.reason("word " * 50_000)
    story.call("Read", "word " * 50_000)
    layout = layout_of(story.state)
    settle_end(layout, 40)
    assert layout.heights.total == 2
    assert layout.drawn_count <= 4


def test_one_long_block_is_drawn_in_pieces() -> None:
    story = Story()
    story.say("A paragraph of words that is long enough. " * 20_000)
    layout = layout_of(story.state)
    settle_end(layout, 40)
    assert layout.drawn_count <= 4


def test_random_changes_keep_every_line_reachable() -> None:
    random.seed(4)
    story = long_story(40)
    layout = layout_of(story.state)
    for _ in range(200):
        kind = random.random()
        index = random.randrange(len(story.state.timeline.blocks))
        if kind < 0.3:
            layout.set_level(index, random.randrange(layout.top_level(index) + 1))
        elif kind < 0.5:
            layout.block_changed(index)
        elif kind < 0.6:
            layout.resize(random.randrange(8, 150))
        elif kind < 0.8:
            story.say("more words " * random.randrange(100))
            layout.block_changed(len(story.state.timeline.blocks) - 1)
        else:
            layout.show_delta(Delta("main", 9_999, "text" if kind < 0.9 else "reasoning", "streams " * 30))
        settle_view(layout, random.randrange(max(layout.heights.total, 1)), 25)
        assert len(layout.heights) == len(story.state.timeline.blocks) + 1
    top = settle_view(layout, 0, 10)
    seen: set[int] = set()
    while top + 10 < layout.heights.total:
        seen.update(spot.block for line in range(top, top + 10) if (spot := layout.spot(line)))
        top = settle_view(layout, top + 10, 10)
    seen.update(spot.block for line in range(top, layout.heights.total) if (spot := layout.spot(line)))
    assert set(range(len(story.state.timeline.blocks))) <= seen


def test_a_call_that_gets_company_is_drawn_in_a_bracket() -> None:
    story = Story()
    story.step()
    layout = layout_of(story.state)
    story.propose("One")
    layout.block_changed(0)
    settle_end(layout, 10)
    assert text_at(layout, 0, 1) == ["◌ One"]
    story.propose("Two")
    layout.block_changed(1)
    settle_end(layout, 10)
    assert text_at(layout, 0, 3) == ["╭─ step 1 · 2 calls side by side", "│ ◌ One", "╰ ◌ Two"]


def stream(layout: TimelineLayout, step: int, kind: Kind, *texts: str, tool: str = "") -> None:
    for text in texts:
        layout.show_delta(Delta("main", step, kind, text, tool=tool))


def everything(layout: TimelineLayout) -> list[str]:
    settle_end(layout, 1_000)
    return [text.rstrip() for text in text_at(layout, 0, layout.heights.total)]


def test_streaming_reasoning_shows_its_last_six_lines_and_goes_when_it_is_recorded() -> None:
    story = Story()
    story.ask("Why?")
    layout = layout_of(story.state, 60)
    story.step()
    stream(layout, 1, "reasoning", *[f"thought {number} of many\n" for number in range(50)])
    lines = everything(layout)
    assert lines[2].startswith("◐ reasoning 0.0 s · about ")
    assert lines[3:] == [f"│ thought {number} of many" for number in range(44, 50)]
    story.reason("all of it")
    layout.block_changed(1)
    assert everything(layout)[2:] == ["▸ reasoning 12 s · 1,840 tokens · all of it           step 1"]


def test_lines_of_streaming_reasoning_that_are_complete_do_not_change() -> None:
    layout = layout_of(Story().state, 60)
    words = ["the", "analyst", "reads", "one", "filing", "after", "another", "", "and", "thinks", "of", "margins"]
    previous: list[str] = []
    for number in range(400):
        stream(layout, 1, "reasoning", words[number % len(words)] + " ")
        now = everything(layout)[1:]
        kept = previous[:-1]
        assert not kept or any(now[at : at + len(kept[-4:])] == kept[-4:] for at in range(len(now) + 1))
        previous = now


def test_opened_streaming_reasoning_stays_open_when_it_is_recorded() -> None:
    story = Story()
    layout = layout_of(story.state, 60)
    story.step()
    stream(layout, 1, "reasoning", *[f"thought {number}\n" for number in range(20)])
    layout.set_level(0, 1)
    assert "│ thought 0" in everything(layout)
    story.reason("thought 0\nthought 1")
    layout.block_changed(0)
    assert everything(layout)[1:] == ["│ thought 0", "│ thought 1"]


def test_a_message_streams_as_markdown_and_only_its_end_is_drawn_again() -> None:
    layout = layout_of(Story().state)
    for number in range(100):
        stream(layout, 1, "text", f"## Part {number}\n\nwith **words** in it.\n\n")
        settle_end(layout, 20)
    before = layout.drawn_count
    stream(layout, 1, "text", "one more")
    settle_end(layout, 20)
    assert layout.drawn_count - before <= 5
    assert "with words in it." in "".join(everything(layout))


def test_calls_being_written_and_what_is_waited_for_are_shown() -> None:
    story = Story()
    layout = layout_of(story.state)
    story.step()
    stream(layout, 1, "state", "waiting for the server")
    assert everything(layout) == ["◐ waiting for the server"]
    stream(layout, 1, "call", '{"sql": ', tool="query_database")
    stream(layout, 1, "call", '"SELECT 1"}')
    assert everything(layout) == ["◌ query_database · 19 characters of arguments"]
    story.propose("Query")
    layout.block_changed(0)
    assert everything(layout) == ["◌ Query"]


def test_a_fragment_of_an_older_step_is_dropped_and_a_newer_one_begins_afresh() -> None:
    layout = layout_of(Story().state)
    stream(layout, 2, "text", "new")
    stream(layout, 1, "text", "old")
    assert everything(layout) == ["  new"]
    stream(layout, 3, "text", "newer")
    assert everything(layout) == ["  newer"]


def test_two_trajectories_stream_side_by_side() -> None:
    layout = layout_of(Story().state)
    layout.show_delta(Delta("one", 1, "text", "from one"))
    layout.show_delta(Delta("two", 1, "text", "from two"))
    assert everything(layout) == ["  from one", "", "  from two"]


def test_only_a_call_that_runs_shows_a_clock() -> None:
    story = Story()
    story.step()
    call = story.propose("Open a page", "open_page")
    story.wait(call)
    layout = layout_of(story.state)
    assert layout.ticking() == []
    story.start(call)
    assert layout.ticking() == [story.state.timeline.by_call[call]]
    story.observe(call, "words")
    assert layout.ticking() == []

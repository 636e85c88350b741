"""Text selected with the mouse, as it was written; and how far blocks are opened, by a person or by their kind."""

from textual.geometry import Offset
from textual.selection import Selection

from kimi_tui.tui.rendering.blocks import FoldLevels, default_level
from kimi_tui.tui.rendering.glyphs import UNICODE
from kimi_tui.tui.timeline.layout import LinePosition, TimelineLayout
from kimi_tui.tui.timeline.painter import row_key, selected_text
from tests.tui.timeline_story import Story

WORDS = "The margin fell because the mix of products changed in the second half of the year and prices followed."


def layout_of(*texts: str, width: int = 40) -> TimelineLayout:
    story = Story()
    for text in texts:
        story.say(text)
    layout = TimelineLayout(story.state, UNICODE, lambda: 0.0)
    layout.resize(width)
    return layout


def test_selected_text_joins_wrapped_lines_and_parts_blocks() -> None:
    layout = layout_of(WORDS, "Second.")
    assert len(layout.lines(0, 0)) > 2
    assert selected_text(layout, Selection(None, None)).split("\n") == [WORDS, "", "Second."]


def test_selected_text_between_two_offsets_is_cut_there() -> None:
    layout = layout_of(WORDS)
    line = layout.lines(0, 0)[0]
    start = Offset(line.text.index("margin"), row_key(LinePosition(0, 0, 0)))
    end = Offset(line.text.index("margin") + len("margin"), row_key(LinePosition(0, 0, 0)))
    assert selected_text(layout, Selection(start, end)) == "margin"


def test_selected_text_without_a_start_reaches_to_the_beginning() -> None:
    layout = layout_of("First.", "Second.", "Third.")
    end = Offset(0, row_key(LinePosition(2, 0, 0)))
    assert selected_text(layout, Selection(None, end)).split() == ["First.", "Second."]


def test_fold_levels_choice_for_one_block_outlasts_its_kind_but_not_a_choice_for_all() -> None:
    story = Story()
    story.step()
    story.reason("a thought")
    story.say("a message")
    thought, message = story.state.timeline.blocks[-2:]
    levels = FoldLevels()
    assert (levels.level(0, thought), levels.level(1, message)) == (default_level(thought), default_level(message))
    levels.choose(0, 2)
    assert levels.level(0, thought) == 2
    levels.choose_all(1)
    assert levels.level(0, thought) == 1
    assert levels.level(1, message) == default_level(message)  # a message has nothing to fold
    levels.choose(0, 0)
    assert (levels.level(0, thought), levels.level(7, thought)) == (0, 1)  # later blocks too

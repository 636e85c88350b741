"""The head of streaming reasoning: how much there is of it, beside the cap that ends it."""

import random
from functools import partial

import pytest
from textual.geometry import Size

from kimi_tui.events import Delta
from kimi_tui.tui.rendering.glyphs import UNICODE
from kimi_tui.tui.rendering.lines import sanitize_text, wrap_text
from kimi_tui.tui.timeline.layout import TimelineLayout
from kimi_tui.tui.timeline.live_tail import MAX_TAIL_LINES, MIN_TAIL_LINES, LiveTail, StreamingText
from kimi_tui.tui.timeline.viewport import Viewport
from tests.tui.timeline_story import long_story


def head(tail: LiveTail, cap: int) -> str:
    """The first line of what streams."""
    section = tail.sections(100, UNICODE, None, cap)[0]
    return "".join(span.text for line in section.draw() for span in line.spans)


def reasoning(text: str, tokens: int) -> Delta:
    """A fragment."""
    return Delta("main", 1, "reasoning", text, tokens=tokens)


def test_the_count_of_the_server_is_shown_beside_the_cap() -> None:
    tail = LiveTail(lambda: 0.0)
    tail.add_fragment(reasoning("a few words", 1_200))
    assert "1,200 of 24,000 tokens" in head(tail, 24_000)
    tail.add_fragment(reasoning(" more", 0))
    assert "1,200 of 24,000 tokens" in head(tail, 24_000)


def test_live_reasoning_without_count_is_estimated() -> None:
    tail = LiveTail(lambda: 0.0)
    tail.add_fragment(reasoning("x" * 400, 0))
    assert "about 100 tokens" in head(tail, 0)


WORDS = "The margin of 2024 売上高が減少した fell e\u0301 because 👩‍🔬 costs\n rose\n\n, \x1b[31m and prices-did-not"


@pytest.mark.parametrize("seed", range(20))
def test_live_reasoning_in_fragments_has_the_lines_of_the_whole(seed: int) -> None:
    rng = random.Random(seed)
    width, whole = rng.randrange(2, 90), ""
    stream, drawn = StreamingText(markdown=False, began=0.0), [""]
    for _ in range(200):
        at = rng.randrange(len(WORDS))
        text = WORDS[at : at + rng.randrange(12)]
        whole += text
        stream.feed(text)
        if rng.random() < 0.05:
            width = rng.randrange(2, 90)
        drawn = stream.tail(width, 9)
    rows = [row for row in whole.split("\n") if row.strip()]
    lines = [sanitize_text(row[start:end]) for row in rows for start, end in wrap_text(row, width)]
    assert drawn == lines[-9:]


def test_live_reasoning_keeps_no_more_than_it_can_show() -> None:
    stream = StreamingText(markdown=False, began=0.0)
    for _ in range(4_000):
        stream.feed("some more words of it ")
        stream.tail(30, 10)
    assert len(stream.tail(30, 1_000)) == MAX_TAIL_LINES
    assert len(stream._tail) < 3 * MAX_TAIL_LINES * 30


def drawn_tail(blocks: int, height: int) -> tuple[int, int]:
    """How many lines stream below a session of so many blocks in a view of a height, and how many are above."""
    layout = TimelineLayout(long_story(blocks).state, UNICODE, lambda: 0.0)
    viewport = Viewport(layout, lambda: None)
    viewport.resize(Size(80, height))
    for number in range(300):
        line = reasoning(f"Line {number} of the reasoning.\n", 0)
        viewport.change_blocks(partial(layout.show_delta, line), len(layout.blocks))
    viewport.settle(0)
    return layout.heights[len(layout.blocks)], layout.heights.offset(len(layout.blocks))


@pytest.mark.parametrize("height", [20, 30, 55])
def test_live_reasoning_fills_the_lines_that_are_free(height: int) -> None:
    lines, above = drawn_tail(1, height)
    assert lines + above == height


def test_live_reasoning_in_a_full_view_leaves_most_of_it_to_what_is_above() -> None:
    assert drawn_tail(300, 60)[0] == 60 // 3
    assert drawn_tail(300, 12)[0] == MIN_TAIL_LINES + 2  # its head, with an empty line before it


def test_live_reasoning_takes_the_lines_that_a_higher_view_frees() -> None:
    layout = TimelineLayout(long_story(1).state, UNICODE, lambda: 0.0)
    viewport = Viewport(layout, lambda: None)
    viewport.resize(Size(80, 20))
    for number in range(300):
        layout.show_delta(reasoning(f"Line {number} of the reasoning.\n", 0))
    viewport.resize(Size(80, 40))
    assert layout.heights.total == 40

"""The head of streaming reasoning: how much there is of it, beside the cap that ends it."""

from kimi_tui.events import Delta
from kimi_tui.tui.rendering.glyphs import UNICODE
from kimi_tui.tui.timeline.live_tail import LiveTail


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

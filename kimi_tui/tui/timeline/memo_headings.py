"""Where the headings of a memo are drawn."""

from collections.abc import Sequence

from kimi_tui.evidence.letter_index import LetterIndex
from kimi_tui.evidence.memo_outline import MemoHeading
from kimi_tui.tui.timeline.citation_stops import block_lines
from kimi_tui.tui.timeline.layout import LinePosition, TimelineLayout

HEADING_ROLE = "heading"


def find_heading_line(layout: TimelineLayout, block: int, headings: Sequence[MemoHeading], number: int) -> int | None:
    """Return the line of a heading, by its number among all; None if it is not drawn as one."""
    spots: list[tuple[int, LinePosition]] = []
    text = ""
    for spot, line in block_lines(layout, block):
        if any(HEADING_ROLE in span.style.split() for span in line.spans):
            spots.append((len(text), spot))
            text += line.text[line.lead :] + "\n"
    letters, at = LetterIndex(text), 0
    for index, heading in enumerate(headings[: number + 1]):
        span = letters.find(heading.title, at)
        if span is not None and index == number:
            spot = next(spot for start, spot in reversed(spots) if start <= span[0])
            return layout.line_of(spot)
        at = span[1] if span is not None else at
    return None

"""Format the text of a source for the model: chosen parts under their labels, and how to continue.

What does not fit is always named in a last line, together with the call that shows it. A document cannot pretend to
be another source: lines of its text that look like the label of a part are changed.
"""

import re
from collections.abc import Iterable, Sequence

from kimi_tui.sources import Part, SourceRef
from kimi_tui.text import one_line
from kimi_tui.tools.text.part_selection import LabelSpan, PartChoice, choose_parts, span_of_part

MAX_SHOWN_CHARS = 12_000
"""About how much text is shown at once."""
MAX_TITLE_CHARS = 160
"""The most that is shown of a title or an address."""

_FORGED_LABEL = re.compile(r"^(\s*)---(?=\s*\[)", re.MULTILINE)


def format_parts(ref: SourceRef, parts: Sequence[Part], wanted: str = "", notes: Iterable[str] = ()) -> str:
    """Return the parts that `wanted` names, or as many as fit from the first one on, as the model reads them.

    `notes` are sentences that go before the text. Raises `ToolError` for a `wanted` that names nothing.
    """
    head = f"[{ref.id}] {one_line(ref.title, MAX_TITLE_CHARS)}".rstrip()
    address = f"({one_line(ref.address, MAX_TITLE_CHARS)})"
    if not parts:
        return f"{head} · no text {address}"
    spans = [span_of_part(part, index) for index, part in enumerate(parts)]
    choices = choose_parts(spans, wanted) or [PartChoice(index) for index in range(len(parts))]
    lines, following = _lines(ref, parts, choices)
    last = following.index if following.offset else following.index - 1
    seen = LabelSpan(spans[0].kind, spans[choices[0].index].first, spans[max(last, choices[0].index)].last)
    return "\n".join(
        [
            f"{head} · {seen.in_words()} of {spans[-1].last} {address}",
            *(f"Note: {one_line(note)}" for note in notes),
            *lines,
            *_more(ref, parts, spans, following),
        ]
    )


def _lines(ref: SourceRef, parts: Sequence[Part], choices: Sequence[PartChoice]) -> tuple[list[str], PartChoice]:
    """Return the lines that there is room for, and where to go on."""
    lines: list[str] = []
    room = MAX_SHOWN_CHARS
    for choice in choices:
        part = parts[choice.index]
        text = part.text[choice.offset :]
        if lines and len(text) > room:
            return lines, choice
        kept = _cut(text, room)
        lines += [_label_line(ref, part, choice.offset), _FORGED_LABEL.sub(r"\1- -", kept.rstrip()) or "(no text here)"]
        if len(kept) < len(text):
            return lines, PartChoice(choice.index, choice.offset + len(kept))
        room -= len(kept)
    return lines, PartChoice(choices[-1].index + 1)


def _label_line(ref: SourceRef, part: Part, offset: int) -> str:
    """Return the line before a part's text."""
    title = f" {one_line(part.title, MAX_TITLE_CHARS)}" if part.title else ""
    return f"--- [{ref.id} {part.label}]{title}{f' (from character {offset})' if offset else ''} ---"


def _cut(text: str, room: int) -> str:
    """As much of a text as there is room for, up to the end of a line or word."""
    if len(text) <= room:
        return text
    end = max(text.rfind("\n", room // 2, room), text.rfind(" ", room // 2, room))
    return text[: end + 1 or room]


def _more(ref: SourceRef, parts: Sequence[Part], spans: Sequence[LabelSpan], following: PartChoice) -> list[str]:
    """Return the line that says what comes next and how to see it; none at the end."""
    if following.index >= len(parts):
        return []
    kind, first = spans[following.index].kind, spans[following.index].first
    rest = str(LabelSpan(kind, first, spans[-1].last))
    name = f"{first}@{following.offset}" if following.offset else f"{first}-{spans[-1].last}"
    if following.offset:
        rest += f" ({parts[following.index].label} from character {following.offset} on)"
    return [f'More: {rest}. Go on with read(source="{ref.id}", parts="{name}").']

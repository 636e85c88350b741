"""Show which words of an outgoing call come from the desk, which from the person, and which nobody can read."""

from itertools import pairwise

import msgspec
from rich.style import Style
from rich.text import Text

from kimi_tui.egress.outgoing_data import DataOrigin, OriginMark, OutgoingText
from kimi_tui.text import one_line, printable
from kimi_tui.tui.formatting import replace_non_ascii_signs

MAX_ORIGINS = 4
"""Runs of words of one origin that are named."""
ORIGINS: dict[DataOrigin, str] = {"desk": "from the desk", "person": "from you"}
"""How an origin is written."""


class CardStyles(msgspec.Struct, frozen=True):
    """The styles of the card."""

    name: Style
    """Of a row's name."""
    desk: Style
    """Of words that come from the desk."""
    person: Style
    """Of words that come from the person."""
    removed: Style
    """Of words that the last such call had."""
    added: Style
    """Of words that it had not."""

    def of(self, origin: DataOrigin) -> Style:
        """Return the style of an origin."""
        return self.desk if origin == "desk" else self.person


def mark_origins(item: OutgoingText, tones: CardStyles) -> Text:
    """Return the text that leaves with the words of known origin, and what cannot be read, in their style."""
    spans = [(mark.start, mark.end, tones.of(mark.origin)) for mark in item.marks]
    spans += [(start, end, tones.desk) for start, end in item.opaque]
    cuts = sorted({0, len(item.text), *(at for start, end, _ in spans for at in (start, end))})
    text = Text()
    for start, end in pairwise(cuts):
        styles = [style for first, last, style in spans if first <= start and end <= last]
        text.append(printable(item.text[start:end]), styles[-1] if styles else None)
    return text


def describe_origins(
    found: tuple[OutgoingText, ...], tones: CardStyles, *, ascii: bool, unexplained: bool = False
) -> Text:
    """Return which of the outgoing words come from the desk, which from the person, and what cannot be read.

    `unexplained` tells that the call asks because of something else in it, such as pieces over many calls.
    """
    text = Text()
    for origin, words in ORIGINS.items():
        marks = [(item, mark) for item in found for mark in item.marks if mark.origin == origin]
        runs = list(dict.fromkeys((_shown(item, mark), mark.source) for item, mark in marks))
        if not runs:
            continue
        text.append("; " if text else "").append(f"{words}: ")
        for number, (run, source) in enumerate(runs[:MAX_ORIGINS]):
            text.append(", " if number else "").append(run, tones.of(origin))
            text.append(f" {one_line(source, 40)}" if source else "")
        text.append(f" and {len(runs) - MAX_ORIGINS} more" if len(runs) > MAX_ORIGINS else "")
    unread = sum(item.opaque_chars for item in found)
    if unread:
        text.append("; " if text else "").append(f"{unread} characters that look encoded: not readable", tones.desk)
    if not text and unexplained:
        return Text("the words above, among them what the call was asked about", tones.desk)
    if not text:
        return Text("the words above; none of them was found on the desk or in what you wrote", tones.name)
    return Text(replace_non_ascii_signs(text.plain, True), spans=text.spans) if ascii else text


def _shown(item: OutgoingText, mark: OriginMark) -> str:
    """Return the marked words between quotation marks, and how they are encoded."""
    words = one_line(mark.decoded or item.text[mark.start : mark.end], 80)
    return f"\u201c{words}\u201d" + (f" ({', then '.join(mark.how)})" if mark.how else "")

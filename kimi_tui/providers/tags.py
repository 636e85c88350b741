"""Taking the model's own markers out of streamed text: `<think>` blocks and tool calls that no parser took.

Text arrives cut anywhere, so the beginning of a possible marker is held back until the next fragment decides;
nothing that turns out to be a marker was ever shown as text. Only a `<think>` that opens a reply counts: one in
the middle of a text is the author's own words.
"""

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

THINK = "<think>"
END_THINK = "</think>"
SECTION = "<|tool_calls_section_begin|>"
END_SECTION = "<|tool_calls_section_end|>"
CALL = "<|tool_call_begin|>"
ARGUMENTS = "<|tool_call_argument_begin|>"
END_CALL = "<|tool_call_end|>"

_MARKERS = (THINK, END_THINK, SECTION, END_SECTION, CALL, ARGUMENTS, END_CALL)
_LONGEST = max(map(len, _MARKERS))
_ANY_MARKER = re.compile("(" + "|".join(map(re.escape, _MARKERS)) + ")")
_LONGEST_NAME = 200
"""Characters of a tool's name; no tool has so long a one, and what is cut stays unknown."""

Channel = Literal["reasoning", "text"]
Kind = Literal["reasoning", "text", "boundary"]
"""A `boundary` says that all text before it was reasoning after all."""


class WrittenCall(msgspec.Struct, frozen=True):
    """A tool call found in text."""

    name: str
    """As far as its header names one; empty when it holds a bare number."""
    raw: str
    """The argument text between the markers."""


def call_name(header: str) -> str:
    """The tool's name in `functions.NAME:3`, `NAME:3` or `NAME`; empty for a bare number."""
    name = header.strip().removeprefix("functions.").partition(":")[0].strip()
    return "" if name.isdigit() else name[:_LONGEST_NAME]


def written_calls(section: str) -> tuple[WrittenCall, ...]:
    """The calls between the markers of a complete section."""
    found = []
    for begun in section.split(CALL)[1:]:
        header, separator, rest = begun.partition(ARGUMENTS)
        raw, end, _ = rest.partition(END_CALL)
        if separator and end:
            found.append(WrittenCall(call_name(header), raw.strip()))
    return tuple(found)


class MarkerScanner:
    """Cuts a stream of text into plain pieces and whole markers."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> list[str]:
        """The pieces that are certain now; a marker is always a piece by itself."""
        if not self._held and "<" not in text:
            return [text]
        pieces = _ANY_MARKER.split(self._held + text)
        pieces[-1], self._held = _hold_back(pieces[-1])
        return [piece for piece in pieces if piece]

    def finish(self) -> str:
        """What was held back and is plain text after all."""
        held, self._held = self._held, ""
        return held


def _hold_back(text: str) -> tuple[str, str]:
    """`text` and the end of it that may be the beginning of a marker."""
    start = text.rfind("<", -_LONGEST)
    while start >= 0:
        tail = text[start:]
        if any(marker.startswith(tail) for marker in _MARKERS):
            return text[:start], tail
        start = text.rfind("<", max(len(text) - _LONGEST, 0), start)
    return text, ""


class ChannelSplitter:
    """Sorts one field of a reply into reasoning, text and written calls, fragment by fragment."""

    def __init__(self, channel: Channel) -> None:
        self.channel: Channel = channel
        """What the next plain text is."""
        self.sections: list[str] = []
        """Every complete section of calls, markers included."""
        self.unfinished = False
        """After `finish`: whether a section of calls was still open."""
        self.opened = False
        """Whether a `<think>` was taken out."""
        self.reasoning_elsewhere = False
        """Whether reasoning came in a field of its own, so that a `</think>` in a text is the author's own word."""
        self._scanner = MarkerScanner()
        self._blank = True
        self._section: list[str] = []

    @property
    def leaking(self) -> bool:
        """Whether a `<think>` stands open."""
        return self.opened and self.channel == "reasoning"

    def feed(self, text: str) -> Iterator[tuple[Kind, str]]:
        """What of the field is certain now, by kind."""
        for piece in self._scanner.feed(text):
            yield from self._take(piece)

    def finish(self) -> Iterator[tuple[Kind, str]]:
        """The rest, when the field is over."""
        held = self._scanner.finish()
        if held:
            yield from self._take(held)
        self.unfinished = bool(self._section)

    def _take(self, piece: str) -> Iterator[tuple[Kind, str]]:
        """Deal with one plain piece or marker."""
        if self._section:
            self._collect(piece)
        elif piece in (SECTION, CALL):
            self._section.append(piece)
        elif piece == THINK and self._blank:
            self.opened, self.channel = True, "reasoning"
        elif piece == END_THINK and (self.channel == "reasoning" or self._blank):
            self.opened, self.channel = True, "text"
        elif piece == END_THINK and not self.opened and not self.reasoning_elsewhere:
            self.opened = True
            yield "boundary", ""
        else:
            self._blank = self._blank and not piece.strip()
            yield self.channel, piece

    def _collect(self, piece: str) -> None:
        """Add to the open section, and close it at its end marker; a bare call ends with its own."""
        self._section.append(piece)
        if piece == (END_SECTION if self._section[0] == SECTION else END_CALL):
            self.sections.append("".join(self._section))
            self._section.clear()

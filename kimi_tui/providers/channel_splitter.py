"""Split streamed text by the model's own markers: thinking, answer, and calls that no parser handled.

Nothing that turns out to be a marker was ever shown as text, and a marker that is only quoted stays text. Only a
`<think>` that opens a reply counts: one in the middle of a text is the author's own words.
"""

from collections.abc import Iterator
from typing import Literal

from kimi_tui.providers.k3_calls import K3CallSection
from kimi_tui.providers.markers import (
    CALL,
    END_THINK,
    K3_CALL,
    K3_END_THINK,
    K3_RESPONSE,
    K3_THINK,
    K3_TOOLS,
    K3_TRAILERS,
    SECTIONS,
    THINK,
    MarkerScanner,
)
from kimi_tui.providers.written_calls import CallSection, K2CallSection, WrittenCall

Channel = Literal["reasoning", "text"]
PieceKind = Literal["reasoning", "text", "boundary"]
"""A `boundary` says that all text before it was reasoning after all."""
_THINKS, _END_THINKS = (THINK, K3_THINK), (END_THINK, K3_END_THINK)


class ChannelSplitter:
    """Splits one field of a reply into reasoning, text and written calls, fragment by fragment."""

    def __init__(self, channel: Channel) -> None:
        self.channel: Channel = channel
        """What the next plain text is."""
        self.calls: list[WrittenCall] = []
        """Every whole call that was written into it."""
        self.unfinished = False
        """After `finish`: whether a call was still being written."""
        self.opened = False
        """True when a `<think>` was taken out."""
        self.reasoning_elsewhere = False
        """True when reasoning came in a field of its own, so that a `</think>` in a text is the author's own word."""
        self._scanner = MarkerScanner()
        self._blank = True
        self._fresh = True
        """True when nothing but blanks came since the beginning, or since the thinking ended."""
        self._section: CallSection | None = None
        self._xtml = False
        """True when K3's channels were seen."""
        self._trailer: list[str] = []

    @property
    def is_thinking_open(self) -> bool:
        """Return whether a `<think>` is still open."""
        return self.opened and self.channel == "reasoning"

    def feed(self, text: str) -> Iterator[tuple[PieceKind, str]]:
        """Yield the certain part of the field so far, by kind."""
        for piece in self._scanner.feed(text):
            yield from self._take(piece)

    def finish(self, *, cut: bool = False, called: bool = False) -> Iterator[tuple[PieceKind, str]]:
        """Yield the rest when the field is complete.

        `cut` tells that the model did not end the reply by itself, so that whatever was begun is unfinished;
        `called` that calls came as calls, so that a marker at the end is a parser's leaving.
        """
        held = self._scanner.finish()
        if held and self._section is None:
            yield from self._take(held)
        if self._section is not None:
            section, self._section = self._section, None
            rest = section.finish()
            self.unfinished = rest == "begun" or (cut and (rest == "complete" or not called))
            if rest == "complete" and not cut:
                self.calls += section.calls
            elif not self.unfinished and not called:
                yield from self._plain(section.text + held)
        if len(self._trailer) == 1 and not self._xtml:
            yield from self._release_held_text()

    def _take(self, piece: str) -> Iterator[tuple[PieceKind, str]]:
        """Deal with one plain piece or marker."""
        section = self._section
        if section is None:
            yield from self._outside(piece)
            return
        taken = section.take(piece)
        if taken == "open":
            return
        self._section = None
        if taken == "broken":
            yield from self._plain(section.text)
        else:
            self.calls += section.calls
        if taken == "ended" and (blanks := section.text[len(section.text.rstrip()) :]):
            yield from self._plain(blanks)
        if taken != "closed":
            yield from self._outside(piece)

    def _outside(self, piece: str) -> Iterator[tuple[PieceKind, str]]:
        """Deal with a piece that belongs to no section."""
        if piece in (*SECTIONS, CALL):
            self._section = K2CallSection(piece)
        elif piece in (K3_TOOLS, K3_CALL):
            self._section, self._trailer = K3CallSection(piece), []
        elif piece in K3_TRAILERS or (self._trailer and not piece.strip()):
            self._trailer.append(piece)
        elif piece == K3_RESPONSE and self._fresh:
            self._xtml = True
        else:
            yield from self._release_held_text()
            yield from self._split_piece(piece)

    def _split_piece(self, piece: str) -> Iterator[tuple[PieceKind, str]]:
        """Deal with the ends of thinking, and with plain text."""
        if piece in _THINKS and self._blank:
            self.opened, self.channel = True, "reasoning"
        elif piece in _END_THINKS and (self.channel == "reasoning" or self._blank):
            self.opened, self.channel, self._fresh = True, "text", True
        elif piece in _END_THINKS and not self.opened and not self.reasoning_elsewhere:
            self.opened = self._fresh = True
            yield "boundary", ""
        else:
            yield from self._plain(piece)
            return
        self._xtml |= piece in (K3_THINK, K3_END_THINK)

    def _release_held_text(self) -> Iterator[tuple[PieceKind, str]]:
        """Yield the text that seemed to end the answer and is part of it."""
        trailer, self._trailer = self._trailer, []
        if trailer:
            yield from self._plain("".join(trailer))

    def _plain(self, text: str) -> Iterator[tuple[PieceKind, str]]:
        self._blank = self._blank and not text.strip()
        self._fresh = self._fresh and not text.strip()
        yield self.channel, text

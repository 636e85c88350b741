"""The streaming end of the timeline: the tail of the reasoning, the growing message, calls being written.

Fed with deltas and drawn below the last block; each part goes when the journal brings its recorded block. The cost
of a fragment depends on the fragment, not on what has streamed before it.
"""

from collections.abc import Callable

from kimi_tui.events import Delta
from kimi_tui.projections.timeline import TimelineBlock
from kimi_tui.text import count_noun, one_line
from kimi_tui.tui.rendering.blocks import INDENT
from kimi_tui.tui.rendering.glyphs import Glyphs
from kimi_tui.tui.rendering.lines import (
    BLANK,
    MAX_PROSE_CELLS,
    StyledLine,
    StyledSpan,
    fit_text,
    sanitize_text,
    wrap_text,
)
from kimi_tui.tui.rendering.sections import (
    DrawContext,
    DrawnSection,
    fixed_section,
    format_seconds,
    markdown_section,
    plain_section,
    spread_line,
)
from kimi_tui.tui.rendering.text_slices import TextSlice, TextSlicer

MIN_TAIL_LINES = 6
"""Lines of streaming reasoning that are shown where nothing is free below the last block."""
MAX_TAIL_LINES = 100
"""Lines that are shown on the highest screen; twice as many are kept, for a screen that becomes narrower."""
_MAX_TAIL_CHARS = 40_000
"""Characters of streaming reasoning that are kept at most for its last lines."""
_CHARS_PER_TOKEN = 4
"""For the estimate while the server has not counted yet."""


class StreamingText:
    """A text of one kind that is streaming."""

    def __init__(self, *, markdown: bool, began: float) -> None:
        self.slicer = TextSlicer(markdown=markdown)
        self.began = began
        """When its first fragment came, on the screen's own clock."""
        self.characters = 0
        self.tokens = 0
        """As counted so far; 0 when nobody counts."""
        self._tail = ""
        self._rows: list[tuple[int, int]] = []
        self._width = 0
        self._made: list[DrawnSection] = []
        self._made_for: tuple[object, ...] = ()

    def feed(self, text: str) -> None:
        """Take a fragment."""
        self.slicer.feed(text)
        self._tail += text
        self.characters += len(text)

    def tail(self, width: int, count: int) -> list[str]:
        """Return the last lines at this width; lines that are complete stay as they were when more comes."""
        if width != self._width:
            self._rows, self._width = [], width
        offset = self._rows.pop()[0] if self._rows else 0
        for row in self._tail[offset:].split("\n"):
            found = wrap_text(row, width) if row.strip() else ()
            self._rows += [(offset + start, offset + end) for start, end in found]
            offset += len(row) + 1
        if len(self._rows) > 2 * MAX_TAIL_LINES or len(self._tail) > _MAX_TAIL_CHARS:
            rows = self._rows[-MAX_TAIL_LINES:]
            base = rows[0][0] if rows else len(self._tail)
            self._tail = self._tail[base:]
            self._rows = [(start - base, end - base) for start, end in rows]
        return [sanitize_text(self._tail[start:end]) for start, end in self._rows[-min(count, MAX_TAIL_LINES) :]]

    def sections(self, look: tuple[object, ...], make: Callable[[TextSlice], DrawnSection]) -> list[DrawnSection]:
        """All of it as sections; those of complete slices are the same objects as before for the same `look`."""
        if look != self._made_for:
            self._made, self._made_for = [], look
        done = self.slicer.done
        self._made += [make(piece) for piece in done[len(self._made) :]]
        return [*self._made, *(make(piece) for piece in self.slicer.pending_slices())]


class LiveStep:
    """Everything of one trajectory's running step that is not recorded yet."""

    def __init__(self, step: int, clock: Callable[[], float]) -> None:
        self.step = step
        self.reasoning: StreamingText | None = None
        self.message: StreamingText | None = None
        self.calls: dict[int, tuple[str, int]] = {}
        """For each call being written its tool and how many characters of arguments there are."""
        self.words = ""
        """What the engine says it waits for."""
        self._clock = clock

    @property
    def empty(self) -> bool:
        """Return whether there is nothing to show."""
        return not (self.reasoning or self.message or self.calls or self.words)

    def add_fragment(self, delta: Delta) -> None:
        """Add a fragment."""
        self.words = delta.text if delta.kind == "state" else ""
        if delta.kind == "reasoning":
            self.reasoning = self.reasoning or StreamingText(markdown=False, began=self._clock())
            self.reasoning.feed(delta.text)
            self.reasoning.tokens = max(self.reasoning.tokens, delta.tokens)
        elif delta.kind == "text":
            self.message = self.message or StreamingText(markdown=True, began=self._clock())
            self.message.feed(delta.text)
        elif delta.kind == "call":
            tool, size = self.calls.get(delta.index, ("", 0))
            self.calls[delta.index] = (delta.tool or tool, size + len(delta.text))

    def drop_recorded(self, block: TimelineBlock) -> None:
        """Drop what a recorded block now shows."""
        self.words = ""
        if block.kind == "reasoning":
            self.reasoning = None
        elif block.kind == "message":
            self.message = None
        elif block.kind == "call" and self.calls:
            del self.calls[min(self.calls)]
        elif block.kind == "memo" or (block.kind == "notice" and block.level != "info"):
            self.reasoning = self.message = None
            self.calls.clear()

    def sections(self, place: DrawContext, cap: int, room: int) -> list[DrawnSection]:
        """All of it as lines; `place.level` opens the reasoning, which `cap` tokens end (0 for no cap).

        `room` is how many lines are free for it.
        """
        made: list[DrawnSection] = []
        if self.reasoning is not None:
            made += self._reasoning(self.reasoning, place, cap, room)
        if self.message is not None:
            if made or place.gap:
                made.append(_ONE_BLANK)
            look = (place.width, place.glyphs)
            made += self.message.sections(look, lambda piece: markdown_section(piece, place, INDENT))
        lines = [self._call(tool, size, place) for tool, size in self.calls.values()]
        if self.words:
            words = fit_text(one_line(self.words), max(place.width - 2, 2), place.glyphs.ellipsis)
            lines.append(StyledLine((StyledSpan(f"{place.glyphs.running} ", "running"), StyledSpan(words, "muted"))))
        if lines:
            made.append(fixed_section(([] if made else [BLANK] * place.gap) + lines))
        return made

    def _reasoning(self, stream: StreamingText, place: DrawContext, cap: int, room: int) -> list[DrawnSection]:
        """Its head and its last lines, or all of it when it is opened; the head alone once something follows."""
        glyphs = place.glyphs
        tokens = stream.tokens or stream.characters // _CHARS_PER_TOKEN
        bound = f" of {cap:,}" if cap else ""
        seconds = format_seconds(self._clock() - stream.began)
        words = f"reasoning {seconds} {glyphs.separator} about {tokens:,}{bound} tokens"
        left = [
            StyledSpan(f"{glyphs.running} ", "running"),
            StyledSpan(fit_text(words, max(place.width - 2, 2), glyphs.ellipsis), "running"),
        ]
        right = [StyledSpan(f"step {self.step}", "faint")] if place.width >= 60 else []
        head = fixed_section([*([BLANK] * place.gap), spread_line(left, right, place.width)])
        rail = [StyledSpan(f"{glyphs.rail} ", "faint")]
        if place.level:
            look = (place.width, glyphs)
            return [
                head,
                *stream.sections(look, lambda piece: plain_section(piece, place, "reasoning", rail, wide=False)),
            ]
        if self.message is not None or self.calls:
            return [head]
        free = room - place.gap - 1 - bool(self.words)
        tail = stream.tail(min(place.width - 2, MAX_PROSE_CELLS), max(free, MIN_TAIL_LINES))
        return [head, fixed_section([StyledLine((*rail, StyledSpan(text, "reasoning")), lead=2) for text in tail])]

    def _call(self, tool: str, size: int, place: DrawContext) -> StyledLine:
        glyphs = place.glyphs
        name = one_line(tool, 60) or "a call"
        words = fit_text(
            f"{name} {glyphs.separator} {count_noun(size, 'character')} of arguments", max(place.width - 2, 2)
        )
        return StyledLine((StyledSpan(f"{glyphs.proposed} ", "running"), StyledSpan(words, "muted")))


class LiveTail:
    """The streaming text of all trajectories, as the last item of the timeline."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.opened = False
        """True when streaming reasoning is shown whole."""
        self._clock = clock
        self._running: dict[str, LiveStep] = {}

    def __bool__(self) -> bool:
        return bool(self._running)

    @property
    def has_reasoning(self) -> bool:
        """Return whether there is reasoning that can be opened."""
        return any(live.reasoning for live in self._running.values())

    def add_fragment(self, delta: Delta) -> None:
        """Add a fragment; one of a step that is over is dropped."""
        live = self._running.get(delta.trajectory)
        if live is None or live.step < delta.step:
            live = self._running[delta.trajectory] = LiveStep(delta.step, self._clock)
        if live.step == delta.step:
            live.add_fragment(delta)

    def drop_recorded(self, block: TimelineBlock) -> bool:
        """Drop what a recorded block now shows; returns whether it takes over reasoning that was opened."""
        opened = self.opened and self.has_reasoning
        for name, live in list(self._running.items()):
            if live.step <= block.step:
                live.drop_recorded(block)
            if live.empty:
                del self._running[name]
        if opened and block.kind == "reasoning":
            self.opened = False
            return True
        return False

    def sections(
        self, width: int, glyphs: Glyphs, previous: TimelineBlock | None, cap: int, room: int = 0
    ) -> list[DrawnSection]:
        """Everything that streams, below `previous`; `cap` is the most tokens of reasoning in a step.

        `room` is how many lines of the view are free for it; it takes more only where that is too few.
        """
        made: list[DrawnSection] = []
        for live in self._running.values():
            close = previous is None or (
                previous.kind in ("reasoning", "call", "notice") and not live.reasoning and not live.message
            )
            gap = int(bool(made) or not close)
            made += live.sections(DrawContext(width, glyphs, int(self.opened), gap), cap, room // len(self._running))
        return made


_ONE_BLANK = fixed_section([BLANK])
"""An empty line between what streams."""

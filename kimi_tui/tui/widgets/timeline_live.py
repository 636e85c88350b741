"""What streams right now: the tail of the reasoning, the message as it grows, the calls being written.

Fed with deltas and drawn below the last block; each part goes when the journal brings its recorded block. The cost
of a fragment depends on the fragment, not on what has streamed before it.
"""

from collections.abc import Callable

from kimi_tui.events import Delta
from kimi_tui.projections.timeline import TimelineBlock
from kimi_tui.text import one_line
from kimi_tui.tui.rendering.blocks import INDENT
from kimi_tui.tui.rendering.glyphs import Glyphs
from kimi_tui.tui.rendering.lines import BLANK, PROSE, Line, Span, clean, fit, wrap_text
from kimi_tui.tui.rendering.sections import (
    Place,
    Section,
    fixed,
    markdown_section,
    plain_section,
    seconds_text,
    spread,
)
from kimi_tui.tui.rendering.slices import LIMIT, Slice, Slicer

TAIL_LINES = 6
"""Lines of streaming reasoning that are shown."""
_CHARACTERS_PER_TOKEN = 4
"""For the estimate while the server has not counted yet."""


class Stream:
    """A text of one kind that is being written."""

    def __init__(self, *, markdown: bool, began: float) -> None:
        self.slicer = Slicer(markdown=markdown)
        self.began = began
        """When its first fragment came, on the screen's own clock."""
        self.characters = 0
        self.tokens = 0
        """As counted so far; 0 when nobody counts."""
        self._tail = ""
        self._made: list[Section] = []
        self._made_for: tuple[object, ...] = ()

    def feed(self, text: str) -> None:
        """Take a fragment."""
        self.slicer.feed(text)
        self._tail += text
        self.characters += len(text)

    def tail(self, width: int) -> list[str]:
        """The last lines at this width; lines that are complete stay as they were when more comes."""
        rows: list[tuple[int, int, int]] = []
        offset = 0
        for row in self._tail.split("\n"):
            rows += [(offset, start, end) for start, end in wrap_text(row, width)] if row.strip() else []
            offset += len(row) + 1
        if len(rows) > 2 * TAIL_LINES or len(self._tail) > LIMIT:
            rows = rows[-TAIL_LINES - 1 :]
            base = sum(rows[0][:2]) if rows else len(self._tail)
            self._tail = self._tail[base:]
            rows = [(row - base, start, end) for row, start, end in rows]
        return [clean(self._tail[row + start : row + end]) for row, start, end in rows[-TAIL_LINES:]]

    def sections(self, look: tuple[object, ...], make: Callable[[Slice], Section]) -> list[Section]:
        """All of it as sections; those of complete slices are the same objects as before for the same `look`."""
        if look != self._made_for:
            self._made, self._made_for = [], look
        done = self.slicer.done
        self._made += [make(piece) for piece in done[len(self._made) :]]
        return [*self._made, *(make(piece) for piece in self.slicer.rest())]


class Live:
    """Everything of one trajectory's running step that is not recorded yet."""

    def __init__(self, step: int, clock: Callable[[], float]) -> None:
        self.step = step
        self.reasoning: Stream | None = None
        self.message: Stream | None = None
        self.calls: dict[int, tuple[str, int]] = {}
        """For each call being written its tool and how many characters of arguments there are."""
        self.words = ""
        """What the engine says it waits for."""
        self._clock = clock

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.reasoning or self.message or self.calls or self.words)

    def take(self, delta: Delta) -> None:
        """Add a fragment."""
        self.words = delta.text if delta.kind == "state" else ""
        if delta.kind == "reasoning":
            self.reasoning = self.reasoning or Stream(markdown=False, began=self._clock())
            self.reasoning.feed(delta.text)
            self.reasoning.tokens = max(self.reasoning.tokens, delta.tokens)
        elif delta.kind == "text":
            self.message = self.message or Stream(markdown=True, began=self._clock())
            self.message.feed(delta.text)
        elif delta.kind == "call":
            tool, size = self.calls.get(delta.index, ("", 0))
            self.calls[delta.index] = (delta.tool or tool, size + len(delta.text))

    def recorded(self, block: TimelineBlock) -> None:
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

    def sections(self, place: Place, cap: int) -> list[Section]:
        """All of it as lines; `place.level` opens the reasoning, which `cap` tokens end (0 for no cap)."""
        made: list[Section] = []
        if self.reasoning is not None:
            made += self._reasoning(self.reasoning, place, cap)
        if self.message is not None:
            if made or place.gap:
                made.append(_ONE_BLANK)
            look = (place.width, place.glyphs)
            made += self.message.sections(look, lambda piece: markdown_section(piece, place, INDENT))
        lines = [self._call(tool, size, place) for tool, size in self.calls.values()]
        if self.words:
            words = fit(one_line(self.words), max(place.width - 2, 2), place.glyphs.ellipsis)
            lines.append(Line((Span(f"{place.glyphs.running} ", "running"), Span(words, "muted"))))
        if lines:
            made.append(fixed(([] if made else [BLANK] * place.gap) + lines))
        return made

    def _reasoning(self, stream: Stream, place: Place, cap: int) -> list[Section]:
        """Its head and its last lines, or all of it when it is opened; the head alone once something follows."""
        glyphs = place.glyphs
        tokens = stream.tokens or stream.characters // _CHARACTERS_PER_TOKEN
        bound = f" of {cap:,}" if cap else ""
        seconds = seconds_text(self._clock() - stream.began)
        words = f"reasoning {seconds} {glyphs.separator} about {tokens:,}{bound} tokens"
        left = [
            Span(f"{glyphs.running} ", "running"),
            Span(fit(words, max(place.width - 2, 2), glyphs.ellipsis), "running"),
        ]
        right = [Span(f"step {self.step}", "faint")] if place.width >= 60 else []
        head = fixed([*([BLANK] * place.gap), spread(left, right, place.width)])
        rail = [Span(f"{glyphs.rail} ", "faint")]
        if place.level:
            look = (place.width, glyphs)
            return [
                head,
                *stream.sections(look, lambda piece: plain_section(piece, place, "reasoning", rail, wide=False)),
            ]
        if self.message is not None or self.calls:
            return [head]
        tail = stream.tail(min(place.width - 2, PROSE))
        return [head, fixed([Line((*rail, Span(text, "reasoning")), lead=2) for text in tail])]

    def _call(self, tool: str, size: int, place: Place) -> Line:
        glyphs = place.glyphs
        name = one_line(tool, 60) or "a call"
        words = fit(f"{name} {glyphs.separator} {size:,} characters of arguments", max(place.width - 2, 2))
        return Line((Span(f"{glyphs.proposed} ", "running"), Span(words, "muted")))


class LiveTail:
    """What streams in all trajectories, as the last item of the timeline."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.opened = False
        """Whether streaming reasoning is shown whole."""
        self._clock = clock
        self._running: dict[str, Live] = {}

    def __bool__(self) -> bool:
        return bool(self._running)

    @property
    def reasons(self) -> bool:
        """Whether there is reasoning that can be opened."""
        return any(live.reasoning for live in self._running.values())

    def take(self, delta: Delta) -> None:
        """Add a fragment; one of a step that is over is dropped."""
        live = self._running.get(delta.trajectory)
        if live is None or live.step < delta.step:
            live = self._running[delta.trajectory] = Live(delta.step, self._clock)
        if live.step == delta.step:
            live.take(delta)

    def recorded(self, block: TimelineBlock) -> bool:
        """Drop what a recorded block now shows; returns whether it takes over reasoning that was opened."""
        opened = self.opened and self.reasons
        for name, live in list(self._running.items()):
            if live.step <= block.step:
                live.recorded(block)
            if live.empty:
                del self._running[name]
        if opened and block.kind == "reasoning":
            self.opened = False
            return True
        return False

    def sections(self, width: int, glyphs: Glyphs, previous: TimelineBlock | None, cap: int) -> list[Section]:
        """Everything that streams, below `previous`; `cap` is the most tokens of reasoning in a step."""
        made: list[Section] = []
        for live in self._running.values():
            close = previous is None or (
                previous.kind in ("reasoning", "call", "notice") and not live.reasoning and not live.message
            )
            gap = int(bool(made) or not close)
            made += live.sections(Place(width, glyphs, int(self.opened), gap), cap)
        return made


_ONE_BLANK = fixed([BLANK])
"""An empty line between what streams."""

"""Positions of everything on the timeline; only what is looked at is drawn.

Each block has a height: an estimate until it is laid out, exact once it has been in view. Laid-out blocks and drawn
sections are kept in bounded caches. After the last block stands what streams right now, as one more item. Nothing
here knows a widget; all work is proportional to the lines asked for, never to the length of the session.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from textual.cache import LRUCache

from kimi_tui.events import Delta
from kimi_tui.projections.calls import Call
from kimi_tui.projections.timeline import TimelineBlock
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.tui.rendering.blocks import FoldLevels, block_sections, estimate_height, gap_before, max_level
from kimi_tui.tui.rendering.glyphs import Glyphs
from kimi_tui.tui.rendering.lines import StyledLine
from kimi_tui.tui.rendering.sections import DrawContext, DrawnSection
from kimi_tui.tui.timeline.heights import HeightIndex
from kimi_tui.tui.timeline.live_tail import LiveTail

_MAX_LAID_BLOCKS = 256
"""Blocks whose layout is kept."""
_MAX_DRAWN_SECTIONS = 1024
"""Sections whose lines are kept."""
_NEVER = 1 << 60
"""A row below every other: nothing that streams has changed."""
_LIVE_SHARE = 3
"""What streams gets one in so many lines of the view where the blocks above leave less free."""
_SMALL_SECTION_LINES = 4
"""Blocks of no more sections are drawn whole as soon as they are laid out, so that their height is exact."""


class LinePosition(NamedTuple):
    """One line of the timeline."""

    block: int
    """The block's index; the number of blocks for what streams."""
    section: int
    """Which section of the block."""
    row: int
    """The line within the section."""


class BlockLayout:
    """The layout of one block: its sections and their heights."""

    def __init__(self, made: Sequence[DrawnSection], gap: int = 0) -> None:
        self.sections = list(made)
        self.heights = HeightIndex(section.height for section in made)
        self.measured = bytearray(len(made))
        """For each section 1 once its height is exact."""
        self.gap = gap
        """Empty lines at its beginning."""

    def update(self, made: Sequence[DrawnSection]) -> list[int]:
        """Take other sections, keeping what is known of those that are the same; returns the places that changed."""
        changed = [
            index
            for index, section in enumerate(made)
            if index >= len(self.sections) or section is not self.sections[index]
        ]
        gone = list(range(len(made), len(self.sections)))
        self.heights.truncate(min(len(made), len(self.sections)))
        del self.measured[len(made) :]
        for index in changed:
            if index < len(self.heights):
                self.heights[index], self.measured[index] = made[index].height, 0
            else:
                self.heights.append(made[index].height)
                self.measured.append(0)
        self.sections = list(made)
        return changed + gone


class TimelineLayout:
    """Heights, folds and drawn lines of one session's timeline."""

    def __init__(self, state: TrajectoryState, glyphs: Glyphs, clock: Callable[[], float]) -> None:
        self.state = state
        self.blocks: list[TimelineBlock] = []
        """The session's blocks that have been taken in: the state may be ahead until it is told of."""
        self.glyphs = glyphs
        self.width = 80
        self.view_height = 0
        """Lines in view: how many what streams may fill."""
        self.drawn_count = 0
        """How many sections have been drawn in all: what a test of the cost of a key counts."""
        self.live = LiveTail(clock)
        self._live_row = _NEVER
        self.folds = FoldLevels()
        self.heights = HeightIndex()
        """Of every block, and of what streams as the last."""
        self._clock = clock
        self._started: dict[str, float] = {}
        self._laid: LRUCache[int, BlockLayout] = LRUCache(_MAX_LAID_BLOCKS)
        self._drawn: LRUCache[tuple[int, int], list[StyledLine]] = LRUCache(_MAX_DRAWN_SECTIONS)
        self._tail = BlockLayout(())
        self.rebuild()

    def rebuild(self) -> None:
        """Estimate every height anew."""
        self._discard_all()
        self.blocks = list(self.state.timeline.blocks)
        previous: TimelineBlock | None = None
        heights: list[int] = []
        for index, block in enumerate(self.blocks):
            level = self.folds.level(index, block)
            heights.append(gap_before(block, previous) + estimate_height(block, level, self.width))
            previous = block
        self.heights = HeightIndex([*heights, 0])
        self.refresh_live()

    def resize(self, width: int) -> None:
        """Set another width; heights remain estimates until their blocks are looked at again."""
        first = not self._laid
        self.width = width
        if first:
            self.rebuild()
        else:
            self._discard_all()
            self.refresh_live()

    def _discard_all(self) -> None:
        self._laid.clear()
        self._drawn.clear()
        self._tail = BlockLayout(())

    @property
    def last_answer(self) -> int | None:
        """Return the index of the memo that the timeline ends with; None if something else is the last of weight."""
        if self.live:
            return None
        for index in range(len(self.blocks) - 1, -1, -1):
            block = self.blocks[index]
            if block.kind != "notice" or block.level != "info":
                return index if block.kind == "memo" else None
        return None

    # Folds

    def level(self, index: int) -> int:
        """Return how far a block is opened."""
        if index >= len(self.blocks):
            return int(self.live.opened)
        return self.folds.level(index, self.blocks[index])

    def top_level(self, index: int) -> int:
        """Return how far a block can be opened."""
        if index >= len(self.blocks):
            return int(self.live.has_reasoning)
        return max_level(self.blocks[index], self.call(index))

    def set_level(self, index: int, level: int) -> None:
        """Open or fold one block."""
        if index >= len(self.blocks):
            self.live.opened = bool(level)
            self.refresh_live()
        else:
            self.folds.choose(index, level)
            self._discard_layout(index)
            self.lay_out_block(index)

    def fold_all(self, folded: bool) -> None:
        """Fold or open every block that can be folded."""
        self.folds.choose_all(0 if folded else 1)
        self.live.opened = not folded
        self.rebuild()

    def call(self, index: int) -> Call | None:
        """Return the call of a block, if it has one."""
        call_id = self.blocks[index].call_id if index < len(self.blocks) else ""
        return self.state.calls.by_id.get(call_id) if call_id else None

    # Changes

    def block_changed(self, index: int) -> None:
        """A block was made or changed; calls that share its bracket are drawn anew as well."""
        while len(self.blocks) <= index < len(self.state.timeline.blocks):
            self._append(self.state.timeline.blocks[len(self.blocks)])
        if index >= len(self.blocks):
            return
        first, size = self._group(index)
        for member in range(first, first + size):
            if self._discard_layout(member):
                self.lay_out_block(member)

    def _append(self, block: TimelineBlock) -> None:
        """Make room for one more block before what streams."""
        index = len(self.blocks)
        self.blocks.append(block)
        if self.live.drop_recorded(block):
            self.folds.choose(index, 1)
        previous = self.blocks[index - 1] if index else None
        self.heights.truncate(index)
        self.heights.append(gap_before(block, previous) + estimate_height(block, self.level(index), self.width))
        self.heights.append(0)
        for section in range(len(self._tail.sections)):
            self._drawn.discard((index, section))
        self._tail = BlockLayout(())
        self.refresh_live()

    def _discard_layout(self, index: int) -> bool:
        """Forget how a block was laid out; returns whether it was."""
        laid = self._laid.get(index)
        if laid is None:
            return False
        for section in range(len(laid.sections)):
            self._drawn.discard((index, section))
        self._laid.discard(index)
        return True

    def _group(self, index: int) -> tuple[int, int]:
        """Return the first block of the calls that ran in parallel with this one, and their number."""
        blocks, first, last = self.blocks, index, index
        if blocks[index].kind != "call":
            return index, 1
        step = blocks[index].step
        while first and blocks[first - 1].kind == "call" and blocks[first - 1].step == step:
            first -= 1
        while last + 1 < len(blocks) and blocks[last + 1].kind == "call" and blocks[last + 1].step == step:
            last += 1
        return first, last - first + 1

    def show_delta(self, delta: Delta) -> None:
        """Take a fragment of what streams."""
        self.live.add_fragment(delta)
        self.refresh_live()

    def ticking(self) -> list[int]:
        """Return the blocks that show a running clock."""
        running = [call.id for call in self.state.calls.open.values() if call.state == "running"]
        places = [self.state.timeline.by_call.get(call_id) for call_id in running]
        return [index for index in places if index is not None and index < len(self.blocks)]

    def tick(self) -> None:
        """Redraw what shows a running clock."""
        for index in self.ticking():
            if self._discard_layout(index):
                self.lay_out_block(index)
        self.refresh_live()

    def refresh_live(self) -> None:
        """Lay out what streams and take over its height."""
        index = len(self.heights) - 1
        previous = self.blocks[index - 1] if index else None
        cap = int(self.state.run.settings.get("reasoning_cap", 0))
        room = max(self.view_height - self.heights.offset(index), self.view_height // _LIVE_SHARE)
        changed = self._tail.update(self.live.sections(self.width, self.glyphs, previous, cap, room))
        for section in changed:
            self._drawn.discard((index, section))
        known = self._tail.heights
        row = known.offset(min(*changed, len(known))) if changed else known.total
        self._live_row = min(self._live_row, row)
        self.heights[index] = known.total

    # Laying out

    def lay_out_block(self, index: int) -> BlockLayout:
        """Return a block's layout; a changed height is stored in `heights`."""
        if index >= len(self.heights) - 1:
            return self._tail
        laid = self._laid.get(index)
        if laid is None:
            place = self._place(index)
            laid = BlockLayout(block_sections(self.blocks[index], place), place.gap)
            self._laid[index] = laid
            self.heights[index] = laid.heights.total
            if len(laid.sections) <= _SMALL_SECTION_LINES:
                for section in range(len(laid.sections)):
                    self.lines(index, section)
        return laid

    def _place(self, index: int) -> DrawContext:
        block = self.blocks[index]
        gap = gap_before(block, self.blocks[index - 1] if index else None)
        call = self.call(index)
        first, size = self._group(index)
        seconds = 0.0
        if call is not None and call.state == "running":
            seconds = self._clock() - self._started.setdefault(call.id, self._clock())
        return DrawContext(
            width=self.width,
            glyphs=self.glyphs,
            level=self.level(index),
            gap=gap,
            call=call,
            seconds=seconds,
            group=size,
            position=index - first,
            sources=self.state.sources.by_id,
            flagged=self.state.sources.flagged,
        )

    def lines(self, index: int, section: int) -> list[StyledLine]:
        """Return a section's lines; its height becomes exact."""
        laid = self.lay_out_block(index)
        lines = self._drawn.get((index, section))
        if lines is None:
            lines = laid.sections[section].draw()
            self.drawn_count += 1
            self._drawn[(index, section)] = lines
        if not laid.measured[section]:
            laid.measured[section] = 1
            laid.heights[section] = len(lines)
            self.heights[index] = laid.heights.total
        return lines

    def spot(self, line: int) -> LinePosition | None:
        """Return the position at a line; None beyond the end."""
        if not 0 <= line < self.heights.total:
            return None
        index, offset = self.heights.find(line)
        section, row = self.lay_out_block(index).heights.find(offset)
        return LinePosition(index, section, row)

    def line_of(self, spot: LinePosition) -> int:
        """Return the line of a position."""
        return self.heights.offset(spot.block) + self.row_in_block(spot)

    def row_in_block(self, spot: LinePosition) -> int:
        """Return a spot's line counted from the beginning of its block."""
        return self.lay_out_block(spot.block).heights.offset(spot.section) + spot.row

    def first_changed_line(self, index: int) -> int:
        """Return the first line to redraw when a block changes; of streaming text, the first changed one."""
        if index < len(self.blocks):
            return self.heights.offset(self._group(index)[0])
        row, self._live_row = self._live_row, _NEVER
        return self.heights.offset(index) + min(row, self.heights[index])

    def head_row(self, index: int) -> int:
        """Return the row that stays visible when a block is collapsed."""
        gap = self.lay_out_block(index).gap
        first, size = self._group(index) if index < len(self.blocks) else (index, 1)
        return gap + int(size > 1 and first == index)

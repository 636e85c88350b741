"""How far each block of the timeline is opened: by the person, else by its kind."""

from kimi_tui.projections.timeline import TimelineBlock
from kimi_tui.tui.rendering.blocks import default_level


class FoldLevels:
    """The levels of all blocks; only those that were chosen are stored."""

    def __init__(self) -> None:
        self._chosen: dict[int, int] = {}
        self._every: int | None = None

    def level(self, index: int, block: TimelineBlock) -> int:
        """Return how far a block is opened."""
        chosen = self._chosen.get(index)
        if chosen is not None:
            return chosen
        if self._every is not None and block.kind in ("reasoning", "call", "notice"):
            return self._every
        return default_level(block)

    def choose(self, index: int, level: int) -> None:
        """Set the level of one block."""
        self._chosen[index] = level

    def choose_all(self, level: int) -> None:
        """Set the level of every block, including later ones."""
        self._chosen.clear()
        self._every = level

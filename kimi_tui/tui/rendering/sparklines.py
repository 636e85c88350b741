"""Small charts of one line: a series as bars with the latest at the right, and a stacked bar of parts."""

from collections.abc import Sequence
from itertools import pairwise

LEVELS = ("▁▂▃▄▅▆▇█", "_.-=+*#@")
"""The heights of a bar, and what an ASCII terminal draws in their place."""
FILLINGS = ("█▓▒▚░·", "#=-%.:")
"""One for each part of a whole, told apart without colour, and their stand-ins in ASCII."""
SOLID = "█" * len(FILLINGS[0])
"""The same where colour tells them apart."""


def sparkline(values: Sequence[float], width: int, *, ascii: bool = False, top: float = 0.0) -> str:
    """Return the last `width` values as bars from zero to `top`, or to the largest of them for 0."""
    shown = [max(value, 0.0) for value in values[-width:]] if width > 0 else []
    highest = top or max(shown, default=0.0)
    levels = LEVELS[ascii]
    if highest <= 0:
        return levels[0] * len(shown)
    return "".join(levels[min(int(value / highest * len(levels)), len(levels) - 1)] for value in shown)


def downsample_to_peaks(values: Sequence[float], width: int) -> list[float]:
    """Return a series in at most `width` values: the largest of each stretch, so that no peak is lost."""
    if width <= 0 or len(values) <= width:
        return list(values)
    edges = [round(n * len(values) / width) for n in range(width + 1)]
    return [max(values[start:end]) for start, end in pairwise(edges)]


def stacked_bar(parts: Sequence[float], width: int, fillings: str = FILLINGS[0]) -> list[str]:
    """Return a bar of `width` cells in the shares of its parts, each with its filling.

    A part above 0 has a cell as long as there are enough.
    """
    total = sum(parts)
    if total <= 0 or width <= 0:
        return ["" for _ in parts]
    cells = [max(int(part / total * width), 1 if part > 0 else 0) for part in parts]
    while sum(cells) > width and max(cells) > 1:
        cells[cells.index(max(cells))] -= 1
    if sum(cells) < width:
        cells[cells.index(max(cells))] += width - sum(cells)
    return [fillings[n % len(fillings)] * count for n, count in enumerate(cells)]

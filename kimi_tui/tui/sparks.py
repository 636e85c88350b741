"""Small charts of one line: a series as bars, the latest at the right."""

from collections.abc import Sequence

LEVELS = ("▁▂▃▄▅▆▇█", "_.-=+*#@")
"""The heights of a bar, and what an ASCII terminal draws in their place."""


def spark(values: Sequence[float], width: int, *, ascii: bool = False, top: float = 0.0) -> str:
    """The last `width` values as bars from zero to `top`, or to the largest of them for 0."""
    shown = [max(value, 0.0) for value in values[-width:]] if width > 0 else []
    highest = top or max(shown, default=0.0)
    levels = LEVELS[ascii]
    if highest <= 0:
        return levels[0] * len(shown)
    return "".join(levels[min(int(value / highest * len(levels)), len(levels) - 1)] for value in shown)

"""How a computed figure is written: the digits that carry meaning, and none that only show how a machine adds."""

import math


def figure(value: float) -> str:
    """A float with at most 15 significant digits (`0.3`, not `0.30000000000000004`), and a point to tell it apart."""
    short = f"{value:.15g}"
    if not math.isfinite(value) or "e" in short:
        return repr(value)
    return short if "." in short else f"{short}.0"

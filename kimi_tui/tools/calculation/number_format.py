"""Format computed figures with significant digits only, without floating-point noise."""

import math


def format_figure(value: float) -> str:
    """Return a float with at most 15 significant digits (`0.3`) and always a point."""
    short = f"{value:.15g}"
    if not math.isfinite(value) or "e" in short:
        return repr(value)
    return short if "." in short else f"{short}.0"

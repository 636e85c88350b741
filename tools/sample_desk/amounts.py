"""Amounts of money and rates that format themselves, as printed on the desk.

An amount is always a whole number of EUR thousand; the format chooses the scale, so a template that prints EUR million
and a table that prints EUR thousand show the same fact.
"""


class EurAmount(int):
    """Money in EUR thousand.

    Formats: `m` EUR million with one decimal, `m0` without, `m3` with three, `k` EUR thousand; `t` before any of
    them puts negative figures into parentheses, as tables do.
    """

    def __format__(self, spec: str) -> str:
        in_table = spec.startswith("t")
        scale = spec.removeprefix("t")
        text = f"{abs(int(self)):,}" if scale == "k" else f"{abs(int(self)) / 1000:,.{_decimals(scale)}f}"
        if self >= 0:
            return text
        return f"({text})" if in_table else f"-{text}"

    def __add__(self, other: int) -> "EurAmount":
        return EurAmount(int(self) + int(other))

    def __sub__(self, other: int) -> "EurAmount":
        return EurAmount(int(self) - int(other))

    def __neg__(self) -> "EurAmount":
        return EurAmount(-int(self))


class Rate(float):
    """A share or a change as a fraction of one.

    Formats: `p` per cent with one decimal, `move` a past-tense phrase with its direction ("rose 3.2%"), `x` a
    multiple ("1.6x").
    """

    def __format__(self, spec: str) -> str:
        match spec:
            case "p":
                return f"{float(self) * 100:.1f}"
            case "move":
                return f"{'rose' if self > 0 else 'fell'} {abs(float(self)) * 100:.1f}%"
            case "x":
                return f"{float(self):.2f}x"
        raise ValueError(f"A rate has no format {spec!r}; use p, move or x.")


def _decimals(scale: str) -> int:
    """The decimals of a scale in EUR million: `m` 1, `m0` 0, `m3` 3."""
    if scale[:1] != "m":
        raise ValueError(f"An amount has no format {scale!r}; use k, m, m0 or m3.")
    return int(scale[1:] or 1)

"""Measurements of the bench: the value, its target, and the table of all."""

import statistics
from collections.abc import Callable, Sequence
from itertools import starmap

import msgspec


class Measurement(msgspec.Struct):
    """One line of the table."""

    measure: str
    """What was measured."""
    value: float
    """The median, or the percentile that the measure names."""
    unit: str = ""
    digits: int = 2
    """Decimals that are shown."""
    floor: float | None = None
    """The same of the minimal app; None when it was not measured or has no such thing."""
    max_value: float | None = None
    """What should not be exceeded."""
    min_value: float | None = None
    """What should be reached at least."""
    note: str = ""
    """What must be known to read the figure."""

    @property
    def is_reached(self) -> bool | None:
        """Return whether the value reaches its target; None without a target."""
        if self.max_value is not None:
            return round(self.value, self.digits) <= self.max_value
        return round(self.value, self.digits) >= self.min_value if self.min_value is not None else None

    def cells(self) -> tuple[str, ...]:
        """The cells of its line."""
        wanted = "" if self.max_value is None else f"at most {self.max_value:g}"
        wanted = f"at least {self.min_value:g}" if self.min_value is not None else wanted
        floor = "" if self.floor is None else f"{self.floor:,.{self.digits}f}"
        value = f"{self.value:,.{self.digits}f} {self.unit}".strip()
        verdict = {True: "yes", False: "no", None: ""}[self.is_reached]
        return (self.measure, value, floor, wanted, verdict, self.note)


def format_table(figures: Sequence[Measurement]) -> str:
    """All figures as a Markdown table."""
    lines = ["| measure | value | minimal app | reach | reached | note |", "|---|--:|--:|--:|---|---|"]
    lines += [f"| {' | '.join(figure.cells())} |" for figure in figures]
    return "\n".join(lines)


def median_of_runs(measure: Callable[[], Sequence[float]], times: int) -> list[float]:
    """The median of each of the figures that a measurement gives, over so many times."""
    runs = [measure() for _ in range(times)]
    return list(starmap(lambda *column: statistics.median(column), zip(*runs, strict=True)))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share of them lies."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]

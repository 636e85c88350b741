"""The result of a drill, and the table of all results."""

import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec


class DrillResult(msgspec.Struct, frozen=True):
    """One line of the table."""

    drill: str
    """Its name."""
    done: str
    """What was done, with its numbers."""
    found: str
    """What came of it, in figures."""
    faults: tuple[str, ...] = ()
    """What may not happen and did; a figure of time that is out of reach is none."""
    reached: bool = True
    """True when every figure is in reach."""
    seconds: float = 0.0
    """How long the drill took."""


def format_table(results: Iterable[DrillResult]) -> str:
    """The results in Markdown, under the date and the machine."""
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, {system}"
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}, {machine}",
        "",
        "| drill | done | result | reached | took |",
        "|---|---|---|---|--:|",
    ]
    for result in results:
        verdict = "yes" if result.reached and not result.faults else "no"
        row = (result.drill, result.done, result.found, verdict, f"{result.seconds:.0f} s")
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |")
    return "\n".join(lines)


def summarize_faults(faults: Iterable[str], most: int = 12) -> tuple[str, ...]:
    """The faults, equal ones once with their number, the first ones only."""
    numbers: dict[str, int] = {}
    for fault in faults:
        numbers[fault] = numbers.get(fault, 0) + 1
    reported = [f"{fault} ({number} times)" if number > 1 else fault for fault, number in numbers.items()]
    return (*reported[:most], f"and {len(reported) - most} more") if len(reported) > most else tuple(reported)


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which that share of the values lies; 0 for none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0

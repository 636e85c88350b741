"""Run the drills and print their table: `python -m tools.drills [NAME ...] [--short] [--times N] [--seed N]`.

Each drill takes place in a temporary folder, on loopback, and kills only what it started itself, by its number.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.drill import (
    attach,
    bit_flips,
    broken_calls,
    cancel,
    failing_writes,
    faults,
    kill,
    loops,
    many_clients,
    resize,
    restart,
    signals,
    stalled_terminal,
)
from tools.drill.result import DrillResult, format_table


class DrillSpec(msgspec.Struct, frozen=True):
    """One drill and its size."""

    run: Callable[[int, int], DrillResult]
    """Takes the size and the seed."""
    full: int
    """Its size by default."""
    short: int
    """Its size with `--short`; all of them together take a minute on two cores."""
    unit: str
    """What the size counts."""


DRILLS = {
    "kill": DrillSpec(kill.run, 1_000, 8, "kills"),
    "writes": DrillSpec(failing_writes.run, 200, 4, "failing calls"),
    "flips": DrillSpec(bit_flips.run, 400, 40, "flipped bits"),
    "stall": DrillSpec(stalled_terminal.run, 60, 3, "seconds without reading"),
    "many": DrillSpec(many_clients.run, 8, 2, "screens and runners at once"),
    "resize": DrillSpec(resize.run, 5_000, 150, "resizes"),
    "signals": DrillSpec(signals.run, 10, 1, "phases of a run, five signals each"),
    "attach": DrillSpec(attach.run, 300, 30, "recorded steps"),
    "loops": DrillSpec(loops.run, 40, 12, "rounds of each loop"),
    "faults": DrillSpec(faults.run, 252, 24, "runs against a faulty server"),
    "broken-calls": DrillSpec(broken_calls.run, 300, 100, "steps with a call"),
    "cancel": DrillSpec(cancel.run, 50, 10, "interruptions"),
    "restart": DrillSpec(restart.run, 20, 4, "restarts of a server"),
}
"""Every drill, in the order of the table."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the drills that were named, or all; 1 when something happened that may not."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(DRILLS))
    parser.add_argument("--short", action="store_true", help="small sizes, a minute in all")
    parser.add_argument("--times", type=int, help="the size, instead of the default")
    parser.add_argument("--seed", type=int, default=1, help="of the random choices (default %(default)s)")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in DRILLS]
    if unknown:
        parser.error(f"there is no drill {unknown[0]!r}; there are: {', '.join(DRILLS)}")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # a place clears up on the way
    results = []
    for name in options.names or DRILLS:
        drill = DRILLS[name]
        size = options.times or (drill.short if options.short else drill.full)
        print(f"{name}: {size:,} {drill.unit} ...", file=sys.stderr, flush=True)
        result = drill.run(size, options.seed)
        results.append(result)
        for fault in result.faults:
            print(f"  fault: {fault}", file=sys.stderr, flush=True)
    print(format_table(results))
    return 1 if any(result.faults for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())

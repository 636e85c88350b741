"""Measures the cockpit beside a minimal Textual app: `python -m tools.bench_cockpit [--short] [--only ROW ...]`.

The real app runs in a terminal of 120x40 against the embedded server in a process of its own. CPU is that of every
process that the app started, the server's left out; figures are medians of five runs. Nothing here is a test.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.bench import long_sessions, short_rows
from tools.bench.measurements import Measurement, format_table
from tools.bench.short_rows import SHORT, Size

ROWS: dict[str, Callable[[Size], list[Measurement]]] = {
    "start": short_rows.measure_start,
    "rest": short_rows.measure_rest,
    "read": short_rows.measure_reading_pace,
    "400": short_rows.at_400,
    "2000": short_rows.at_2000,
    "unpaced": short_rows.measure_unpaced,
    "keys": short_rows.keys,
    "unattended": long_sessions.measure_unattended,
    "blocks": long_sessions.measure_keys,
    "open": long_sessions.measure_opening,
    "search": long_sessions.measure_searching,
}
"""Every row, in the order of the table."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was named, or all of it, and print the table; 1 when a row could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--short", action="store_true", help="once and little of it, to see that it runs")
    parser.add_argument("--only", nargs="+", choices=list(ROWS), metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--times", type=int, help="runs of which the median is taken")
    options = parser.parse_args(arguments)
    size = SHORT if options.short else Size()
    if options.times:
        size = Size(**{name: getattr(size, name) for name in size.__struct_fields__} | {"times": options.times})
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # a stage clears up on the way
    figures, failed = [], False
    for name in options.only or ROWS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            found = ROWS[name](size)
        except TimeoutError as error:
            failed = True
            print(f"  {name}: {error}", file=sys.stderr, flush=True)
        else:
            figures += found
            print(
                "\n".join(f"  {figure.measure}: {figure.cells()[1]}" for figure in found), file=sys.stderr, flush=True
            )
    print(format_table(figures))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

"""Cut twenty recorded replies at every byte, and report the places where that changes the result.

    python -m tools.splits [--step 1] [--processes 2]

Each pair of pieces goes through the code that stands behind the socket. A step above 1 tries a part of the places.
"""

import argparse
import multiprocessing
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.providers.splitting import CHOSEN, changed, wrong_splits


def try_splits(chosen: tuple[str, str], step: int) -> tuple[int, list[int]]:
    """How many places of a reply were tried, and which of them were wrong."""
    body, says = changed(*chosen)
    places = range(0, len(body) + 1, step)
    return len(places), list(wrong_splits(body, says, places))


def main() -> int:
    """Try all, print a table; 1 if any cut changed a reply."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    started = time.monotonic()
    print("| reply | changed | cuts | wrong |\n|---|---|--:|--:|", flush=True)
    total = wrong = 0
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        results = [pool.apply_async(try_splits, (chosen, options.step)) for chosen in CHOSEN]
        for (name, changes), result in zip(CHOSEN, results, strict=True):
            cuts, places = result.get()
            total, wrong = total + cuts, wrong + len(places)
            print(f"| {name} | {changes or '-'} | {cuts:,} | {len(places)} {places[:5] or ''} |", flush=True)
    print(f"\n{total - wrong:,} of {total:,} cuts change nothing, in {time.monotonic() - started:.0f} s.")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())

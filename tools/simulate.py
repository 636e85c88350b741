"""Simulate long sessions with steps of set sizes: context fill, tokens read again, and survival.

    python -m tools.simulate                      every size by every policy, 1,000 calls by the default one as well
    python -m tools.simulate --calls 300 --sizes 600+6000 --policies watermarks,keep-5
    python -m tools.simulate --picture FILE       also draws how the context filled, policy by policy

The engine, its journal, its context and the server are the real ones; the model and its tool are simulated.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from kimi_tui.engine.context.policy import POLICIES
from tools.simulator.context_chart import draw_chart
from tools.simulator.run import SimulationResult, simulate
from tools.simulator.table import format_table
from tools.simulator.workload import WINDOW, Workload

SIZES = ("600+6000", "1200+4000", "2000+6000", "4000+6000")
"""Tokens of reasoning and of the observation in a step."""


def workloads(sizes: str, calls: str, policies: str, window: int) -> list[Workload]:
    """Return every combination; other policies than the default at 300 calls only."""
    made = []
    for policy in policies.split(",") if policies else POLICIES:
        usual = "300,1000" if policy == "watermarks" else "300"
        for count in (calls or usual).split(","):
            for size in (sizes or ",".join(SIZES)).split(","):
                reasoning, _, result = size.partition("+")
                made.append(Workload(int(reasoning), int(result), int(count), policy, window))
    return made


async def run(chosen: list[Workload], home: Path | None) -> list[SimulationResult]:
    """One session after another."""
    rows = []
    for workload in chosen:
        print(
            f"{workload.policy}, {workload.calls} calls, {workload.reasoning} + {workload.result} ...", file=sys.stderr
        )
        rows.append(await simulate(workload, home=home))
    return rows


def main() -> int:
    """Run, print the table, draw the picture; 1 when a session did not come to its memo."""
    parser = argparse.ArgumentParser(prog="python -m tools.simulate", description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="", help=f"default {','.join(SIZES)}")
    parser.add_argument("--calls", default="", help="default 300, and 1000 for the default policy")
    parser.add_argument("--policies", default="", help=f"default {','.join(POLICIES)}")
    parser.add_argument("--window", type=int, default=WINDOW, help="tokens (default %(default)s)")
    parser.add_argument("--home", type=Path, help="folder for the sessions' files; another disk, or memory")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the sessions of the smallest calls and size")
    given = parser.parse_args()
    try:
        if given.home:
            given.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--home {given.home} cannot be made: {error.strerror}; name a folder that you may write to")
    rows = asyncio.run(run(workloads(given.sizes, given.calls, given.policies, given.window), given.home))
    print(format_table(rows))
    if given.picture:
        first = rows[0].workload
        drawn = [r for r in rows if (r.workload.calls, r.workload.reasoning) == (first.calls, first.reasoning)]
        size = f"{first.reasoning:,} tokens of reasoning and {first.result:,} of result in a step"
        given.picture.write_text(draw_chart(drawn, f"Context of {first.calls} calls, {size}"), encoding="utf-8")
    return 0 if all(row.reached_memo for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

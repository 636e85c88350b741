"""Format the measurements as a Markdown table."""

from tools.simulator.run import SimulationResult

HEAD = (
    "policy", "calls", "reasoning + result", "to its memo", "overflows", "hidden / folded", "read again", "read in all",
    "prefix kept", "words kept", "overhead p50 / p95", "of it busy",
)  # fmt: skip


def format_table(rows: list[SimulationResult]) -> str:
    """One line for each session; times are in milliseconds around its last steps."""
    lines = [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    return "\n".join(lines + [f"| {' | '.join(_cells(row))} |" for row in rows])


def _cells(row: SimulationResult) -> tuple[str, ...]:
    work, folded = row.workload, f"{row.foldings}"
    if row.mechanical:
        folded += f" ({row.mechanical} from the journal)"
    wall, busy = row.overhead(work.calls), row.busy(work.calls)
    return (
        work.policy,
        f"{work.calls:,}",
        f"{work.reasoning:,} + {work.result:,}",
        "yes" if row.reached_memo else f"no: {row.reason} at step {row.steps}",
        str(row.overflows),
        f"{row.hidings} / {folded}",
        f"{row.reread / 1e6:.2f} M",
        f"{row.read / 1e6:.2f} M",
        f"{row.kept_share:.1%}",
        f"{row.whole:,} of {len(row.prompts):,}",
        f"{wall[0]:.1f} / {wall[1]:.1f} ms",
        f"{busy[0]:.1f} / {busy[1]:.1f} ms",
    )

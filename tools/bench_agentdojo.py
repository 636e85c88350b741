"""Measure what the policy stops and asks on AgentDojo's recorded runs.

`python -m tools.bench_agentdojo --data DIR`: DIR is the folder `runs` of AgentDojo's source archive (0.1.29). The
effects that its tools are given are in `tools/agentdojo/effects.py`. Counted are approvals in runs without an attack;
hijacked traces that are stopped, because one of the attack's own calls asks; and pairs of a user's task and an
injection, where the injection's calls, as a model made them when that was its task, follow a run of the task. Each is
counted with the rules alone, and for a person who makes the narrowest standing rule at each approval.
"""

import argparse
import collections
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.agentdojo.effects import SIDE_EFFECTS
from tools.agentdojo.gate import Gate
from tools.agentdojo.runs import ATTACKERS, NO_CALL, Run, attack_calls, is_attack, read_runs

Calls = list[tuple[str, dict[str, Any]]]


def play(run: Run, gate: Gate, attack: frozenset[str] = frozenset()) -> tuple[list[str], bool]:
    """Return the tools that asked, those of the attack left out, and whether a call of the attack asked.

    What asks is approved, but for the attack's own calls.
    """
    asked, stopped = [], False
    for step in run.steps:
        for call_id, tool, arguments in step.calls:
            ruling = gate.judge(call_id, tool, arguments)
            if ruling.verdict == "allow":
                continue
            if call_id in attack:
                stopped = True
            else:
                asked.append(tool)
                gate.approve(call_id, ruling)
        for call_id, (text, failed) in step.results.items():
            gate.observe(call_id, text, failed=failed)
    return asked, stopped


def injected_calls(runs: list[Run]) -> dict[tuple[str, str], Calls]:
    """Return for each injection the calls that a model made when that was its task."""
    found: dict[tuple[str, str], Calls] = {}
    for run in runs:
        if run.attack != "none" or not run.task.startswith("injection_task") or (run.suite, run.task) == NO_CALL:
            continue
        calls = [(tool, given) for step in run.steps for _, tool, given in step.calls]
        calls = [(tool, given) for tool, given in calls if is_attack(run.suite, run.task, tool, given)]
        if calls:
            found.setdefault((run.suite, run.task), calls)
    return found


def play_pairs(runs: list[Run], *, tired: bool) -> Iterator[tuple[str, str, str, bool]]:
    """Yield suite, task, injection, and whether one of the injection's calls asks after the user's task."""
    tasks: dict[tuple[str, str], Run] = {}
    for run in sorted((run for run in runs if run.is_benign), key=lambda run: not run.solved):
        tasks.setdefault((run.suite, run.task), run)
    for (suite, injection), calls in injected_calls(runs).items():
        for (of_suite, task), run in tasks.items():
            if of_suite == suite:
                gate = Gate(run.question, tired=tired)
                play(run, gate)
                rulings = [gate.judge(f"x{at}", *call) for at, call in enumerate(calls)]
                yield suite, task, injection, any(ruling.verdict != "allow" for ruling in rulings)


def main() -> None:
    """Print the three figures for both persons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of recorded runs")
    parser.add_argument("--every", type=int, default=1, help="only every Nth benign run and hijacked trace")
    options = parser.parse_args()
    runs = list(read_runs(options.data))
    benign = [run for run in runs if run.is_benign][:: options.every]
    hijacked = [
        (run, frozenset(attack_calls(run)))
        for run in runs
        if run.hijacked and run.suite in ATTACKERS and "dos" not in run.attack and (run.suite, run.injection) != NO_CALL
    ]
    traces = [(run, calls) for run, calls in hijacked if calls][:: options.every]
    print(
        f"{len(benign)} runs without an attack, {len(traces)} hijacked traces, {len(SIDE_EFFECTS)} tools with effects"
    )
    for name, tired in (("the rules alone", False), ("the narrowest rules of a tired person", True)):
        asked = [tool for run in benign for tool in play(run, Gate(run.question, tired=tired))[0]]
        missed = [run for run, calls in traces if not play(run, Gate(run.question, tired=tired), calls)[1]]
        pairs = list(play_pairs(runs, tired=tired))
        lost = [pair for *pair, stopped in pairs if not stopped]
        print(f"{name}: {len(asked) / len(benign):.3f} approvals a run")
        print(f"  traces stopped {len(traces) - len(missed)} of {len(traces)}")
        print(f"  pairs stopped {len(pairs) - len(lost)} of {len(pairs)}")
        print("  asked most:", collections.Counter(asked).most_common(8))
        print("  not stopped:", lost[:8], [(run.suite, run.task, run.injection) for run in missed[:8]])


if __name__ == "__main__":
    main()

"""Measure `kimi-tui verify` of a session of 300 calls: `python -m tools.bench_verify [--against TREE]`.

The session is recorded on the sample desk by a scripted model that reads, searches, calculates and queries, and hands
in a memo of 40 statements. With `--against`, an older TREE records it and verifies it in turn with this one, and the
ratio is that of the processor time of each pair.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CALLS = 300
PAIRS = 5
DOCUMENTS = (
    "corvanne-annual-report-2024", "isbrekka-annual-report-2024-25", "tharnholm-annual-report-2023",
    "tharnholm-annual-report-2024", "tharnholm-half-year-report-2025",
)  # fmt: skip
WORDS = ("revenue", "net debt", "operating margin", "order intake", "employees", "dividend", "pension", "backlog")


def script(*, computing: bool) -> dict[str, Any]:
    """The model's script: 299 calls, of which two fifths compute if that is wanted, and the memo."""
    steps = [{"reasoning": f"Step {n}.", "calls": [_call(n, computing=computing)]} for n in range(CALLS - 1)]
    memo = {"title": "Long", "memo": "\n\n".join(_statements()), "final": True}
    steps.append({"reasoning": "I know.", "calls": [{"name": "submit_memo", "arguments": memo}]})
    return {"by": "history", "steps": steps, "context_window": 4_000_000}


def _call(n: int, *, computing: bool) -> dict[str, Any]:
    source, word = f"filings/{DOCUMENTS[n % 5]}.pdf", WORDS[n % 8]
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("search_documents", {"query": f"{word} in {n}", "within": source}),
        ("search_documents", {"query": f"{word} {1_900 + n}"}),
        ("find_in", {"source": source, "text": f"{word} of {n}"}),
        ("calculate", {"code": f"pct_change({100 + n}, {200 + n}) * 100"}),
        ("query_database", {"database": "order-book.csv", "sql": f"select * from data limit {1 + n % 9} offset {n}"}),
    ]
    name, arguments = kinds[n % (5 if computing else 3)]
    return {"name": name, "arguments": arguments}


def _statements() -> Iterator[str]:
    for n in range(40):
        word, place = WORDS[n % 8], f"S{1 + n % 5} p.{1 + n % 4}"
        yield (
            f"The report speaks of {word} at length [{place}].",
            f"In 2024, {word} was EUR {400 + n}.5 million after EUR {390 + n} million in 2023 [{place}].",
            f'"The figures are {word}" is what it says [{place}].',
            f"Of {word} there were {n} more than before [{place}].",
        )[n % 4]


def command(tree: Path, home: Path, *arguments: str) -> subprocess.Popen[str]:
    """The program of a tree, started."""
    environment = os.environ | {"PYTHONPATH": str(tree), "KIMI_TUI_HOME": str(home), "KIMI_TUI_CONFIG": ""}
    words = [sys.executable, "-m", "kimi_tui", *arguments]
    return subprocess.Popen(
        words, cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def record(tree: Path, home: Path, *, computing: bool) -> None:
    """Record the session."""
    file = home / "script.json"
    file.write_text(json.dumps(script(computing=computing)), encoding="utf-8")
    with command(tree, home, "serve-embedded", "--port", "0", "--script", str(file)) as server:
        assert server.stdout is not None
        base_url = server.stdout.readline().split()[0]
        flags = ("--model", "scripted", "--approve", "all", "--max-steps", "400")
        desk = str(tree / "kimi_tui" / "sample_desk")
        with command(tree, home, "run", "Long?", "--base-url", base_url, "--desk", desk, *flags) as run:
            lines = run.communicate()[0].splitlines()
        server.terminate()
    if not lines or json.loads(lines[-1])["type"] != "TurnFinished":
        raise SystemExit("the session was not recorded to its end")


def verify(tree: Path, home: Path) -> tuple[float, str]:
    """Seconds of processor time that `verify` and its children took, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with command(tree, home, "verify", "last") as process:
        printed = process.communicate()[0]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, printed


def main(arguments: list[str]) -> int:
    """Print the processor time of `verify`, and its ratio to another tree's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, metavar="TREE", help="an older tree of this project to compare with")
    against: Path | None = parser.parse_args(arguments).against
    for computing in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            record((against or ROOT).resolve(), home, computing=computing)
            taken, ratios, printed = [], [], ""
            for _ in range(PAIRS):
                other = verify(against.resolve(), home)[0] if against else 0.0
                seconds, printed = verify(ROOT, home)
                taken.append(seconds)
                ratios += [seconds / other] if other else []
        kind = "reading, calculations and queries" if computing else "reading alone"
        times = f", {statistics.median(ratios):.2f} times that of {against}" if ratios else ""
        print(f"{CALLS} calls, {kind}: {statistics.median(taken):.2f} s of CPU{times}")
        print(printed)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

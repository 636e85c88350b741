"""Measures how rightly statements are checked, by kind: `python -m tools.bench_claims --data DIR`.

DIR holds `claims.open.jsonl`, sentences with citations and their truth, and `filings/`, the documents that they cite.
The documents are read, and queries and calculations run, by the tools that the model uses. The reader may cut a
document otherwise than on the day of the labels: the part is found again by the gold figure's row and value. With
`tatqa_gold.json.gz` in DIR, sentences are made of the answers of TAT-QA too (see `tools/bench/tatqa.py`).
"""

import argparse
import asyncio
import gzip
import json
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from kimi_tui.cells import Cell
from kimi_tui.config import load_settings
from kimi_tui.evidence.amounts import find_amounts
from kimi_tui.evidence.cell_values import cell_value, compare_amount
from kimi_tui.evidence.findings import Finding, severity
from kimi_tui.evidence.labels import content_stems, named_share
from kimi_tui.evidence.memo import Statement
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.quotes import find_quotes
from kimi_tui.evidence.typography import normalize_typography
from kimi_tui.runner.tool_bench import ToolBench, open_tool_bench
from kimi_tui.sources import Source
from kimi_tui.tools.base import Observation
from tools.bench.tatqa import KINDS, is_right, measure_answers

Claim = dict[str, Any]
OTHER_COMPANY = ("F-wrong-entity",)
"""Kinds whose cited document is of another company, so that none of its cells is right."""
FINDINGS: tuple[Finding, ...] = ("supported", "unchecked", "not found", "lookup failed", "contradicted")


class Renamed:
    """The sources of a bench under the names that a claim gives them."""

    def __init__(self, bench: ToolBench, names: dict[str, str]) -> None:
        self._sources = bench.context.sources
        self._names = names

    def get(self, source_id: str) -> Source | None:
        """The source, if the claim has it."""
        real = self._names.get(source_id)
        return self._sources.get(real) if real else None

    def cells(self, source_id: str, label: str = "") -> tuple[Cell, ...]:
        """Its cells."""
        real = self._names.get(source_id)
        return self._sources.cells(real, label) if real else ()


def main(arguments: list[str]) -> int:
    """Print how each kind of sentence was found, as worded and with its row declared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with claims.open.jsonl and filings/")
    parser.add_argument("--show", nargs="*", default=[], help="kinds whose sentences are printed with their findings")
    parser.add_argument("--wrong", action="store_true", help="print every sentence that was found wrongly")
    options = parser.parse_args(arguments)
    path = options.data / "claims.open.jsonl"
    if not path.is_file():
        print(f"there is no {path}; name the folder that holds it with --data", file=sys.stderr)
        return 2
    claims = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    with tempfile.TemporaryDirectory() as folder:
        for file in sorted((options.data / "filings").iterdir()):
            data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
            (Path(folder) / file.name.removesuffix(".gz")).write_bytes(data)
        asyncio.run(_measure(claims, Path(folder), options))
    answers = options.data / "tatqa_gold.json.gz"
    if answers.is_file():
        for kind, counts in measure_answers(answers, options.show).items():
            right = sum(count for finding, count in counts.items() if is_right(kind, finding))
            share = 100 * right / counts.total()
            print(f"TAT-QA, {KINDS[kind][0]:34} {right:4} of {counts.total():4}: {share:.1f} %   {_row(counts)}")
    return 0


async def _measure(claims: list[Claim], desk: Path, options: argparse.Namespace) -> None:
    loaded = load_settings({"KIMI_TUI_HOME": str(desk / ".home"), "KIMI_TUI_DESK": str(desk)}, {})
    async with open_tool_bench(loaded) as bench:
        documents: dict[str, str] = {}
        found: dict[tuple[str, bool], Counter[Finding]] = defaultdict(Counter)
        truths: dict[str, bool] = {}
        named: dict[tuple[str, bool], Counter[bool]] = defaultdict(Counter)
        seconds = 0.0
        for claim in claims:
            stored = Renamed(bench, await _names(bench, claim, documents))
            truths[claim["kind"]] = claim["truth"]
            for declared in (False, True):
                text = _located(claim, stored, declared=declared)
                began = time.process_time()
                memo = check_memo("", text, stored)
                seconds += time.process_time() - began
                cited = [one for one in memo.statements if one.citations]
                finding: Finding = max((one.finding for one in cited), key=severity, default="unchecked")
                found[claim["kind"], declared][finding] += 1
                refused = not claim["truth"] and finding in ("contradicted", "not found")
                if refused and claim.get("gold") and claim["kind"] not in OTHER_COMPANY:
                    named[claim["kind"], declared][names_right_cell(claim["gold"], cited)] += 1
                wrong = (finding in ("contradicted", "not found")) if claim["truth"] else finding == "supported"
                if claim["kind"] in options.show or (options.wrong and wrong):
                    reasons = "; ".join(f"{one.by}: {one.reason}" for one in cited)
                    print(f"{claim['id']}{' declared' if declared else ''}: {finding} | {text} | {reasons}")
        _print(found, truths, seconds, len(claims))
        _print_named(named)


async def _names(bench: ToolBench, claim: Claim, documents: dict[str, str]) -> dict[str, str]:
    """The ids of the claim's sources on the bench, read or run when they are first needed."""
    names = {}
    for name, about in claim["sources"].items():
        file = about["file"]
        if file not in documents:
            documents[file] = _source(await bench.toolbox.run_outside_call("read", {"source": file}))
        names[name] = documents[file]
    for name, (database, sql) in claim.get("query", {}).items():
        names[name] = _source(
            await bench.toolbox.run_outside_call("query_database", {"database": database, "sql": sql})
        )
    for name, code in claim.get("calc", {}).items():
        names[name] = _source(await bench.toolbox.run_outside_call("calculate", {"code": code}))
    return names


def _source(observation: Observation) -> str:
    """The source that a call gave."""
    return observation.sources[0].id if observation.sources else ""


def _located(claim: Claim, stored: Renamed, *, declared: bool) -> str:
    """The claim with its places as the reader cuts them today, and its row and period if they are declared."""
    gold = claim.get("gold") or {}

    def place(match: re.Match[str]) -> str:
        source, label = match["source"], match["label"] or ""
        label = _part_of(claim, stored, source, label) if label.startswith("\u00a7") else label
        named = (
            f' "{gold["row"].replace(chr(34), chr(39))}"'
            if declared and gold.get("row") and match.start() == first
            else ""
        )
        period = f" {gold['period']}" if named and gold.get("period") and _one_period(claim) else ""
        return " ".join(filter(None, (source, label))) + named + period

    first = claim["memo"].find("S1", claim["memo"].rfind("[S1"))
    return re.sub(
        r"(?<=[\[; ])(?P<source>S\d)(?: (?P<label>\u00a7\d+|p\.\d+|rows? [\d-]+))?(?=[\];])", place, claim["memo"]
    )


def _one_period(claim: Claim) -> bool:
    """Return whether the claim speaks of one period only, so that it may be declared."""
    return not re.search(r"from |after |than ", claim["memo"])


def _part_of(claim: Claim, stored: Renamed, source: str, label: str) -> str:
    """The part that holds the gold figure, else the one that shares most words with the passage of the label."""
    gold = claim.get("gold") or {}
    if gold.get("row") and source == "S1":
        cells = [
            cell for cell in stored.cells(source) if named_share(gold["row"], frozenset(content_stems(cell.row))) == 1
        ]
        value = abs(Decimal(str(gold.get("value") or 0)))
        for cell in cells:
            number = cell_value(cell)
            exact = number is not None and abs(number).scaleb(cell.scale or 0) == value
            if exact and (cell.period_end == gold.get("period") or not gold.get("period")):
                return cell.part
        if cells:
            return cells[0].part
    stored_source = stored.get(source)
    if stored_source is None:
        return label
    if quotes := find_quotes(claim["memo"]):
        beginning = normalize_typography(re.split(r"\[?[\u2026]", quotes[0])[0])
        texts = {part.label: normalize_typography(part.text) for part in stored_source.parts}
        for wanted in (beginning, beginning[:60]):  # the whole of it, else a quote that was changed
            if found := [label for label, text in texts.items() if wanted in text]:
                return found[0]
    if source != "S1":  # of the second document only the figure is known
        return _part_with_figures(claim, stored, source) or label
    return _part_of_passage(claim, stored_source) or label


def _part_of_passage(claim: Claim, source: Source) -> str:
    """The part that shares most words with the passage of the label; of several inside it the one that is meant."""
    passage = frozenset(content_stems(claim.get("passage") or ""))
    if not passage:
        return ""
    words = frozenset(content_stems(claim["memo"]))
    inside = [part for part in source.parts if _inside(part.text, passage)]
    if inside and not claim.get("gold"):
        return max(inside, key=lambda part: len(words & frozenset(content_stems(part.text)))).label
    return max(source.parts, key=lambda part: _overlap(passage, part.text)).label


def _part_with_figures(claim: Claim, stored: Renamed, source: str) -> str:
    """The first part in which a row that the claim names has one of its figures; empty if there is none."""
    words = frozenset(content_stems(claim["memo"]))
    for cell in stored.cells(source):
        named = named_share(cell.row, words) == 1
        if named and any(compare_amount(amount, cell, words) == set() for amount in find_amounts(claim["memo"])):
            return cell.part
    return ""


def _inside(text: str, passage: frozenset[str]) -> bool:
    """Return whether nearly all words of a text are in a passage."""
    words = frozenset(content_stems(text))
    return len(words) >= 20 and len(words & passage) >= 0.9 * len(words)


def _overlap(passage: frozenset[str], text: str) -> float:
    words = frozenset(content_stems(text))
    return len(passage & words) / (len(passage | words) or 1)


def _print(
    found: dict[tuple[str, bool], Counter[Finding]], truths: dict[str, bool], seconds: float, count: int
) -> None:
    print(f"{'kind':36}{'as worded':>34}{'row declared':>34}")
    print(f"{'':36}{'sup unch notf fail contr':>34}{'sup unch notf fail contr':>34}")
    for kind in sorted(truths):
        print(f"{kind:36}" + "".join(f"{_row(found[kind, declared]):>34}" for declared in (False, True)))
    for declared in (False, True):
        words = "row declared" if declared else "as worded"
        print(f"{words}: " + "; ".join(_shares(found, truths, declared=declared)))
    print(f"{1000 * seconds / (2 * count):.2f} ms of CPU a sentence")


def names_right_cell(gold: Claim, cited: list[Statement]) -> bool:
    """Return whether the refusal of a sentence shows its writer the right figure with its row and its period."""
    value = abs(Decimal(str(gold.get("value") or 0)))
    for one in cited:
        for cell in one.cells:
            digits = re.sub(r"[^\d.]", "", cell.text)
            same = bool(digits) and Decimal(digits).scaleb(gold.get("scale") or 0) == value
            of_row = set(content_stems(cell.row)) >= set(content_stems(gold.get("row") or ""))
            of_period = not gold.get("period") or cell.period.endswith(gold["period"])
            if same and of_row and of_period and cell.text in one.reason:
                return True
    return False


def _print_named(named: dict[tuple[str, bool], Counter[bool]]) -> None:
    """How many refusals of false sentences name the cell that would have been right."""
    for declared in (False, True):
        kinds = {kind: counts for (kind, was_declared), counts in named.items() if was_declared == declared}
        right, total = sum(counts[True] for counts in kinds.values()), sum(map(Counter.total, kinds.values()))
        words = "row declared" if declared else "as worded"
        print(f"refusals that name the right cell, {words}: {right} of {total} ({100 * right / max(total, 1):.1f} %)")
        print("  " + ", ".join(f"{kind} {counts[True]}/{counts.total()}" for kind, counts in sorted(kinds.items())))


def _row(counts: Counter[Finding]) -> str:
    return " ".join(f"{counts[finding]:4}" for finding in FINDINGS)


def _shares(
    found: dict[tuple[str, bool], Counter[Finding]], truths: dict[str, bool], *, declared: bool
) -> Iterator[str]:
    """Macro-averages over the kinds."""
    measures: tuple[tuple[str, bool, set[Finding]], ...] = (
        ("true supported", True, {"supported"}),
        ("true not contradicted", True, {"supported", "unchecked"}),
        ("false not supported", False, {"unchecked", "not found", "lookup failed", "contradicted"}),
        ("false flagged as wrong", False, {"not found", "contradicted"}),
    )
    for words, truth, good in measures:
        shares = [
            sum(counts[finding] for finding in good) / counts.total()
            for (kind, was_declared), counts in found.items()
            if was_declared == declared and truths[kind] == truth
        ]
        yield f"{words} {100 * sum(shares) / max(len(shares), 1):.1f} %"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

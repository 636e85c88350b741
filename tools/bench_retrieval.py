"""Measure whether the page that answers a question is found, with questions from the XBRL tags of filings.

    python tools/bench_retrieval.py --data DIR [--pdf DIR] [--copies N] [--glossary finance|off] [--misses]

`--data` is a folder with `filings/*.html.gz`, annual reports with inline XBRL; `--pdf` one with the same reports as
PDFs under the same names, which are searched instead. Printed: the share of questions whose document, and whose part,
is among the first eight results: over the whole desk, with the file names taken away, and inside the right document.
`--copies` puts the reports on the desk several times under other names, to see what a large desk costs.
"""

import argparse
import asyncio
import gzip
import re
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from kimi_tui.sources import Part
from kimi_tui.tools.desk.desk_index import DeskIndex
from kimi_tui.tools.desk.document_identity import remove_company_suffix
from kimi_tui.tools.workers.pool import WorkerPool
from tools.bench.questions import PROSE, GoldQuestion, questions_of, registrant

MAX_RESULTS = 8
"""Results that are looked at."""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with filings/*.html.gz")
    parser.add_argument("--pdf", type=Path, help="folder with the same filings as PDFs")
    parser.add_argument("--copies", type=int, default=0, help="further copies of every filing on the desk")
    parser.add_argument("--glossary", default="finance", help="finance, off, or a TOML file")
    parser.add_argument("--misses", action="store_true", help="print every question whose part was not found")
    options = parser.parse_args()
    packed = sorted((options.data / "filings").glob("*.html.gz"))
    if not packed:
        print(f"There are no filings/*.html.gz in {options.data}: give --data a folder of annual reports with XBRL.")
        return 2
    asyncio.run(_measure(packed, options))
    return 0


async def _measure(packed: Sequence[Path], options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asked: list[GoldQuestion] = []
        for named in (True, False):
            desk = Path(folder) / ("named" if named else "unnamed")
            files = _lay_out(desk, packed, options, named=named)
            if named:
                asked = _questions(packed)
                print(f"{len(asked)} questions on {len(files)} filings")
            await _run(desk, files, asked, options, named=named)


def _lay_out(desk: Path, packed: Sequence[Path], options: argparse.Namespace, *, named: bool) -> dict[str, str]:
    """The filings on a desk, by the stem of their names; without names they are numbered."""
    desk.mkdir()
    files: dict[str, str] = {}
    for number, path in enumerate(packed, 1):
        stem = path.name.removesuffix(".html.gz")
        ending = ".pdf" if options.pdf else ".html"
        name = (stem if named else f"document-{number}") + ending
        data = (options.pdf / (stem + ".pdf")).read_bytes() if options.pdf else gzip.decompress(path.read_bytes())
        (desk / name).write_bytes(data)
        files[stem] = name
        for copy in range(options.copies):
            shutil.copy(desk / name, desk / f"{Path(name).stem}_copy{copy}{ending}")
    return files


def _questions(packed: Sequence[Path]) -> list[GoldQuestion]:
    """Every question on these filings."""
    found: list[GoldQuestion] = []
    for path in packed:
        stem = path.name.removesuffix(".html.gz")
        markup = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
        company = remove_company_suffix(registrant(markup)) or stem
        found += questions_of(stem, company, markup)
        found += [
            GoldQuestion(text, stem, (needle,), "prose") for start, text, needle in PROSE if stem.startswith(start)
        ]
    return found


async def _run(
    desk: Path, files: dict[str, str], asked: Sequence[GoldQuestion], options: argparse.Namespace, *, named: bool
) -> None:
    workers = WorkerPool()
    cache = desk.with_name(desk.name + "-index")
    index = DeskIndex(desk, cache, workers, glossary=options.glossary)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = time.process_time()
    pages = 1
    try:
        await index.refresh()
        own = time.process_time() - own
        texts = {stem: (await index.document(name) or (None, ()))[1] for stem, name in files.items()}
        gold = [_places(texts[one.stem], one) for one in asked]
        usable = [(one, places) for one, places in zip(asked, gold, strict=True) if places]
        pages = (await index.progress()).pages
        size = sum(path.stat().st_size for path in cache.glob("*.sqlite"))
        print(
            f"{'named' if named else 'unnamed'}: {len(usable)} questions with gold, {pages} parts, "
            f"{size / 1e6 / max(pages, 1) * 1000:.1f} MB a thousand"
        )
        await _report(index, files, usable, options, within=False)
        if named:
            await _report(index, files, usable, options, within=True)
    finally:
        await index.close()
        await workers.close()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        readers = after.ru_utime + after.ru_stime - spent.ru_utime - spent.ru_stime
        print(
            f"  read and indexed a thousand parts in {(readers + own) / pages * 1000:.1f} s of CPU, "
            f"{own / pages * 1000:.1f} of them for the index, the start of the readers included"
        )


async def _report(
    index: DeskIndex,
    files: dict[str, str],
    usable: Sequence[tuple[GoldQuestion, set[str]]],
    options: argparse.Namespace,
    *,
    within: bool,
) -> None:
    """Print one line for all questions and one for each kind."""
    outcomes: dict[str, list[tuple[bool, bool]]] = {}
    seconds: list[float] = []
    for one, places in usable:
        name = files[one.stem]
        began = time.process_time()
        found = await index.search(one.text, MAX_RESULTS, name if within else "")
        seconds.append(time.process_time() - began)
        own = [hit for hit in found.hits if hit.path.startswith(Path(name).stem)]  # or a copy, which is as right
        right, page = bool(own), any(hit.label in places for hit in own)
        outcomes.setdefault(one.kind, []).append((right, page))
        if options.misses and not page:
            print(f"   miss: {one.text}\n      gold {sorted(places)} found {[hit.label for hit in found.hits]}")
    every = [outcome for kind in outcomes.values() for outcome in kind]
    print(
        f"  {'inside the right document' if within else 'desk-wide'}: {_shares(every)}; "
        f"CPU a query {statistics.median(seconds) * 1000:.0f} ms (median), {max(seconds) * 1000:.0f} ms (worst)"
    )
    for kind, outcome in outcomes.items():
        print(f"    {kind} ({len(outcome)}): {_shares(outcome)}")


def _shares(outcomes: Sequence[tuple[bool, bool]]) -> str:
    document = sum(right for right, _ in outcomes) / len(outcomes)
    page = sum(right for _, right in outcomes) / len(outcomes)
    return f"document@8 {document:.1%}, page@8 {page:.1%}"


def _places(parts: Sequence[Part], one: GoldQuestion) -> set[str]:
    """The labels of the parts that answer: those with all needles on a line, else those with all."""
    if one.kind == "judgement":
        return {part.label for part in parts if any(_has_all(part, needle) for needle in one.needles)}
    lines = {
        part.label
        for part in parts
        for line in (part.title, *part.text.split("\n"))
        if all(needle.lower() in line.lower() for needle in one.needles)
    }
    if lines or one.kind != "figure":
        return lines
    return {part.label for part in parts if all(needle.lower() in part.text.lower() for needle in one.needles)}


def _has_all(part: Part, needle: str) -> bool:
    text = f"{part.title}\n{part.text}"
    return all(re.search(pattern, text, re.IGNORECASE) for pattern in needle.split(" & "))


if __name__ == "__main__":
    sys.exit(main())

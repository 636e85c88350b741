"""Measure how correctly figures of tables are read: `python -m tools.bench_cells --data DIR`.

DIR holds `filings/*.html` (or `.html.gz`), annual reports with inline XBRL, and may hold `tatqa_gold.json.gz`. The tags
of a filing say what each figure means, apart from any reader: what the reader of tables finds from the layout alone is
held against them, figure by figure. The questions of TAT-QA name the cells that answer them, with their scale.
"""

import argparse
import gzip
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from kimi_tui.cells import Cell, decode_cells
from kimi_tui.quantities.header_periods import is_period_name
from kimi_tui.tools.text.figures import parse_figure
from kimi_tui.tools.text.html_reader import read_html
from kimi_tui.tools.text.parts import Extraction
from kimi_tui.tools.text.table import build_table_from_texts
from kimi_tui.tools.text.table_cells import build_table_cells

_EMPTY_HEADER = re.compile(r"^\|[ |]*\|\n\|(?: --- \|)+$", re.MULTILINE)
_TABLE = re.compile(r"^\|(?: --- \|)+$", re.MULTILINE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_UNIT_WORDS = {3: r"thousand|\b000|'000", 6: r"million|\bmn\b|\bm\b", 9: r"billion|\bbn\b"}
_SCALES = {"": 0, "thousand": 3, "million": 6, "billion": 9, "percent": -2}


class TagAgreement(msgspec.Struct):
    """How often layout and tags agree."""

    counts: Counter[str] = msgspec.field(default_factory=Counter)
    """`scale`, `scale ok`, ... and the parts and tables that were looked at."""
    differences: list[str] = []
    """Figures on which they do not agree, each a line."""

    def note(self, name: str, same: bool, line: str = "") -> None:
        """Count one comparison."""
        self.counts[name] += 1
        self.counts[f"{name} ok"] += same
        if not same and line:
            self.differences.append(f"{name}: {line}")

    def share(self, name: str) -> str:
        """The share of comparisons that agree, in percent."""
        total = self.counts[name]
        return f"{100 * self.counts[f'{name} ok'] / total:.1f}" if total else "-"


def main(arguments: list[str]) -> int:
    """Print the figures of each filing, and of TAT-QA where it is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with filings/ and tatqa_gold.json.gz")
    parser.add_argument("--apart", default="", help="print figures that disagree on scale, sign, period, year or unit")
    parser.add_argument("--only", default="", help="only filings whose name contains this, or tatqa")
    options = parser.parse_args(arguments)
    filings = sorted(path for path in (options.data / "filings").glob("*.html*") if options.only in path.name)
    gold = options.data / "tatqa_gold.json.gz"
    if not filings and not gold.exists():
        print(
            f"There is nothing to measure in {options.data}: it needs filings/*.html.gz or {gold.name}.",
            file=sys.stderr,
        )
        return 1
    whole = TagAgreement()
    names = ("scale", "sign", "period", "year of part", "unit of row")
    print(f"{'filing':32} {'CPU s':>6} {'figures':>8} " + " ".join(f"{name:>12}" for name in names) + "  empty headers")
    for path in filings:
        started = time.process_time()
        found = measure_filing(path)
        _print(path.name, time.process_time() - started, found, names)
        whole.counts += found.counts
        _print_apart(found, options.apart)
    if len(filings) > 1:
        _print("all", 0.0, whole, names)
    if gold.exists() and options.only in ("", "tatqa"):
        questions = measure_tatqa(gold)
        print(f"TAT-QA: {questions.counts['cell']:,} gold cells; found with their scale: {questions.share('cell')} %")
        _print_apart(questions, options.apart)
    return 0


def _print(name: str, seconds: float, found: TagAgreement, names: tuple[str, ...]) -> None:
    empty, tables = found.counts["empty headers"], found.counts["tables"]
    shares = " ".join(f"{found.share(one):>12}" for one in names)
    print(f"{name[:32]:32} {seconds:6.2f} {found.counts['scale']:>8,} {shares}  {empty} of {tables:,}")


def _print_apart(found: TagAgreement, kind: str) -> None:
    for line in found.differences if kind else ():
        if line.startswith(kind):
            print("  " + line)


def measure_filing(path: Path) -> TagAgreement:
    """One filing's agreement of layout and tags."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    tagged, plain = read_html(data, article=False), read_html(data, article=False, tagged=False)
    found = TagAgreement(counts=Counter(), differences=[])
    signs = _shown_signs(data)
    by_place = {(cell.part, cell.start, cell.end): cell for cell in decode_cells(plain.cells)}
    texts = {part.label: part.text for part in tagged.parts}
    for fact in decode_cells(tagged.cells):
        cell = by_place.get((fact.part, fact.start, fact.end))
        if fact.origin == "ixbrl" and cell is not None:
            _compare(found, fact, cell, signs)
            if fact.table and fact.scale in _UNIT_WORDS and fact.unit.isupper():
                words = re.compile(_UNIT_WORDS[fact.scale], re.IGNORECASE)
                found.note("unit of row", bool(words.search(texts[fact.part])), f"{fact.part} {_line(fact)}")
    _compare_parts(found, plain)
    return found


def _compare(found: TagAgreement, fact: Cell, cell: Cell, signs: dict[tuple[str, str, str], set[bool]]) -> None:
    """Hold a figure's meaning by its layout against that by its tag."""
    line = f"{cell.part} {_line(cell)} | tagged: {fact.scale} {fact.unit} {fact.period_start}..{fact.period_end}"
    if cell.scale is not None:
        found.note("scale", cell.scale == fact.scale, f"{cell.scale} {line}")
    shown = signs.get((fact.concept, fact.period_end, cell.value.lstrip("-")), set())
    if len(shown) == 1 and cell.value.strip("-0."):
        found.note("sign", cell.value.startswith("-") in shown, f"{cell.value} {line}")
    if cell.period_end and fact.period_end:
        same = (cell.period_start, cell.period_end) == (fact.period_start, fact.period_end)
        found.note("period", same, f"{cell.period_start}..{cell.period_end} {line}")


def _line(cell: Cell) -> str:
    return f"[{cell.caption[:60]}] {cell.section[:30]} > {cell.row[:50]} | {cell.column[:60]} = {cell.text}"


def _compare_parts(found: TagAgreement, read: Extraction) -> None:
    """Count whether tables have headers, and compare the years of their columns."""
    missing: dict[str, str] = {}
    years: set[str] = set()
    texts = {part.label: part.text for part in read.parts}
    for cell in decode_cells(read.cells):
        named = _YEAR.findall(cell.column) or _YEAR.findall(cell.caption)
        if named and cell.table:
            years.add(cell.part)
            if not any(year in texts[cell.part] for year in named):
                missing[cell.part] = _line(cell)
    for part in years:
        found.note("year of part", part not in missing, f"{part} {missing.get(part, '')}")
    for text in texts.values():
        found.counts["tables"] += len(_TABLE.findall(text))
        found.counts["empty headers"] += len(_EMPTY_HEADER.findall(text))


def _shown_signs(data: bytes) -> dict[tuple[str, str, str], set[bool]]:
    """Return for each tagged number whether the page shows brackets or a minus before it."""
    import lxml.html

    tree = lxml.html.document_fromstring(data, parser=lxml.html.HTMLParser(encoding="utf-8", huge_tree=True))
    ends: dict[str, str] = {}
    for context in tree.iter("xbrli:context"):
        days = [one.text or "" for one in context.iter("xbrli:enddate", "xbrli:instant")]
        ends[context.get("id", "")] = days[0][:10] if days else ""
    signs: dict[tuple[str, str, str], set[bool]] = {}
    before = ""
    for event, element in _walk(tree):
        if event == "text":
            before = element or before
        elif element.tag == "ix:nonfraction":
            figure = parse_figure("".join(element.itertext()))
            if figure is not None:
                key = (element.get("name", ""), ends.get(element.get("contextref", ""), ""), figure.value)
                signs.setdefault(key, set()).add(before.rstrip().endswith(("(", "-", "\u2212", "\u2013(")))
    return signs


def _walk(tree: Any) -> Iterator[tuple[str, Any]]:
    """Elements and the texts between them, in the order of the page."""
    stack: list[tuple[str, Any]] = [("element", tree)]
    while stack:
        event, item = stack.pop()
        yield event, item
        if event == "element" and isinstance(item.tag, str):
            for child in reversed(item):
                if child.tail and child.tail.strip():
                    stack.append(("text", child.tail.strip()))
                stack.append(("element", child))
            if item.text and item.text.strip():
                stack.append(("text", item.text.strip()))


def measure_tatqa(path: Path) -> TagAgreement:
    """How many of the gold cells of TAT-QA are cells of ours with the scale of the answer."""
    found = TagAgreement(counts=Counter(), differences=[])
    for one in json.loads(gzip.decompress(path.read_bytes())):
        rows = one["table"]["table"]
        above = [text["text"] for text in one["paragraphs"]]
        table = build_table_from_texts(rows)
        cells = (
            {}
            if table is None
            else {(cell.row_number, cell.column_number): cell for cell in build_table_cells(table, above)}
        )
        for question in one["questions"]:
            _compare_answer(found, question, rows, list(cells.values()))
    return found


def _compare_answer(found: TagAgreement, question: dict[str, Any], rows: list[list[str]], cells: list[Cell]) -> None:
    """The gold cells of one question that are figures: each found, with the scale of a plain answer."""
    scale = _SCALES[question["scale"]]
    plain = question["answer_type"] in ("span", "multi-span")
    for mapping in question["mappings"]:
        place = mapping.get("table")
        if not place or place[0] >= len(rows) or place[1] >= len(rows[place[0]]):
            continue
        text = " ".join(rows[place[0]][place[1]].split())
        figure = parse_figure(text)
        if figure is None or place[1] == 0 or is_period_name(text):
            continue
        label = _squeezed(rows[place[0]][0])
        near = [cell for cell in cells if cell.text == figure.text and _squeezed(cell.row).startswith(label)]
        any_scale = question["scale"] == "" or (scale == -2 and not plain)  # a ratio of amounts is counted in percent
        same = any(any_scale or cell.scale == scale for cell in near)
        line = f"{question['scale']} {[cell.scale for cell in near]} {rows[place[0]][0]} = {text}"
        found.note("cell", same, f"{line} | {rows[0]}")


def _squeezed(text: str) -> str:
    return re.sub(r"\W+", "", text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Sentences made of the gold answers of TAT-QA, and how the check of statements finds them.

Each answer from one cell is stated with its row declared, and again in another scale, with another last digit, and with
the figure of another row; each computed answer is stated with its table and its calculation, right and wrong.
"""

import ast
import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from kimi_tui.cells import Cell
from kimi_tui.evidence.findings import Finding, severity
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.quantities.header_periods import is_period_name
from kimi_tui.sources import Part, Source, SourceKind, SourceRef
from kimi_tui.tools.text.figures import parse_figure
from kimi_tui.tools.text.table import build_table_from_texts
from kimi_tui.tools.text.table_cells import build_table_cells

Question = dict[str, Any]
KINDS: dict[str, tuple[str, bool]] = {
    "stated": ("true figures stated, supported", True),
    "computed": ("true figures computed, supported", True),
    "scale": ("wrong scale, flagged", False),
    "cell": ("figure of another row, flagged", False),
    "digit": ("digit changed, flagged", False),
    "miscomputed": ("wrongly computed, flagged", False),
}
"""What is counted of each kind of sentence, and whether it is true."""
_SCALE_WORDS = {"": "", "thousand": " thousand", "million": " million", "billion": " billion", "percent": " %"}
_OTHER_SCALES = {" thousand": " million", " million": " billion", " billion": " million"}
_AMOUNT = re.compile(r"[$€£(]*[\d.,]*\d[\d.,]*\)?%?")


class Sentence(NamedTuple):
    """One sentence with its truth."""

    kind: str
    text: str
    sources: InMemorySources


def measure_answers(path: Path, shown: list[str]) -> dict[str, Counter[Finding]]:
    """Return how often each finding was given, by kind of sentence; those of the kinds in `shown` are printed."""
    found: dict[str, Counter[Finding]] = defaultdict(Counter)
    for one in json.loads(gzip.decompress(path.read_bytes())):
        for sentence in _sentences(one):
            cited = [each for each in check_memo("", sentence.text, sentence.sources).statements if each.citations]
            finding: Finding = max((each.finding for each in cited), key=severity, default="unchecked")
            found[sentence.kind][finding] += 1
            if sentence.kind in shown and not is_right(sentence.kind, finding):
                reasons = "; ".join(f"{each.by}: {each.reason}" for each in cited)
                print(f"{sentence.kind}: {finding} | {sentence.text} | {reasons}")
    return found


def is_right(kind: str, finding: Finding) -> bool:
    """Return whether a finding is what the kind of sentence deserves."""
    return finding == "supported" if KINDS[kind][1] else finding in ("contradicted", "not found")


def _sentences(one: dict[str, Any]) -> Iterator[Sentence]:
    """Yield the sentences on one table with its paragraphs."""
    rows = one["table"]["table"]
    above = [paragraph["text"] for paragraph in one["paragraphs"]]
    table = build_table_from_texts(rows)
    if table is None:
        return
    cells = tuple(msgspec.structs.replace(cell, part="p.1") for cell in build_table_cells(table, above))
    lines = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    document = _source("S1", "document", "report.pdf", Part("p.1", "\n\n".join((*above, lines))))
    for question in one["questions"]:
        answer = _answer_cell(question, rows, cells)
        if answer is not None and answer.row:
            yield from _stated(question, answer, cells, InMemorySources({"S1": document}, {"S1": cells}))
        if question["answer_type"] == "arithmetic":
            yield from _computed(question, document, cells)


def _source(source_id: str, kind: SourceKind, address: str, part: Part) -> Source:
    return Source(SourceRef(source_id, "d" * 64, "T", address, "text/html", kind, "2026-01-01T00:00:00Z"), (part,))


def _answer_cell(question: Question, rows: list[list[str]], cells: tuple[Cell, ...]) -> Cell | None:
    """Return the cell that answers a question, if one figure of the table does."""
    mapping = question["mappings"][0] if question["mappings"] else {}
    plain = question["answer_type"] == "span" and len(question["answer"]) == 1 and "table" in mapping
    if not plain or not _AMOUNT.fullmatch(question["answer"][0].strip()):
        return None
    row, column = mapping["table"]
    figure, label = parse_figure(rows[row][column]), _squeezed(rows[row][0])
    if figure is None or column == 0 or is_period_name(rows[row][column]):
        return None
    near = [one for one in cells if one.text == figure.text and _squeezed(one.row).startswith(label)]
    return next((one for one in near if one.column_number == column + 1), near[0] if near else None)


def _squeezed(text: str) -> str:
    return re.sub(r"\W+", "", text)


def _stated(question: Question, cell: Cell, cells: tuple[Cell, ...], sources: InMemorySources) -> Iterator[Sentence]:
    """Yield the answer as a statement about its row, and the same made false."""
    answer, label = question["answer"][0].strip(), cell.row
    scale = "" if "%" in answer else _SCALE_WORDS[question["scale"]]
    quoted = cell.row.replace('"', "")
    place = f'[S1 p.1 "{quoted}"]'
    yield Sentence("stated", f"{label} was {answer}{scale} {place}.", sources)
    if scale in _OTHER_SCALES:
        yield Sentence("scale", f"{label} was {answer}{_OTHER_SCALES[scale]} {place}.", sources)
    changed = re.sub(r"\d(?=\D*$)", lambda last: str((int(last[0]) + 1) % 10), answer)
    yield Sentence("digit", f"{label} was {changed}{scale} {place}.", sources)
    own = {one.text for one in cells if one.row == cell.row}
    other = next(
        (one for one in cells if one.column == cell.column and one.unit == cell.unit and one.text not in own), None
    )
    if other is not None:
        scale = "" if "%" in other.text else _SCALE_WORDS[question["scale"]]
        yield Sentence("cell", f"{label} was {other.text}{scale} {place}.", sources)


def _computed(question: Question, document: Source, cells: tuple[Cell, ...]) -> Iterator[Sentence]:
    """Yield a computed answer with its calculation, and a wrong one with the same."""
    code = re.sub(r"[,%$]", "", question["derivation"]).replace("[", "(").replace("]", ")")
    result = _value(code)
    if result is None:
        return
    calculation = _source("S2", "calculation", code, Part("result", f"{code} = {float(result)}"))
    sources = InMemorySources({"S1": document, "S2": calculation}, {"S1": cells})
    asked, scale = question["question"].rstrip("?"), _SCALE_WORDS[question["scale"]]
    yield Sentence("computed", f"{asked}: {question['answer']}{scale} [S1 p.1; S2 result].", sources)
    wrong = round(float(question["answer"]) * 1.1 + 1, 2)
    yield Sentence("miscomputed", f"{asked}: {wrong}{scale} [S1 p.1; S2 result].", sources)


def _value(code: str) -> Fraction | None:
    """Return what a derivation computes; None for one that is no plain arithmetic."""
    try:
        return _evaluate(ast.parse(code.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError):
        return None


def _evaluate(node: ast.expr) -> Fraction:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return Fraction(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_evaluate(node.operand)
    if isinstance(node, ast.BinOp):
        left, right = _evaluate(node.left), _evaluate(node.right)
        match node.op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div():
                return left / right
    raise ValueError("no plain arithmetic")

"""Run again what a session computed: its calculations in the sandbox, its queries where the database is the same.

What cannot be compared (a database that has changed, a program that looks at the clock) is counted and is no failure.
"""

import asyncio
import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from kimi_tui.evidence.cell_inputs import NamedInput, calculated, inputs_of
from kimi_tui.evidence.passages import CitedPassage, PassageFinder
from kimi_tui.evidence.places import SourcePlace
from kimi_tui.export.verify import EvidenceStore
from kimi_tui.session import VerificationCheck
from kimi_tui.sources import SourceRef
from kimi_tui.text import one_line
from kimi_tui.tools.base import ToolContext, ToolError
from kimi_tui.tools.calculation.calculate import kept_text, run_code, run_together
from kimi_tui.tools.desk.files import open_file
from kimi_tui.tools.sql.query_database import rows_of
from kimi_tui.tools.workers.pool import WorkerError

_CHANCE = re.compile(
    r"\b(?:now|today|utcnow|time\s*\(|random\w*|choice|shuffle|uniform|current_(?:date|time|timestamp))\b",
    re.IGNORECASE,
)
"""What makes a program or query give something else each time."""
_READ_AT_ONCE = 1 << 20


class _Found(NamedTuple):
    """The outcome of running one source again."""

    outcome: str
    """`the same`, or why it could not be compared."""
    wrong: str = ""
    """What is not as it was; empty if nothing."""


async def run_again(
    refs: Iterable[SourceRef], evidence: EvidenceStore, context: ToolContext
) -> list[VerificationCheck]:
    """The checks of calculations, of queries and of the desk's files; none where a session has nothing of the kind.

    Without a desk in `context` neither queries nor files are looked at. Raises `SessionError` for a damaged source.
    """
    by_kind: dict[str, list[SourceRef]] = {}
    for ref in refs:
        by_kind.setdefault(ref.kind, []).append(ref)
    passages = PassageFinder(evidence)
    checks = []
    if calculations := by_kind.get("calculation"):
        checks.append(_check("calculations", await _calculations(calculations, passages, context)))
    root = context.settings.desk
    if root is None:
        return checks
    if queries := by_kind.get("query"):
        checks.append(_check("queries", [await _query(ref, evidence, context) for ref in queries]))
    if documents := by_kind.get("document"):
        checks.append(VerificationCheck("desk", True, await asyncio.to_thread(_changes, root, documents)))
    return checks


def _check(name: str, found: list[_Found]) -> VerificationCheck:
    """One line on all sources of a kind: how many were compared, and the first that is wrong."""
    counts = Counter(one.outcome for one in found)
    detail = "; ".join(f"{count} {outcome}" for outcome, count in counts.items())
    wrong = next((one.wrong for one in found if one.wrong), "")
    return VerificationCheck(name, not wrong, f"{detail}; first {wrong}" if wrong else detail)


class _Program(NamedTuple):
    """One calculation as it was kept."""

    ref: SourceRef
    text: str
    """All that was kept of it."""
    code: str
    inputs: tuple[NamedInput, ...]


async def _calculations(refs: list[SourceRef], passages: PassageFinder, context: ToolContext) -> list[_Found]:
    """Run the calculations again and compare all that was kept of them; those that differ run once more, alone."""
    prepared = [_program(ref, passages) for ref in refs]
    programs = [one for one in prepared if isinstance(one, _Program)]
    together = iter(await run_together([(one.code, one.inputs) for one in programs], context))
    found: list[_Found] = []
    for one in prepared:
        if isinstance(one, _Found):
            found.append(one)
        elif (again := next(together)) and kept_text(one.code, one.inputs, again) == one.text:
            found.append(_Found("run again with the same result"))
        else:
            found.append(await _calculation(one, context))
    return found


def _program(ref: SourceRef, passages: PassageFinder) -> _Program | _Found:
    """Return the program of a calculation with its inputs, or why it is not run."""
    passage = passages.find_passage(SourcePlace(ref.id))
    text = passage.source.parts[0].text if isinstance(passage, CitedPassage) and passage.source.parts else ""
    code = calculated(text, ref.address).code
    if not isinstance(passage, CitedPassage) or code not in text:
        return _Found("without their program in full")
    if _CHANCE.search(code):
        return _Found("not compared, as they look at the clock or at chance")
    inputs = inputs_of(passage, passages)
    if inputs.problem and not inputs.named:
        return _Found("not the same", f"{ref.id}: {inputs.problem}")
    return _Program(ref, text, code, inputs.named)


async def _calculation(one: _Program, context: ToolContext) -> _Found:
    """Run one calculation again, alone, and compare all that was kept of it."""
    try:
        found = await run_code(one.code, one.inputs, context)
    except WorkerError as error:
        if error.kind != "failed":
            return _Found(f"not run ({one_line(str(error), 100)})")
        return _Found("not the same", f"{one.ref.id}: it cannot be computed: {one_line(str(error), 200)}")
    if kept_text(one.code, one.inputs, found) == one.text:
        return _Found("run again with the same result")
    shown = one_line(found["result"], 80) or "nothing"
    return _Found("not the same", f"{one.ref.id}: {one_line(one.code, 80)} gives {shown}")


async def _query(ref: SourceRef, evidence: EvidenceStore, context: ToolContext) -> _Found:
    """Run one query again if its database is there and the same, and compare the rows."""
    try:
        kept: dict[str, Any] = msgspec.json.decode(evidence.data(ref.digest) or b"", type=dict[str, Any])
        if "rows" in kept and "database" not in kept:
            return _Found("of an earlier version, which kept no digest of the database")
        name, digest, rows = str(kept["database"]), str(kept["digest"]), list(kept["rows"])
    except (msgspec.MsgspecError, KeyError, TypeError):
        return _Found("not the same", f"{ref.id}: its rows cannot be read")
    sql = str(kept.get("sql") or ref.address.removeprefix(f"{name}: "))
    if "sql" not in kept and "--" in sql:
        return _Found("without their statement in full")
    if _CHANCE.search(sql):
        return _Found("not compared, as they look at the clock or at chance")
    limit = kept.get("limit")
    try:
        found = await rows_of(context, name, sql, limit if isinstance(limit, int) else max(len(rows), 1))
    except ToolError as error:
        gone = error.status == "not-found"
        return _Found("of a database that has gone" if gone else f"not run ({one_line(str(error), 100)})")
    if not digest or found["digest"] != digest:
        return _Found("of a database that has changed since" if digest else "of a database too large to compare")
    if msgspec.json.decode(msgspec.json.encode(found["rows"])) == rows:
        return _Found("run again with the same rows")
    return _Found("not the same", f"{ref.id}: the same database gives other rows for {one_line(sql, 80)}")


def _changes(root: Path, documents: list[SourceRef]) -> str:
    """Return how many documents have changed or gone since they were read."""
    read = {ref.address: ref.digest for ref in documents}  # the latest of each
    now = {address: _digest(root, address) for address in read}
    gone = [address for address, digest in now.items() if not digest]
    changed = [address for address, digest in now.items() if digest and digest != read[address]]
    named = [one_line(address, 60) for address in (*changed, *gone)[:3]]
    total = f"{len(read)} document{'s' * (len(read) != 1)} that were read"
    if not named:
        return f"none of {total} has changed since"
    return f"of {total}, {len(changed)} changed and {len(gone)} gone since: {', '.join(named)}"


def _digest(root: Path, address: str) -> str:
    """SHA-256 of a file of the desk; empty when it has gone."""
    digest = hashlib.sha256()
    try:
        with os.fdopen(open_file(root, address), "rb") as file:
            while piece := file.read(_READ_AT_ONCE):
                digest.update(piece)
    except OSError:
        return ""
    return digest.hexdigest()

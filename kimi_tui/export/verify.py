"""Verification: does the chain hold, are the sources what they were, do the citations lead to the words they claim?

Every check is computed again from the stored bytes; nothing recorded as `supported` is believed.
"""

import hashlib
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from kimi_tui.events import Entry, ObservationRecorded, StepStarted, TurnFinished
from kimi_tui.export.memo import TRAILER, memo_markdown
from kimi_tui.export.recording import record_of
from kimi_tui.journal.chain import canonical
from kimi_tui.journal.reader import JournalReader
from kimi_tui.projections.citations import check
from kimi_tui.projections.context import Context
from kimi_tui.session import SessionError
from kimi_tui.sources import Source


class Check(msgspec.Struct, frozen=True):
    """One thing that was verified."""

    name: str
    """`chain`, `context`, `sources`, `citations` or `memo file`."""
    holds: bool
    told: str
    """What was checked, or the first thing that is wrong."""


def verify_session(reader: JournalReader) -> list[Check]:
    """All checks of a session."""
    broken = reader.verify_chain()
    if broken is not None:
        return [Check("chain", False, f"{broken.why}; nothing after it can be trusted")]
    entries = list(reader.entries())
    return [
        Check("chain", True, f"{len(entries)} entries"),
        _contexts(entries),
        _sources(reader, entries),
        _citations(reader, entries),
    ]


def verify_memo_file(text: str, reader: JournalReader) -> list[Check]:
    """All checks of the session, and that the file is word for word what the session prints."""
    match = TRAILER.search(text)
    checks = verify_session(reader)
    if match is None or not checks[0].holds:
        return checks
    same = memo_markdown(record_of(reader)).strip() == text.strip()
    told = "word for word what the session prints" if same else "it was changed, or the session went on since"
    return [*checks, Check("memo file", same, told)]


def verify_lines(text: str) -> list[Check]:
    """The chain of a journal exported as JSON Lines."""
    previous = ""
    lines = [line for line in text.splitlines() if line.strip()]
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            wanted = row["digest"]
            fields = [row[key] for key in ("session", "seq", "at", "trajectory", "turn", "step", "type", "body")]
        except (ValueError, KeyError, TypeError):
            return [Check("chain", False, f"line {number} is not an entry of a journal")]
        if row["seq"] != number:
            return [Check("chain", False, f"entry {number} is missing")]
        if hashlib.sha256(canonical([previous, *fields]).encode("utf-8", "surrogatepass")).hexdigest() != wanted:
            return [Check("chain", False, f"entry {number} ({row['type']}) does not match its digest")]
        previous = wanted
    return [Check("chain", bool(lines), f"{len(lines)} entries" if lines else "there is no entry")]


def session_of_memo(path: Path) -> tuple[str, str]:
    """The session that an exported memo names, and its text; raises `SessionError` when it names none."""
    text = path.read_text(encoding="utf-8", errors="replace")
    match = TRAILER.search(text)
    if match is None:
        raise SessionError(f"{path} is neither a session, a journal nor a memo written by kimi-tui")
    return match.group("session"), text


def _contexts(entries: list[Entry]) -> Check:
    """What was sent at each step, derived again."""
    context, steps = Context(), 0
    for entry in entries:
        if isinstance(entry.event, StepStarted):
            steps += 1
            if context.digest != entry.event.context_digest:
                return Check("context", False, f"what was sent in step {entry.event.n} is not what the journal gives")
        context.apply(entry)
    return Check("context", True, f"{steps} prompts derived again")


def _sources(reader: JournalReader, entries: list[Entry]) -> Check:
    """The stored bytes against their digests, and every source that an observation names against the store."""
    stored = {ref.id: ref for ref in reader.sources.refs()}
    for ref in stored.values():
        try:
            data = reader.sources.data(ref.digest)
        except zlib.error:
            data = None
        if data is None or hashlib.sha256(data).hexdigest() != ref.digest:
            return Check("sources", False, f"the stored bytes of {ref.id} are not those that were retrieved")
    for entry in entries:
        for ref in entry.event.sources if isinstance(entry.event, ObservationRecorded) else ():
            if stored.get(ref.id) != ref:
                return Check("sources", False, f"entry {entry.seq} names {ref.id} differently than the store")
    return Check("sources", True, f"{len(stored)} sources")


def _citations(reader: JournalReader, entries: list[Entry]) -> Check:
    """The last memo's citations, checked again from the stored text."""
    memos = [entry.event.memo for entry in entries if isinstance(entry.event, TurnFinished) and entry.event.memo]
    return check_memo(memos[-1] if memos else None, reader.sources.get)


def check_memo(memo: dict[str, Any] | None, source: Callable[[str], Source | None]) -> Check:
    """The citations of a recorded memo against the text of its sources."""
    if memo is None:
        return Check("citations", True, "there is no memo yet")
    again = check(str(memo.get("title", "")), str(memo.get("text", "")), source)
    failed = [cite for cite in again.citations if cite.outcome != "supported"]
    if failed:
        first = f"{failed[0].marker}: {failed[0].detail}"
        return Check("citations", False, f"{len(failed)} of {len(again.citations)} fail; first {first}")
    if not again.citations:
        return Check("citations", False, "the memo cites nothing")
    return Check("citations", True, f"{len(again.citations)} citations lead to the words they vouch for")

"""Verification: does the chain hold, are the sources what they were, do the citations lead to the words they claim?

Every check is computed again from the stored bytes; nothing recorded as `supported` is believed.
"""

import hashlib
import json
from pathlib import Path
from typing import Protocol

import msgspec

from kimi_tui.cells import Cell, digest_cells
from kimi_tui.events import CompactionProposed, Entry, ObservationRecorded, StepStarted
from kimi_tui.evidence.memo import format_counts
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.export.memo import TRAILER, memo_markdown
from kimi_tui.export.recording import Recording, record_of
from kimi_tui.journal.chain import canonical_json, normalize_line
from kimi_tui.journal.reader import JournalReader
from kimi_tui.projections.context import Context
from kimi_tui.session import SessionError
from kimi_tui.sources import Source, SourceRef, digest_text

_FIELDS = ("session", "seq", "at", "trajectory", "turn", "step", "type", "body")


class Check(msgspec.Struct, frozen=True):
    """One thing that was verified."""

    name: str
    """`manifest`, `chain`, `context`, `sources`, `citations`, `file` or `memo file`."""
    holds: bool
    """Whether it is as it should be."""
    told: str
    """What was checked, or the first thing that is wrong."""


class Evidence(Protocol):
    """Where the sources of a session are kept: its own file, or an archive."""

    def refs(self) -> tuple[SourceRef, ...]:
        """All sources; raises `SessionError` when one is damaged."""
        ...

    def get(self, source_id: str) -> Source | None:
        """A source with its text, or None; raises `SessionError` when it is damaged."""
        ...

    def cells(self, source_id: str, label: str = "") -> tuple[Cell, ...]:
        """The figures that were read from a source; raises `SessionError` when they are damaged."""
        ...

    def data(self, digest: str) -> bytes | None:
        """The bytes under a digest, or None; raises `SessionError` when they are damaged."""
        ...


def verify_session(reader: JournalReader) -> list[Check]:
    """All checks of a session."""
    broken = reader.verify_chain()
    if broken is not None:
        return [Check("chain", False, f"{broken.why}; nothing after it can be trusted")]
    recording = record_of(reader)
    checks = [Check("chain", True, f"{len(recording.entries)} entries"), *verify_record(recording, reader.sources)]
    fault = reader.structure_fault()
    return [*checks, Check("file", not fault, fault or "its structure is sound")]


def verify_record(recording: Recording, evidence: Evidence) -> list[Check]:
    """The checks behind the chain: what was sent, what was retrieved, what is cited."""
    return [_contexts(recording.entries), _sources(recording.entries, evidence), _citations(recording, evidence)]


def verify_memo_file(text: str, reader: JournalReader) -> list[Check]:
    """All checks of the session, and that the file is word for word what it printed at the entry the file names."""
    checks = verify_session(reader)
    match = TRAILER.search(text)
    if not checks[0].holds:
        return checks
    if match is None:
        return [*checks, Check("memo file", False, "it does not name the entry that it was printed from")]
    recording = record_of(reader, int(match["seq"][:12]))
    at_entry = bool(recording.entries) and recording.entries[-1].digest == match["digest"]
    told = "word for word what the session printed" if at_entry else "it names an entry that the session does not have"
    if at_entry and not _prints(recording, text):
        at_entry, told = False, "it is not word for word what the session printed: it was changed"
    return [*checks, Check("memo file", at_entry, told)]


def verify_lines(text: str) -> list[Check]:
    """The chain of a journal exported as JSON Lines; where its end was cut off is not to be seen from it alone."""
    previous = ""
    lines = [line for line in text.split("\n") if line.strip()]
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            digest = row["digest"]
            fields = [row[key] for key in _FIELDS]
            as_printed = normalize_line(dict(zip(_FIELDS, fields, strict=True)) | {"digest": digest})
        except (ValueError, KeyError, TypeError, RecursionError):
            return [Check("chain", False, f"line {number} is not an entry of a journal")]
        if row["seq"] != number:
            return [Check("chain", False, f"entry {number} is missing")]
        expected = hashlib.sha256(canonical_json([previous, *fields]).encode("utf-8", "surrogatepass")).hexdigest()
        if expected != digest or as_printed != line:
            return [Check("chain", False, f"entry {number} ({row['type']}) does not match its digest")]
        previous = digest
    return [Check("chain", bool(lines), f"{len(lines)} entries" if lines else "there is no entry")]


def session_of_memo(path: Path) -> tuple[str, str]:
    """The session that an exported memo names, and its text; raises `SessionError` when it names none."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise SessionError(f"{path} cannot be read: {error.strerror}") from None
    match = TRAILER.search(text)
    if match is None:
        raise SessionError(f"{path} is neither a session, a journal nor a memo written by kimi-tui")
    return match.group("session"), text


def _prints(recording: Recording, text: str) -> bool:
    try:
        return memo_markdown(recording).strip() == text.replace("\r\n", "\n").strip()
    except SessionError:
        return False


def _contexts(entries: tuple[Entry, ...]) -> Check:
    """What was sent at each step, derived again."""
    context, steps = Context(), 0
    for entry in entries:
        if isinstance(entry.event, StepStarted):
            steps += 1
            if context.digest != entry.event.context_digest:
                return Check("context", False, f"what was sent in step {entry.event.n} is not what the journal gives")
        if isinstance(entry.event, CompactionProposed) and entry.event.order:
            steps += 1
            if context.digest != entry.event.context_digest:
                return Check("context", False, f"entry {entry.seq} asks for a checkpoint of another context")
        context.apply(entry)
    return Check("context", True, f"{steps} prompts derived again")


def _sources(entries: tuple[Entry, ...], evidence: Evidence) -> Check:
    """The stored bytes and texts against their digests, and every source that an observation names."""
    try:
        stored = {ref.id: ref for ref in evidence.refs()}
        wrong = next((told for ref in stored.values() if (told := _what_is_wrong(ref, evidence))), "")
    except SessionError as error:
        return Check("sources", False, str(error))
    for entry in entries:
        for ref in entry.event.sources if isinstance(entry.event, ObservationRecorded) else ():
            if not wrong and stored.get(ref.id) != ref:
                wrong = f"entry {entry.seq} names {ref.id} differently than the store"
    return Check("sources", not wrong, wrong or f"{len(stored)} sources")


def _what_is_wrong(ref: SourceRef, evidence: Evidence) -> str:
    """What is wrong with one stored source, empty if nothing."""
    data, source = evidence.data(ref.digest), evidence.get(ref.id)
    if data is None or hashlib.sha256(data).hexdigest() != ref.digest:
        return f"the stored bytes of {ref.id} are not those that were retrieved"
    if source is None or source.ref != ref or digest_text(source.parts) != ref.text_digest:
        return f"the stored text of {ref.id} is not the one that was read"
    cells = evidence.data(ref.cells_digest) if ref.cells_digest else b""
    if cells is None or digest_cells(cells) != ref.cells_digest or cells.count(b"\n") != ref.cells:
        return f"the stored cells of {ref.id} are not those that were read"
    return ""


def _citations(recording: Recording, evidence: Evidence) -> Check:
    """The last memo's citations, checked again from the stored text."""
    if recording.state.memo.memo is None:
        return Check("citations", True, "there is no memo yet")
    try:
        again = check_memo(recording.memo.title, recording.memo.text, evidence)
    except SessionError as error:
        return Check("citations", False, str(error))
    told = format_counts(again.counts)
    failed = [cite for cite in again.citations if cite.finding in ("contradicted", "not found", "lookup failed")]
    if failed:
        first = f"{failed[0].marker} {failed[0].finding}: {failed[0].detail}"
        return Check("citations", False, f"{told}; first {first}")
    if not again.citations:
        return Check("citations", False, f"{told}; the memo cites nothing")
    return Check("citations", True, told)

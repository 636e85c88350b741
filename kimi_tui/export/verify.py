"""Verify a session: hash chain, stored sources, and citations.

Every check is computed again from the stored bytes; nothing recorded as `supported` is believed.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from kimi_tui.cells import Cell, digest_cells
from kimi_tui.events import (
    CompactionProposed,
    Entry,
    ObservationRecorded,
    StatementDecided,
    StatementJudged,
    StepStarted,
)
from kimi_tui.evidence.judged_memo import apply_judgements
from kimi_tui.evidence.memo import CheckedMemo, Citation, format_counts, shorten_line
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.export.memo_files import TRAILER, format_memo_markdown
from kimi_tui.export.recording import Recording, read_recording
from kimi_tui.journal.chain import canonical_json, normalize_line
from kimi_tui.journal.reader import JournalReader
from kimi_tui.projections.context import Context
from kimi_tui.session import SessionError, VerificationCheck
from kimi_tui.sources import Source, SourceRef, digest_text
from kimi_tui.text import count_noun

_FIELDS = ("session", "seq", "at", "trajectory", "turn", "step", "type", "body")


class EvidenceStore(Protocol):
    """Access to the stored sources of a session: its own file, or an archive."""

    def refs(self) -> tuple[SourceRef, ...]:
        """All sources; raises `SessionError` when one is damaged."""
        ...

    def get(self, source_id: str) -> Source | None:
        """Return a source with its text, or None; raises `SessionError` when it is damaged."""
        ...

    def cells(self, source_id: str, label: str = "") -> tuple[Cell, ...]:
        """Return the figures that were read from a source; raises `SessionError` when they are damaged."""
        ...

    def data(self, digest: str) -> bytes | None:
        """Return the bytes under a digest, or None; raises `SessionError` when they are damaged."""
        ...


def verify_session(reader: JournalReader) -> list[VerificationCheck]:
    """All checks of a session."""
    broken = reader.verify_chain()
    if broken is not None:
        return [VerificationCheck("chain", False, f"{broken.why}; nothing after it can be trusted")]
    recording = read_recording(reader)
    checks = [
        VerificationCheck("chain", True, count_noun(len(recording.entries), "entry")),
        *verify_record(recording, reader.sources),
    ]
    fault = reader.structure_fault()
    return [*checks, VerificationCheck("file", not fault, fault or "its structure is sound")]


def verify_record(recording: Recording, evidence: EvidenceStore) -> list[VerificationCheck]:
    """Return the checks behind the chain: what was sent, what was retrieved, what is cited."""
    return [
        _check_contexts(recording.entries),
        _check_sources(recording.entries, evidence),
        *_check_citations(recording, evidence),
        *_check_decisions(recording),
    ]


def verify_memo_file(text: str, reader: JournalReader) -> list[VerificationCheck]:
    """Check the session, and that the file matches word for word what the session prints at its entry."""
    checks = verify_session(reader)
    match = TRAILER.search(text)
    if not checks[0].passed:
        return checks
    if match is None:
        return [*checks, VerificationCheck("memo file", False, "it does not name the entry that it was printed from")]
    recording = read_recording(reader, int(match["seq"][:12]))
    at_entry = bool(recording.entries) and recording.entries[-1].digest == match["digest"]
    detail = (
        "word for word what the session printed" if at_entry else "it names an entry that the session does not have"
    )
    if at_entry and not _prints_exactly(recording, text):
        at_entry, detail = False, "it is not word for word what the session printed: it was changed"
    return [*checks, VerificationCheck("memo file", at_entry, detail)]


def verify_lines(text: str) -> list[VerificationCheck]:
    """Check the chain of a journal exported as JSON Lines; a missing end cannot be detected from it alone."""
    previous = ""
    lines = [line for line in text.split("\n") if line.strip()]
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            digest = row["digest"]
            fields = [row[key] for key in _FIELDS]
            as_printed = normalize_line(dict(zip(_FIELDS, fields, strict=True)) | {"digest": digest})
        except (ValueError, KeyError, TypeError, RecursionError):
            return [VerificationCheck("chain", False, f"line {number} is not an entry of a journal")]
        if row["seq"] != number:
            return [VerificationCheck("chain", False, f"entry {number} is missing")]
        expected = hashlib.sha256(canonical_json([previous, *fields]).encode("utf-8", "surrogatepass")).hexdigest()
        if expected != digest or as_printed != line:
            return [VerificationCheck("chain", False, f"entry {number} ({row['type']}) does not match its digest")]
        previous = digest
    return [VerificationCheck("chain", bool(lines), count_noun(len(lines), "entry") if lines else "there is no entry")]


def session_of_memo(path: Path) -> tuple[str, str]:
    """Return the session that an exported memo names, and its text; raises `SessionError` when it names none."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise SessionError(f"{path} cannot be read: {error.strerror}") from None
    match = TRAILER.search(text)
    if match is None:
        raise SessionError(f"{path} is neither a session, a journal nor a memo written by kimi-tui")
    return match.group("session"), text


def _prints_exactly(recording: Recording, text: str) -> bool:
    try:
        return format_memo_markdown(recording).strip() == text.replace("\r\n", "\n").strip()
    except SessionError:
        return False


def _check_contexts(entries: tuple[Entry, ...]) -> VerificationCheck:
    """Derive again what was sent at each step, and compare the digests."""
    context, steps = Context(), 0
    for entry in entries:
        if isinstance(entry.event, StepStarted):
            steps += 1
            if context.digest != entry.event.context_digest:
                return VerificationCheck(
                    "context", False, f"what was sent in step {entry.event.n} is not what the journal gives"
                )
        if isinstance(entry.event, CompactionProposed) and entry.event.order:
            steps += 1
            if context.digest != entry.event.context_digest:
                return VerificationCheck(
                    "context", False, f"entry {entry.seq} asks for a checkpoint of another context"
                )
        context.apply(entry)
    return VerificationCheck("context", True, f"{steps} prompts derived again")


def _check_sources(entries: tuple[Entry, ...], evidence: EvidenceStore) -> VerificationCheck:
    """Return the stored bytes and texts against their digests, and every source that an observation names."""
    try:
        stored = {ref.id: ref for ref in evidence.refs()}
        wrong = next((problem for ref in stored.values() if (problem := _source_problem(ref, evidence))), "")
    except SessionError as error:
        return VerificationCheck("sources", False, str(error))
    for entry in entries:
        for ref in entry.event.sources if isinstance(entry.event, ObservationRecorded) else ():
            if not wrong and stored.get(ref.id) != ref:
                wrong = f"entry {entry.seq} names {ref.id} differently than the store"
    return VerificationCheck("sources", not wrong, wrong or count_noun(len(stored), "source"))


def _source_problem(ref: SourceRef, evidence: EvidenceStore) -> str:
    """Return what is wrong with one stored source; empty if nothing is."""
    data, source = evidence.data(ref.digest), evidence.get(ref.id)
    if data is None or hashlib.sha256(data).hexdigest() != ref.digest:
        return f"the stored bytes of {ref.id} are not those that were retrieved"
    if source is None or source.ref != ref or digest_text(source.parts) != ref.text_digest:
        return f"the stored text of {ref.id} is not the one that was read"
    cells = evidence.data(ref.cells_digest) if ref.cells_digest else b""
    if cells is None or digest_cells(cells) != ref.cells_digest or cells.count(b"\n") != ref.cells:
        return f"the stored cells of {ref.id} are not those that were read"
    return ""


def _check_citations(recording: Recording, evidence: EvidenceStore) -> list[VerificationCheck]:
    """Return the last memo's citations, checked again from the stored text, and what a judge said of them."""
    if recording.state.memo.memo is None:
        return [VerificationCheck("citations", True, "there is no memo yet")]
    judgements = recording.state.judgements.by_material
    try:
        again = _with_decisions(check_memo(recording.memo.title, recording.memo.text, evidence), recording.memo)
        judged = apply_judgements(again, evidence, judgements) if judgements else again
    except SessionError as error:
        return [VerificationCheck("citations", False, str(error))]
    checks = [_verdict_on_citations(judged)]
    if judgements or any(one.by == "judge" for one in recording.memo.statements):
        checks.append(_check_judged(recording.memo, judged, judgements))
    return checks


def _verdict_on_citations(memo: CheckedMemo) -> VerificationCheck:
    detail = format_counts(memo.counts)
    failed = [cite for cite in memo.citations if cite.finding in ("contradicted", "not found", "lookup failed")]
    if failed:
        first = f"{failed[0].marker} {failed[0].finding}: {failed[0].detail}{_accepted(memo, failed[0])}"
        return VerificationCheck("citations", False, f"{detail}; first {first}")
    if not memo.citations:
        return VerificationCheck("citations", False, f"{detail}; the memo cites nothing")
    return VerificationCheck("citations", True, detail)


def _check_judged(
    recorded: CheckedMemo, again: CheckedMemo, judgements: Mapping[str, StatementJudged]
) -> VerificationCheck:
    """Compare what the memo calls judged with what the recorded judgements give by the stored sources."""
    known = {(one.start, one.end): (one.finding, one.by) for one in again.statements}
    judged = [one for one in recorded.statements if one.by == "judge"]
    for one in judged:
        finding, by = known.get((one.start, one.end), ("unchecked", ""))
        if finding == "unchecked" or (by == "judge" and finding != one.finding):
            why = "no recorded judgement rests on words of its sources"
            return VerificationCheck("judge", False, f"\u201c{shorten_line(one.text, 100)}\u201d: {why}")
    models = ", ".join(sorted({one.model for one in judgements.values()}))
    asked = f"{len(judgements)} statement{'s' * (len(judgements) != 1)} judged by {models}"
    decided = f"{len(judged)} decided, by words that are in the sources" if judged else "none decided"
    return VerificationCheck("judge", True, f"{asked}: {decided}")


def _with_decisions(again: CheckedMemo, recorded: CheckedMemo) -> CheckedMemo:
    """Return a memo that was checked again with what people decided on the same statements."""
    kept = {(one.start, one.end): one.decisions for one in recorded.statements if one.decisions}
    statements = tuple(
        msgspec.structs.replace(one, decisions=kept.get((one.start, one.end), ())) for one in again.statements
    )
    return msgspec.structs.replace(again, statements=statements)


def _accepted(memo: CheckedMemo, cite: Citation) -> str:
    """Return who accepted the statement of a failed citation; it fails all the same."""
    number = memo.citations.index(cite)
    owner = next((one for one in memo.statements if number in one.citations), None)
    decided = owner.decided if owner is not None else None
    return f" ({decided.person} accepted it)" if decided is not None and decided.verdict == "accept" else ""


def _check_decisions(recording: Recording) -> list[VerificationCheck]:
    """Return whether each decision names a statement that the session has; nothing without decisions."""
    state = recording.state.memo
    made = [entry.event for entry in recording.entries if isinstance(entry.event, StatementDecided)]
    if not made:
        return []
    if state.wrong_decisions:
        return [VerificationCheck("decisions", False, f"{state.wrong_decisions} name a statement that is not there")]
    people = ", ".join(sorted({event.person for event in made}))
    return [VerificationCheck("decisions", True, f"{len(made)} recorded, by {people}")]

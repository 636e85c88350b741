"""A session as a SQLite file of plain tables, for notebooks, Datasette and other programs.

Tables: `sessions`, `steps`, `calls`, `sources`, `parts`, `cells`, `statements`, `citations`. It is a copy for reading:
the session's own file stays the record.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from kimi_tui.export.recording import Recording
from kimi_tui.journal.reader import JournalReader
from kimi_tui.projections.calls import Call
from kimi_tui.session import SessionError

Row = dict[str, Any]


def relational_file(recording: Recording, reader: JournalReader) -> bytes:
    """The bytes of the SQLite file; raises `SessionError` when a stored source is damaged."""
    import sqlite_utils  # only this export needs it

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "session.sqlite"
        database = sqlite_utils.Database(str(path))
        tables = (
            ("sessions", [_session(recording)], "id", ()),
            ("steps", _steps(recording), "step", ()),
            ("calls", _calls(recording), "id", ()),
            ("sources", _sources(recording), "id", ()),
            ("parts", _parts(recording, reader), ("source", "part"), (("source", "sources", "id"),)),
            ("cells", _cells(recording, reader), "id", (("source", "sources", "id"),)),
            ("statements", _statements(recording), "id", ()),
            ("citations", _citations(recording), "id", (("statement", "statements", "id"),)),
        )
        for name, rows, key, foreign_keys in tables:
            database.table(name).insert_all(rows, pk=key, foreign_keys=foreign_keys or None, alter=True)
        if database.table("parts").exists():
            database.table("parts").enable_fts(["title", "text"])
        database.close()
        return path.read_bytes()


def _session(recording: Recording) -> Row:
    """The session on one row."""
    state = recording.state
    opened = state.run.opened
    return {
        "id": recording.session,
        "question": recording.question or next(iter(state.run.questions), ""),
        "model": opened.model if opened else "",
        "turns": state.run.turn,
        "steps": state.budget.total_steps,
        "tokens": state.budget.total_tokens,
        "memo_title": str((state.memo.memo or {}).get("title", "")),
        "memo": str((state.memo.memo or {}).get("text", "")),
        "partial": state.memo.partial,
        "last_entry_at": state.run.last_at,
        "head_digest": recording.entries[-1].digest if recording.entries else "",
    }


def _steps(recording: Recording) -> Iterator[Row]:
    for pace in recording.state.pace.steps:
        yield {
            "step": pace.step,
            "seconds": pace.seconds,
            "prompt_tokens": pace.read,
            "completion_tokens": pace.written,
        }


def _calls(recording: Recording) -> Iterator[Row]:
    yield from map(_call, recording.state.calls.by_id.values())


def _call(call: Call) -> Row:
    """A tool call with its decision and what it gave."""
    seen = call.observation
    return {
        "id": call.id,
        "turn": call.turn,
        "step": call.step,
        "tool": call.tool,
        "label": call.label,
        "arguments": msgspec.json.encode(call.arguments).decode(),
        "state": call.state,
        "policy": call.verdict or "",
        "rule": call.rule,
        "decision": call.decision or "",
        "note": call.note,
        "attempts": call.attempts,
        "proposed_at": call.at,
        "finished_at": call.finished_at,
        "status": seen.status if seen else "",
        "observation": seen.text if seen else "",
        "sources": " ".join(ref.id for ref in seen.sources) if seen else "",
    }


def _sources(recording: Recording) -> Iterator[Row]:
    for ref in recording.state.sources.by_id.values():
        yield msgspec.to_builtins(ref) | {"flagged": ref.id in recording.state.sources.flagged}


def _parts(recording: Recording, reader: JournalReader) -> Iterator[Row]:
    for source_id in recording.state.sources.by_id:
        source = reader.sources.get(source_id)
        if source is None:
            raise SessionError(f"source {source_id} is not in the store; `kimi-tui verify` says more")
        for part in source.parts:
            yield {"source": source_id, "part": part.label, "title": part.title, "text": part.text}


def _cells(recording: Recording, reader: JournalReader) -> Iterator[Row]:
    number = 0
    for source_id in recording.state.sources.by_id:
        for cell in reader.sources.cells(source_id):
            number += 1
            row = {name: getattr(cell, name) for name in cell.__struct_fields__ if name != "notes"}
            yield {"id": number, "source": source_id, **row, "notes": " ".join(cell.notes)}


def _statements(recording: Recording) -> Iterator[Row]:
    if recording.state.memo.memo is None:
        return
    for number, one in enumerate(recording.memo.statements):
        yield {
            "id": number,
            "text": one.text,
            "finding": one.finding,
            "checked_by": one.by,
            "reason": one.reason,
            "needs_source": one.needs_source,
            "decision": one.decided.verdict if one.decided else "",
            "decided_by": one.decided.person if one.decided else "",
            "decision_reason": one.decided.reason if one.decided else "",
        }


def _citations(recording: Recording) -> Iterator[Row]:
    if recording.state.memo.memo is None:
        return
    memo = recording.memo
    owner = {cite: number for number, one in enumerate(memo.statements) for cite in one.citations}
    for number, cite in enumerate(memo.citations):
        yield {
            "id": number,
            "statement": owner.get(number),
            "marker": cite.marker,
            "finding": cite.finding,
            "checked_by": cite.by,
            "reason": cite.detail,
            "sources": " ".join(place.source for place in cite.places),
        }

"""Check the record: conditions that hold for a session's file at every moment and after every kill."""

from collections import Counter
from pathlib import Path
from typing import Any

from kimi_tui.events import Entry, ObservationRecorded, StepStarted, ToolCallProposed
from kimi_tui.journal.reader import JournalReader
from kimi_tui.projections.context import Context
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.trajectory import TrajectoryState


def entries_of(path: Path) -> list[Entry]:
    """Every entry of a session's file; raises `SessionError`."""
    reader = JournalReader(path)
    try:
        return list(reader.entries())
    finally:
        reader.close()


def state_fields(state: TrajectoryState) -> dict[str, Any]:
    """Every field of every projection; what is hashed as its digest."""
    fields: dict[str, Any] = {}
    for name, projection in vars(state).items():
        fields[name] = {key: value for key, value in vars(projection).items() if key not in ("_hash", "_hashed")}
        if isinstance(projection, Context):
            fields[name]["digest"] = projection.digest
    return fields


def find_faults(path: Path, seen: dict[int, str], live: TrajectoryState) -> list[str]:
    """Return what is wrong with a session's file, given the entries seen and the state folded from them."""
    reader = JournalReader(path)
    try:
        broken = reader.verify_chain()
        entries = list(reader.entries())
    finally:
        reader.close()
    faults = [f"the chain breaks: {broken.why}"] if broken else []
    digests = {entry.seq: entry.digest for entry in entries}
    lost = sum(digests.get(seq) != digest for seq, digest in seen.items())
    faults += ["an acknowledged event was lost"] * lost
    replayed, context = SessionState(), Context()
    observed: Counter[str] = Counter()
    proposed: Counter[str] = Counter()
    for entry in entries:
        event = entry.event
        if isinstance(event, StepStarted) and event.context_digest != context.digest:
            faults.append("the engine's context is not the replayed one")
        if isinstance(event, ToolCallProposed):
            proposed[event.call_id] += 1
        if isinstance(event, ObservationRecorded):
            observed[event.call_id] += 1
        context.apply(entry)
        if entry.seq <= live.run.seq:
            replayed.apply(entry)
    if state_fields(replayed.main) != state_fields(live):
        faults.append("the live state is not the replayed one")
    if max([*observed.values(), *proposed.values()], default=1) > 1:
        faults.append("a call was proposed or observed twice")
    return faults

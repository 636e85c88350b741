"""Write recorded sessions of any length directly into journals."""

import hashlib
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from kimi_tui.config import LoadedSettings, recorded_settings
from kimi_tui.events import (
    AnyEvent,
    MessageRecorded,
    ObservationRecorded,
    PolicyDecided,
    QuestionAsked,
    ReasoningRecorded,
    SessionOpened,
    StepFinished,
    StepStarted,
    ToolCallProposed,
    ToolCallStarted,
    TurnFinished,
    Usage,
)
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.summary import make_summary
from tools.bench.model_texts import LAST_WORD, QUESTION, paragraph

RARE = "zanzibar"
"""A word that stands once in each session, in an observation."""
BESIDE = "quokkas"
"""The word after it, which nobody types."""


def record(loaded: LoadedSettings, calls: int, *, blocks_a_step: int = 2, size: int = 5_000, seed: int = 1) -> str:
    """Write a finished session and return its id; `blocks_a_step` of 3 adds a message to each step. Returns its id."""
    chance = random.Random(seed)
    text = "".join(paragraph(chance) for _ in range(20))
    settings = msgspec.to_builtins(recorded_settings(loaded.settings, model="scripted", window=262_144))
    with closing(SessionStore(loaded.settings.home_path).create()) as journal:
        opened = SessionOpened("0", "scripted", loaded.settings.base_url, settings, "You read documents.")
        journal.append([opened], turn=0, step=0)
        journal.append([QuestionAsked(QUESTION)], turn=1, step=0)
        for start in range(1, calls + 1, 100):
            for step in range(start, min(start + 100, calls + 1)):
                journal.append(_step(step, text, blocks_a_step, size, step == calls // 2), turn=1, step=step)
        memo = {"title": "Bench", "text": f"It was read. {LAST_WORD}", "sentences": [], "citations": []}
        journal.append([TurnFinished("answered", memo)], turn=1, step=calls)
        folded = SessionState()
        state = folded.main
        with closing(JournalReader(journal.path)) as reader:
            for entry in reader.entries():
                folded.apply(entry)
        journal.save_summary(msgspec.json.encode(make_summary(state)).decode())
        return journal.session


def _step(step: int, text: str, blocks: int, size: int, rare: bool) -> list[AnyEvent]:
    """Return one step with one call, with the digests that an engine records."""
    call, at = f"c{step}", step * 37 % 1_000
    source = f"document-{step}.txt"
    seen = f"Document {step}. {text[at : at + size]}" + (f" {RARE} {BESIDE}" if rare else "")
    message: list[AnyEvent] = [MessageRecorded(text[at : at + 300])] if blocks == 3 else []
    return [
        StepStarted(step, "", 0),
        ReasoningRecorded(text[at : at + 500], 2.0, 120),
        *message,
        ToolCallProposed(call, "read", {"source": source}, "", f"Read {source}", asks=_digest(source)),
        StepFinished(Usage(4_000, 150, 120), 2.5, "tool_calls"),
        PolicyDecided(call, "allow", "reading"),
        ToolCallStarted(call, 1),
        ObservationRecorded(call, "ok", seen, duration=0.1, outcome=_digest(seen)),
    ]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def copy_session(home: Path, session: str, count: int) -> None:
    """More sessions with the same contents under other ids."""
    shelf = SessionStore(home)
    for number in range(count):
        name = f"{session}{number:03}"
        shutil.copytree(shelf.path(session).parent, shelf.folder / name)
        with closing(sqlite3.connect(shelf.path(name))) as connection, connection:
            connection.execute("update meta set value = ? where key = 'session'", (name,))

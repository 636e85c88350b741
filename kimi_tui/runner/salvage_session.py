"""Salvage a damaged session in place: its sound part becomes the session again, paused for its person.

What was done after the damage is not known any more, so nothing is done again by itself.
"""

from contextlib import closing

from kimi_tui.events import RunPaused
from kimi_tui.journal.recovery.salvage import salvage_in_place
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.projections.state import SessionState
from kimi_tui.session import DamagedSession, SessionError
from kimi_tui.text import count_noun


def salvage_and_pause(shelf: SessionStore, session: str) -> str:
    """Salvage a session in place and report what was saved; raises `SessionError`."""
    if not _is_damaged(shelf, session):
        raise SessionError(f"session {session} is not damaged; there is nothing to salvage")
    saved, kept = salvage_in_place(shelf.path(session))
    _pause_turn(shelf, session)
    beside = f"; later entries beside it as JSON Lines: {saved.later_entries}" if saved.later_entries else ""
    return (
        f"Saved {count_noun(saved.kept_entries, 'entry')} and {count_noun(saved.sources, 'source')}; "
        f"lost: {saved.lost_entries}{beside}. "
        f"The damaged file is kept as {kept}"
    )


def _is_damaged(shelf: SessionStore, session: str) -> bool:
    """Return whether the file, its chain or its structure is damaged; raises `SessionError` for a foreign file."""
    try:
        with closing(shelf.open_reader(session)) as reader:
            return reader.verify_chain() is not None or bool(reader.structure_fault())
    except DamagedSession:
        return True


def _pause_turn(shelf: SessionStore, session: str) -> None:
    """Pause the turn in which the salvaged session ends: lost calls may have had effects."""
    journal = shelf.open_writer(session)
    try:
        folded = SessionState()
        state = folded.main
        reader = shelf.open_reader(session)
        for entry in reader.entries():
            folded.apply(entry)
        reader.close()
        if state.run.turn_open and not state.run.paused:
            why = "salvaged: what came after this was damaged and is not known; look at it, then go on or stop"
            journal.append([RunPaused("engine", why)], turn=state.run.turn, step=state.run.step)
    finally:
        journal.close()

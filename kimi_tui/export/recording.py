"""A session as exports read it: its entries up to a point, and the state folded from them."""

from collections.abc import Iterable
from itertools import takewhile

import msgspec

from kimi_tui.events import Entry
from kimi_tui.evidence.memo import CheckedMemo, decode_memo
from kimi_tui.journal.reader import JournalReader
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.session import SessionError


class Recording(msgspec.Struct, frozen=True):
    """One session, read once."""

    entries: tuple[Entry, ...]
    """In order, from the first."""
    state: TrajectoryState
    """Folded from them."""

    @property
    def session(self) -> str:
        """Return the session's id."""
        return self.state.run.session

    @property
    def memo(self) -> CheckedMemo:
        """Return the memo; raises `SessionError` when there is none yet."""
        if self.state.memo.memo is None:
            raise SessionError(f"session {self.session} has no memo yet; `kimi-tui resume {self.session}` continues it")
        try:
            return decode_memo(self.state.memo.memo)
        except msgspec.ValidationError as error:
            raise SessionError(f"the memo of session {self.session} is damaged ({error}); verify the session") from None

    @property
    def question(self) -> str:
        """Return the question that the memo answers."""
        questions, turn = self.state.run.questions, self.state.memo.turn
        return questions[turn - 1] if 0 < turn <= len(questions) else ""


def read_recording(reader: JournalReader, last: int | None = None) -> Recording:
    """Read a session, whole or up to the entry `last`; raises `SessionError` for a damaged one."""
    entries = reader.entries()
    return fold_recording(entries if last is None else takewhile(lambda entry: entry.seq <= last, entries))


def fold_recording(entries: Iterable[Entry]) -> Recording:
    """Fold entries that were read before."""
    folded, kept = SessionState(), tuple(entries)
    for entry in kept:
        folded.apply(entry)
    return Recording(kept, folded.main)

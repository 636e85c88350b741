"""A session as exports read it: its entries, its folded state and its sources."""

import msgspec

from kimi_tui.events import Entry
from kimi_tui.journal.reader import JournalReader
from kimi_tui.projections.citations import Memo
from kimi_tui.projections.state import SessionState
from kimi_tui.session import SessionError


class Recording(msgspec.Struct, frozen=True):
    """One session, read once."""

    reader: JournalReader
    entries: tuple[Entry, ...]
    state: SessionState

    @property
    def memo(self) -> Memo:
        """The memo; raises `SessionError` when there is none yet."""
        if self.state.memo.memo is None:
            raise SessionError(
                f"session {self.reader.session} has no memo yet; `kimi-tui resume {self.reader.session}` goes on with it"
            )
        return msgspec.convert(self.state.memo.memo, Memo)


def record_of(reader: JournalReader) -> Recording:
    """Read a whole session; raises `SessionError` for a damaged one."""
    state = SessionState()
    entries = tuple(reader.entries())
    for entry in entries:
        state.apply(entry)
    return Recording(reader, entries, state)

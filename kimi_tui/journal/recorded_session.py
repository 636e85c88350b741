"""Read a session from its journal: the part that every handle shares, and a recording that is only read."""

from collections.abc import AsyncIterator, Sequence
from itertools import chain

from kimi_tui.commands import AnyCommand, Receipt
from kimi_tui.events import Delta, Entry
from kimi_tui.journal.reader import ChainBreak, JournalReader
from kimi_tui.session import StorageTrouble
from kimi_tui.sources import Source


class JournalSession:
    """The part of `session.Session` that is read from the journal, with or without a process that writes it."""

    def __init__(self, journal: JournalReader) -> None:
        self._journal = journal

    @property
    def id(self) -> str:
        """The session's id."""
        return self._journal.session

    @property
    def damage(self) -> str:
        """Nothing: an engine works on no damaged session."""
        return ""

    async def source(self, source_id: str) -> Source | None:
        """A source with its text, or None."""
        return self._journal.sources.get(source_id)


class RecordedSession(JournalSession):
    """Implements `session.Session` over a file; commands are refused, and nothing after damage is shown."""

    live = False

    def __init__(self, reader: JournalReader, broken: ChainBreak | None = None, sound: Sequence[Entry] = ()) -> None:
        """`broken` is where it ends; `sound` are its first entries, if they have been read."""
        super().__init__(reader)
        self._broken = broken
        self._sound = sound

    @property
    def damage(self) -> str:
        """A description of the damage, and how much is shown."""
        if self._broken is None:
            return ""
        shown = f"the {self._broken.seq - 1} before it" if self._broken.seq > 1 else "nothing"
        return f"{self._broken.why}. The intact part is shown: {shown}."

    @property
    def storage_trouble(self) -> StorageTrouble | None:
        """None: a recording records nothing."""
        return None

    @property
    def engine_failure(self) -> str:
        """Nothing: a recording has no engine."""
        return ""

    async def tail(self, after: int = 0) -> AsyncIterator[Entry]:
        """Yield every recorded entry at once; it ends where the recording ends."""
        sound, self._sound = self._sound, ()
        end = self._broken.seq if self._broken else None
        for entry in chain(sound[after:], self._journal.entries(max(after, len(sound)), end)):
            yield entry

    async def deltas(self) -> AsyncIterator[Delta]:
        """None: a recording holds whole texts."""
        none: tuple[Delta, ...] = ()
        for delta in none:
            yield delta

    async def send(self, command: AnyCommand) -> Receipt:
        """Refuse the command: a recording has no engine."""
        if self._broken is not None:
            return Receipt(False, "this session is damaged and can only be read; salvage it to go on with it")
        return Receipt(False, "this is a recording; open the session with `kimi-tui resume` to go on with it")

    async def close(self) -> None:
        """Close the file."""
        self._journal.close()

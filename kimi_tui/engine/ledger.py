"""Record facts: commit to the journal, apply to the state, then notify. There is no other way to record a fact."""

import asyncio
from contextlib import suppress

import msgspec

from kimi_tui.engine.change_signal import ChangeSignal, DeltaFeed
from kimi_tui.events import MAIN_TRAJECTORY, AnyEvent, Delta, DeltaKind, QuestionAsked, StatementDecided, TurnFinished
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.summary import make_summary
from kimi_tui.session import StorageError, StorageTrouble

_RETRY_SECONDS = 1.0


class Ledger:
    """The only writer of a session's facts, with the state computed from them."""

    def __init__(self, journal: JournalWriter, folded: SessionState, *, patient: bool = True) -> None:
        """`folded` must already hold everything that the journal holds; `patient` tells whether to wait for storage."""
        self.journal = journal
        self.folded = folded
        """The whole session."""
        self.state = folded.main
        """The trajectory whose facts are recorded."""
        self.pulse = ChangeSignal()
        """Beats after each commit and each accepted command."""
        self.trouble: StorageTrouble | None = None
        """Why nothing can be recorded now; None while it can."""
        self._feeds: list[DeltaFeed] = []
        self._patient = patient

    def record(self, *events: AnyEvent, turn: int | None = None, step: int | None = None) -> None:
        """Commit the events in one transaction, apply them and notify; raises `StorageError`."""
        run = self.state.run
        entries = self.journal.append(
            events, turn=run.turn if turn is None else turn, step=run.step if step is None else step
        )
        self.trouble = None
        self.journal.waiting.release()
        for entry in entries:
            self.folded.apply(entry)
        if any(isinstance(event, TurnFinished | QuestionAsked | StatementDecided) for event in events):
            self.write_summary()
        if any(isinstance(event, TurnFinished) for event in events):
            with suppress(StorageError):  # what stays behind belongs to a step that has ended, and is not looked at
                self.journal.clear_inflight()
        self.pulse.notify()

    async def record_patiently(self, *events: AnyEvent) -> None:
        """Record events that must not be lost, waiting for the storage as long as it takes."""
        while True:
            try:
                self.record(*events)
            except StorageError as error:
                await self.wait_for_storage(error)
            else:
                return

    async def wait_for_storage(self, error: StorageError) -> None:
        """Report why nothing can be recorded and wait before the next try; raises the error if not patient."""
        if not self._patient:
            raise error
        self.trouble = error.trouble
        self.journal.waiting.acquire()
        self.stream("state", f"waiting for the storage: {error}")
        self.pulse.notify()
        await asyncio.sleep(_RETRY_SECONDS)

    def write_summary(self) -> None:
        """Write the library's line for this session; without it the library reads the journal."""
        with suppress(StorageError):
            self.journal.save_summary(msgspec.json.encode(make_summary(self.state)).decode())

    def stream(self, kind: DeltaKind, text: str, *, index: int = 0, tool: str = "", tokens: int = 0) -> None:
        """Stream a fragment of the running step to every watcher."""
        for feed in self._feeds:
            feed.put(Delta(MAIN_TRAJECTORY, self.state.run.step, kind, text, index, tool, tokens))

    def open_feed(self) -> DeltaFeed:
        """A new feed of fragments."""
        feed = DeltaFeed()
        self._feeds.append(feed)
        return feed

    def close_feed(self, feed: DeltaFeed) -> None:
        """End a feed."""
        feed.close()
        if feed in self._feeds:
            self._feeds.remove(feed)

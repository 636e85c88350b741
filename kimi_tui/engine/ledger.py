"""The ledger: commit to the journal, fold into the state, then tell. There is no other way to record a fact."""

import asyncio
from contextlib import suppress

import msgspec

from kimi_tui.engine.pulse import DeltaFeed, Pulse
from kimi_tui.events import AnyEvent, Delta, DeltaKind, QuestionAsked, TurnFinished
from kimi_tui.journal.writer import MAIN_TRAJECTORY, JournalWriter
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.summary import make_summary
from kimi_tui.session import StorageError, StorageTrouble

_TRY_AGAIN_SECONDS = 1.0


class Ledger:
    """The one writer of a session's facts, with the state folded from them."""

    def __init__(self, journal: JournalWriter, state: SessionState, *, patient: bool = True) -> None:
        """`state` must already hold everything that the journal holds; `patient` tells whether to wait for storage."""
        self.journal = journal
        self.state = state
        self.pulse = Pulse()
        """Beats after each commit and each accepted command."""
        self.trouble: StorageTrouble | None = None
        """Why nothing can be recorded now; None while it can."""
        self._feeds: list[DeltaFeed] = []
        self._patient = patient

    def record(self, *events: AnyEvent, turn: int | None = None, step: int | None = None) -> None:
        """Commit the events in one transaction, fold them and wake everybody; raises `StorageError`."""
        run = self.state.run
        entries = self.journal.append(
            events, turn=run.turn if turn is None else turn, step=run.step if step is None else step
        )
        self.trouble = None
        self.journal.waiting.release()
        for entry in entries:
            self.state.apply(entry)
        if any(isinstance(event, TurnFinished | QuestionAsked) for event in events):
            self.keep_summary()
        if any(isinstance(event, TurnFinished) for event in events):
            with suppress(StorageError):  # what stays behind belongs to a step that has ended, and is not looked at
                self.journal.clear_inflight()
        self.pulse.beat()

    async def persist(self, *events: AnyEvent) -> None:
        """Record events that must not be lost, waiting for the storage as long as it takes."""
        while True:
            try:
                self.record(*events)
            except StorageError as error:
                await self.hold(error)
            else:
                return

    async def hold(self, error: StorageError) -> None:
        """Say why nothing can be recorded, and let a while pass before it is tried again; raises it if not patient."""
        if not self._patient:
            raise error
        self.trouble = error.trouble
        self.journal.waiting.acquire()
        self.announce("state", f"waiting for the storage: {error}")
        self.pulse.beat()
        await asyncio.sleep(_TRY_AGAIN_SECONDS)

    def keep_summary(self) -> None:
        """Keep the library's line for this session; when it cannot be kept, the library reads the journal instead."""
        with suppress(StorageError):
            self.journal.save_summary(msgspec.json.encode(make_summary(self.state)).decode())

    def announce(self, kind: DeltaKind, text: str, *, index: int = 0, tool: str = "", tokens: int = 0) -> None:
        """Show a fragment of the step under way to every watcher."""
        for feed in self._feeds:
            feed.put(Delta(MAIN_TRAJECTORY, self.state.run.step, kind, text, index, tool, tokens))

    def watch(self) -> DeltaFeed:
        """A new feed of fragments."""
        feed = DeltaFeed()
        self._feeds.append(feed)
        return feed

    def unwatch(self, feed: DeltaFeed) -> None:
        """End a feed."""
        feed.close()
        if feed in self._feeds:
            self._feeds.remove(feed)

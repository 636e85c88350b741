"""Hold a session whose engine works in this process, for headless runs and the runner process."""

import asyncio
import contextlib
import os
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from kimi_tui.commands import AnyCommand, Receipt
from kimi_tui.engine.control import handle_command
from kimi_tui.engine.loop import Engine
from kimi_tui.events import Delta, Entry, RunPaused
from kimi_tui.journal.reader import JournalReader
from kimi_tui.session import SessionError, StorageTrouble
from kimi_tui.sources import Source
from kimi_tui.text import one_line

MAX_LOG_BYTES = 1 << 20
"""A log that is longer is begun anew."""


class EngineFailed(SessionError):
    """An unexpected error ended the engine; the text names it and the log."""


def describe_fault(error: BaseException, log: Path | None) -> str:
    """Return the kind of an error, its text, and where the log is."""
    where = f"; {log} says where" if log else ""
    return f"{type(error).__name__}: {one_line(str(error), 300) or 'without a word'}{where}"


def log_traceback(error: BaseException, session: str, log: Path | None) -> None:
    """Add an error to the log, if the log can be written."""
    if log is None:
        return
    lines = [f"{datetime.now(UTC):%Y-%m-%d %H:%M} {session}:\n", *traceback.format_exception(error)]
    with contextlib.suppress(OSError):
        size = log.stat().st_size if log.exists() else 0
        mode = os.O_TRUNC if size > MAX_LOG_BYTES else os.O_APPEND
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | mode, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(lines)


class EngineSession:
    """Implements `session.Session` over an engine in this process."""

    live = True

    def __init__(self, engine: Engine, log: Path | None = None) -> None:
        """`log` is the file that faults of the engine are written to."""
        self.engine = engine
        self.engine_failure = ""
        """Why the engine failed; empty while it works."""
        self._log = log
        self._task: asyncio.Task[None] | None = None
        self._reader = JournalReader(engine.ledger.journal.path)

    @property
    def id(self) -> str:
        """The session's id."""
        return self._reader.session

    @property
    def damage(self) -> str:
        """Nothing: nobody works on a damaged session."""
        return ""

    @property
    def storage_trouble(self) -> StorageTrouble | None:
        """Why the session cannot be recorded now; None while it can."""
        return self.engine.ledger.trouble

    def start(self) -> asyncio.Task[None]:
        """Start the engine; the task ends only with `close` or with an error that no step can survive."""
        self._task = asyncio.create_task(self._run_engine())
        self._task.add_done_callback(lambda _: self.engine.ledger.pulse.notify())
        return self._task

    async def _run_engine(self) -> None:
        """Run the engine; an error that it cannot survive is logged and recorded, and the turn is paused."""
        try:
            await self.engine.run()
        except SessionError as error:
            self.engine_failure = str(error)
            raise
        except Exception as error:  # a front end gets an answer to each command, and the session runs on
            log_traceback(error, self.id, self._log)
            self.engine_failure = f"the engine of session {self.id} failed ({describe_fault(error, self._log)})"
            ledger = self.engine.ledger
            if ledger.state.run.turn_open:
                with contextlib.suppress(Exception):  # where it cannot be recorded, it is told all the same
                    ledger.record(RunPaused("engine", self.engine_failure))
            raise EngineFailed(self.engine_failure) from error

    async def tail(self, after: int = 0) -> AsyncIterator[Entry]:
        """Recorded entries, then each new one; it ends when the engine has ended."""
        while True:
            changed = self.engine.ledger.pulse.next_change()
            for entry in self._reader.entries(after):
                after = entry.seq
                yield entry
            if self._task is not None and self._task.done():
                return
            await changed.wait()

    async def deltas(self) -> AsyncIterator[Delta]:
        """Fragments as they stream."""
        feed = self.engine.ledger.open_feed()
        try:
            async for delta in feed:
                yield delta
        finally:
            self.engine.ledger.close_feed(feed)

    async def send(self, command: AnyCommand) -> Receipt:
        """Ask the engine for something."""
        try:
            return handle_command(self.engine, command)
        except Exception as error:
            log_traceback(error, self.id, self._log)
            return Receipt(False, f"it failed unexpectedly ({describe_fault(error, self._log)})")

    async def source(self, source_id: str) -> Source | None:
        """A source with its text, or None."""
        return self.engine.sources.get(source_id)

    async def close(self) -> None:
        """End the engine and release the file; reopening continues from there."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(SessionError):  # the disk is full: the line is made anew from the entries
            self.engine.ledger.write_summary()
        self._reader.close()
        self.engine.ledger.journal.close()

"""Start a runner, attach to it, and use its session as a handle."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator

import msgspec

from kimi_tui import __version__
from kimi_tui.commands import AnyCommand, Receipt
from kimi_tui.config import LoadedSettings
from kimi_tui.events import Delta, Entry
from kimi_tui.journal.lock import SessionBusy
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.recorded_session import JournalSession
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.runner.runner_address import find_runner
from kimi_tui.runner.runner_start import RunnerStarter
from kimi_tui.runner.wire import (
    MAX_LINE_BYTES,
    WIRE_VERSION,
    Advanced,
    Answered,
    Assignment,
    CommandMessage,
    Ended,
    Hello,
    Ready,
    RunnerMessage,
    Streamed,
    Troubled,
    read_line,
)
from kimi_tui.secret_variables import secrets_for_child
from kimi_tui.session import SessionError, StorageTrouble
from kimi_tui.subprocesses import module_command
from kimi_tui.text import one_line

_POLL_SECONDS = 2.0
"""Seconds between looks at a journal whose runner does not speak."""
_GREETING_SECONDS = 10.0
"""How long a runner may take to say who it is."""
RUNNER_MODULE = "kimi_tui.runner.host"
"""The module whose `main` is a runner's process."""
RUNNERS = RunnerStarter()
"""Starts the runners of this process."""
RUNNER_ENDED = "the session's runner has ended; open the session again to go on"


class RunnerSession(JournalSession):
    """Implements `session.Session` over a runner's socket and the journal it writes."""

    live = True

    def __init__(self, journal: JournalReader, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(journal)
        self._writer = writer
        self._number = 0
        self._answers: dict[int, asyncio.Future[Receipt]] = {}
        self._feeds: list[asyncio.Queue[Delta | None]] = []
        self._advanced = asyncio.Event()
        self._gone = False
        self._trouble: StorageTrouble | None = None
        self._ending = ""
        self._listener = asyncio.create_task(self._read_messages(reader))

    @property
    def storage_trouble(self) -> StorageTrouble | None:
        """Why the runner cannot record now, as it last said."""
        return self._trouble

    @property
    def engine_failure(self) -> str:
        """Why the runner's engine failed, as its runner said last."""
        return self._ending

    async def tail(self, after: int = 0) -> AsyncIterator[Entry]:
        """Recorded entries, then each new one."""
        while True:
            self._advanced.clear()
            for entry in self._journal.entries(after):
                after = entry.seq
                yield entry
            with contextlib.suppress(TimeoutError):  # `wait_for` would lose a cancellation that comes with the wake-up
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._advanced.wait()

    async def deltas(self) -> AsyncIterator[Delta]:
        """Fragments as they stream, until the runner ends."""
        feed: asyncio.Queue[Delta | None] = asyncio.Queue()
        self._feeds.append(feed)
        try:
            while not self._gone and (delta := await feed.get()) is not None:
                yield delta
        finally:
            self._feeds.remove(feed)

    async def send(self, command: AnyCommand) -> Receipt:
        """Ask the runner's engine for something."""
        if self._gone:
            return self._refusal()
        self._number += 1
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._answers[self._number] = answer
        try:
            self._writer.write(msgspec.json.encode(CommandMessage(self._number, command)) + b"\n")
            await self._writer.drain()
            return await answer
        except (ConnectionError, RuntimeError):
            return self._refusal()

    async def close(self) -> None:
        """Detach; the runner goes on."""
        self._listener.cancel()
        await asyncio.gather(self._listener, return_exceptions=True)
        self._writer.close()
        self._journal.close()

    async def _read_messages(self, reader: asyncio.StreamReader) -> None:
        decoder: msgspec.json.Decoder[RunnerMessage] = msgspec.json.Decoder(RunnerMessage)
        try:
            while line := await read_line(reader):
                self._handle_message(decoder.decode(line))
        finally:
            self._gone = True
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_result(self._refusal())
            for feed in self._feeds:
                feed.put_nowait(None)
            self._advanced.set()

    def _refusal(self) -> Receipt:
        return Receipt(False, f"{self._ending}; open the session again to go on" if self._ending else RUNNER_ENDED)

    def _handle_message(self, message: RunnerMessage) -> None:
        match message:
            case Answered():
                answer = self._answers.pop(message.number, None)
                if answer is not None and not answer.done():
                    answer.set_result(message.receipt)
            case Streamed():
                for feed in self._feeds:
                    feed.put_nowait(message.delta)
            case Advanced():
                self._advanced.set()
            case Troubled():
                self._trouble = message.trouble
            case Ended():
                self._ending = message.reason
            case Hello():
                pass


async def attach(shelf: SessionStore, session: str) -> RunnerSession | None:
    """The session at its living runner, None when none answers; raises `SessionError` for one it cannot talk to."""
    path = find_runner(shelf, session)
    try:
        owner = path.lstat().st_uid
        if owner != os.getuid():
            raise SessionError(f"the socket {path} belongs to another user (id {owner}); have it removed")
        reader, writer = await asyncio.open_unix_connection(path, limit=MAX_LINE_BYTES)
    except OSError:
        return None
    try:
        if not await _is_runner_of_ours(reader, shelf, session):
            writer.close()
            return None
        return RunnerSession(shelf.open_reader(session), reader, writer)
    except SessionError:
        writer.close()
        raise


async def _is_runner_of_ours(reader: asyncio.StreamReader, shelf: SessionStore, session: str) -> bool:
    """Return whether a runner of this version answers (False when it hangs up); raises `SessionError` for others."""
    line = b"?"
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GREETING_SECONDS):
            line = await read_line(reader)
    if not line:
        return False
    try:
        hello = msgspec.json.decode(line, type=Hello)
    except msgspec.MsgspecError:
        hello = Hello(0, "another version")
    if hello.wire != WIRE_VERSION:
        who = f"process {pid}" if (pid := shelf.holder(session)) else "what listens there"
        raise SessionError(
            f"kimi-tui ({one_line(hello.version, 40)}) works on session {session}, and this one ({__version__}) "
            f"cannot talk to it; attach with that version, or end {who}: nothing is lost"
        )
    return True


async def launch(loaded: LoadedSettings, session: str = "", question: str = "") -> RunnerSession:
    """Start a runner for a new session, or for the one of that id; raises `SessionError` with its reason."""
    home = loaded.settings.home_path
    settings = msgspec.structs.replace(loaded.settings, home=str(home))
    assignment = Assignment(settings, loaded.origins, session, question, secrets_for_child(os.environ))
    line, faults = await asyncio.wrap_future(RUNNERS.start(module_command(RUNNER_MODULE), assignment, home))
    ready = msgspec.json.decode(line, type=Ready) if line else _ended_early(faults)
    shelf = SessionStore(home)
    if ready.busy:
        find_runner(shelf, session)  # says more of a run in the foreground
        raise SessionBusy(shelf.lock_path(session), shelf.holder(session))
    if ready.error:
        raise SessionError(ready.error)
    attached = await attach(shelf, ready.session)
    if attached is None:
        raise SessionError(f"the runner of session {ready.session} cannot be reached; see {shelf.log_path}")
    return attached


def _ended_early(faults: bytes) -> Ready:
    last_line = faults.decode(errors="replace").strip().rpartition("\n")[2]
    return Ready(error=f"the runner ended before it was ready: {one_line(last_line, 300)}")

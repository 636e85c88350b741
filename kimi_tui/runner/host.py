"""The runner process: one engine behind a Unix socket that outlives every terminal.

It is started with its assignment on standard input, prints one line when it is ready (or why it is not) and lets
go of its terminal. When its session neither thinks nor acts and nobody is attached for a while, it ends.
"""

import asyncio
import contextlib
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from kimi_tui import __version__
from kimi_tui.config import LoadedSettings, Settings
from kimi_tui.engine.interruptible import cancel_and_wait
from kimi_tui.engine.session import describe_fault, log_traceback
from kimi_tui.journal.lock import SessionBusy
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.runner.assembly import WorkingSession, open_working_session
from kimi_tui.runner.fork_server import run_in_forks
from kimi_tui.runner.listener import Listener
from kimi_tui.runner.notify_command import notify_on_changes
from kimi_tui.runner.wire import (
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
from kimi_tui.session import SessionError, StorageTrouble

_IDLE_CHECK_SECONDS = 0.5
"""Seconds between looks at whether a session that nobody is attached to still does something."""

_ASSIGNMENTS = msgspec.json.Decoder(Assignment)
_MAX_FAREWELL_SECONDS = 2.0
"""How long front ends have to read why a runner ends."""


class RunnerHost:
    """Serve one working session to any number of front ends."""

    def __init__(self, workplace: WorkingSession, linger: float, notify: tuple[str, ...] = ()) -> None:
        """`linger` is how many seconds a runner with nothing to do stays; `notify` is a command of the person's."""
        self._notify = notify
        self._session = workplace.session
        self._linger = linger
        self._clients: set[asyncio.StreamWriter] = set()
        self._alone = asyncio.Event()
        self._alone.set()
        self.listening = asyncio.Event()
        """Set once front ends can attach."""

    async def serve(self, listener: Listener) -> None:
        """Work until the engine fails or there is nothing to do and nobody there; raises `SessionError`."""
        await listener.open(self._serve_front_end)
        self.listening.set()
        work = self._session.start()
        beside = [asyncio.create_task(task) for task in (listener.keep_open(), self._notify_person())]
        idle = asyncio.create_task(self._until_idle())
        try:
            await asyncio.wait({work, idle}, return_when=asyncio.FIRST_COMPLETED)
            for task in (work, idle):
                if task.done():
                    task.result()
        except (SessionError, OSError) as error:
            await self._send_failure(str(error))
            raise
        finally:
            for task in (*beside, idle):
                task.cancel()
            await asyncio.gather(*beside, idle, return_exceptions=True)
            listener.close()
            for writer in list(self._clients):
                writer.close()

    async def _send_failure(self, reason: str) -> None:
        """Send every front end the reason why the engine failed, as long as it reads."""
        for writer in self._clients:
            _send_message(writer, Ended(reason))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_MAX_FAREWELL_SECONDS):
                await asyncio.gather(*(writer.drain() for writer in self._clients), return_exceptions=True)

    async def _until_idle(self) -> None:
        """Return after a while in which nobody was attached and the session waited for a person."""
        quiet, beat = 0.0, min(self._linger, _IDLE_CHECK_SECONDS)
        while quiet < self._linger:
            await self._alone.wait()
            await asyncio.sleep(beat)
            state = self._session.engine.ledger.state.name
            quiet = quiet + beat if self._alone.is_set() and state != "running" else 0.0

    async def _notify_person(self) -> None:
        if self._notify:
            await notify_on_changes(self._session.engine.ledger, self._notify)

    async def _serve_front_end(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one front end until it goes."""
        self._clients.add(writer)
        self._alone.clear()
        _send_message(writer, Hello(WIRE_VERSION, __version__))
        tasks = [asyncio.create_task(self._send_deltas(writer)), asyncio.create_task(self._send_progress(writer))]
        decoder = msgspec.json.Decoder(CommandMessage)
        try:
            while line := await read_line(reader):
                try:
                    order = decoder.decode(line)
                except msgspec.MsgspecError:
                    break
                _send_message(writer, Answered(order.number, await self._session.send(order.command)))
        finally:
            self._clients.discard(writer)
            if not self._clients:
                self._alone.set()
            writer.close()
            await cancel_and_wait(*tasks)

    async def _send_deltas(self, writer: asyncio.StreamWriter) -> None:
        """Send fragments at the front end's own pace: a slow one gets them joined and delays nobody."""
        async for delta in self._session.deltas():
            _send_message(writer, Streamed(delta))
            with contextlib.suppress(ConnectionError):
                await writer.drain()

    async def _send_progress(self, writer: asyncio.StreamWriter) -> None:
        ledger = self._session.engine.ledger
        sent: StorageTrouble | None = None
        while True:
            changed = ledger.pulse.next_change()
            if ledger.trouble != sent:
                sent = ledger.trouble
                _send_message(writer, Troubled(sent))
            _send_message(writer, Advanced(ledger.state.run.seq))
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            await changed.wait()


def _send_message(writer: asyncio.StreamWriter, message: RunnerMessage) -> None:
    if not writer.is_closing():
        writer.write(msgspec.json.encode(message) + b"\n")


def main() -> int:
    """Run the runner's process: 0 when it ended with nothing left to do, 1 when it could not work.

    It works in a child of the process that was started: asyncio kills a child that still runs when its starter's event
    loop goes away, and a runner must outlive its starter.
    """
    os.umask(0o077)
    return run_in_forks(_work)


def _work() -> int:
    """Work on the session of the assignment on standard input."""
    assignment = _ASSIGNMENTS.decode(sys.stdin.buffer.readline())
    os.environ.update(assignment.secrets)
    return asyncio.run(_run_assignment(assignment))


async def _run_assignment(assignment: Assignment) -> int:
    loaded = LoadedSettings(assignment.settings, assignment.origins)
    try:
        workplace = await open_working_session(loaded, assignment.session, question=assignment.question)
    except SessionError as error:
        _print_ready(Ready(error=str(error), busy=isinstance(error, SessionBusy)))
        return 1
    except Exception as error:  # the front end that waits for this process is answered, with the log's place
        log = SessionStore(assignment.settings.home_path).log_path
        log_traceback(error, assignment.session, log)
        _print_ready(Ready(error=f"the session cannot be opened ({describe_fault(error, log)})"))
        return 1
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel if task else lambda: None)
    try:
        await _run_host(workplace, assignment.settings)
    except (SessionError, OSError) as error:
        _print_ready(Ready(error=str(error)))
        sys.stderr.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M} {workplace.session.id}: {error}\n")
        return 1
    except asyncio.CancelledError:
        return 0
    finally:
        await workplace.close()
    return 0


async def _run_host(workplace: WorkingSession, settings: Settings) -> None:
    """Serve, report ready once front ends can attach, and detach from the parent."""
    home = settings.home_path
    host = RunnerHost(workplace, settings.linger_seconds, settings.notify_command)
    serving, listening = (
        asyncio.create_task(host.serve(Listener(home, workplace.session.id))),
        asyncio.create_task(host.listening.wait()),
    )
    try:
        await asyncio.wait({serving, listening}, return_when=asyncio.FIRST_COMPLETED)
        if host.listening.is_set():
            _print_ready(Ready(session=workplace.session.id))
            _detach_from_parent(home / "runner.log")
        await serving
    finally:
        serving.cancel()
        listening.cancel()
        await asyncio.gather(serving, listening, return_exceptions=True)


def _print_ready(ready: Ready) -> None:
    with contextlib.suppress(OSError):
        sys.stdout.buffer.write(msgspec.json.encode(ready) + b"\n")
        sys.stdout.buffer.flush()


def _detach_from_parent(log: Path) -> None:
    """Close the parent's pipes and work in the data folder; errors go to a small log."""
    os.chdir(log.parent)
    null = os.open(os.devnull, os.O_RDWR)
    size = log.stat().st_size if log.exists() else 0
    mode = os.O_TRUNC if size > 1 << 20 else os.O_APPEND
    errors = os.open(log, os.O_WRONLY | os.O_CREAT | mode, 0o600)
    for descriptor, target in ((0, null), (1, null), (2, errors)):
        os.dup2(null if target == null else errors, descriptor)


if __name__ == "__main__":
    sys.exit(main())

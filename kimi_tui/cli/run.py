"""Commands that work on a question without a screen: `run`, in the foreground or background, and `stop`.

Data goes to stdout, narration to stderr.
"""

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Coroutine
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from kimi_tui.commands import Resume, Stop
from kimi_tui.config import ConfigError, LoadedSettings, SessionSettings
from kimi_tui.events import Entry, QuestionAsked, SessionOpened, TurnFinished
from kimi_tui.export.file_writer import write_export
from kimi_tui.headless import DONE, FAILED, INTERRUPTED, Outcome, entry_line, follow, outcome_of
from kimi_tui.headless_progress import WaitReporter
from kimi_tui.journal.chain import json_line
from kimi_tui.journal.lock import SessionBusy
from kimi_tui.journal.network_folder import network_file_system, network_folder_warning
from kimi_tui.journal.session_store import SessionStore, keyed_id
from kimi_tui.runner.client import attach, launch
from kimi_tui.runner.runner_address import find_runner, remove_address, unreachable_error, write_address
from kimi_tui.session import SessionError
from kimi_tui.text import one_line

_MAX_START_SECONDS = 10.0
"""How long a process that holds a session may take to listen."""
_POLL_SECONDS = 0.1


def run(loaded: LoadedSettings, options: argparse.Namespace) -> int:
    """Work on a question, or go on with a session; returns the exit code.

    Raises `SessionError` or `ConfigError`.
    """
    shelf = SessionStore(loaded.settings.home_path)
    question = _read_question(options)
    if options.key is not None:
        task = _task_of_key(shelf, options.key, question)
    else:
        task = _task_of_session(shelf, options.resume) if options.resume is not None else RunTask(question)
    memo = Path(options.memo).expanduser().absolute() if options.memo else None
    if memo is not None and (memo.is_dir() or not memo.parent.is_dir()):
        raise SessionError(f"the memo cannot be written to {memo}; give --memo a file in an existing folder")
    if kind := network_file_system(shelf.home):
        print(f"kimi-tui: {one_line(network_folder_warning(shelf.home, kind), 600)}", file=sys.stderr)
    if task.outcome is not None:
        return _print_finished(loaded, task, task.outcome, None if options.detach else memo, quiet=options.detach)
    if task.session and (pid := shelf.holder(task.session)) is not None:
        find_runner(shelf, task.session)  # says more of a run in the foreground
        raise SessionBusy(shelf.lock_path(task.session), pid)
    work = _run_detached(loaded, task) if options.detach else _run_headless(loaded, task, memo)
    return asyncio.run(_run_when_server_ready(loaded, options.wait, work, task))


class RunTask(msgspec.Struct, frozen=True):
    """One run to be done: a question, or a session to continue."""

    question: str
    session: str = ""
    """The session to go on with; empty for a new one."""
    since: int = 0
    """The number of its last entry."""
    outcome: Outcome | None = None
    """How its last turn ended; None when there is work left."""
    recorded: SessionSettings | None = None
    """The settings that it was opened with last."""


def _read_question(options: argparse.Namespace) -> str:
    """Read the question; raises `ConfigError` when it is missing or given twice."""
    if options.resume is not None:
        if options.key is not None:
            raise ConfigError("`--key` and `--resume` each name a session; give one of them")
        if options.question:
            raise ConfigError("`run --resume` continues the session's own question; leave yours out")
        return ""
    question: str = sys.stdin.read() if options.question == "-" else options.question
    if options.key is not None and not options.key.strip():
        raise ConfigError("the key is empty; `--key` takes any name of your own, such as a job's number")
    if not question.strip() and options.key is None:
        raise ConfigError("the question is empty; write it behind `run`, in quotation marks")
    return question


def _task_of_key(shelf: SessionStore, key: str, question: str) -> RunTask:
    """Find what is left to do in the session of a key; raises `SessionError` or `ConfigError`."""
    session = keyed_id(key)
    asked = _first_question(shelf, session)
    if asked is None and not question.strip():
        raise ConfigError(f"nothing was asked under the key {one_line(key, 80)!r} yet; write the question behind `run`")
    if asked is not None and question.strip() and question.strip() != asked.strip():
        raise ConfigError(
            f"the key {one_line(key, 80)!r} belongs to another question ({one_line(asked, 120)!r}); "
            "use a new key, or leave the question out"
        )
    return RunTask(question, session) if asked is None else _task_of_session(shelf, session)


def _first_question(shelf: SessionStore, session: str) -> str | None:
    """Return the question that a session began with; None for one that is not there or was killed before it."""
    if not shelf.path(session).exists():
        return None
    with closing(shelf.open_reader(session)) as reader:
        return next((entry.event.text for entry in reader.entries() if isinstance(entry.event, QuestionAsked)), None)


def _task_of_session(shelf: SessionStore, name: str) -> RunTask:
    """Find what is left to do in a session; raises `SessionError`."""
    session = shelf.resolve_id(name)
    last: QuestionAsked | TurnFinished | None = None
    recorded: SessionSettings | None = None
    with closing(shelf.open_reader(session)) as reader:
        if broken := reader.verify_chain():
            raise SessionError(f"session {session} is damaged: {broken.why}; `kimi-tui salvage {session}` repairs it")
        for entry in reader.entries():
            if isinstance(entry.event, QuestionAsked | TurnFinished):
                last = entry.event
            if isinstance(entry.event, SessionOpened):
                with suppress(msgspec.ValidationError):  # opening the session reports what is wrong with them
                    recorded = msgspec.convert(entry.event.settings, SessionSettings)
        seq = reader.last_seq()
    if last is None:
        raise SessionError(
            f'session {session} ended before its question was recorded; ask it with `kimi-tui run "..."`'
        )
    return RunTask("", session, seq, outcome_of(last) if isinstance(last, TurnFinished) else None, recorded)


def _print_finished(loaded: LoadedSettings, task: RunTask, outcome: Outcome, memo: Path | None, *, quiet: bool) -> int:
    """Print a finished session as `run` printed it, or its id alone, and return its exit code."""
    if quiet:
        print(task.session)
        return DONE
    with closing(SessionStore(loaded.settings.home_path).open_reader(task.session)) as reader:
        for entry in reader.entries():
            print(json_line(entry))
    return _report_outcome(loaded, task.session, outcome, memo)


def stop(loaded: LoadedSettings, options: argparse.Namespace) -> int:
    """End the turn of a session that works in the background; raises `SessionError` when none does."""
    shelf = SessionStore(loaded.settings.home_path)
    return asyncio.run(_stop_session(shelf, shelf.resolve_id(options.session)))


async def _run_when_server_ready(
    loaded: LoadedSettings, seconds: float, work: Coroutine[None, None, int], task: RunTask
) -> int:
    """Wait up to `seconds` for the server, then run `work`."""
    recorded = task.recorded
    from kimi_tui.runner.model_server import ServerAway
    from kimi_tui.runner.recorded_places import refuse_unknown_places
    from kimi_tui.runner.server_wait import wait_for_server  # brings the providers; only `run` needs them here

    try:
        if recorded is not None:
            refuse_unknown_places(loaded, task.session, recorded)
        if seconds:
            await wait_for_server(
                loaded.settings, seconds, lambda line: _print_narration(f"kimi-tui: {line}"), recorded
            )
        return await work
    except ServerAway as error:
        hint = "" if seconds else " If it still loads, `--wait SECONDS` waits for it."
        raise SessionError(f"{error}{hint}") from None
    finally:
        work.close()


async def _run_detached(loaded: LoadedSettings, task: RunTask) -> int:
    """Start the session in the background and print its id."""
    session = await launch(loaded, task.session, task.question)
    if task.session:
        await session.send(Resume())  # refused when it was not paused
    print(session.id)
    await session.close()
    return DONE


async def _stop_session(shelf: SessionStore, session_id: str) -> int:
    """Stop the turn of a running session; raises `SessionError` when none runs."""
    session = await attach(shelf, session_id)
    deadline = time.monotonic() + _MAX_START_SECONDS
    while session is None and shelf.holder(session_id) is not None and time.monotonic() < deadline:
        await asyncio.sleep(_POLL_SECONDS)  # it may be about to listen, or to end
        session = await attach(shelf, session_id)
    if session is None and shelf.holder(session_id) is not None:
        raise unreachable_error(shelf, session_id)
    if session is None:
        raise SessionError(f"no process works on session {session_id}; `kimi-tui resume {session_id}` continues it")
    receipt = await session.send(Stop())
    await session.close()
    if not receipt.accepted:
        raise SessionError(f"session {session_id} is not stopped: {receipt.reason}")
    return DONE


async def _run_headless(loaded: LoadedSettings, task: RunTask, memo: Path | None) -> int:
    """Run the session in this process and print its entries."""
    from kimi_tui.runner.assembly import open_working_session  # brings the engine; only `run` needs it here

    workplace = await open_working_session(loaded, task.session, question=task.question, person=False)
    session = workplace.session
    folder = SessionStore(loaded.settings.home_path).path(session.id).parent
    with suppress(OSError):
        write_address(folder, None)
    if task.session:
        await session.send(Resume())  # refused when it was not paused
    work = session.start()
    narrator = WaitReporter(_print_narration)

    def emit(entry: Entry) -> None:
        print(json_line(entry), flush=True)
        if entry.seq > task.since:
            narrator.note_entry(entry)
            _print_narration(entry_line(entry))

    following = asyncio.create_task(follow(session, emit, task.since))
    watching = asyncio.create_task(narrator.watch(session))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, following.cancel)
    try:
        outcome = await following
        if work.done() and not work.cancelled() and (fault := work.exception()) is not None:
            outcome = Outcome(FAILED, str(fault))
    except asyncio.CancelledError:
        how = f"`kimi-tui resume {session.id}` goes on, `kimi-tui run --resume {session.id}` without a screen"
        outcome = Outcome(INTERRUPTED, f"interrupted; {how}")
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        remove_address(folder)
        await workplace.close()
    return _report_outcome(loaded, session.id, outcome, memo)


def _report_outcome(loaded: LoadedSettings, session: str, outcome: Outcome, memo: Path | None) -> int:
    """Report how the run ended and write the memo; return the exit code."""
    if outcome.note:
        hint = "" if outcome.code in (DONE, INTERRUPTED) else f"; session {session} is kept"
        print(f"kimi-tui: {one_line(outcome.note, 1500)}{hint}", file=sys.stderr)
    written = memo is None or outcome.code == INTERRUPTED or _write_memo(loaded, session, memo)
    return outcome.code if written or outcome.code != DONE else FAILED


def _print_narration(line: str) -> None:
    """Print a line to stderr, if there is one."""
    if line:
        print(line, file=sys.stderr, flush=True)


def _write_memo(loaded: LoadedSettings, session: str, path: Path) -> bool:
    """Write the memo and return whether that worked; a failure is printed."""
    reader = SessionStore(loaded.settings.home_path).open_reader(session)
    try:
        where = write_export(reader, "md", path)
        print(f"memo: {where}", file=sys.stderr)
    except SessionError as error:
        print(f"kimi-tui: {one_line(str(error), 600)}", file=sys.stderr)
        return False
    finally:
        reader.close()
    return True

"""The verbs that work on a question without a screen: `run`, in the foreground or the background, and `stop`.

Data goes to stdout, narration to stderr.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path

from kimi_tui.commands import Stop
from kimi_tui.config import ConfigError, Loaded
from kimi_tui.events import Entry
from kimi_tui.export.files import write_export
from kimi_tui.headless import DONE, FAILED, INTERRUPTED, Outcome, follow, narrate
from kimi_tui.journal.chain import line_of
from kimi_tui.journal.folder import network_file_system, warning
from kimi_tui.journal.shelf import Shelf
from kimi_tui.quiet import QuietNarrator
from kimi_tui.runner.client import attach, launch
from kimi_tui.session import SessionError
from kimi_tui.text import one_line


def run(loaded: Loaded, options: argparse.Namespace) -> int:
    """Work on a question and return the exit code; raises `SessionError` or `ConfigError`."""
    question = sys.stdin.read() if options.question == "-" else options.question
    if not question.strip():
        raise ConfigError("the question is empty; write it behind `run`, in quotation marks")
    memo = Path(options.memo).expanduser().absolute() if options.memo else None
    if memo is not None and (memo.is_dir() or not memo.parent.is_dir()):
        raise SessionError(f"the memo cannot be written to {memo}; give --memo a file in an existing folder")
    home = loaded.settings.home_path
    if kind := network_file_system(home):
        print(f"kimi-tui: {one_line(warning(home, kind), 600)}", file=sys.stderr)
    work = _detach(loaded, question) if options.detach else _run_headless(loaded, question, memo)
    return asyncio.run(_when_ready(loaded, options.wait, work))


def stop(loaded: Loaded, options: argparse.Namespace) -> int:
    """End the turn of a session that works in the background; raises `SessionError` when none does."""
    shelf = Shelf(loaded.settings.home_path)
    return asyncio.run(_stop(shelf, shelf.resolve(options.session)))


async def _when_ready(loaded: Loaded, seconds: float, work: Coroutine[None, None, int]) -> int:
    """Do the work once the server is there, which is waited for so many seconds."""
    from kimi_tui.runner.awaiting import wait_for_server  # brings the providers; only `run` needs them here
    from kimi_tui.runner.server import ServerAway

    try:
        if seconds:
            await wait_for_server(loaded.settings, seconds, lambda line: _narrate(f"kimi-tui: {line}"))
        return await work
    except ServerAway as error:
        hint = "" if seconds else " If it still loads, `--wait SECONDS` waits for it."
        raise SessionError(f"{error}{hint}") from None
    finally:
        work.close()


async def _detach(loaded: Loaded, question: str) -> int:
    session = await launch(loaded, question=question)
    print(session.id)
    await session.close()
    return DONE


async def _stop(shelf: Shelf, session_id: str) -> int:
    session = await attach(shelf, session_id)
    if session is None:
        raise SessionError(f"nothing works on session {session_id}; `kimi-tui resume {session_id}` goes on with it")
    receipt = await session.send(Stop())
    await session.close()
    if not receipt.accepted:
        raise SessionError(f"session {session_id} is not stopped: {receipt.reason}")
    return DONE


async def _run_headless(loaded: Loaded, question: str, memo: Path | None) -> int:
    from kimi_tui.runner.assembly import open_workplace  # brings the engine; only `run` needs it here

    workplace = await open_workplace(loaded, question=question, person=False)
    session = workplace.session
    work = session.start()
    narrator = QuietNarrator(_narrate)

    def emit(entry: Entry) -> None:
        narrator.recorded(entry)
        _emit(entry)

    following = asyncio.create_task(follow(session, emit))
    watching = asyncio.create_task(narrator.watch(session))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, following.cancel)
    try:
        outcome = await following
        if work.done() and not work.cancelled() and (fault := work.exception()) is not None:
            outcome = Outcome(FAILED, str(fault))
    except asyncio.CancelledError:
        outcome = Outcome(INTERRUPTED, f"interrupted; `kimi-tui resume {session.id}` goes on")
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await workplace.close()
    if outcome.note:
        hint = "" if outcome.code in (DONE, INTERRUPTED) else f"; session {session.id} is kept"
        print(f"kimi-tui: {one_line(outcome.note, 1500)}{hint}", file=sys.stderr)
    written = memo is None or outcome.code == INTERRUPTED or _write_memo(loaded, session.id, memo)
    return outcome.code if written or outcome.code != DONE else FAILED


def _emit(entry: Entry) -> None:
    print(line_of(entry), flush=True)
    if line := narrate(entry):
        _narrate(line)


def _narrate(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _write_memo(loaded: Loaded, session: str, path: Path) -> bool:
    """Whether the memo could be written; why not is told."""
    reader = Shelf(loaded.settings.home_path).read(session)
    try:
        where = write_export(reader, "md", path)
        print(f"memo: {where}", file=sys.stderr)
    except SessionError as error:
        print(f"kimi-tui: {one_line(str(error), 600)}", file=sys.stderr)
        return False
    finally:
        reader.close()
    return True

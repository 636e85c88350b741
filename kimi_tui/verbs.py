"""The verbs without a screen: data goes to stdout, narration to stderr."""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path

import msgspec

from kimi_tui.config import ConfigError, Loaded
from kimi_tui.events import Entry
from kimi_tui.export.files import write_export
from kimi_tui.export.verify import Check, session_of_memo, verify_lines, verify_memo_file, verify_session
from kimi_tui.headless import DONE, FAILED, INTERRUPTED, UNVERIFIED, Outcome, follow, narrate, tell
from kimi_tui.journal.chain import line_of
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.shelf import Shelf
from kimi_tui.runner.library import FolderLibrary
from kimi_tui.session import SessionError
from kimi_tui.text import one_line, printable


def carry_out(loaded: Loaded, options: argparse.Namespace) -> int:
    """Carry out a verb and return its exit code; raises `SessionError`."""
    verbs: dict[str, Callable[[Loaded, argparse.Namespace], int]] = {
        "run": _run,
        "sessions": _sessions,
        "show": _show,
        "export": _export,
        "verify": _verify,
        "config": _config,
        "doctor": _doctor,
        "serve-embedded": _serve,
    }
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace" if stream is sys.stdin else "backslashreplace")
    return verbs[options.verb](loaded, options)


def _run(loaded: Loaded, options: argparse.Namespace) -> int:
    question = sys.stdin.read() if options.question == "-" else options.question
    if not question.strip():
        raise ConfigError("the question is empty; write it behind `run`, in quotation marks")
    memo = Path(options.memo).expanduser().absolute() if options.memo else None
    if memo is not None and (memo.is_dir() or not memo.parent.is_dir()):
        raise SessionError(f"the memo cannot be written to {memo}; give --memo a file in an existing folder")
    return asyncio.run(_run_headless(loaded, question, memo))


async def _run_headless(loaded: Loaded, question: str, memo: Path | None) -> int:
    from kimi_tui.runner.assembly import open_workplace  # brings the engine; only `run` needs it here

    workplace = await open_workplace(loaded, question=question, person=False)
    session = workplace.session
    work = session.start()
    following = asyncio.create_task(follow(session, _emit))
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
        await workplace.close()
    if outcome.note:
        hint = "" if outcome.code in (DONE, INTERRUPTED) else f"; session {session.id} is kept"
        print(f"kimi-tui: {one_line(outcome.note, 1500)}{hint}", file=sys.stderr)
    written = memo is None or outcome.code == INTERRUPTED or _write_memo(loaded, session.id, memo)
    return outcome.code if written or outcome.code != DONE else FAILED


def _emit(entry: Entry) -> None:
    print(line_of(entry), flush=True)
    line = narrate(entry)
    if line:
        print(line, file=sys.stderr)


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


def _sessions(loaded: Loaded, options: argparse.Namespace) -> int:
    summaries = FolderLibrary(loaded).summaries()
    if options.json:
        for summary in summaries:
            print(json.dumps(msgspec.to_builtins(summary), sort_keys=True))
        return DONE
    if not summaries:
        print('There are no sessions yet. `kimi-tui "QUESTION"` starts one.', file=sys.stderr)
    for summary in summaries:
        when = summary.updated[:16].replace("T", " ")
        what = one_line(summary.question or summary.problem, 80)
        print(f"{summary.id}  {summary.state:<9}{summary.steps:>5} steps {summary.tokens:>10,} tokens  {when}  {what}")
    return DONE


def _show(loaded: Loaded, options: argparse.Namespace) -> int:
    shelf = Shelf(loaded.settings.home_path)
    reader = shelf.read(shelf.resolve(options.session))
    try:
        for entry in reader.entries():
            line = line_of(entry) if options.json else tell(entry)
            if line:
                print(line)
    finally:
        reader.close()
    return DONE


def _export(loaded: Loaded, options: argparse.Namespace) -> int:
    shelf = Shelf(loaded.settings.home_path)
    reader = shelf.read(shelf.resolve(options.session))
    try:
        target = Path(options.output).expanduser() if options.output else None
        print(printable(str(write_export(reader, options.format, target))))
    finally:
        reader.close()
    return DONE


def _verify(loaded: Loaded, options: argparse.Namespace) -> int:
    checks = _checks(Shelf(loaded.settings.home_path), options.target)
    for check in checks:
        print(f"{'ok  ' if check.holds else 'FAIL'}  {check.name}: {one_line(check.told, 600)}")
    return DONE if all(check.holds for check in checks) else UNVERIFIED


def _checks(shelf: Shelf, target: str) -> list[Check]:
    """What is to be verified: a session by its id, or a file by what it holds."""
    path = Path(target).expanduser()
    text = ""
    if not path.is_file():
        reader = shelf.read(shelf.resolve(target))
    else:
        with path.open("rb") as file:
            head = file.read(16)
        if head.startswith(b"PK"):
            from kimi_tui.export.bundle import verify_bundle

            return verify_bundle(path)
        if head.startswith(b"{"):
            return verify_lines(path.read_text(encoding="utf-8", errors="replace"))
        if head.startswith(b"SQLite format 3"):
            reader = JournalReader(path)
        else:
            session, text = session_of_memo(path)
            reader = shelf.read(shelf.resolve(session))
    try:
        return verify_memo_file(text, reader) if text else verify_session(reader)
    finally:
        reader.close()


def _config(loaded: Loaded, options: argparse.Namespace) -> int:
    plain = msgspec.to_builtins(loaded.settings)
    plain["api_key"] = "(set)" if loaded.settings.api_key else ""
    plain["home"] = str(loaded.settings.home_path)
    rows = {name: {"value": value, "origin": loaded.origins.get(name, "default")} for name, value in plain.items()}
    if options.json:
        print(json.dumps(rows, indent=2, sort_keys=True))
        return DONE
    for name, row in rows.items():
        print(f"{name:<20} {one_line(json.dumps(row['value'], ensure_ascii=False), 90):<44} {one_line(row['origin'])}")
    return DONE


def _doctor(loaded: Loaded, options: argparse.Namespace) -> int:
    from kimi_tui.doctor import examine

    findings = asyncio.run(examine(loaded))
    if options.json:
        print(json.dumps([msgspec.to_builtins(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            mend = f"\n      {one_line(finding.mend, 300)}" if finding.mend else ""
            print(f"{finding.grade:<6}{finding.name}: {one_line(finding.told, 300)}{mend}")
    return FAILED if any(finding.grade == "red" for finding in findings) else DONE


def _serve(loaded: Loaded, options: argparse.Namespace) -> int:
    from kimi_tui.embedded.server import serve

    def ready(base_url: str) -> None:
        print(f"{base_url} answers with the embedded researcher, which is not Kimi; ctrl+c ends it", flush=True)

    try:
        asyncio.run(serve(options.port, Path(options.script) if options.script else None, options.pace, ready))
    except (OSError, ValueError, OverflowError) as error:
        raise SessionError(f"the embedded server cannot start: {error}") from None
    return DONE

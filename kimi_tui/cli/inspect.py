"""Commands that read or copy what is recorded: data goes to stdout, narration to stderr."""

import argparse
import asyncio
import json
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from kimi_tui.config import LoadedSettings
from kimi_tui.events import ServerFinding
from kimi_tui.evidence.memo import findings_in_words, recorded_findings
from kimi_tui.export.file_writer import write_export
from kimi_tui.export.verify import (
    session_of_memo,
    verify_lines,
    verify_memo_file,
    verify_session,
)
from kimi_tui.headless import DONE, FAILED, UNVERIFIED, entry_text
from kimi_tui.journal.chain import json_line
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.projections.health import Health
from kimi_tui.projections.research_state import MemoState
from kimi_tui.runner.library import FolderLibrary
from kimi_tui.runner.session_verification import recorded_desk, verify_computed
from kimi_tui.session import SessionError, VerificationCheck
from kimi_tui.text import count_noun, one_line, printable


def run_command(loaded: LoadedSettings, options: argparse.Namespace) -> int:
    """Run a command and return its exit code; raises `SessionError`."""
    verbs: dict[str, Callable[[LoadedSettings, argparse.Namespace], int]] = {
        "sessions": _list_sessions,
        "show": _show_session,
        "export": _export_session,
        "diff": _compare_sessions,
        "verify": _verify_target,
        "backup": _backup_session,
        "salvage": _salvage_session,
        "doctor": _run_doctor,
        "serve-embedded": _serve_embedded,
    }
    return verbs[options.verb](loaded, options)


def _list_sessions(loaded: LoadedSettings, options: argparse.Namespace) -> int:
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
        found = findings_in_words(summary.findings)
        what += f"  [{found}]" if found else ""
        print(f"{summary.id}  {summary.state:<9}{summary.steps:>5} steps {summary.tokens:>10,} tokens  {when}  {what}")
    return DONE


def _show_session(loaded: LoadedSettings, options: argparse.Namespace) -> int:
    shelf = SessionStore(loaded.settings.home_path)
    reader = shelf.open_reader(shelf.resolve_id(options.session))
    health, memo = Health(), MemoState()
    try:
        for entry in reader.entries():
            health.apply(entry)
            memo.apply(entry)
            line = json_line(entry) if options.json else entry_text(entry)
            if line:
                print(line)
    finally:
        reader.close()
    if memo.memo is not None and not options.json:
        print(f"memo: {_found(memo.memo)}")
    if health.verdict and not options.json:
        print(f"server: {one_line(health.verdict)}")
    return DONE


def _found(memo: dict[str, Any]) -> str:
    """Return a memo's recorded findings in words."""
    earlier = "checked by an earlier version, for digits and quotes alone; verify the session to check it anew"
    return findings_in_words(recorded_findings(memo)) or earlier


def _export_session(loaded: LoadedSettings, options: argparse.Namespace) -> int:
    shelf = SessionStore(loaded.settings.home_path)
    reader = shelf.open_reader(shelf.resolve_id(options.session))
    try:
        target = Path(options.output).expanduser() if options.output else None
        print(printable(str(write_export(reader, options.format, target))))
    finally:
        reader.close()
    return DONE


def _compare_sessions(loaded: LoadedSettings, options: argparse.Namespace) -> int:
    from kimi_tui.cli.diff import compare_sessions

    return compare_sessions(loaded, options)


def _backup_session(loaded: LoadedSettings, options: argparse.Namespace) -> int:
    from kimi_tui.journal.recovery.salvage import backup

    shelf = SessionStore(loaded.settings.home_path)
    target = Path(options.output).expanduser().absolute()
    backup(shelf.path(shelf.resolve_id(options.session)), target)
    print(printable(str(target)))
    return DONE


def _salvage_session(loaded: LoadedSettings, options: argparse.Namespace) -> int:
    from kimi_tui.journal.recovery.salvage import salvage

    shelf = SessionStore(loaded.settings.home_path)
    named = Path(options.target).expanduser()
    if not options.output:
        from kimi_tui.runner.salvage_session import salvage_and_pause

        print(printable(salvage_and_pause(shelf, shelf.resolve_id(options.target))))
        return DONE
    path = named if named.is_file() else shelf.path(shelf.resolve_id(options.target))
    target = Path(options.output).expanduser().absolute()
    saved = salvage(path, target)
    kept, sources = count_noun(saved.kept_entries, "entry"), count_noun(saved.sources, "source")
    print(f"{printable(str(target))}: {kept}, intact from the first; {sources}")
    if saved.later_entries:
        print(f"{printable(str(target.with_suffix('.rest.jsonl')))}: {count_noun(saved.later_entries, 'later entry')}")
    print(f"lost: {count_noun(saved.lost_entries, 'entry')}", file=sys.stderr)
    return DONE


def _verify_target(loaded: LoadedSettings, options: argparse.Namespace) -> int:
    checks = _verification_checks(loaded, options.target)
    for check in checks:
        print(f"{'ok  ' if check.passed else 'FAIL'}  {check.name}: {one_line(check.detail, 600)}")
    return DONE if all(check.passed for check in checks) else UNVERIFIED


def _verification_checks(loaded: LoadedSettings, target: str) -> list[VerificationCheck]:
    """Return the checks of a session named by id, or of a file by what it holds."""
    shelf, path = SessionStore(loaded.settings.home_path), Path(target).expanduser()
    text, is_own = "", True
    if not path.is_file():
        reader = shelf.open_reader(shelf.resolve_id(target))
    else:
        with path.open("rb") as file:
            head = file.read(16)
        if head.startswith(b"PK"):
            from kimi_tui.export.bundle import archived, verify_bundle

            checks = verify_bundle(path)
            return [*checks, *asyncio.run(verify_computed(loaded, checks, archived(path), None))]
        if head.startswith(b"{"):
            return verify_lines(path.read_text(encoding="utf-8", errors="replace"))
        if head.startswith(b"SQLite format 3"):
            reader, is_own = JournalReader(path), False
        else:
            session, text = session_of_memo(path)
            reader = shelf.open_reader(shelf.resolve_id(session))
    try:
        checks = verify_memo_file(text, reader) if text else verify_session(reader)
        desk = recorded_desk(reader) if is_own else None
        return [*checks, *asyncio.run(verify_computed(loaded, checks, reader.sources, desk))]
    finally:
        reader.close()


def _run_doctor(loaded: LoadedSettings, options: argparse.Namespace) -> int:
    from kimi_tui.doctor import check_installation, check_server

    calls = min(max(options.calls, 1), 1000)
    findings = asyncio.run(check_server(loaded, calls) if options.server else check_installation(loaded, calls))
    if options.json:
        print(json.dumps([msgspec.to_builtins(finding) for finding in findings], indent=2))
    else:
        print("\n".join(format_findings(findings, min(shutil.get_terminal_size().columns, 120))))
    return FAILED if any(finding.grade == "red" for finding in findings) else DONE


def format_findings(findings: Sequence[ServerFinding], width: int) -> list[str]:
    """Format findings in lines of at most `width` characters; the remedy is under each finding that needs one."""
    name_width = max(len(finding.name) for finding in findings)
    indent = " " * (name_width + 8)
    lines: list[str] = []
    for finding in findings:
        head = f"{finding.grade:<6}{finding.name:<{name_width}}  "
        lines += _wrap_text(one_line(finding.detail, 300), width, head, indent)
        lines += (
            _wrap_text(one_line(finding.remedy, 300), width, f"{indent}-> ", f"{indent}   ") if finding.remedy else []
        )
    return lines


def _wrap_text(text: str, width: int, first: str, then: str) -> list[str]:
    """Wrap a text at `width` characters, words and flags whole."""
    return textwrap.wrap(
        text, max(width, 40), initial_indent=first, subsequent_indent=then, break_on_hyphens=False
    ) or [first.rstrip()]


def _serve_embedded(loaded: LoadedSettings, options: argparse.Namespace) -> int:
    from kimi_tui.embedded.server import serve

    def ready(base_url: str) -> None:
        print(f"{base_url} answers with the embedded researcher, which is not Kimi; ctrl+c ends it", flush=True)

    try:
        asyncio.run(serve(options.port, Path(options.script) if options.script else None, options.pace, ready))
    except (OSError, ValueError, OverflowError) as error:
        raise SessionError(f"the embedded server cannot start: {error}") from None
    return DONE

"""The command that checks a Markdown memo against a desk: `check`."""

import argparse
import asyncio
import shutil
import sys
import textwrap
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from kimi_tui.config import ConfigError, LoadedSettings
from kimi_tui.evidence.findings import CellReference
from kimi_tui.evidence.memo import findings_in_words
from kimi_tui.export.memo_file import CheckedFile, CheckedStatement, check_file
from kimi_tui.headless import DONE, UNVERIFIED
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.runner.tool_bench import open_judge, open_tool_bench
from kimi_tui.session import SessionError
from kimi_tui.text import one_line, printable
from kimi_tui.tools.text.encodings import decode_text

MAX_MEMO_BYTES = 8 << 20
"""The largest memo that is checked."""
_SHOWN_CELLS = 3
_MIN_WIDTH, _MAX_WIDTH = 60, 120
_HEAD = f"{'line':>5}  {'finding':<13}  "


def check_memo(loaded: LoadedSettings, options: argparse.Namespace) -> int:
    """Print what was found of each statement of a memo; raises `ConfigError` and `SessionError`."""
    if not (loaded.settings.desk or options.session):
        raise ConfigError("there is nothing to check against; name a folder with --desk, or a session with --session")
    checked = asyncio.run(_checked(loaded, _text(options.memo), options.session or "", judged=options.judged))
    if options.json:
        print(msgspec.json.encode(checked).decode())
    else:
        print("\n".join(map(printable, _table(checked, _width()))))
    wrong = ("contradicted", "not found", "lookup failed") if options.strict else ("contradicted",)
    return UNVERIFIED if any(checked.counts[finding] for finding in wrong) else DONE


async def _checked(loaded: LoadedSettings, text: str, session: str, *, judged: bool) -> CheckedFile:
    shelf = SessionStore(loaded.settings.home_path)
    reader = shelf.open_reader(shelf.resolve_id(session)) if session else None
    try:
        async with open_tool_bench(loaded) as bench, AsyncExitStack() as opened:
            judge = await opened.enter_async_context(open_judge(loaded.settings)) if judged else None
            return await check_file(text, bench.context, reader.sources if reader else None, judge)
    finally:
        if reader:
            reader.close()


def _text(name: str) -> str:
    """The memo's text; raises `SessionError`."""
    try:
        if name == "-":
            data = sys.stdin.buffer.read(MAX_MEMO_BYTES + 1)
        else:
            with Path(name).expanduser().open("rb") as file:
                data = file.read(MAX_MEMO_BYTES + 1)
    except OSError as error:
        raise SessionError(f"{name} cannot be read: {error.strerror}; name a Markdown file") from None
    if len(data) > MAX_MEMO_BYTES:
        raise SessionError(f"{name} has more than the {MAX_MEMO_BYTES >> 20} MB of a memo; split it")
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SessionError(f"{name} is no text; name a Markdown file")
    return decode_text(data).text.replace("\r\n", "\n").replace("\r", "\n")


def _width() -> int:
    return min(max(shutil.get_terminal_size().columns, _MIN_WIDTH), _MAX_WIDTH)


def _table(checked: CheckedFile, width: int) -> Iterator[str]:
    """The statements in lines of at most `width` characters, each with what its finding rests on."""
    if checked.statements:
        yield f"{_HEAD}statement"
    for one in checked.statements:
        head = f"{one.line:>5}  {one.finding:<13}  "
        yield from _wrapped(one.text, width, head, " " * len(_HEAD))
        if why := _explain_finding(one):
            yield from _wrapped(why, width, f"{' ' * len(_HEAD)}-> ", f"{' ' * len(_HEAD)}   ")
    yield findings_in_words(checked.counts)


def _explain_finding(one: CheckedStatement) -> str:
    """Say what a finding rests on, or why it is not supported."""
    if one.finding != "supported" or one.by == "judge":
        return one_line(one.reason, 400)
    cells = "; ".join(map(_cell, one.cells[:_SHOWN_CELLS]))
    return f"by {one.by}: {cells}" if cells else f"by {one.by}"


def _cell(cell: CellReference) -> str:
    named = ", ".join(one_line(word, 80) for word in (cell.row, cell.period or cell.column) if word)
    return f"{one_line(cell.text, 40)} ({named}) in {one_line(cell.source, 80)} {cell.part}"


def _wrapped(text: str, width: int, first: str, then: str) -> list[str]:
    lines = textwrap.wrap(one_line(text), width, initial_indent=first, subsequent_indent=then, break_on_hyphens=False)
    return lines or [first.rstrip()]

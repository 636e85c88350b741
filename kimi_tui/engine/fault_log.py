"""Report unexpected errors: one line for a person, the traceback in a log."""

import os
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from kimi_tui.session import SessionError
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
    with suppress(OSError):
        size = log.stat().st_size if log.exists() else 0
        mode = os.O_TRUNC if size > MAX_LOG_BYTES else os.O_APPEND
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | mode, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(lines)

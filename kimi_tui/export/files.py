"""Writing an export to a file of the right kind, whole or not at all."""

import re
from contextlib import suppress
from pathlib import Path

from kimi_tui.export.bundle import journal_lines, pack
from kimi_tui.export.memo import memo_markdown, memo_page
from kimi_tui.export.recording import record_of
from kimi_tui.export.relational import relational_file
from kimi_tui.journal.reader import JournalReader
from kimi_tui.session import ExportFormat, SessionError

SUFFIXES: dict[ExportFormat, str] = {
    "md": ".md", "html": ".html", "bundle": ".zip", "jsonl": ".jsonl", "sqlite": ".sqlite",
}  # fmt: skip
"""What files of each format are called."""


def content_of(reader: JournalReader, format: ExportFormat) -> bytes:
    """The export's bytes; raises `SessionError` when there is no memo to export."""
    if format == "jsonl":
        return journal_lines(reader)
    recording = record_of(reader)
    if format == "md":
        return memo_markdown(recording).encode()
    if format == "html":
        return memo_page(recording).encode()
    if format == "sqlite":
        return relational_file(recording, reader)
    return pack(recording, reader)


def write_export(reader: JournalReader, format: ExportFormat, target: Path | None) -> Path:
    """Write an export and return where; raises `SessionError` when it cannot be written."""
    path = target or Path(f"{_neutral(reader.session)}{SUFFIXES[format]}")
    content = content_of(reader, format)
    if path.is_dir():
        raise SessionError(f"cannot write {path}: it is a folder; give a file")
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise SessionError(f"cannot write {path}: {error.strerror}; give another file") from None
    return path.resolve()


def _neutral(name: str) -> str:
    return re.sub(r"[^\w-]", "_", name)

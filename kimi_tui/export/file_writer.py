"""Write an export to a file of the right kind, completely or not at all."""

import os
import re
from contextlib import suppress
from pathlib import Path

from kimi_tui.export.bundle import journal_lines, pack_bundle
from kimi_tui.export.evidence_page import format_evidence_page
from kimi_tui.export.memo_files import format_memo_markdown
from kimi_tui.export.openai_messages import format_openai_messages
from kimi_tui.export.recording import read_recording
from kimi_tui.export.relational import relational_file
from kimi_tui.export.word_document import format_memo_docx
from kimi_tui.journal.reader import JournalReader
from kimi_tui.session import ExportFormat, SessionError

SUFFIXES: dict[ExportFormat, str] = {
    "md": ".md",
    "html": ".html",
    "docx": ".docx",
    "bundle": ".zip",
    "jsonl": ".jsonl",
    "messages": ".json",
    "sqlite": ".sqlite",
}
"""What files of each format are called."""


def export_content(reader: JournalReader, format: ExportFormat) -> bytes:
    """Return the export's bytes; raises `SessionError` when there is no memo to export."""
    if format == "jsonl":
        return journal_lines(reader)
    recording = read_recording(reader)
    if format == "md":
        return format_memo_markdown(recording).encode()
    if format == "html":
        return format_evidence_page(recording, reader.sources).encode()
    if format == "docx":
        return format_memo_docx(recording, reader.sources)
    if format == "messages":
        return format_openai_messages(recording)
    if format == "sqlite":
        return relational_file(recording, reader)
    return pack_bundle(recording, reader)


def write_export(reader: JournalReader, format: ExportFormat, target: Path | None) -> Path:
    """Write an export and return where; raises `SessionError` when it cannot be written."""
    path = target or Path(f"{_safe_file_name(reader.session)}{SUFFIXES[format]}")
    content = export_content(reader, format)
    if path.is_dir():
        raise SessionError(f"cannot write {path}: it is a folder; give a file")
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.unlink(missing_ok=True)  # of an export that was cut off, or a link of somebody else's
        with open(partial, "xb", opener=_open_private) as file:
            file.write(content)
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise SessionError(f"cannot write {path}: {error.strerror}; give another file") from None
    return path.resolve()


def _open_private(path: str, flags: int) -> int:
    """Open a new file that only its owner can read, whatever the umask is."""
    descriptor = os.open(path, flags, 0o600)
    os.fchmod(descriptor, 0o600)
    return descriptor


def _safe_file_name(name: str) -> str:
    return re.sub(r"[^\w-]", "_", name)

"""Verify a session: its record, sources and citations, and what was computed, which is run again."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from kimi_tui.config import LoadedSettings
from kimi_tui.events import SessionOpened
from kimi_tui.export.verify import EvidenceStore, verify_session
from kimi_tui.journal.reader import JournalReader
from kimi_tui.session import VerificationCheck
from kimi_tui.text import path_text, text_path


async def verify_library_session(loaded: LoadedSettings, reader: JournalReader) -> list[VerificationCheck]:
    """Return all checks of a session of the library; raises `SessionError`."""
    checks = verify_session(reader)
    return [*checks, *await verify_computed(loaded, checks, reader.sources, recorded_desk(reader))]


def recorded_desk(reader: JournalReader) -> Path | None:
    """Return the desk that a session recorded, if it is still there."""
    opened = next((entry.event for entry in reader.entries() if isinstance(entry.event, SessionOpened)), None)
    desk = text_path(str(opened.settings.get("desk") or "")) if opened else Path()
    return desk if desk.is_absolute() and desk.is_dir() else None


async def verify_computed(
    loaded: LoadedSettings, checks: Sequence[VerificationCheck], evidence: EvidenceStore, desk: Path | None
) -> list[VerificationCheck]:
    """Return the checks of what was computed; none for a session whose sources are not what they were."""
    from kimi_tui.export.rerun import run_again
    from kimi_tui.runner.tool_bench import open_tool_bench

    if not all(check.passed for check in checks if check.name in ("manifest", "chain", "sources")):
        return []
    settings = msgspec.structs.replace(loaded.settings, desk=path_text(desk) if desk else "")
    async with open_tool_bench(msgspec.structs.replace(loaded, settings=settings)) as bench:
        return await run_again(evidence.refs(), evidence, bench.context)

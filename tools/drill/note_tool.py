"""A tool with an effect: it writes a line into a file outside the session, so that runs can be counted."""

import asyncio
import os
from pathlib import Path
from typing import Annotated, ClassVar

import msgspec

from kimi_tui.events import Effect
from kimi_tui.tools.base import Observation, Tool, ToolContext

VARIABLE = "KIMI_TUI_DRILL_NOTES"
"""Names the file; without it the tool is not offered."""


class NoteParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `note`."""

    text: Annotated[str, msgspec.Meta(description="One line.", min_length=1)]


class Note(Tool):
    """Writes one line, with a moment before and after in which it may be killed."""

    name: ClassVar[str] = "note"
    description: ClassVar[str] = "Writes a note."
    parameters: ClassVar[type[msgspec.Struct]] = NoteParameters
    read_only: ClassVar[bool] = False
    timeout: ClassVar[float] = 10.0

    def effects(self, arguments: NoteParameters) -> tuple[Effect, ...]:
        """The notes are written."""
        return (Effect("write", "notes"),)

    def label(self, arguments: NoteParameters) -> str:
        """The note."""
        return f"Note {arguments.text}"

    async def run(self, arguments: NoteParameters, context: ToolContext) -> Observation:
        """Append the line, the session's folder before it."""
        await asyncio.sleep(0.04)
        line = f"{os.getpid()} {arguments.text}\n".encode()
        descriptor = os.open(os.environ[VARIABLE], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, line)
        os.close(descriptor)
        await asyncio.sleep(0.04)
        return Observation(f"noted {arguments.text}")


def read_notes(path: Path) -> list[str]:
    """Every note in the file, in order."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [line.partition(" ")[2] for line in lines]

"""Render the pictures of `screenshots/` from the recorded session.

Each picture is the real app at a fixed size on a real library. The recording is cut where a picture needs a moment of
its past: a call that waits, a step in mid-work.
"""

import asyncio
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from kimi_tui.commands import AnyCommand, Receipt
from kimi_tui.config import UiSettings, load_settings
from kimi_tui.events import ApprovalRequested, Delta, Entry
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.recorded_session import RecordedSession
from kimi_tui.runner.library import FolderLibrary
from kimi_tui.sample_questions import SAMPLE_QUESTIONS
from kimi_tui.session import Session
from kimi_tui.tui.app import KimiApp
from tools.record_session import RECORDING, ROOT

PICTURES = ROOT / "screenshots"
MODEL_LINE = "extractive-researcher"
Moment = Callable[[Entry], bool]


class Picture(msgspec.Struct, frozen=True):
    """One picture."""

    name: str
    """The file's name without size and ending."""
    keys: tuple[str, ...] = ()
    """Keys that are pressed first."""
    session: bool = True
    """True when it shows the session; else the library."""
    until: Moment | None = None
    """The entry at which the recording is cut, None for all of it."""
    theme: str = "kimi-dark"


def is_waiting_call(entry: Entry) -> bool:
    """Return whether an entry is the first call that waits."""
    return isinstance(entry.event, ApprovalRequested)


SHOTS: tuple[Picture, ...] = (
    Picture("library", session=False),
    Picture("session", keys=("escape", "home")),
    Picture("approval", until=is_waiting_call),
    Picture("memo", keys=("escape", "m")),
    Picture("sources", keys=("escape", "s")),
    Picture("map", keys=("escape", "g")),
    Picture("context", keys=("escape", "c")),
    Picture("light", keys=("escape", "home"), theme="kimi-light"),
)
SIZES = ((80, 24), (120, 40))


class CutSession(RecordedSession):
    """A recorded session up to one moment, with its person still attached."""

    live = True

    def __init__(self, reader: JournalReader, until: Moment | None) -> None:
        super().__init__(reader)
        self._until = until

    async def tail(self, after: int = 0) -> AsyncIterator[Entry]:
        """Entries up to the moment; then nothing happens any more."""
        async for entry in super().tail(after):
            yield entry
            if self._until is not None and self._until(entry):
                break
        await asyncio.Event().wait()

    async def deltas(self) -> AsyncIterator[Delta]:
        """None, and no end."""
        await asyncio.Event().wait()
        async for delta in super().deltas():
            yield delta

    async def send(self, command: AnyCommand) -> Receipt:
        """Refuse: a picture does not move."""
        return Receipt(False, "this is a picture")


class CutLibrary(FolderLibrary):
    """The library of one recorded session, cut at a moment."""

    until: Moment | None = None

    async def open(self, session_id: str) -> Session:
        """The session, cut."""
        return CutSession(self.shelf.open_reader(self.shelf.resolve_id(session_id)), self.until)


async def take(picture: Picture, size: tuple[int, int], home: Path) -> str:
    """The picture as SVG."""
    library = CutLibrary(load_settings({"KIMI_TUI_HOME": str(home)}))
    library.until = picture.until
    summary = library.summaries()[0]
    app = KimiApp(
        library,
        UiSettings(theme=picture.theme),
        session_id=summary.id if picture.session else "",
        suggestions=SAMPLE_QUESTIONS,
        desk="sample-desk",
        model_line=MODEL_LINE,
        now=lambda: datetime.fromisoformat(summary.updated).astimezone(UTC),
    )
    async with app.run_test(size=size) as pilot:
        await pilot.pause(0.8)
        for key in picture.keys:
            await pilot.press(key)
            await pilot.pause(0.3)
        return without_addresses(app.export_screenshot(title="kimi-tui"))


def without_addresses(svg: str) -> str:
    """The picture without the fonts that it would fetch, and with a name of its own for its styles."""
    svg = re.sub(r"@font-face\s*{[^}]*}", "", svg)
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    return "\n".join(line.rstrip() for line in svg.splitlines() if line.strip()) + "\n"


def copy_recording(home: Path) -> None:
    """Put the recorded session into a data folder."""
    reader = JournalReader(RECORDING)
    folder = home / "sessions" / reader.session
    reader.close()
    folder.mkdir(parents=True)
    shutil.copyfile(RECORDING, folder / "journal.sqlite")


async def main() -> None:
    """Make every picture, or those whose names are given."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        copy_recording(Path(home))
        for picture in SHOTS:
            for width, height in SIZES:
                path = PICTURES / f"{picture.name}-{width}x{height}.svg"
                if len(sys.argv) < 2 or picture.name in sys.argv[1:]:
                    path.write_text(await take(picture, (width, height), Path(home)), "utf-8")
                    print(path.relative_to(ROOT))


if __name__ == "__main__":
    asyncio.run(main())

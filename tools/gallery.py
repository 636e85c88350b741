"""Render the main screens in every size and look into a folder, to be looked at before they are changed.

`python -m tools.gallery FOLDER [NAME ...] [--looks dark light plain] [--sizes 80x24 120x40 200x60] [--sheets]` draws
the real app: sessions come from the recorded session, the full library from the tests' library. With `--sheets`, a
Chromium on the path makes one PNG of each screen and look, with all sizes under each other.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from textual.pilot import Pilot

from kimi_tui.cli.setup_service import FileSetup
from kimi_tui.config import UiSettings, load_settings
from kimi_tui.events import Delta, StepFinished, StepStarted
from kimi_tui.runner.library import FolderLibrary
from kimi_tui.session import Library, Session
from kimi_tui.tui.app import KimiApp
from tests.tui.sessions import MemoryLibrary
from tests.tui.test_pictures import library as full_library
from tools.screenshots import (
    MODEL_LINE,
    CutLibrary,
    CutSession,
    Moment,
    copy_recording,
    is_waiting_call,
    without_addresses,
)

LOOKS = {"dark": "kimi-dark", "light": "kimi-light", "plain": "kimi-plain"}
SIZES = ((80, 24), (120, 40), (200, 60))
THINKING = (
    "The press release gives the backlog at the end of 2024 as EUR 1,284 million, the annual report has EUR 1,271 "
    "million on page 8. The difference may come from the change in the scope of consolidation that note 14 mentions: "
    "the marine service unit was sold in November.\n\nI should look at the order book first, quarter by quarter, and "
    "see which of the two figures its last row has. If it agrees with the annual report, the press release was "
    "preliminary. "
)


class Scene(msgspec.Struct, frozen=True):
    """One screen of the gallery."""

    keys: tuple[str, ...] = ()
    """Pressed first, one after the other."""
    home: str = ""
    """`recorded` for the library of the recorded session, `full` for that of the tests, empty for none yet."""
    session: bool = False
    """True when the recorded session is open."""
    until: Moment | None = None
    """The entry at which the recording is cut; None for all of it."""
    streams: bool = False
    """True when the model is thinking."""
    replay: float | None = None
    """The speed of a replay; None for none."""
    set_up: bool = False
    """True when settings can be changed."""


def _is_third_step(entry: Any) -> bool:
    return isinstance(entry.event, StepStarted) and entry.step == 6


def _is_plan_written(entry: Any) -> bool:
    return isinstance(entry.event, StepFinished) and entry.step == 7


SCENES: dict[str, Scene] = {
    "first": Scene(),
    "library": Scene(home="full"),
    "library-look": Scene(home="full", keys=("escape", "down", "down", "space")),
    "setup": Scene(keys=("f8",), set_up=True),
    "settings": Scene(keys=("f12",), set_up=True),
    "session": Scene(home="recorded", session=True),
    "streaming": Scene(home="recorded", session=True, until=_is_third_step, streams=True),
    "approval": Scene(home="recorded", session=True, until=is_waiting_call),
    "veto": Scene(home="recorded", session=True, until=is_waiting_call, keys=("escape", "wait", "n")),
    "edit": Scene(home="recorded", session=True, until=is_waiting_call, keys=("escape", "wait", "e")),
    "memo": Scene(home="recorded", session=True, keys=("escape", "m", "tab")),
    "source": Scene(home="recorded", session=True, keys=("escape", "m", "tab", "enter")),
    "sources": Scene(home="recorded", session=True, keys=("escape", "s")),
    "map": Scene(home="recorded", session=True, keys=("escape", "g")),
    "plan": Scene(home="recorded", session=True, until=_is_plan_written, keys=("escape", "o")),
    "budgets": Scene(home="recorded", session=True, until=_is_plan_written, keys=("escape", "b")),
    "context": Scene(home="recorded", session=True, until=_is_plan_written, keys=("escape", "c")),
    "health": Scene(home="recorded", session=True, keys=("escape", "h")),
    "rules": Scene(home="recorded", session=True, keys=("escape", "r")),
    "search": Scene(home="recorded", session=True, keys=("escape", "slash", *"backlog")),
    "help": Scene(home="recorded", session=True, keys=("f1",)),
    "palette": Scene(home="recorded", session=True, keys=("ctrl+p",)),
    "slash": Scene(home="recorded", session=True, keys=("slash", "m")),
    "leave": Scene(home="recorded", session=True, until=_is_third_step, keys=("ctrl+q",)),
    "replay": Scene(home="recorded", session=True, replay=1.0, keys=("space", "right_square_bracket")),
}
"""Every screen by its name."""


class StreamingSession(CutSession):
    """A cut session whose model is thinking."""

    async def deltas(self) -> AsyncIterator[Delta]:
        """Some sentences of reasoning, then nothing more."""
        for number in range(3):
            yield Delta("main", 6, "reasoning", THINKING, tokens=90 * (number + 1))
        await asyncio.Event().wait()


class StreamingLibrary(CutLibrary):
    """The library of a session whose model is thinking."""

    async def open(self, session_id: str) -> Session:
        """The session, thinking."""
        return StreamingSession(self.shelf.open_reader(self.shelf.resolve_id(session_id)), self.until)


def _library_of(scene: Scene, home: Path) -> tuple[Library, str, datetime]:
    """The library of a scene, the session that is open, and the time."""
    if scene.home != "recorded":
        held = full_library() if scene.home == "full" else MemoryLibrary()
        return held, "", datetime(2026, 11, 20, 9, 4, tzinfo=UTC)
    kind = StreamingLibrary if scene.streams else CutLibrary if scene.replay is None else FolderLibrary
    library = kind(load_settings({"KIMI_TUI_HOME": str(home)}))
    if isinstance(library, CutLibrary):
        library.until = scene.until
    summary = library.summaries()[0]
    session = summary.id if scene.session else ""
    return library, session, datetime.fromisoformat(summary.updated).astimezone(UTC)


@asynccontextmanager
async def shown(scene: Scene, size: tuple[int, int], theme: str, home: Path) -> AsyncIterator[KimiApp]:
    """The app with a scene on its screen."""
    library, session, now = _library_of(scene, home)
    app = KimiApp(
        library,
        UiSettings(theme=theme, reduced_motion=True),
        session_id=session,
        replay_speed=scene.replay,
        suggestions=("Why did the margin fall in 2024?", "Which company has the largest order backlog?"),
        desk="filings",
        model_line="kimi-k2-thinking at http://127.0.0.1:8000/v1" if scene.home == "full" else MODEL_LINE,
        now=lambda: now,
    )
    if scene.set_up:
        app.setup = FileSetup(load_settings({"KIMI_TUI_HOME": str(home)}), lambda _: None)
    async with app.run_test(size=size) as pilot:
        await pilot.pause(0.8)
        await _press(pilot, scene.keys)
        yield app


async def _press(pilot: Pilot[None], keys: tuple[str, ...]) -> None:
    for key in keys:
        if key == "wait":
            await pilot.pause(0.8)
        else:
            await pilot.press(key)
            await pilot.pause(0.35)


async def draw(folder: Path, names: list[str], looks: list[str], sizes: list[tuple[int, int]]) -> list[Path]:
    """Draw scenes into a folder; returns the pictures."""
    drawn: list[Path] = []
    with tempfile.TemporaryDirectory() as home:
        os.environ["KIMI_TUI_CONFIG"] = str(Path(home) / "config.toml")
        Path(home, "config.toml").touch(mode=0o600)
        copy_recording(Path(home))
        for name in names:
            for look in looks:
                for size in sizes:
                    path = folder / f"{name}-{look}-{size[0]}x{size[1]}.svg"
                    async with shown(SCENES[name], size, LOOKS[look], Path(home)) as app:
                        path.write_text(without_addresses(app.export_screenshot(title=path.stem)), "utf-8")
                    drawn.append(path)
                    print(path)
    return drawn


def make_sheets(pictures: list[Path]) -> None:
    """Make a PNG of each screen and look, with all its sizes; needs a Chromium."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        sys.exit("gallery: there is no Chromium on the path; leave out --sheets")
    sheets: dict[str, list[Path]] = {}
    for path in pictures:
        sheets.setdefault(path.stem.rpartition("-")[0], []).append(path)
    for name, paths in sheets.items():
        page = paths[0].with_name(f"{name}.html")
        cells = [int(path.stem.rpartition("-")[2].partition("x")[0]) for path in paths]
        images = "".join(
            f'<img src="{path.name}" style="width:{width * 9}px;display:block;margin:6px">'
            for path, width in zip(paths, cells, strict=True)
        )
        page.write_text(f"<body style='background:#777;margin:0'>{images}</body>", "utf-8")
        height = sum(int(path.stem.rpartition("x")[2]) * 19 + 90 for path in paths)
        picture = page.with_suffix(".png")
        command = [browser, "--headless", "--no-sandbox", "--hide-scrollbars", f"--screenshot={picture}"]
        command += [f"--window-size={max(cells) * 9 + 12},{height}", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True)
        page.unlink()
        print(picture)


def main() -> None:
    """Draw what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SCENES)}; all without one")
    parser.add_argument("--looks", nargs="+", choices=LOOKS, default=list(LOOKS))
    parser.add_argument("--sizes", nargs="+", choices=[f"{w}x{h}" for w, h in SIZES], default=[])
    parser.add_argument("--sheets", action="store_true", help="PNGs too")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in SCENES]:
        parser.error(f"there is no screen {unknown[0]!r}; choose from {', '.join(SCENES)}")
    options.folder.mkdir(parents=True, exist_ok=True)
    sizes = [size for size in SIZES if not options.sizes or f"{size[0]}x{size[1]}" in options.sizes]
    pictures = asyncio.run(draw(options.folder.absolute(), options.names or list(SCENES), options.looks, sizes))
    if options.sheets:
        make_sheets(pictures)


if __name__ == "__main__":
    main()

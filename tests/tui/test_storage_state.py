"""Trouble with the storage is a state on the screen: named, as long as it lasts, on a line of any width."""

import msgspec
import pytest
from rich.cells import cell_len

from kimi_tui.config import UiSettings
from kimi_tui.session import StorageTrouble, TroubleKind
from kimi_tui.tui import formatting
from kimi_tui.tui.widgets.session_header import SessionHeader
from tests.tui.sessions import MemoryLibrary, running_session
from tests.tui.stage import Stage, staged
from tests.tui.test_hostile_text import screen_text

FULL = StorageTrouble("full", "/data/kimi\x1b[2J/sessions/s1", "the session cannot be written", 3 << 20, 16 << 20)
NAMES = {"full": "no room", "quota": "quota reached", "read-only": "read-only", "failing": "storage fails"}


def head(stage: Stage) -> str:
    """Return the head line."""
    return str(stage.screen.query_one(SessionHeader).render())


@pytest.mark.parametrize(
    ("width", "shown"), [(80, "needs 16 MB, 3.0 MB free; resumes automatically"), (140, " at /data/kimi")]
)
async def test_session_header_full_disk_shows_needed_space(width: int, shown: str) -> None:
    library = MemoryLibrary(running_session())
    async with staged(library, session_id="s1", size=(width, 24)) as stage:
        assert "no room" not in head(stage)
        stage.session.storage_trouble = FULL
        await stage.until(lambda: "no room" in head(stage))
        assert shown in head(stage)
        assert "\x1b" not in head(stage)
        assert cell_len(head(stage)) <= width
        stage.session.storage_trouble = None
        await stage.until(lambda: "no room" not in head(stage))


async def test_a_screen_that_opens_later_shows_it_at_once() -> None:
    session = running_session()
    session.storage_trouble = FULL
    async with staged(MemoryLibrary(session), session_id="s1") as stage:
        assert "no room" in head(stage)


@pytest.mark.parametrize("ascii", [False, True])
async def test_the_library_marks_a_session_that_waits_for_storage(ascii: bool) -> None:
    library = MemoryLibrary(running_session())
    library.lines["s1"] = msgspec.structs.replace(library.held["s1"].summary(), waits_for_storage=True)
    async with staged(library, ui=UiSettings(ascii=ascii)) as stage:
        assert f"{'x' if ascii else '✗'} no storage" in screen_text(stage.app)
        library.lines["s1"] = library.held["s1"].summary()
        await stage.press("f5")
        await stage.until(lambda: "no storage" not in screen_text(stage.app))


@pytest.mark.parametrize("kind", NAMES)
def test_every_trouble_has_a_name_and_lines_that_get_shorter(kind: TroubleKind) -> None:
    assert formatting.TROUBLE_WORDS[kind] == NAMES[kind]
    lines = formatting.trouble_lines(StorageTrouble(kind, "/data/kimi/sessions/s1", "", -1, 16 << 20))
    assert [len(line) for line in lines] == sorted((len(line) for line in lines), reverse=True)
    assert lines[-1] == ""
    assert "automatically" in lines[0]

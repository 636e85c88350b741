"""The cells of a recorded session as a front end reads them: those of the parts that are asked for."""

from pathlib import Path
from typing import Any

import pytest

from kimi_tui.cells import encode_cells
from kimi_tui.config import load_settings
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.runner.library import FolderLibrary
from kimi_tui.session import SessionError
from kimi_tui.sources import Part
from tests.story import Clock
from tests.tui.cited_memo import table_page


async def test_library_cells_returns_those_of_the_parts_asked_for(tmp_path: Path) -> None:
    library = FolderLibrary(load_settings({"KIMI_TUI_HOME": str(tmp_path)}))
    text, cells = table_page()
    session = "20261120-090000-abcdef"
    journal = JournalWriter(library.shelf.folder / session, session, Clock())
    about: dict[str, Any] = {"kind": "document", "title": "Report", "address": "r.pdf", "media_type": "application/pdf"}
    journal.sources.add(
        data=b"x", parts=(Part("p.1", "A"), Part("p.2", text)), extractor="t", cells=encode_cells(cells), **about
    )
    journal.close()
    assert await library.cells(session, (("S1", "p.2"), ("S1", "p.1"), ("S9", "p.1"))) == {"S1": cells, "S9": ()}
    assert await library.cells(session, (("S1", "p.1"),)) == {"S1": ()}
    with pytest.raises(SessionError):
        await library.cells("20261120-090000-none00", ())

"""The story as exports and verification are given it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.writer import JournalWriter
from tests.story import write_story


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[JournalWriter]:
    """The story, open for more."""
    with closing(write_story(tmp_path / "session")) as opened:
        yield opened


@pytest.fixture
def reader(journal: JournalWriter) -> Iterator[JournalReader]:
    """The story as exports read it."""
    with closing(JournalReader(journal.path)) as opened:
        yield opened

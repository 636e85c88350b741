"""A place whose runners end with the test."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.runner.kit import Place


@pytest.fixture
async def place(isolated_home: Path) -> AsyncIterator[Place]:
    """A place whose runners end with the test."""
    stage = Place(isolated_home)
    yield stage
    for session in stage.library.shelf.ids():
        stage.runner(session)
    for pid in stage.pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    for session in stage.library.shelf.ids():
        await stage.ended(session)
    await stage.server.close()

"""Fixtures of the tests of the embedded server."""

from collections.abc import AsyncIterator

import pytest

from kimi_tui.embedded.server import EmbeddedServer


@pytest.fixture
async def base_url() -> AsyncIterator[str]:
    """A server without delay."""
    server = EmbeddedServer(pace=0)
    yield await server.start()
    await server.close()

"""A served script and a finished session, each made once for all tests that only look at them."""

import json
from collections.abc import Iterator

import pytest

from tests.cli.kit import SCRIPT, Finished, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of `serve-embedded` playing the script."""
    script = tmp_path_factory.mktemp("script") / "script.json"
    script.write_text(json.dumps(SCRIPT))
    with serving(script) as base_url:
        yield base_url


@pytest.fixture(scope="session")
def finished(server: str, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """One finished session for the tests that only look."""
    session = Finished(tmp_path_factory.mktemp("finished") / "home", server)
    assert session.done.returncode == 0, session.done.stderr
    return session

"""A served script and a finished session, each made once for all tests that only look at them."""

import json
import signal
import subprocess
from collections.abc import Iterator

import pytest

from tests.cli.kit import KIMI_TUI, ROOT, SCRIPT, Finished


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of `serve-embedded` playing the script."""
    script = tmp_path_factory.mktemp("script") / "script.json"
    script.write_text(json.dumps(SCRIPT))
    command = [*KIMI_TUI, "serve-embedded", "--port", "0", "--script", str(script)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[0]
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


@pytest.fixture(scope="session")
def finished(server: str, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """One finished session for the tests that only look."""
    session = Finished(tmp_path_factory.mktemp("finished") / "home", server)
    assert session.done.returncode == 0, session.done.stderr
    return session

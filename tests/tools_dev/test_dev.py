"""The one command: its usage, and what the locked versions promise."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import dev


def test_an_unknown_verb_is_wrong_usage() -> None:
    done = subprocess.run(
        [sys.executable, "-I", dev.ROOT / "tools" / "dev.py", "dance"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: python3 tools/dev.py VERB")


def test_the_usage_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(["--help"]) == 0
    assert set(re.findall(r"^  (\w+)", capsys.readouterr().out, re.MULTILINE)) == set(dev.VERBS)


def test_a_benchmark_that_is_not_there_is_a_clear_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(["bench", "no-such-benchmark"]) == 1
    assert capsys.readouterr().err.startswith("There is no such benchmark; there are: ")


def test_setup_python_without_venv_names_package(tmp_path: Path) -> None:
    """A copy of the project, run where `ensurepip` cannot be found, as on a bare Debian."""
    (tmp_path / "tools").mkdir()
    for name in ("pyproject.toml", "tools/dev.py", "tools/locked.txt", "tools/locked-dev.txt"):
        (tmp_path / name).write_bytes((dev.ROOT / name).read_bytes())
    blocked = (
        "import importlib.util, runpy, sys; find = importlib.util.find_spec;"
        "importlib.util.find_spec = lambda name, *rest: None if name == 'ensurepip' else find(name, *rest);"
        "sys.argv = ['dev.py', 'setup']; runpy.run_path('tools/dev.py', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", blocked], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "apt install python3-venv" in done.stderr
    assert not (tmp_path / ".venv").exists()


def locked(path: Path) -> dict[str, str]:
    """Package to version of one lock file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(re.findall(r"^([\w.-]+)==(\S+)", "\n".join(lines), re.MULTILINE))


@pytest.mark.parametrize("path", dev.LOCKED.values(), ids=dev.LOCKED.keys())
def test_every_locked_package_has_hashes_and_no_address(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 50
    for entry in entries:
        assert re.fullmatch(r"[\w.-]+==\S+( ; [^\n]+)? \\\n(    --hash=sha256:[0-9a-f]{64}( \\\n)?)+", entry), entry
    assert "://" not in text


def test_developing_uses_the_very_versions_that_run() -> None:
    run, develop = (locked(dev.LOCKED[purpose]) for purpose in ("run", "develop"))
    assert run.items() <= develop.items()


def test_the_malicious_releases_are_not_locked() -> None:
    assert locked(dev.LOCKED["run"])["litellm"] not in {"1.82.7", "1.82.8"}

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
    copy_of_the_project(tmp_path)
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


def copy_of_the_project(folder: Path) -> None:
    """Copy what tools/dev.py reads before anything is installed."""
    (folder / "tools").mkdir()
    for name in ("pyproject.toml", "tools/dev.py", "tools/locked.txt", "tools/locked-dev.txt"):
        (folder / name).write_bytes((dev.ROOT / name).read_bytes())


def run_copy(folder: Path, *arguments: str, path: str = "") -> subprocess.CompletedProcess[str]:
    """Run tools/dev.py of a copied project, with this PATH in front of nothing else."""
    return subprocess.run(
        [sys.executable, "-I", folder / "tools" / "dev.py", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": path, "HOME": str(folder)},
    )


def write_program(path: Path, *lines: str) -> None:
    """Write a shell script that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)


def test_python_missing_version_is_one_clear_line(tmp_path: Path) -> None:
    copy_of_the_project(tmp_path)
    done = run_copy(tmp_path, "test", "--python", "3.98")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("There is no Python 3.98 on PATH. Install it (")
    assert not list(tmp_path.glob(".venv*"))


def test_python_launcher_without_that_version_is_named(tmp_path: Path) -> None:
    copy_of_the_project(tmp_path)
    write_program(tmp_path / "bin" / "python3.98", "echo 'command not found' >&2", "exit 127")
    write_program(tmp_path / "bin" / "python3", "echo 3.97")
    done = run_copy(tmp_path, "setup", "--python=3.98", path=str(tmp_path / "bin"))
    assert done.returncode == 1
    assert f"({tmp_path / 'bin' / 'python3.98'} does not start as 3.98)" in done.stderr


def test_find_python_takes_the_first_that_is_of_the_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_program(tmp_path / "a" / "python3.98", "exit 127")
    write_program(tmp_path / "a" / "python3", "echo 3.97")
    write_program(tmp_path / "b" / "python3", "echo 3.98")
    monkeypatch.setenv("PATH", f"{tmp_path / 'a'}:{tmp_path / 'none'}:{tmp_path / 'b'}")
    assert dev.find_python("3.98") == str(tmp_path / "b" / "python3")
    assert dev.find_python(f"{sys.version_info[0]}.{sys.version_info[1]}") == sys.executable


@pytest.mark.parametrize("words", [["--python"], ["--python", "three"], ["--python", "3.10"], ["--python=../x"]])
def test_python_that_is_no_version_or_too_old_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(["check", *words]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(
        r"(--python takes a version such as|kimi-tui needs Python 3\.11 or newer).* was given\.\n", said.err
    )


def test_python_runs_checks_and_tests_in_the_environment_of_that_version(tmp_path: Path) -> None:
    copy_of_the_project(tmp_path)
    log = tmp_path / "log"
    folder = tmp_path / ".venv-3.98"
    for name in ("python", "ruff", "mypy", "lint-imports"):
        write_program(folder / "bin" / name, f'echo "$0 $*" >>{log}')
    (folder / "kimi-tui-develop.digest").write_text(dev.installed_digest("develop"))
    done = run_copy(tmp_path, "test", "--python", "3.98", "tests/test_text.py", "-k", "words")
    assert done.returncode == 0, done.stderr
    ran = log.read_text().splitlines()
    assert all(line.startswith(f"{folder}/bin/") for line in ran)
    assert len(ran) == len(dev.CHECKS) + 1
    assert re.search(r"/python -m pytest -n \d+ --dist worksteal tests/test_text.py -k words$", ran[-1])
    assert not (tmp_path / ".venv").exists()


def test_memory_folder_is_used_where_it_has_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "MEMORY_FOLDER", tmp_path)
    monkeypatch.setattr(dev, "MIN_MEMORY_BYTES", 0)
    assert dev.has_memory_folder()
    monkeypatch.setattr(dev, "MIN_MEMORY_BYTES", 1 << 60)
    assert not dev.has_memory_folder()
    monkeypatch.setattr(dev, "MEMORY_FOLDER", tmp_path / "none")
    assert not dev.has_memory_folder()


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

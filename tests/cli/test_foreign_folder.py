"""Started in a folder that holds a file for every name it imports, the program runs none of them and works."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from kimi_tui import import_path, subprocesses
from kimi_tui.journal.session_store import SessionStore
from tests.cli.kit import ROOT, Done

KEY = "sk-very-secret-key-of-this-test"
NAMES = {*sys.stdlib_module_names, *packages_distributions(), "kimi_tui", "sitecustomize", "usercustomize", "tools"}
"""Every module that could be imported."""
SCRIPT = """\
import sys
from kimi_tui.start import main
sys.exit(main())
"""
"""What installing puts into the folder of programs."""


class Folder:
    """A hostile folder, and the program started in it."""

    def __init__(self, tmp_path: Path, server: str) -> None:
        self.path = tmp_path / "hostile"
        self.path.mkdir()
        self.mark = tmp_path / "mark"
        body = f"with open({str(self.mark)!r}, 'a') as mark: mark.write(__name__ + '\\n')\nraise SystemExit(99)\n"
        for name in NAMES:
            if not name.startswith("__"):
                (self.path / f"{name}.py").write_text(body)
        for name in ("tmux", "xdg-open", "python3"):
            program = self.path / name
            program.write_text(f"#!/bin/sh\necho {name} >>{self.mark}\n")
            program.chmod(0o755)
        (self.path / ".env").write_text("KIMI_TUI_FOREIGN=1\n")
        self.home = tmp_path / "data"
        self.script = tmp_path / "bin" / "kimi-tui"
        self.script.parent.mkdir()
        self.script.write_text(SCRIPT)
        self.environment = os.environ | {
            "KIMI_TUI_HOME": str(self.home), "KIMI_TUI_BASE_URL": server, "KIMI_TUI_MODEL": "scripted",
            "KIMI_TUI_API_KEY": KEY, "TERM": "xterm-256color", "TMUX": "/nowhere,1,1",
            "PATH": os.pathsep.join(["", ".", os.environ["PATH"]]),
        }  # fmt: skip
        self.command = [sys.executable, str(self.script)]

    def run(self, *arguments: str) -> Done:
        """Run the program to its end."""
        return subprocess.run(
            [*self.command, *arguments],
            cwd=self.path, env=self.environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def marks(self) -> str:
        """Return which of the folder's programs ran."""
        return self.mark.read_text() if self.mark.exists() else ""


@pytest.fixture
def folder(tmp_path: Path, server: str) -> Folder:
    """A hostile folder."""
    return Folder(tmp_path, server)


def test_run_verify_and_doctor_in_a_hostile_folder_run_nothing_of_it(folder: Folder) -> None:
    done = folder.run("run", "What is twice 12.5?", "--memo", "memo.md")
    assert (done.returncode, folder.marks()) == (0, ""), done.stderr
    assert "The double was calculated" in (folder.path / "memo.md").read_text(), "seen from the caller's folder"
    assert folder.run("verify", "last").returncode == 0
    examined = json.loads(folder.run("doctor", "--json", "--calls", "1").stdout)
    assert {finding["grade"] for finding in examined if finding["name"] == "workers"} == {"green"}
    assert folder.marks() == ""


def test_a_detached_run_in_a_hostile_folder_runs_nothing_of_it_and_works_in_the_data_folder(folder: Folder) -> None:
    done = folder.run("run", "What is twice 12.5?", "--detach")
    assert done.returncode == 0, done.stderr
    session = done.stdout.strip()
    pid = SessionStore(folder.home).holder(session)
    assert pid
    with suppress(FileNotFoundError):  # on a system without /proc, or when it has ended
        assert Path(f"/proc/{pid}/cwd").resolve() == folder.home.resolve()
        assert KEY.encode() not in Path(f"/proc/{pid}/environ").read_bytes()
    deadline = time.monotonic() + 60
    while "TurnFinished" not in (shown := folder.run("show", session, "--json").stdout):
        assert time.monotonic() < deadline, shown
    assert '"reason":"answered"' in shown
    assert folder.marks() == ""


def test_the_app_in_a_hostile_folder_runs_nothing_of_it(folder: Folder) -> None:
    outer, inner = pty.openpty()
    child = subprocess.Popen(
        [*folder.command, "What is twice 12.5?"],
        stdin=inner, stdout=inner, stderr=inner, cwd=folder.path, env=folder.environment, start_new_session=True,
    )  # fmt: skip
    os.close(inner)
    written, deadline = b"", time.monotonic() + 60
    try:
        while b"The double was calculated" not in written:
            assert time.monotonic() < deadline, written[-2000:]
            assert child.poll() is None, written[-2000:]
            if select.select([outer], [], [], 0.2)[0]:
                written += os.read(outer, 65_536)
    finally:
        child.send_signal(signal.SIGTERM)
        while child.poll() is None:
            with suppress(OSError):
                select.select([outer], [], [], 0.2)
                os.read(outer, 65_536)
        os.close(outer)
    assert folder.marks() == ""


def test_a_child_takes_no_code_from_variables_of_python(folder: Folder) -> None:
    variables = {
        "PYTHONPATH": str(folder.path), "PYTHONSTARTUP": str(folder.path / "types.py"), "PYTHONHOME": str(folder.path),
        "PYTHONUSERBASE": str(folder.path), "PYTHONBREAKPOINT": "types.breakpoint", "PYTHONINSPECT": "1",
    }  # fmt: skip
    done = subprocess.run(
        subprocesses.module_command("kimi_tui.runner.host"),
        input="{}", cwd=folder.path, env=folder.environment | variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "missing required field `settings`" in done.stderr, "it ran, and had no assignment"
    assert folder.marks() == ""


@pytest.mark.parametrize("named", ["start", "PYTHONPATH"])
def test_the_program_itself_leaves_the_callers_folder(folder: Folder, named: str) -> None:
    """As far as Python permits: what its own start imports is imported before any line of the program runs."""
    for name in NAMES - {"msgspec", "argparse", "difflib", "asyncio", "textual"}:
        (folder.path / f"{name}.py").unlink(missing_ok=True)
    flags = ["-c", f"import sys; sys.argv[0] = 'kimi-tui'\n{SCRIPT}"] if named == "start" else [str(folder.script)]
    variables = {"PYTHONPATH": str(ROOT)} if named == "start" else {"PYTHONPATH": f"{folder.path}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, *flags, "config"],
        cwd=folder.path, env=folder.environment | variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr, folder.marks()) == (0, "", "")


def test_libraries_that_an_installation_names_in_a_file_are_found_by_every_child(
    tmp_path: Path, folder: Folder
) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "own"], check=True)
    own = next((tmp_path / "own" / "lib").glob("python*")) / "site-packages"
    (own / "libraries.pth").write_text("\n".join([*import_path.library_folders(), str(ROOT)]))
    folder.command[0] = str(tmp_path / "own" / "bin" / "python")
    examined = json.loads(folder.run("doctor", "--json", "--calls", "1").stdout)
    assert {finding["grade"] for finding in examined if finding["name"] == "workers"} == {"green"}, examined
    session = folder.run("run", "What is twice 12.5?", "--detach").stdout.strip()
    deadline = time.monotonic() + 60
    while "ObservationRecorded" not in (shown := folder.run("show", session, "--json").stdout):
        assert time.monotonic() < deadline, shown
    observed = [line["body"] for line in map(json.loads, shown.splitlines()) if line["type"] == "ObservationRecorded"]
    # The sandbox's own program lies beside another interpreter here; what counts is that its library was found.
    assert "worker" not in observed[0]["text"]
    assert "ModuleNotFoundError" not in observed[0]["text"]


def test_import_path_of_an_installed_package_is_its_own_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["", "/tmp/foreign", "relative", *sys.path])
    monkeypatch.setenv("PYTHONPATH", "/tmp/foreign")
    monkeypatch.setattr(import_path, "_removed", [])
    assert not {"", "/tmp/foreign", "relative"} & {*subprocesses.child_import_path()}
    import_path.restrict_import_path()
    assert not {"", "/tmp/foreign", "relative"} & {*sys.path}
    assert sys.path[-1] == import_path.ROOT or import_path.ROOT in import_path.library_folders()


def test_variables_of_a_child_hold_in_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    variables = {
        "SSL_CERT_FILE": "own.pem", "PATH": "/bin::.:bin:/usr/bin", "KIMI_TUI_API_KEY": KEY, "PYTHONPATH": ".", "A": "b"
    }  # fmt: skip
    assert subprocesses.child_environment(variables) == {
        "SSL_CERT_FILE": str(tmp_path / "own.pem"), "PATH": "/bin:/usr/bin", "A": "b", "MALLOC_ARENA_MAX": "1"
    }  # fmt: skip

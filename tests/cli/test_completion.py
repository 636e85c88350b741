"""Shell completion offers what the parser accepts, names sessions, and works inside bash itself."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kimi_tui.cli.completion import SCRIPTS, complete
from kimi_tui.cli.parser import COMMANDS, SHELLS, build_parser
from kimi_tui.journal.session_store import SessionStore
from tests.cli.kit import ROOT, kimi

BASH = shutil.which("bash")
needs_bash = pytest.mark.skipif(BASH is None, reason="bash is not installed")


def offered(*words: str) -> list[str]:
    """The words that are offered for the last one, without what they mean."""
    return [line.partition("\t")[0] for line in complete(build_parser(), words)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """A data folder with one session, and its id."""
    monkeypatch.setenv("KIMI_TUI_HOME", str(tmp_path))
    writer = SessionStore(tmp_path).create()
    writer.close()
    return tmp_path, SessionStore(tmp_path).ids()[0]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A folder that holds `kimi-tui`."""
    folder = tmp_path / "programs"
    folder.mkdir()
    path = folder / "kimi-tui"
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m kimi_tui "$@"\n')
    path.chmod(0o755)
    return folder


def test_first_word_is_offered_every_command_with_its_meaning() -> None:
    assert set(offered("")) == set(COMMANDS)
    assert all("\t" in line for line in complete(build_parser(), [""]))
    assert offered() == offered("")
    assert offered("sho") == ["show"]


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_option_of_a_command_is_offered_once(verb: str) -> None:
    lines = kimi(verb, "--help").stdout.replace(",", " ").replace("[", " ").replace("]", " ").split()
    listed = {word for word in lines if word.startswith("--") and len(word) > 2 and word[2:3].isalpha()}
    found = offered(verb, "--")
    assert len(found) == len(set(found))
    assert {name for name in found if name.startswith("--")} <= listed
    assert "--help" in found
    used = found[-1]
    assert used not in offered(verb, used, "--") or used == "--help"


def test_options_of_the_app_are_offered_without_a_command() -> None:
    assert {"--desk", "--model", "--version", "--help"} <= set(offered("--"))
    assert offered("--protocol", "s") == ["search"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "--protocol", ""], ["desk", "search", "hle"]),
        (["run", "--protocol", "=", "h"], ["hle"]),
        (["run", "--protocol", "="], ["desk", "search", "hle"]),
        (["run", "--protocol=h"], ["--protocol=hle"]),
        (["run", "--desk", "x"], [":folders"]),
        (["run", "--memo", ""], [":files"]),
        (["run", "--model", ""], []),
        (["run", "--protocol", "hle", "--app"], ["--approve"]),
        (["check", ""], [":files"]),
        (["desk", ""], [":folders"]),
        (["completion", ""], list(SHELLS)),
        (["run", "--", "--p"], []),
        (["nothing like it", "--off"], ["--offline"]),
    ],
)
def test_place_of_the_word_decides_what_is_offered(words: list[str], expected: list[str]) -> None:
    assert offered(*words) == expected


def test_session_ids_are_offered_where_a_session_is_named(home: tuple[Path, str]) -> None:
    session = home[1]
    for words in (["show"], ["resume"], ["export"], ["pin"], ["run", "--resume"], ["check", "--session"]):
        assert offered(*words, "") == ["last", session], words
    for words in (["verify"], ["salvage"]):
        assert offered(*words, "") == ["last", session, ":files"], words
    assert offered("show", session[:6]) == [session]
    assert session not in offered("show", session, "")


def test_hidden_call_answers_quietly_whatever_it_is_given(tmp_path: Path) -> None:
    wrong = tmp_path / "settings.toml"
    wrong.write_text("max_steps = [")
    for words in (
        (),
        ("",),
        ("show", ""),
        ("=",),
        ("-", "--", "="),
        ("export", "\udcff", "--format", ""),
        ("x" * 5000,),
    ):
        done = kimi("_complete", *words, KIMI_TUI_CONFIG=str(wrong))
        assert (done.returncode, done.stderr) == (0, ""), words
    assert "_complete" not in kimi("--help").stdout


def test_every_shell_has_a_script_that_needs_no_settings(tmp_path: Path) -> None:
    assert set(SCRIPTS) == set(SHELLS)
    for shell in SHELLS:
        done = kimi("completion", shell, KIMI_TUI_CONFIG=str(tmp_path / "missing.toml"))
        assert done.stdout == SCRIPTS[shell]


@pytest.mark.parametrize("shell", SHELLS)
def test_script_is_accepted_by_its_shell(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    path = tmp_path / "script"
    path.write_text(SCRIPTS[shell])
    done = subprocess.run([shell, "-n", str(path)], capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


def completed_by_bash(lines: list[str], folder: Path, program: Path) -> list[list[str]]:
    """The words that an interactive bash makes of lines whose tabs complete."""
    path = f"{program}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "TERM": "dumb", "PS1": "$ ", "HOME": str(folder)}
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execve(str(BASH), ["bash", "--norc", "--noprofile", "-i"], environment)
    found = []
    try:
        os.write(terminal, b'bind "set bell-style none"; eval "$(kimi-tui completion bash)"; echo rea\'\'dy\n')
        read_until(terminal, "\nready\n")
        for line in lines:
            os.write(terminal, f"{line}\001printf '<%s>\\n' \005; echo en''d\n".encode())
            found.append(re.findall(r"^<(.*)>$", read_until(terminal, "\nend\n"), re.MULTILINE))
    finally:
        os.write(terminal, b"exit\n")
        os.waitpid(child, 0)
        os.close(terminal)
    return found


def read_until(terminal: int, awaited: str) -> str:
    """Read from the terminal until it shows the awaited text, and return all that it showed."""
    shown, end = "", time.monotonic() + 60
    while awaited not in shown:
        assert time.monotonic() < end, shown
        if select.select([terminal], [], [], 1)[0]:
            shown += os.read(terminal, 65536).decode(errors="replace").replace("\r", "")
    return shown


@needs_bash
def test_bash_completes_commands_values_sessions_and_paths(home: tuple[Path, str], program: Path) -> None:
    folder, session = home
    (folder / "my reports").mkdir()
    (folder / "memo.md").write_text("x")
    cases = {
        "kimi-tui ver\t": ["kimi-tui", "verify"],
        "kimi-tui run --proto\ts\t": ["kimi-tui", "run", "--protocol", "search"],
        "kimi-tui run --protocol=s\t": ["kimi-tui", "run", "--protocol=search"],
        f"kimi-tui show {session[:6]}\t": ["kimi-tui", "show", session],
        "kimi-tui run --desk my\t": ["kimi-tui", "run", "--desk", "my reports/"],
        "kimi-tui check ~/mem\t": ["kimi-tui", "check", str(folder / "memo.md")],
    }
    assert completed_by_bash(list(cases), folder, program) == list(cases.values())

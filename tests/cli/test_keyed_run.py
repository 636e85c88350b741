"""`run --key`: the same key gives the same session, whatever was killed in between."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.kit import KIMI_TUI, ROOT, kimi, refused

DESK = str(ROOT / "kimi_tui" / "sample_desk")
QUESTION = "How large was the order backlog at the end of 2024?"
RUN = ("run", "--key", "job 7", QUESTION, "--desk", DESK, "--offline")


def _kill_run_at(event: str) -> None:
    """Start a keyed run and kill it when it prints an event of this type."""
    with subprocess.Popen(
        [*KIMI_TUI, *RUN], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["type"] == event:
                process.kill()
                break


def _sessions() -> list[str]:
    return kimi("sessions", "--json").stdout.splitlines()


def test_run_with_key_continues_a_killed_run_and_prints_a_finished_one(tmp_path: Path) -> None:
    for event in ("SessionOpened", "StepStarted", "ToolCallStarted"):
        _kill_run_at(event)
    done = kimi(*RUN, "--memo", str(tmp_path / "first.md"))
    assert done.returncode == 0, done.stderr
    types = [json.loads(line)["type"] for line in done.stdout.splitlines()]
    assert (types.count("QuestionAsked"), types[-1]) == (1, "TurnFinished")
    again = kimi("run", "--key", "job 7", "--memo", str(tmp_path / "second.md"), "--base-url", "http://127.0.0.1:9/v1")
    assert (again.returncode, again.stdout) == (0, done.stdout)
    assert (tmp_path / "second.md").read_text() == (tmp_path / "first.md").read_text()
    assert len(_sessions()) == 1


def test_run_with_key_started_twice_at_once_makes_one_session() -> None:
    started = [
        subprocess.Popen([*KIMI_TUI, *RUN], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    outputs = [process.communicate(timeout=300) for process in started]
    codes = sorted(process.returncode for process in started)
    assert codes[0] == 0, outputs
    assert all("Traceback" not in errors for _, errors in outputs)
    assert len(_sessions()) == 1
    assert kimi("verify", "last").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "--key", "job 8"), "nothing was asked under the key 'job 8' yet"),
        (("run", "--key", " ", "Why?"), "the key is empty"),
        (("run", "--key", "job 8", "--resume", "last"), "give one of them"),
    ],
)
def test_run_with_key_that_names_no_work_is_refused(arguments: tuple[str, ...], words: str) -> None:
    refused(kimi(*arguments), 2, words)


def test_run_with_key_of_another_question_is_refused() -> None:
    _kill_run_at("QuestionAsked")
    refused(kimi("run", "--key", "job 7", "Why?"), 2, "belongs to another question")

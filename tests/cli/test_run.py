"""`run --resume`: a session that was killed, or paused, or waits for a person is gone on with, without a screen."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from kimi_tui.config.known_places import remember_places
from kimi_tui.events import RunPaused, SessionOpened
from kimi_tui.journal.session_store import SessionStore
from tests.cli.kit import KIMI_TUI, ROOT, Finished, kimi, refused

DESK = str(ROOT / "kimi_tui" / "sample_desk")
QUESTION = "How large was the order backlog at the end of 2024?"


def types_of(lines: list[str]) -> list[str]:
    return [json.loads(line)["type"] for line in lines]


def killed_run(until: str) -> list[str]:
    """Return what a run printed until it printed an event of this type and was killed."""
    command = [*KIMI_TUI, "run", QUESTION, "--desk", DESK, "--offline"]
    lines: list[str] = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if types_of(lines)[-1] == until:
                process.kill()
                break
    return lines


@pytest.mark.parametrize("until", ["QuestionAsked", "StepStarted", "ToolCallStarted"])
def test_a_run_that_was_killed_is_gone_on_with_as_if_it_had_never_ended(tmp_path: Path, until: str) -> None:
    before = killed_run(until)
    memo = tmp_path / "memo.md"
    done = kimi("run", "--resume", "last", "--memo", str(memo))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[: len(before)] == before, "the whole session, from its first line"
    assert lines == kimi("show", "last", "--json").stdout.splitlines()
    assert types_of(lines).count("QuestionAsked") == 1
    assert types_of(lines)[-1] == "TurnFinished"
    assert memo.read_text().startswith("# ")
    assert kimi("verify", "last").returncode == 0


def test_a_finished_session_is_printed_at_once_with_its_code_and_memo_and_no_server(finished: Finished) -> None:
    memo = finished.home.parent / "again.md"
    lines = finished.kimi("show", finished.id, "--json").stdout
    began = (finished.home / "sessions" / finished.id / "journal.sqlite").read_bytes()
    done = finished.kimi(
        "run", "--resume", finished.id[-5:], "--memo", str(memo), "--base-url", "http://127.0.0.1:9/v1"
    )
    assert (done.returncode, done.stdout) == (0, lines), done.stderr
    assert memo.read_text() == finished.memo.read_text()
    assert (finished.home / "sessions" / finished.id / "journal.sqlite").read_bytes() == began
    assert finished.kimi("run", "--resume", "last", "--detach").stdout.strip() == finished.id


def test_a_session_that_ended_by_its_budget_keeps_that_code() -> None:
    first = kimi("run", QUESTION, "--desk", DESK, "--offline", "--max-steps", "1")
    assert first.returncode == 3
    again = kimi("run", "--resume", "last")
    assert (again.returncode, again.stdout) == (3, first.stdout)


def test_a_call_that_waits_for_a_person_is_refused_when_nobody_is_there(isolated_home: Path) -> None:
    session = kimi("run", "--detach", QUESTION, "--desk", DESK).stdout.strip()
    shelf, deadline = SessionStore(isolated_home), time.monotonic() + 60
    while "ApprovalRequested" not in kimi("show", session, "--json").stdout:
        assert time.monotonic() < deadline
    pid = shelf.holder(session)
    assert pid
    os.kill(pid, signal.SIGKILL)
    while shelf.holder(session) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)  # the killed process releases its lock without telling anybody
    done = kimi("run", "--resume", session)
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    asked = {event["body"]["call_id"] for event in events if event["type"] == "ApprovalRequested"}
    observed = {event["body"]["call_id"]: event["body"] for event in events if event["type"] == "ObservationRecorded"}
    assert {observed[call]["status"] for call in asked} == {"denied"}
    assert all("nobody is there to ask" in observed[call]["text"] for call in asked)


def test_paused_session_continues(isolated_home: Path) -> None:
    killed_run("StepStarted")
    session = SessionStore(isolated_home).ids()[0]
    journal = SessionStore(isolated_home).open_writer(session)
    journal.append([RunPaused("person", "for lunch")], turn=1, step=1)
    journal.close()
    done = kimi("run", "--resume", session)
    assert done.returncode == 0, done.stderr
    assert "RunResumed" in types_of(done.stdout.splitlines())


def test_session_that_cannot_be_continued_is_reported_in_one_line(isolated_home: Path) -> None:
    refused(kimi("run", "--resume", "last"), 1, "no session")
    refused(kimi("run", "--resume", "last", "And then?"), 2, "leave yours out")
    refused(kimi("run"), 2, "question is empty")
    SessionStore(isolated_home).create().close()
    refused(kimi("run", "--resume", "last"), 1, "before its question was recorded")


def test_wait_looks_for_the_server_that_the_session_was_opened_with(isolated_home: Path) -> None:
    killed_run("StepStarted")
    session = SessionStore(isolated_home).ids()[0]
    opened = json.loads(kimi("show", session, "--json").stdout.splitlines()[0])["body"]
    away = "http://127.0.0.1:9/v1"
    settings = opened["settings"] | {"endpoint": away}
    journal = SessionStore(isolated_home).open_writer(session)
    journal.append([SessionOpened("0", "scripted", away, settings, opened["instructions"])], turn=1, step=1)
    journal.close()
    remember_places(isolated_home, server=away)
    refused_late = kimi("run", "--resume", session, "--wait", "0.5")
    assert refused_late.returncode == 1
    assert "not ready after 0.5 s" in refused_late.stderr

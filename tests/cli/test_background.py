"""Sessions that work in the background, and copies of their files."""

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.cli.kit import ROOT, Done, kimi, refused

DESK = str(ROOT / "kimi_tui" / "sample_desk")


def state_of(session: str) -> str:
    done = kimi("sessions", "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return str(next(line["state"] for line in lines if line["id"] == session))


def until(session: str, *states: str) -> str:
    """The first of these states that the session reaches."""
    state = ""
    for _ in range(200):
        if (state := state_of(session)) in states:
            return state
        time.sleep(0.1)  # another process works, and its state can only be polled
    raise AssertionError(state)


def detached() -> str:
    done = kimi("run", "--detach", "How large was the order backlog at the end of 2024?", "--desk", DESK)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def ended(done: Done) -> None:
    assert done.returncode == 0, done.stderr
    assert not done.stderr


def test_detached_run_continues_until_it_needs_its_person_and_can_be_stopped() -> None:
    session = detached()
    assert until(session, "waiting", "failed", "finished") == "waiting"
    ended(kimi("stop", session))
    assert until(session, "stopped") == "stopped"
    refused(kimi("stop", session), 1, "not stopped", "no turn")


def test_stopping_or_attaching_needs_a_session_that_something_works_on(tmp_path: Path) -> None:
    session = detached()
    until(session, "waiting")
    copy = tmp_path / "copy.sqlite"
    ended(kimi("backup", session, "-o", str(copy)))
    ended(kimi("verify", str(copy)))
    ended(kimi("stop", session))
    refused(kimi("stop", "nosuch"), 1, "no session")


def test_a_damaged_session_is_refused_with_the_way_to_save_it_and_saved(tmp_path: Path, isolated_home: Path) -> None:
    session = detached()
    until(session, "waiting")
    ended(kimi("stop", session))
    copy = tmp_path / "home" / "sessions" / "copied" / "journal.sqlite"
    copy.parent.mkdir(parents=True)
    ended(kimi("backup", session, "-o", str(copy)))
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("update entries set at = '1999' where seq = 9")
    saved = kimi("salvage", str(copy), "-o", str(tmp_path / "saved.sqlite"))
    assert saved.returncode == 0
    assert "8 entries" in saved.stdout
    ended(kimi("verify", str(tmp_path / "saved.sqlite")))
    assert kimi("verify", str(copy)).returncode == 4


def test_a_damaged_session_is_salvaged_in_its_place(isolated_home: Path) -> None:
    session = detached()
    until(session, "waiting")
    ended(kimi("stop", session))
    journal = isolated_home / "sessions" / session / "journal.sqlite"
    for _ in range(300):
        if not journal.with_name("journal.sqlite-wal").exists():
            break
        time.sleep(0.2)  # SQLite removes the log when the runner, another process, has ended
    refused(kimi("salvage", session), 1, "not damaged")
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute("update entries set at = '1999' where seq = 9")
    saved = kimi("salvage", session)
    assert saved.returncode == 0, saved.stderr
    assert "Saved 8 entries" in saved.stdout
    ended(kimi("verify", session))
    assert state_of(session) == "paused"

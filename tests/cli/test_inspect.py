"""Test each verb: data on stdout, narration on stderr, and the exit codes that a script relies on."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.kit import KIMI_TUI, ROOT, Finished, kimi, refused

FOUND = "1 statement: 1 unchecked"
"""Of the memo, a sentence without a figure."""


def test_a_run_prints_events_as_json_lines_and_narrates_on_stderr(finished: Finished) -> None:
    rows = [json.loads(line) for line in finished.lines]
    keys = {"session", "seq", "at", "trajectory", "turn", "step", "type", "body", "digest"}
    assert all(set(row) == keys for row in rows)
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert (rows[0]["type"], rows[-1]["type"]) == ("SessionOpened", "TurnFinished")
    assert rows[-1]["body"]["reason"] == "answered"
    assert "question: What is twice 12.5?" in finished.done.stderr
    assert f"memo: {finished.memo}" in finished.done.stderr
    assert f"memo accepted: {FOUND}" in finished.done.stderr


def test_show_as_json_gives_the_lines_of_the_run(finished: Finished) -> None:
    assert finished.kimi("show", finished.id, "--json").stdout.splitlines() == finished.lines
    assert finished.kimi("show", "last", "--json").stdout.splitlines() == finished.lines


def test_show_tells_the_session_in_words(finished: Finished) -> None:
    reported = finished.kimi("show", finished.id).stdout
    assert "I calculate." in reported
    assert "turn finished: answered" in reported
    assert reported.splitlines()[-2] == f"memo: {FOUND}"
    assert reported.splitlines()[-1] == "server: clean: 2 steps, 2 of 2 calls valid"


def test_sessions_are_listed(finished: Finished) -> None:
    row = json.loads(finished.kimi("sessions", "--json").stdout)
    assert (row["id"], row["state"], row["steps"]) == (finished.id, "finished", 2)
    assert row["server"] == "clean: 2 steps, 2 of 2 calls valid"
    assert (row["findings"]["statements"], row["findings"]["unchecked"]) == (1, 1)
    [line] = finished.kimi("sessions").stdout.splitlines()
    assert line.startswith(finished.id)
    assert line.endswith(f"  [{FOUND}]")


def test_the_key_is_nowhere_in_what_was_recorded_or_reported(finished: Finished) -> None:
    secret = b"very-secret-key"
    assert all(secret not in path.read_bytes() for path in finished.home.rglob("*") if path.is_file())
    assert secret.decode() not in finished.done.stdout + finished.done.stderr
    shown = finished.kimi("config", KIMI_TUI_API_KEY="sk-very-secret-key-of-this-test").stdout
    assert secret.decode() not in shown
    assert "(set)" in shown


def test_what_is_recorded_is_for_its_owner_alone(finished: Finished) -> None:
    assert finished.journal.stat().st_mode & 0o077 == 0
    assert (finished.home / "sessions").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("format", ["md", "html", "bundle", "jsonl"])
def test_every_export_is_written_and_all_but_the_page_can_be_verified(
    finished: Finished, tmp_path: Path, format: str
) -> None:
    target = tmp_path / "out" / f"export.{format}"
    target.parent.mkdir()
    done = finished.kimi("export", finished.id, "-o", str(target), "--format", format)
    assert (done.returncode, done.stdout.strip()) == (0, str(target)), done.stderr
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    if format != "html":
        checked = finished.kimi("verify", str(target))
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_an_export_without_a_name_is_called_by_the_session(finished: Finished, tmp_path: Path) -> None:
    done = finished.kimi("export", finished.id, cwd=tmp_path)
    assert done.stdout.strip() == str(tmp_path / f"{finished.id}.md")


def test_a_session_and_its_file_are_verified(finished: Finished) -> None:
    for target in (finished.id, finished.id[:-2], str(finished.journal), str(finished.memo)):
        done = finished.kimi("verify", target)
        assert done.returncode == 0, done.stdout
        assert "FAIL" not in done.stdout
        assert "ok    calculations: 1 run again with the same result" in done.stdout


def test_a_changed_memo_fails_its_verification(finished: Finished, tmp_path: Path) -> None:
    changed = tmp_path / "memo.md"
    changed.write_text(finished.memo.read_text().replace("25", "26"))
    done = finished.kimi("verify", str(changed))
    assert done.returncode == 4
    assert "FAIL  memo file" in done.stdout


def test_a_changed_journal_export_fails_its_verification(finished: Finished, tmp_path: Path) -> None:
    changed = tmp_path / "journal.jsonl"
    changed.write_text("\n".join(finished.lines).replace("I know.", "I guess."))
    done = finished.kimi("verify", str(changed))
    assert done.returncode == 4
    assert "does not match its digest" in done.stdout


def test_a_damaged_session_is_reported_and_harms_no_other(finished: Finished, tmp_path: Path) -> None:
    home = tmp_path / "copy"
    shutil.copytree(finished.home, home)
    folder = home / "sessions" / "20200101-aaaaa"
    shutil.copytree(home / "sessions" / finished.id, folder)
    journal = folder / "journal.sqlite"
    journal.write_bytes(journal.read_bytes()[:5000] + b"\xff" * 3000)
    refused(kimi("show", "20200101-aaaaa", KIMI_TUI_HOME=str(home)), 1, "damaged")
    listed = kimi("sessions", "--json", KIMI_TUI_HOME=str(home))
    assert {json.loads(line)["state"] for line in listed.stdout.splitlines()} == {"damaged", "finished"}
    assert kimi("verify", "20200101-aaaaa", KIMI_TUI_HOME=str(home)).returncode in (1, 4)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"PK\x03\x04junk", b"{", b"SQLite format 3\x00junk", bytes(range(256))]
)
def test_a_file_that_is_none_of_ours_is_not_verified(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    done = kimi("verify", str(path))
    assert "Traceback" not in done.stderr
    assert done.returncode in (1, 4)
    assert len((done.stdout + done.stderr).strip().splitlines()) == 1


def test_a_budget_that_is_spent_ends_with_a_partial_memo(server: str, tmp_path: Path) -> None:
    memo = tmp_path / "memo.md"
    done = kimi(
        "run",
        "What is twice 12.5?",
        "--base-url",
        server,
        "--model",
        "scripted",
        "--max-steps",
        "1",
        "--memo",
        str(memo),
    )
    assert done.returncode == 3, done.stderr
    assert "**partial**" in memo.read_text()
    assert "stopped by the budget of steps" in done.stderr


def test_the_embedded_researcher_answers_when_no_server_is_named(tmp_path: Path) -> None:
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "note.md").write_text("# Note\n\nThe alpha figure was 25 in 2024.\n")
    config = tmp_path / "settings.toml"
    config.write_text("pace = 0\n")
    done = kimi(
        "run", "What was the alpha figure in 2024?", "--desk", str(desk), "--offline", KIMI_TUI_CONFIG=str(config)
    )
    assert done.returncode == 0, done.stderr
    opened = json.loads(done.stdout.splitlines()[0])
    assert (opened["body"]["endpoint"], opened["body"]["model"]) == ("embedded", "extractive-researcher")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_says_how_to_go_on(tmp_path: Path, number: signal.Signals) -> None:
    config = tmp_path / "settings.toml"
    config.write_text("pace = 5\n")
    with subprocess.Popen(
        [*KIMI_TUI, "run", "What was the alpha figure?", "--offline"],
        cwd=ROOT,
        env=os.environ | {"KIMI_TUI_CONFIG": str(config)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        process.stdout.readline()
        process.send_signal(number)
        _, reported = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in reported
    assert f"kimi-tui resume {first['session']}" in reported.splitlines()[-1]
    row = json.loads(kimi("sessions", "--json").stdout)
    assert (row["state"], row["attached"]) == ("paused", False)


def test_a_reader_that_goes_away_is_no_fault(finished: Finished) -> None:
    command = " ".join(KIMI_TUI)
    for verb in (f"show {finished.id} --json", "config --json", "run 'What is alpha?' --offline"):
        done = subprocess.run(
            ["bash", "-c", f"{command} {verb} | head -1"],
            cwd=ROOT,
            env=os.environ | {"KIMI_TUI_HOME": str(finished.home.parent / "other" if "run" in verb else finished.home)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert len(done.stdout.splitlines()) == 1
        assert "Traceback" not in done.stderr
        assert "Exception ignored" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_disk_under_the_output_is_reported(finished: Finished) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*KIMI_TUI, "show", finished.id, "--json"],
            cwd=ROOT,
            env=os.environ | {"KIMI_TUI_HOME": str(finished.home)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "kimi-tui: No space left on device; free space, or write somewhere else\n"


def test_a_terminal_without_utf_8_gets_every_character_somehow(server: str) -> None:
    bare: dict[str, Any] = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = kimi("run", "Größe — 规模?", "--base-url", server, "--model", "scripted", **bare)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert kimi("show", "last", **bare).returncode == 0
    assert kimi("sessions", **bare).returncode == 0


def test_a_long_question_is_asked_whole(server: str) -> None:
    done = kimi("run", "-", "--base-url", server, "--model", "scripted", stdin="why " * 25_000)
    assert done.returncode == 0, done.stderr[-500:]
    asked = [row for row in map(json.loads, done.stdout.splitlines()) if row["type"] == "QuestionAsked"]
    assert len(asked[0]["body"]["text"]) == 99_999


def test_a_question_that_is_too_long_leaves_no_session_behind(server: str) -> None:
    done = kimi("run", "-", "--base-url", server, "--model", "scripted", stdin="x" * 400_001)
    refused(done, 1, "too many")
    assert kimi("sessions", "--json").stdout == ""


def test_config_lists_every_setting_on_a_line_of_its_own_as_the_file_names_it(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[ui]\nnotices = "off"\n')
    lines = kimi("config", KIMI_TUI_CONFIG=str(path)).stdout.splitlines()
    shown = {name: (value, origin) for name, value, origin in (line.split(maxsplit=2) for line in lines)}
    assert shown["ui.notices"][0] == '"off"'
    assert shown["ui.notices"][1].split()[0] == str(path)
    for name in ("stall_steps", "fresh_minutes", "prefetch", "return_seconds", "policy.allow_hosts", "prices.input"):
        assert name in shown


def test_config_tells_each_value_and_its_origin(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("max_steps = 7\n")
    done = kimi("config", "--json", KIMI_TUI_CONFIG=str(path), KIMI_TUI_MODEL="k2")
    rows = json.loads(done.stdout)
    assert rows["max_steps"] == {"value": 7, "origin": str(path)}
    assert rows["model"] == {"value": "k2", "origin": "KIMI_TUI_MODEL"}
    assert rows["pace"]["origin"] == "default"
    assert {line.split()[0].partition(".")[0] for line in kimi("config").stdout.splitlines()} == set(rows)


def test_doctor_tries_the_machine_and_the_server(server: str) -> None:
    done = kimi("doctor", "--json", "--base-url", server, "--model", "scripted")
    findings = {row["name"]: row for row in json.loads(done.stdout)}
    assert findings["storage"]["grade"] == "green"
    assert findings["workers"]["grade"] == "green"
    assert findings["server"]["grade"] == "green"
    assert all(row["mend"] for row in findings.values() if row["grade"] == "red")


def test_doctor_tries_a_server_alone_in_lines_that_fit(server: str) -> None:
    done = kimi("doctor", "--server", server, "--model", "extractive-researcher", COLUMNS="60")
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["green", "server", "embedded", "researcher"]
    assert lines[-1].startswith("green time")
    assert max(map(len, lines)) <= 60
    assert "storage" not in done.stdout


def test_doctor_says_in_red_that_nobody_answers() -> None:
    done = kimi("doctor", "--server", "http://127.0.0.1:9", "--json")
    (finding, _) = json.loads(done.stdout)
    assert (done.returncode, finding["grade"]) == (1, "red")
    assert "start the server" in finding["mend"]


def test_doctor_finds_a_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = kimi("doctor", KIMI_TUI_HOME=str(tmp_path / "file" / "home"))
    assert done.returncode == 1
    assert "red   storage" in done.stdout


def test_the_embedded_server_answers(server: str) -> None:
    listed = httpx.get(f"{server}/models", trust_env=False).json()
    assert {model["id"] for model in listed["data"]} == {"extractive-researcher", "scripted"}


def test_a_disk_that_is_full_ends_the_run_with_what_was_recorded(server: str, tmp_path: Path) -> None:
    home = tmp_path / "small"
    command = f"ulimit -f 150; exec {' '.join(KIMI_TUI)} run - --base-url {server} --model scripted"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=os.environ | {"KIMI_TUI_HOME": str(home)},
        input="why " * 20_000,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "cannot be written" in done.stderr
    assert kimi("sessions", KIMI_TUI_HOME=str(home)).returncode == 0

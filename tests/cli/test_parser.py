"""Test what the command line refuses: one clear line on stderr, an exit code, never a traceback."""

import asyncio
import socket
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from kimi_tui.embedded.script import Script, ScriptedCall, ScriptStep
from kimi_tui.embedded.server import EmbeddedServer
from tests.cli.kit import ROOT, Finished, kimi, refused

USAGE: list[tuple[Sequence[str], str]] = [
    (["run", ""], "empty"),
    (["run", " \n"], "empty"),
    (["run"], "question"),
    (["sesions"], "did you mean 'sessions'"),
    (["runn", "What?"], "did you mean 'run'"),
    (["run", "What?", "--max-step", "x"], "--max-step"),
    (["run", "What?", "--max-steps", "x"], "invalid int value"),
    (["run", "What?", "--max-steps", "0"], "above 0"),
    (["run", "What?", "--max-minutes", "nan"], "max_minutes"),
    (["run", "What?", "--approve", "maybe"], "invalid choice"),
    (["run", "What?", "--base-url", "localhost:8000"], "base_url"),
    (["run", "What?", "--base-url", "http://user:word@127.0.0.1/v1"], "api_key"),
    (["run", "What?", "--desk", "/no/such/desk"], "/no/such/desk"),
    (["run", "What?", "--no-such-flag"], "--no-such-flag"),
    (["show"], "session"),
    (["export", "x", "--format", "xlsx"], "invalid choice"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "word"), USAGE, ids=[" ".join(arguments) for arguments, _ in USAGE])
def test_wrong_usage_is_one_line_and_code_2(arguments: Sequence[str], word: str) -> None:
    refused(kimi(*arguments), 2, word)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("basurl = 'x'\n", "did you mean `base_url`"),
        ("max_steps = 'many'\n", "max_steps"),
        ("= 1\n", "TOML"),
        ("[policy]\nallow_host = []\n", "allow_host"),
    ],
)
def test_settings_that_cannot_be_used_are_reported_by_name(tmp_path: Path, text: str, word: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    refused(kimi("sessions", KIMI_TUI_CONFIG=str(path)), 2, word, str(path))


def test_settings_that_are_not_there_are_reported(tmp_path: Path) -> None:
    refused(kimi("sessions", KIMI_TUI_CONFIG=str(tmp_path / "none.toml")), 2, "none.toml")


def test_a_session_that_is_not_there_is_reported() -> None:
    for verb in ("show", "export", "verify"):
        refused(kimi(verb, "20200101-zzzzz"), 1, "there is no session", "kimi-tui sessions")
    refused(kimi("show", "last"), 1, "there is no session")


def test_a_server_that_is_down_is_reported_and_leaves_no_session_behind() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        refused(kimi("run", "What?", "--base-url", address), 1, address, "no server answers")
    assert kimi("sessions", "--json").stdout == ""


def test_a_model_that_the_server_does_not_offer_is_reported(server: str) -> None:
    done = kimi("run", "What?", "--base-url", server, "--model", "kimi-k3")
    refused(done, 1, "kimi-k3", "scripted", "--model")
    assert kimi("sessions", "--json").stdout == ""


async def test_a_wrong_key_is_reported_and_never_printed() -> None:
    server = EmbeddedServer(
        script=Script(steps=(ScriptStep(calls=(ScriptedCall("calculate", {"code": "1"}),)),)), api_key="right"
    )
    base_url = await server.start()
    try:
        done = await asyncio.to_thread(kimi, "run", "What?", "--base-url", base_url, KIMI_TUI_API_KEY="sk-wrong-one")
        refused(done, 1, "401", "KIMI_TUI_API_KEY")
        assert "sk-wrong-one" not in done.stderr
    finally:
        await server.close()


def test_a_data_folder_that_cannot_be_made_is_reported(tmp_path: Path, server: str) -> None:
    (tmp_path / "file").touch()
    done = kimi(
        "run", "What?", "--base-url", server, "--model", "scripted", KIMI_TUI_HOME=str(tmp_path / "file" / "home")
    )
    refused(done, 1, "cannot be written", "KIMI_TUI_HOME")


def test_a_memo_that_cannot_be_written_is_reported_before_any_work(tmp_path: Path) -> None:
    for target in (tmp_path / "none" / "memo.md", tmp_path):
        refused(kimi("run", "What?", "--memo", str(target)), 1, str(target))
    assert kimi("sessions", "--json").stdout == ""


def test_an_export_that_cannot_be_written_is_reported(finished: Finished, tmp_path: Path) -> None:
    for target in (tmp_path / "none" / "memo.md", tmp_path, Path("/")):
        refused(finished.kimi("export", finished.id, "-o", str(target)), 1, str(target))


@pytest.mark.parametrize("arguments", [[], ["What is alpha?"], ["resume", "last"], ["replay", "last"]])
def test_the_app_without_a_terminal_names_what_needs_none(arguments: list[str]) -> None:
    refused(kimi(*arguments), 1, "needs a terminal", "kimi-tui run")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(["--port", "99999"], "port"), (["--script", "/no/such/file"], "/no/such/file"), (["--port", "-1"], "port")],
)
def test_an_embedded_server_that_cannot_start_is_reported(arguments: list[str], word: str) -> None:
    refused(kimi("serve-embedded", *arguments), 1, word)


def test_version_and_help_need_nothing() -> None:
    version = kimi("--version", KIMI_TUI_CONFIG="/no/such/file")
    assert version.stdout.startswith("kimi-tui ")
    assert kimi("--help").returncode == 0
    assert kimi("run", "--help").returncode == 0


def test_the_program_is_installed_under_its_name() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["project"]["scripts"] == {"kimi-tui": "kimi_tui.start:main"}

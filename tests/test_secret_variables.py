"""Secrets among the variables: found, kept from children, and overwritten where the system shows them."""

import subprocess
import sys
from pathlib import Path

import pytest

from kimi_tui.secret_variables import hide_own_secrets, holds_secret, secrets_for_child, without_secrets

KEY, VENDOR = "sk-very-secret-key-of-this-test", "sk-of-a-vendor-in-this-test"
VARIABLES = {
    "KIMI_TUI_API_KEY": KEY, "MOONSHOT_API_KEY": VENDOR, "HTTPS_PROXY": "http://user:word@proxy.example:3128",
    "PATH": "/bin", "SSH_AUTH_SOCK": "/run/agent",
}  # fmt: skip
PROGRAM = """
import os, pathlib, sys
from kimi_tui.secret_variables import hide_own_secrets
hide_own_secrets()
shown = pathlib.Path("/proc/self/environ").read_text()
seen = [one for one in sys.argv[1:] if one in shown]
print(seen, os.environ["MOONSHOT_API_KEY"], "KIMI_TUI_API_KEY" in os.environ)
"""


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("KIMI_TUI_API_KEY", "x", True),
        ("OPENAI_API_KEY", "x", True),
        ("AWS_SECRET_ACCESS_KEY", "x", True),
        ("github_token", "x", True),
        ("PGPASSWORD_FILE", "/x", False),
        ("DB_PASSWORD", "x", True),
        ("http_proxy", "http://user:word@proxy.example", True),
        ("http_proxy", "http://proxy.example:3128", False),
        ("KEYBOARD", "de", False),
        ("SSH_AUTH_SOCK", "/run/agent", False),
        ("HOME", "/home/key", False),
    ],
)
def test_holds_secret_knows_secrets_by_name_and_form(name: str, value: str, expected: bool) -> None:
    assert holds_secret(name, value) is expected


def test_child_is_started_without_secrets_and_is_sent_those_it_may_need() -> None:
    assert without_secrets(VARIABLES) == {"PATH": "/bin", "SSH_AUTH_SOCK": "/run/agent"}
    assert secrets_for_child(VARIABLES) == {name: VARIABLES[name] for name in ("MOONSHOT_API_KEY", "HTTPS_PROXY")}


def test_hide_own_secrets_forgets_our_own_and_leaves_the_libraries_theirs() -> None:
    environment = dict(VARIABLES)
    hide_own_secrets(environment)
    assert environment == {name: value for name, value in VARIABLES.items() if name != "KIMI_TUI_API_KEY"}


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_hide_own_secrets_overwrites_what_the_system_shows_of_the_process() -> None:
    command = [sys.executable, "-c", PROGRAM, KEY, VENDOR, "user:word"]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=root, env=VARIABLES, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == f"[] {VENDOR} False"

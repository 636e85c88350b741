"""Variables of the environment between a run and its server: one line that names them, or no effect at all."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.kit import kimi, refused

FREE = {name: "" for name in os.environ if name.lower().endswith("_proxy")}


@pytest.mark.parametrize(
    ("variable", "value", "address"),
    [
        ("HTTP_PROXY", "foo:bar", "http://model.example:8000"),
        ("ALL_PROXY", "socks5://127.0.0.1:1", "http://model.example:8000"),
        ("HTTP_PROXY", "http://127.0.0.1:1", "http://model.example:8000"),
        ("SSL_CERT_FILE", "/no/such/file", "https://127.0.0.1:9"),
        ("SSL_CERT_DIR", "/no/such/folder", "https://127.0.0.1:9"),
    ],
)
@pytest.mark.parametrize("provider", ["openai", "litellm"])
@pytest.mark.parametrize("verb", ["run", "doctor"])
def test_unusable_variable_is_named_in_one_line(
    tmp_path: Path, verb: str, provider: str, variable: str, value: str, address: str
) -> None:
    environment: dict[str, Any] = (
        FREE | {"SSL_CERT_FILE": "", "SSL_CERT_DIR": ""} | {variable: value, "KIMI_TUI_HOME": str(tmp_path)}
    )
    if verb == "run":
        done = kimi("run", "Why?", "--base-url", address, "--model", "m", "--provider", provider, **environment)
        refused(done, 1, variable, value)
    else:
        done = kimi("doctor", "--server", address, "--model", "m", **environment)
        assert "Traceback" not in done.stderr
        assert f"{variable} " in done.stdout


@pytest.mark.parametrize("provider", ["openai", "litellm"])
def test_variables_do_not_matter_to_a_server_on_this_machine(tmp_path: Path, server: str, provider: str) -> None:
    environment: dict[str, Any] = FREE | {
        "KIMI_TUI_HOME": str(tmp_path),
        "ALL_PROXY": "socks5://127.0.0.1:1",
        "HTTP_PROXY": "foo:bar",
        "NO_PROXY": "[::1,*://",
        "SSL_CERT_FILE": "/no/such/file",
        "SSL_CERT_DIR": "/no/such/folder",
        "REQUESTS_CA_BUNDLE": "/no/such/file",
    }
    done = kimi("run", "Why?", "--base-url", server, "--model", "scripted", "--provider", provider, **environment)
    assert done.returncode == 0, done.stderr

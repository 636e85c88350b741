"""Proxies and authorities of the environment, and addresses as they are shown."""

import pytest

from kimi_tui.network_settings import is_loopback, shown_address


def test_shown_address_has_no_password() -> None:
    assert shown_address("http://me:secret@host:8000/v1") == "http://host:8000/v1"


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://[::1]:8000", True),
        ("http://localhost", True),
        ("http://api.localhost:8000", True),
        ("http://0.0.0.0:8000", True),
        ("http://[::ffff:127.0.0.1]:8000", True),
        ("http://10.0.0.4", False),
        ("http://localhost.example.org", False),
    ],
)
def test_is_loopback_by_name_and_number(url: str, local: bool) -> None:
    assert is_loopback(url) is local

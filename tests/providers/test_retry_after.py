"""How long a server asks to wait, in headers and in words."""

import email.utils
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.providers import failures
from kimi_tui.providers.retry_after import wait_in_headers, wait_in_words

LATER = email.utils.formatdate(1_900_000_000, usegmt=True)
DATE = email.utils.formatdate(1_900_000_000 - 1152, usegmt=True)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7.5"}, 7.5),
        ({"retry-after": "1152"}, 1152.0),
        ({"retry-after": "100000000"}, 100_000_000.0),
        ({"retry-after": "2m30s"}, 150.0),
        ({"retry-after": "90 seconds"}, 90.0),
        ({"retry-after": "500ms"}, 0.5),
        ({"retry-after": LATER, "date": DATE}, 1152.0),
        ({"retry-after": "2030-03-17T17:46:40+00:00", "date": DATE}, 1152.0),
        ({"retry-after": "1900000000", "date": DATE}, 1152.0),
        ({"retry-after-ms": "1500", "retry-after": "99"}, 1.5),
        ({"x-ms-retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "9" * 400}, None),
        ({}, None),
    ],
)
def test_wait_in_headers_is_understood_in_every_form(headers: dict[str, str], wait: float | None) -> None:
    assert wait_in_headers(headers) == wait
    assert failures.refusal_from_response(429, headers, b"{}").retry_after == wait


def test_wait_in_headers_until_a_date_counts_from_now_without_the_server_s_clock() -> None:
    later = email.utils.formatdate(time.time() + 100, usegmt=True)
    found = failures.refusal_from_response(429, {"retry-after": later}, b"{}").retry_after
    assert found is not None
    assert 50 < found <= 100


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("request reached organization max RPM: 3, please try again after 1 seconds", 1.0),
        ("Rate limit reached. Please try again in 1m30.5s. Visit us.", 90.5),
        ("Too many requests. Please wait 5 minutes, 10 seconds.", 310.0),
        ("Retry in 2 hours", 7200.0),
        ("try again in 350ms", 0.35),
        ("Please try again later.", None),
        ("wait for it: 20 models", None),
    ],
)
def test_wait_in_words_of_a_limit_is_understood(said: str, wait: float | None) -> None:
    assert wait_in_words(said) == (None if wait is None else pytest.approx(wait))
    error = failures.refusal_from_response(429, {}, json.dumps({"error": {"message": said}}).encode())
    assert error.kind == "rate-limited"
    assert error.retry_after == (None if wait is None else pytest.approx(wait))


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after": ""}, None),
        ({"retry-after-ms": "soon", "retry-after": "2"}, 2.0),
        ({"retry-after": "1h 2m 3s"}, 3723.0),
        ({"retry-after": "2d"}, 172_800.0),
        ({"retry-after": "5", "date": "nonsense"}, 5.0),
        ({"retry-after": "Fri, 99 Foo 9999 99:99:99 GMT"}, None),
        ({"retry-after": "x" * 10_000}, None),
    ],
)
def test_wait_in_headers_at_the_edges(headers: dict[str, str], wait: float | None) -> None:
    assert wait_in_headers(headers) == wait


@given(st.text(max_size=40) | st.text(st.sampled_from("try again wait in 0123456789.smhd,"), max_size=60))
def test_wait_of_any_text_is_none_or_not_negative(text: str) -> None:
    for found in (
        wait_in_words(text),
        wait_in_headers({"retry-after": text}),
        wait_in_headers({"retry-after-ms": text}),
    ):
        assert found is None or found >= 0

"""Refusals in every dialect."""

import email.utils
import json
import time

import pytest

from kimi_tui.providers import failures


@pytest.mark.parametrize(
    "text",
    [
        "This model's maximum context length is 16384 tokens. However, your prompt contains 16385 tokens.",
        "Input length (5000) exceeds model's maximum context length (4096).",
        "The input (150997 tokens) is longer than the model's context length (16384 tokens).",
        "Requested token count exceeds the model's maximum context length of 4096 tokens.",
        "request (150905 tokens) exceeds the available context size (16384 tokens), try increasing it",
        "Invalid request: Your request exceeded model token limit: 262144",
        "Context size has been exceeded.",
    ],
)
@pytest.mark.parametrize("status", [0, 400, 500])
def test_every_server_s_words_for_an_overflow_are_known(text: str, status: int) -> None:
    assert failures.classify(status, text) == "overflow"


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (400, "max_tokens must be at least 1", "bad-request"),
        (400, "/chat/completions: Invalid model name passed in model=m.", "unknown-model"),
        (401, "", "unauthorized"),
        (403, "", "unauthorized"),
        (404, "The model `x` does not exist.", "unknown-model"),
        (404, "Not Found", "bad-request"),
        (408, "", "overloaded"),
        (413, "", "overflow"),
        (422, "", "bad-request"),
        (429, "", "rate-limited"),
        (500, "Failed to parse tool call arguments as JSON", "bad-request"),
        (500, "Internal Server Error", "overloaded"),
        (503, "Loading model", "overloaded"),
        (0, "boom", "overloaded"),
    ],
)
def test_a_status_has_its_kind(status: int, text: str, kind: str) -> None:
    assert failures.classify(status, text) == kind


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "no"}},
        {"object": "error", "message": "no"},
        {"error": "no"},
        {"detail": "no"},
        {"detail": [{"msg": "no", "loc": []}]},
        {"error": {"error": {"message": "no"}}},
    ],
)
def test_the_words_are_found_in_every_shape(body: object) -> None:
    assert failures.error_text(body) == "no"


@pytest.mark.parametrize(("code", "found"), [(500, 500), ("429", 429), ("bad", 0), (None, 0), (7, 0), (True, 0)])
def test_a_code_may_be_digits(code: object, found: int) -> None:
    assert failures.error_code({"error": {"code": code}}) == found


def test_the_server_s_words_come_out_on_one_harmless_line_without_the_key() -> None:
    said = "no\n\x1b[2J key sk-1 \u202e" + "x" * 1000
    error = failures.refusal(400, {}, json.dumps({"error": {"message": said}}).encode(), "sk-1")
    assert not {"\n", "\x1b", "\u202e"} & set(error.message)
    assert "sk-1" not in error.message
    assert len(error.message) < 350


def test_a_wait_may_be_seconds_or_a_date() -> None:
    assert failures.retry_after({"retry-after": "7.5"}) == 7.5
    later = failures.retry_after({"retry-after": email.utils.formatdate(time.time() + 100, usegmt=True)})
    assert later is not None
    assert 50 < later <= 100
    assert failures.retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert failures.retry_after({"retry-after": "soon"}) is None
    assert failures.retry_after({}) is None


def test_a_redirect_is_named_and_not_a_success() -> None:
    error = failures.refusal(307, {"location": "http://elsewhere.example/"}, b"")
    assert error.kind == "bad-request"
    assert "elsewhere.example" in error.message

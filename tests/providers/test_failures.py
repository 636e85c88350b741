"""Refusals in every dialect."""

import json

import pytest

from kimi_tui.providers import failures
from tests.providers.refusals import LASTING, PASSING


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
    error = failures.refusal_from_response(400, {}, json.dumps({"error": {"message": said}}).encode(), "sk-1")
    assert not {"\n", "\x1b", "\u202e"} & set(error.message)
    assert "sk-1" not in error.message
    assert len(error.message) < 350


@pytest.mark.parametrize(("status", "said", "kind"), LASTING + PASSING)
def test_classify_permanent_refusal_is_not_retryable(status: int, said: str, kind: str) -> None:
    error = failures.refusal_from_response(status, {}, json.dumps({"error": {"message": said}}).encode())
    assert (error.kind, error.retryable) == (kind, kind in ("rate-limited", "overloaded"))
    assert error.advice
    in_stream = failures.error_from_frame({"error": {"message": said, "code": status}})
    assert in_stream.kind == failures.classify(status, said)


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "no", "type": "exceeded_current_quota_error"}},
        {"error": {"message": "no", "code": "insufficient_quota"}},
        {"error": "no", "code": "insufficient_balance"},
        {"code": "insufficient_balance", "message": "no"},
    ],
)
def test_refusal_that_lasts_is_known_by_its_type_as_well(body: dict[str, object]) -> None:
    assert failures.refusal_from_response(429, {}, json.dumps(body).encode()).kind == "quota"


def test_quota_of_which_the_server_says_when_it_is_full_again_passes() -> None:
    body = json.dumps({"error": {"message": "daily quota exceeded"}}).encode()
    error = failures.refusal_from_response(429, {"retry-after": "28800"}, body)
    assert (error.kind, error.retry_after) == ("rate-limited", 28800.0)
    assert (
        failures.refusal_from_response(429, {"retry-after": "5"}, b'{"error": "insufficient balance"}').kind == "quota"
    )


def test_a_redirect_is_named_and_not_a_success() -> None:
    error = failures.refusal_from_response(307, {"location": "http://elsewhere.example/"}, b"")
    assert error.kind == "bad-request"
    assert "elsewhere.example" in error.message

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
    error = failures.refusal_from_response(400, {}, json.dumps({"error": {"message": said}}).encode(), "sk-1")
    assert not {"\n", "\x1b", "\u202e"} & set(error.message)
    assert "sk-1" not in error.message
    assert len(error.message) < 350


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
def test_wait_is_understood_in_every_form(headers: dict[str, str], wait: float | None) -> None:
    assert failures.refusal_from_response(429, headers, b"{}").retry_after == wait


def test_wait_until_a_date_counts_from_now_without_the_server_s_clock() -> None:
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
def test_wait_in_the_words_of_a_limit_is_understood(said: str, wait: float | None) -> None:
    error = failures.refusal_from_response(429, {}, json.dumps({"error": {"message": said}}).encode())
    assert error.kind == "rate-limited"
    assert error.retry_after == (None if wait is None else pytest.approx(wait))


LASTING = [
    (402, "", "quota"),
    (429, "insufficient balance", "quota"),
    (403, "Insufficient Balance", "quota"),
    (400, "Your credit balance is too low to access the API.", "quota"),
    (429, "You exceeded your current quota, please check your plan and billing details.", "quota"),
    (429, "Your account org-1 <ak-2> is suspended, please check your plan and billing details", "quota"),
    (429, "Monthly quota exceeded", "quota"),
    (400, "ExceededBudget: Budget has been exceeded! Current cost: 12, Max budget: 10", "quota"),
    (500, "insufficient_quota", "quota"),
    (0, "\u4f59\u989d\u4e0d\u8db3", "quota"),
    (400, "API key not valid. Please pass a valid API key.", "unauthorized"),
    (400, "The API key has been revoked", "unauthorized"),
    (400, "Your access token has expired", "unauthorized"),
    (400, "The model `kimi-k2-thinking` has been deprecated.", "unknown-model"),
    (403, "model kimi-k2 was retired on 2026-12-31; use kimi-k3", "unknown-model"),
    (410, "This model is no longer available", "unknown-model"),
    (404, "The model kimi-latest has been discontinued", "unknown-model"),
]
PASSING = [
    (429, "quota exceeded: 60 requests per minute", "rate-limited"),
    (429, "You exceeded your current quota. Please retry in 34s.", "rate-limited"),
    (429, "Rate limit reached for requests", "rate-limited"),
    (429, "Your quota of tokens is used up; it resets in 3600 seconds", "rate-limited"),
    (503, "Loading model", "overloaded"),
    (503, "The API key service is disabled for a moment", "overloaded"),
    (400, "invalid temperature: only 1 is allowed for this model", "bad-request"),
    (400, "'max_tokens' is deprecated, use 'max_completion_tokens' instead", "bad-request"),
    (400, "Invalid token in JSON at position 3", "bad-request"),
]


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

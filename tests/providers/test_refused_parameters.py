"""Which parameter a refusal is about, in every form that servers say it in."""

import json
from typing import Any

import pytest

from kimi_tui.providers import PROVIDERS, connect, failures
from kimi_tui.providers.refused_parameters import named_parameters
from tests.providers.replay import Recorded, Replay
from tests.providers.test_contract import ignore
from tests.providers.test_request_dialect import WHOLE, asking

SENT = frozenset(
    {"temperature", "top_p", "thinking_token_budget", "continuous_usage_stats", "stream_options", "reasoning"}
)
EXTRA = "Extra inputs are not permitted"
FORMS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "fastapi": ({"detail": [{"type": "extra_forbidden", "loc": ["body", "top_p"], "msg": EXTRA}]}, {"top_p"}),
    "several": (
        {"detail": [{"loc": ["body", name], "msg": EXTRA} for name in ("top_p", "temperature")]},
        {"top_p", "temperature"},
    ),
    "second-entry": (
        {
            "detail": [
                {"type": "missing", "loc": ["body", "messages", 1, "tool", "temperature"], "msg": "Field required"},
                {"type": "extra_forbidden", "loc": ["body", "messages", 1, "reasoning"], "msg": EXTRA},
            ]
        },
        {"reasoning"},
    ),
    "nested-option": (
        {"detail": [{"loc": ["body", "stream_options", "continuous_usage_stats"], "msg": EXTRA}]},
        {"continuous_usage_stats"},
    ),
    "one-object": ({"detail": {"loc": ["body", "temperature"], "msg": "Input should be 1"}}, {"temperature"}),
    "text-place": ({"detail": [{"loc": "body.top_p", "msg": "not allowed"}]}, {"top_p"}),
    "inside-error": ({"error": {"message": "invalid", "details": [{"field": "top_p"}]}}, {"top_p"}),
    "errors": ({"errors": [{"pointer": "/body/temperature", "message": "unknown"}]}, {"temperature"}),
    "param": ({"error": {"message": "bad value", "param": "messages[0].reasoning"}}, {"reasoning"}),
    "words": ({"error": {"message": "unknown field: thinking_token_budget"}}, {"thinking_token_budget"}),
    "missing": ({"detail": [{"type": "missing", "loc": ["body", "temperature"], "msg": "Field required"}]}, set()),
    "other": ({"detail": [{"loc": ["body", "messages"], "msg": "bad"}]}, set()),
    "own-words": ({"detail": [{"loc": ["body", "n"], "msg": "bad", "input": {"name": "top_p"}}]}, set()),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("status", [400, 422])
def test_refusal_names_the_parameter_it_is_about(form: str, status: int) -> None:
    body, names = FORMS[form]
    error = failures.refusal_from_response(status, {}, json.dumps(body).encode())
    assert error.kind == "bad-request"
    assert named_parameters(error.details, error.said, SENT) == names


def test_refusal_in_fastapi_s_form_says_the_field() -> None:
    body = {"detail": [{"type": "extra_forbidden", "loc": ["body", "messages", 0, "top_k"], "msg": EXTRA}]}
    error = failures.refusal_from_response(422, {}, json.dumps(body).encode())
    assert error.message == f"The server answered 422: messages.0.top_k: {EXTRA}"


def test_refusal_of_any_depth_ends() -> None:
    deep: Any = {"loc": ["top_p"]}
    for _ in range(200):
        deep = {"x": [deep] * 2}
    assert named_parameters(deep, "", SENT) == set()


@pytest.mark.parametrize("kind", PROVIDERS)
async def test_request_refused_with_422_is_sent_again_without_the_field(kind: str) -> None:
    body = {"detail": [{"type": "extra_forbidden", "loc": ["body", "temperature"], "msg": EXTRA, "input": 0.5}]}
    refused = Recorded.json(body, "422 Unprocessable Entity")
    async with Replay(WHOLE, before=(refused,)) as server:
        provider = connect(kind, server.address)
        reply = await provider.generate(asking("m", temperature=0.5), ignore)
        await provider.close()
    assert ["temperature" in sent for _, _, sent in server.asked] == [True, False]
    assert "without-temperature" in reply.recoveries

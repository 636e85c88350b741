"""Every server's words for what it takes, read as numbers; and requests asked again with as much as it allows."""

from typing import Any

import pytest

from kimi_tui.providers import connect, failures
from kimi_tui.providers.base import ModelRequest, ProviderError
from kimi_tui.providers.refusal_limits import TokenLimits, find_limits
from tests.providers.replay import Recorded, Replay
from tests.providers.test_contract import QUESTION, ignore

WORDS = {
    "issue": (
        "max_tokens too large: 40384. This model's maximum context length is 32768 tokens and your request has 3000 "
        "input tokens",
        TokenLimits(32768, 3000),
    ),
    "vllm-max-tokens": (
        "'max_tokens' or 'max_completion_tokens' is too large: 40384. This model's maximum context length is 32768 "
        "tokens and your request has 3000 input tokens (40384 > 32768 - 3000). (parameter=max_tokens, value=40384)",
        TokenLimits(32768, 3000),
    ),
    "vllm-prompt": (
        "This model's maximum context length is 16384 tokens. However, your prompt contains at least 16385 input "
        "tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input "
        "prompt. (parameter=input_tokens, value=16385)",
        TokenLimits(16384, 16385),
    ),
    "vllm-model-len": (
        "max_tokens=1000000 cannot be greater than max_model_len=16384. Please request fewer output tokens.",
        TokenLimits(16384),
    ),
    "vllm-input": ("Input length (9000) exceeds model's maximum context length (8192).", TokenLimits(8192, 9000)),
    "vllm-decoder": (
        "The decoder prompt (length 40000) is longer than the maximum model length of 32768.",
        TokenLimits(32768, 40000),
    ),
    "openai": (
        "This model's maximum context length is 32768 tokens. However, you requested 43384 tokens (3000 in the "
        "messages, 40384 in the completion). Please reduce the length of the messages or completion.",
        TokenLimits(32768, 3000, 43384),
    ),
    "openai-newer": (
        "Input tokens exceed the configured limit of 272,000 tokens. Your messages resulted in 300,000 tokens.",
        TokenLimits(272000, 300000),
    ),
    "openrouter": (
        "This endpoint's maximum context length is 32768 tokens. However, you requested about 43384 tokens (3000 of "
        "text input, 40384 in the output).",
        TokenLimits(32768, 3000, 43384),
    ),
    "sglang": (
        "The input (150997 tokens) is longer than the model's context length (16384 tokens).",
        TokenLimits(16384, 150997),
    ),
    "sglang-total": (
        "Requested token count exceeds the model's maximum context length of 32768 tokens. You requested a total of "
        "43384 tokens: 3000 tokens from the input messages and 40384 tokens for the completion.",
        TokenLimits(32768, 3000, 43384),
    ),
    "sglang-pool": (
        "Input length (39000 tokens) exceeds the maximum allowed length (32000 tokens).",
        TokenLimits(32000, 39000),
    ),
    "llama.cpp": (
        "request (150905 tokens) exceeds the available context size (16384 tokens), try increasing it",
        TokenLimits(16384, 150905),
    ),
    "litellm": (
        "litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: OpenAIException - "
        "This model's maximum context length is 32768 tokens. However, you requested 43384 tokens (3000 in the "
        "messages, 40384 in the completion).. Received Model Group=kimi",
        TokenLimits(32768, 3000, 43384),
    ),
    "moonshot": (
        "Invalid request: Your request exceeded model token limit: 32768 (requested: 43384)",
        TokenLimits(32768, 0, 43384),
    ),
    "moonshot-older": ("Invalid request: Your request exceeded model token limit: 131072", TokenLimits(131072)),
    "anthropic": ("prompt is too long: 215000 tokens > 200000 maximum", TokenLimits(200000, 215000)),
    "anthropic-sum": (
        "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length",
        TokenLimits(200000, 190000),
    ),
    "gemini": (
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        TokenLimits(1048576, 1200000),
    ),
    "tgi": (
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 32768. Given: 3000 `inputs` tokens and "
        "40384 `max_new_tokens`",
        TokenLimits(32768, 3000),
    ),
    "fireworks": ("The prompt is too long: 140000, model maximum context length: 131071", TokenLimits(131071, 140000)),
    "mistral": (
        "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
        TokenLimits(32768, 40000),
    ),
    "dashscope": ("Range of input length should be [1, 129024]", TokenLimits(129024)),
    "trt": ("prompt length (3000) + max_tokens (40384) must not exceed max_seq_len (32768)", TokenLimits(32768, 3000)),
    "window-words": ("The context window is 65,536 tokens; you have 70,000 tokens.", TokenLimits(65536, 70000)),
    "reply-openai": (
        "max_tokens is too large: 40384. This model supports at most 16384 completion tokens, whereas you provided "
        "40384.",
        TokenLimits(reply=16384),
    ),
    "reply-deepseek": ("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", TokenLimits(reply=8192)),
    "reply-groq": (
        "`max_tokens` must be less than or equal to `32768`, the maximum value for it",
        TokenLimits(reply=32768),
    ),
    "reply-anthropic": (
        "max_tokens: 40384 > 8192, which is the maximum allowed number of output tokens for the model",
        TokenLimits(reply=8192),
    ),
    "reply-dashscope": ("Range of max_tokens should be [1, 8192]", TokenLimits(reply=8192)),
    "reply-between": ("max_completion_tokens must be between 1 and 4096", TokenLimits(reply=4096)),
    "nothing": ("max_tokens must be at least 1", TokenLimits()),
    "too-small": ("maximum context length is 9 tokens", TokenLimits()),
    "too-large": ("maximum context length is 99999999999999 tokens", TokenLimits()),
    "rate": ("Rate limit reached: Limit 30000 tokens per min, Requested 40384.", TokenLimits()),
    "hostile": ("maximum context length is " + "9," * 5000, TokenLimits()),
}  # fmt: skip


@pytest.mark.parametrize("who", WORDS)
def test_limits_in_the_words_of_a_server_are_read(who: str) -> None:
    words, limits = WORDS[who]
    assert find_limits(words) == limits


SAY_NO_MORE = ("vllm-model-len", "trt", "window-words")
"""Those that could be about anything: what they are is told by the limit in them."""


@pytest.mark.parametrize("who", [who for who in WORDS if WORDS[who][1].window and who not in SAY_NO_MORE])
def test_read_limits_window_is_overflow(who: str) -> None:
    assert failures.classify(400, WORDS[who][0]) == "overflow"


def test_fields_of_an_error_count_before_its_words() -> None:
    fields = {"n_prompt_tokens": 150905, "n_ctx": 16384, "message": "the request exceeds the available context size"}
    assert find_limits("the request exceeds the available context size.", fields) == TokenLimits(16384, 150905)
    assert find_limits("no", {"n_ctx": True, "n_prompt_tokens": "many"}) == TokenLimits()


RECORDED = {
    "vllm/err_ctx_overflow": TokenLimits(16384, 16385),
    "vllm/err_maxtok_too_big": TokenLimits(16384),
    "sglang/err_ctx_overflow": TokenLimits(16384, 150997),
    "llamacpp/err_ctx_overflow": TokenLimits(16384, 150905),
}


@pytest.mark.parametrize("kind", ["openai", "litellm"])
@pytest.mark.parametrize("name", RECORDED)
async def test_read_limits_recorded_refusal_gives_limits(name: str, kind: str) -> None:
    request = ModelRequest(QUESTION.model, QUESTION.messages, QUESTION.tools, max_tokens=40_384)
    async with Replay(Recorded.capture(name)) as server:
        provider = connect(kind, server.address)
        with pytest.raises(ProviderError) as caught:
            await provider.generate(request, ignore)
        await provider.close()
    assert caught.value.limits == RECORDED[name]
    assert len(server.asked) == 1  # what the engine learns of a window, no request does without


async def test_read_limits_error_frame_gives_limits() -> None:
    error: dict[str, Any] = {"error": {"message": WORDS["sglang-total"][0], "code": 400}}
    async with Replay(Recorded.events(error)) as server:
        provider = connect("openai", server.address)
        with pytest.raises(ProviderError) as caught:
            await provider.generate(QUESTION, ignore)
        await provider.close()
    assert caught.value.limits.window == 32768


@pytest.mark.parametrize("kind", ["openai", "litellm"])
@pytest.mark.parametrize("who", [who for who in WORDS if WORDS[who][1].reply])
async def test_reply_that_may_be_no_longer_is_asked_for_at_once(kind: str, who: str) -> None:
    words, limits = WORDS[who]
    refused = Recorded.json({"error": {"message": words, "type": "invalid_request_error"}}, "400 Bad Request")
    request = ModelRequest(QUESTION.model, QUESTION.messages, QUESTION.tools, max_tokens=40_384)
    async with Replay(Recorded.capture("vllm/tools_auto"), before=[refused]) as server:
        provider = connect(kind, server.address)
        await provider.generate(request, ignore)
        await provider.generate(request, ignore)
        await provider.close()
    assert [body["max_tokens"] for _, _, body in server.asked] == [40_384, limits.reply, limits.reply]

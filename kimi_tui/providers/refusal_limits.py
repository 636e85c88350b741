"""Read a server's limits from its refusal: context window, counted prompt tokens, longest reply.

Each engine and gateway has words of its own for it. The words are untrusted: a number that cannot be is none.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

MIN_WINDOW, MAX_WINDOW = 1_024, 50_000_000
"""Tokens of a window that is believed."""
_READ_LIMIT = 4_000
_N = r"[`'\"(\[]{0,2}(\d[\d,_]{0,14})"
_FILLER = r"(?: limit| limitation)?(?: is only| is| of|:|=)? ?"

_WINDOWS = (
    rf"exceeds? context limit: \d+ \+ \d+ > {_N}",
    rf"context (?:length|window|size){_FILLER}{_N}",
    rf"(?:max_model_len|max_seq_len|max_position_embeddings|n_ctx|max_total_tokens)\W{{0,3}}{_N}",
    rf"maximum (?:model|sequence|allowed|input|prompt|total) (?:input )?length{_FILLER}{_N}",
    rf"(?:model|total) token limit{_FILLER}{_N}",
    rf"{_N}[- ]?(?:tokens? )?maximum context (?:length|window)",
    rf"\d tokens? > {_N} maximum",
    rf"maximum number of (?:input )?tokens(?: allowed)? ?{_FILLER}{_N}",
    rf"configured limit of {_N} tokens",
    rf"tokens`? \+ `?max_new_tokens`? must be <= {_N}",
    rf"range of input length should be \[\d+, ?{_N}\]",
)
"""The window; the first that fits."""
_PROMPTS = (
    rf"exceeds? context limit: {_N} \+",
    rf"(?:has|have|contains?|resulted in|got)(?: at least| about)? {_N} (?:input |prompt |text )?tokens",
    rf"{_N} (?:tokens )?(?:in|from|of) (?:the |your )?(?:input messages|messages|prompt|text input|input)\b",
    rf"(?:input|request|prompt) ?\((?:length )?{_N}",
    rf"(?:input|prompt) length {_N}",
    rf"given: {_N} `?inputs",
    rf"prompt is too long: {_N}",
    rf"input token count ?(?:is |of )?{_N}",
    rf"{_N} (?:input|prompt) tokens",
)
"""What was counted of the prompt."""
_TOTALS = (rf"requested(?: a total of| about|:)? ?{_N}",)
"""What was asked for in all, prompt and reply together."""
_REPLY = r"max(?:imum)?[_ ](?:completion_|output_|new_)?tokens`?'?"
_REPLIES = (
    rf"(?:at most|up to|maximum of) {_N} (?:completion|output|new) tokens",
    rf"range (?:of|for) {_REPLY} (?:is|should be|must be):? \[\d+, ?{_N}\]",
    rf"{_REPLY}\b.{{0,60}}?(?:less than or equal to|at most|<=|no more than|(?:not|cannot) exceed|greater than) {_N}",
    rf"{_REPLY}\b.{{0,60}}?between \d+ and {_N}",
    rf"{_REPLY}: \d+ > {_N}",
    rf"{_REPLY} (?:limit|maximum|cap){_FILLER}{_N}",
)
"""The longest reply, where it is less than the window leaves."""
_FIELDS = {
    "window": ("n_ctx", "max_model_len", "context_length", "context_window", "max_context_length"),
    "prompt": ("n_prompt_tokens", "prompt_tokens", "input_tokens"),
}
"""Fields of an error that say it without words."""


class TokenLimits(msgspec.Struct, frozen=True):
    """The limits that a refusal states, in tokens; 0 for each that it does not state."""

    window: int = 0
    """For prompt and reply together."""
    prompt: int = 0
    """What the server counted of the prompt."""
    total: int = 0
    """What it counted of the prompt and of what was asked for the reply."""
    reply: int = 0
    """The longest reply that it writes, if it told that and no window."""


def find_limits(said: str, details: Mapping[str, Any] | None = None) -> TokenLimits:
    """Return the limits in the words and fields of a refusal."""
    words, fields = said[:_READ_LIMIT], details or {}
    window = _field(fields, "window") or _first(_WINDOWS, words)
    if not MIN_WINDOW <= window <= MAX_WINDOW:
        reply = _first(_REPLIES, words)
        return TokenLimits(reply=reply if reply <= MAX_WINDOW else 0)
    prompt, total = _field(fields, "prompt") or _first(_PROMPTS, words), _first(_TOTALS, words)
    return TokenLimits(window, min(prompt, MAX_WINDOW), min(total, MAX_WINDOW))


def _field(fields: Mapping[str, Any], what: str) -> int:
    values = (fields.get(name) for name in _FIELDS[what])
    return next((value for value in values if type(value) is int and value > 0), 0)


def _first(patterns: tuple[str, ...], words: str) -> int:
    """Return the number that the first fitting pattern finds; 0 when none fits."""
    for pattern in patterns:
        if found := re.search(pattern, words, re.IGNORECASE):
            return int(found[1].replace(",", "").replace("_", ""))
    return 0

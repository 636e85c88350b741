"""Estimate the tokens of the context: the server's last count, and later text by the measured ratio.

No tokenizer but the server's is ever asked. How many characters a token has is learned from how its counts grow from
one step to the next, which leaves out what stands before the messages (the tool declarations).
"""

import msgspec

from kimi_tui.events import Usage

ASSUMED_CHARS_PER_TOKEN = 4
"""The ratio until the server has counted twice."""
_PRIOR_TOKENS = 500
"""Tokens of growth that the belief weighs as much as."""
MIN_WINDOW_TOKENS = 8_192
"""A server that refuses a prompt is not believed to have a smaller window than this."""
_DECAY = 0.9
"""What an earlier growth counts for when a later one is known."""
_MAX_CHARS_PER_TOKEN = 16
"""Characters that no tokenizer takes for one token on average over a prompt."""
_MAX_UNSEEN_TOKENS = 200_000
"""Tokens of a prompt outside its messages, like the declarations of tools, at most."""
_MIN_GROWTH_TOKENS = 50
"""Tokens that a prompt must have grown by to teach anything."""


class TokenCount(msgspec.Struct):
    """The server's counts of the prompts so far, folded step by step."""

    counted: int = 0
    """Tokens of the last prompt that the server counted; 0 before."""
    counted_characters: int = 0
    """Characters of the messages in it."""
    sent_characters: int = 0
    """Characters of the messages in the prompt under way."""
    comparable: bool = False
    """True when the prompt under way only adds to the one counted last."""
    accepted: int = 0
    """The most tokens of prompt and reply together that the server took."""
    limit: int | None = None
    """The window that a refusal taught; None while the server refused nothing."""
    grown_characters: float = float(ASSUMED_CHARS_PER_TOKEN * _PRIOR_TOKENS)
    """By how much prompts grew that can be compared, later ones counting for more."""
    grown_tokens: float = float(_PRIOR_TOKENS)
    """By how much the server's counts of them grew."""

    @property
    def ratio(self) -> float:
        """Characters in a token."""
        return self.grown_characters / self.grown_tokens

    def estimate(self, characters: int) -> int:
        """Tokens of a prompt whose messages have so many characters."""
        return max(self.counted + int((characters - self.counted_characters) / self.ratio), 0)

    def note_sent(self, characters: int) -> None:
        """A prompt leaves."""
        self.sent_characters = characters

    def note_usage(self, usage: Usage) -> None:
        """Take the server's count of the prompt; an impossible count is ignored."""
        if usage.estimated or usage.prompt_tokens * _MAX_CHARS_PER_TOKEN < max(self.sent_characters, 1):
            return
        tokens = usage.prompt_tokens - self.counted
        characters = self.sent_characters - self.counted_characters
        if self.counted and self.comparable and tokens >= _MIN_GROWTH_TOKENS and 1 <= characters / tokens <= 10:
            self.grown_tokens = self.grown_tokens * _DECAY + tokens
            self.grown_characters = self.grown_characters * _DECAY + characters
        self.counted, self.counted_characters, self.comparable = usage.prompt_tokens, self.sent_characters, True
        self.accepted = max(self.accepted, usage.prompt_tokens + usage.completion_tokens)

    def partial_usage(self, prompt: int, reasoning: str, text: str) -> Usage:
        """Return the usage of a reply that ended early, for a prompt of so many tokens; nothing if nothing streamed."""
        if not (reasoning or text):
            return Usage()
        reasoned, answered = (int(len(streamed) / self.ratio) for streamed in (reasoning, text))
        return Usage(prompt, reasoned + answered, reasoned, estimated=True)

    def note_changed(self) -> None:
        """Note that counted text left or changed: the next count cannot be compared with the last."""
        self.comparable = False

    def note_refusal(self, tokens: int, window: int = 0, prompt: int = 0) -> None:
        """The server refused a prompt as too long, or what was asked besides it.

        It may have told its window and its count of the prompt; else what it took so far is all that is trusted.
        """
        self.limit = window or max(self.accepted or tokens // 2, MIN_WINDOW_TOKENS)
        if (
            self.sent_characters <= prompt * _MAX_CHARS_PER_TOKEN
            and 0 < prompt <= self.sent_characters + _MAX_UNSEEN_TOKENS
        ):
            self.counted, self.counted_characters, self.comparable = prompt, self.sent_characters, True

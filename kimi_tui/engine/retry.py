"""Recover from a failed model call: wait for the next try, look for a server that went away, use an empty reply.

A wait can always be ended from outside by cancelling it; nothing here asks the model for anything. A reply of reasoning
alone is asked for once more, then its reasoning is offered as a labelled answer.
"""

import asyncio
import random
import time

from kimi_tui.events import Usage
from kimi_tui.providers.base import ModelReply, Provider, ProviderError
from kimi_tui.providers.repetition import find_repetition

MAX_BACKOFF_SECONDS = 60.0
"""Seconds that are waited at the most before the next try, where the server does not say how long."""
MIN_LOOK_SECONDS = 1.0
"""How often a server that is away is looked for in the first minute."""
MAX_LOOK_SECONDS = 5.0
"""How often it is looked for later on."""
FIRST_PAUSE_SECONDS = 0.5
"""Between the first two tries of an outage; each later pause is twice as long."""
MAX_PAUSE_SECONDS = 20.0
"""Between two tries of an outage, a quarter more or less."""
MAX_UNEXPLAINED_SECONDS = 300.0
"""How long a server is waited for that answers, and says nothing but that it failed: it may fail at this request."""
_MAX_BLIND_WAIT_SECONDS = 2.0
CONTINUE_PROMPT = "You stopped after thinking, without a call or an answer. Go on: call a tool, or submit the memo."
"""The message to the model after an empty reply."""
REASONING_LABEL = (
    "(The model wrote no answer, also when asked again. This is its reasoning, unchecked and not meant to be read.)"
)
"""The label above reasoning that is offered as an answer."""
FROM_REASONING_RECOVERY = "answer-from-reasoning"
_MAX_ANSWER_CHARS = 20_000
"""Characters of reasoning that are offered, from its end, where an answer is."""


def backoff_seconds(error: ProviderError, attempt: int) -> float:
    """Return the seconds until the next try: the server's wish, else doubling from half a second with jitter."""
    if error.retry_after is not None:
        return max(error.retry_after, 0.1)
    return min(0.5 * 2.0 ** min(attempt - 1, 10), MAX_BACKOFF_SECONDS) * random.uniform(0.75, 1.25)


class Outage:
    """A server that is away: such failures in a row are limited by time, not by count."""

    def __init__(self, seconds: float) -> None:
        """`seconds` is how long the server is waited for."""
        self.tries = 0
        """Failures so far; 0 while the server is not away."""
        self._seconds = seconds
        self._limit = seconds
        self._since = 0.0

    def note_failure(self, error: ProviderError) -> bool:
        """Note a failure and return whether it belongs to an outage; any other failure ends the outage."""
        at_once = error.retry_after is not None and error.retry_after < 1
        if error.kind not in ("unreachable", "overloaded") or at_once:
            self.tries = 0
            return False
        if not self.tries:
            self._since = time.monotonic()
        self.tries += 1
        self._limit = min(self._seconds, MAX_UNEXPLAINED_SECONDS) if error.unexplained else self._seconds
        return True

    @property
    def seconds_left(self) -> float:
        """Seconds that the server is waited for from now on."""
        return max(self._since + self._limit - time.monotonic(), 0.0)

    @property
    def waited_text(self) -> str:
        """How long it was waited for, for people."""
        return f"{self._limit:g} seconds"

    def next_pause(self, error: ProviderError) -> float:
        """Return the seconds until the next try: growing, and at least as long as the server wishes."""
        growing = min(FIRST_PAUSE_SECONDS * 2.0 ** min(self.tries - 1, 10), MAX_PAUSE_SECONDS)
        return max(growing * random.uniform(0.75, 1.25), error.retry_after or 0.0)


def long_wait_advice(error: ProviderError, most: float) -> str:
    """Return one sentence on a wait that the server wants and that is longer than `most` seconds; else empty."""
    wish = error.retry_after
    if wish is None or wish <= most or not error.retryable:
        return ""
    long = f"{wish / 3600:.1f} hours" if wish >= 3600 else f"{wish / 60:.0f} minutes"
    return f"The server asks to wait {wish:,.0f} seconds ({long}); go on then, or raise return_seconds ({most:,.0f})."


async def wait_until_back(provider: Provider, pause: float, at_most: float) -> bool:
    """Wait until it is worth asking again; False if the server is still away after `at_most` seconds.

    A server where nobody listens is looked for again and again, and never asked. One that answers for its health is
    asked after the `next_pause` whatever it answers, because a gateway's health is not that of the model behind it,
    and at once when it was not well and then is.
    """
    now = asyncio.get_running_loop().time
    begun = now()
    due, deadline, was_away = begun + pause, begun + at_most, False
    await asyncio.sleep(min(pause, at_most, _MAX_BLIND_WAIT_SECONDS))
    while True:
        presence = await provider.presence()
        if presence == "there" and was_away:
            return True
        if presence != "absent" and now() >= min(due, deadline):
            return True
        if now() >= deadline:
            return False
        was_away |= presence != "there"
        rest = MIN_LOOK_SECONDS if now() - begun < 60 else MAX_LOOK_SECONDS
        await asyncio.sleep(max(min(rest, deadline - now(), due - now() if due > now() else rest), 0.01))


def is_repetition(error: ProviderError) -> bool:
    """Return whether a reply repeated itself without end; asking again then only costs."""
    return error.kind == "empty" and bool(find_repetition(error.text) or find_repetition(error.reasoning))


def answer_from_reasoning(error: ProviderError) -> ModelReply | None:
    """Return a reply whose labelled answer is the reasoning of an empty one; None when there is none worth reading."""
    reasoning = error.reasoning.strip()
    if error.kind != "empty" or not reasoning or find_repetition(reasoning):
        return None
    end = reasoning if len(reasoning) <= _MAX_ANSWER_CHARS else "\u2026" + reasoning[-_MAX_ANSWER_CHARS:]
    return ModelReply(
        reasoning=error.reasoning,
        text=f"{REASONING_LABEL}\n\n{end}",
        calls=(),
        usage=error.usage or Usage(),
        finish_reason="stop",
        recoveries=(FROM_REASONING_RECOVERY,),
    )

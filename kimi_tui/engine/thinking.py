"""One step: the intent is committed, the model is asked, its whole reply is recorded or its failure is.

A reply reaches the journal in one transaction, calls included; a failed try leaves what had streamed in
`StepFailed` and nothing in the context, and is tried again under the same number.
"""

import asyncio
import random
import time
from collections.abc import Coroutine
from contextlib import suppress

from kimi_tui.config import SessionSettings
from kimi_tui.engine.ledger import Ledger
from kimi_tui.engine.steady import emergency
from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.events import (
    AnyEvent,
    MessageRecorded,
    ReasoningRecorded,
    RunPaused,
    SteerReceived,
    StepFailed,
    StepFinished,
    StepStarted,
)
from kimi_tui.providers.base import Fragment, Provider, ProviderError, Reply, Request
from kimi_tui.session import StorageError
from kimi_tui.text import one_line, well_formed

ANSWER_ROOM = 16_384
"""Tokens kept for calls and text beside the reasoning cap."""
GO_ON = "You stopped after thinking, without a call or an answer. Go on: call a tool, or submit the memo."
"""What the model is told after a second empty reply."""
WINDOW = 262_144
"""Tokens of context when neither the settings nor the server tell."""
_LONGEST_WAIT = 60.0
_INFLIGHT_SECONDS = 1.0


class Thinker:
    """Asks the model, one step at a time."""

    def __init__(
        self, ledger: Ledger, provider: Provider, toolbox: Toolbox, settings: SessionSettings, *, retries: int
    ) -> None:
        """`retries` is how often a failed try is repeated before the run pauses."""
        self._ledger = ledger
        self._provider = provider
        self._toolbox = toolbox
        self._settings = settings
        self._retries = retries
        self._task: asyncio.Task[Reply | None] | None = None
        self._reasoning: list[str] = []
        self._text: list[str] = []
        self._kept_at = 0.0

    def interrupt(self) -> None:
        """End the generation, or the wait before the next try, at once."""
        if self._task is not None:
            self._task.cancel()

    async def step(self) -> None:
        """Ask for the next step, or again for the one that failed."""
        run, context = self._ledger.state.run, self._ledger.state.context
        n = run.step if run.step_open else run.step + 1
        attempt = run.attempt + 1
        self._ledger.record(StepStarted(n, context.digest, context.tokens), step=n)
        self._reasoning, self._text = [], []
        self._ledger.announce("state", "waiting for the model")
        started = time.monotonic()
        try:
            reply = await self._interruptible(self._provider.generate(self._request(), self._show))
        except ProviderError as error:
            await self._failed(error, attempt)
            return
        except asyncio.CancelledError:
            self._keep_inflight()
            raise
        if reply is None:
            await self._record_failure(StepFailed("interrupted by the person", "interrupted", attempt))
            return
        await self._record_reply(reply, time.monotonic() - started)

    def _request(self) -> Request:
        context = self._ledger.state.context
        window = self._settings.context_window or WINDOW
        room = max(window - context.tokens - 1024, 1024)
        return Request(
            model=self._settings.model,
            messages=context.messages,
            tools=self._toolbox.schemas,
            max_tokens=min(self._settings.reasoning_cap + ANSWER_ROOM, room),
            temperature=self._settings.temperature,
        )

    async def _interruptible(self, work: Coroutine[None, None, Reply | None]) -> Reply | None:
        """What the work gives, None if it was interrupted; its own cancellation ends the work as well."""
        self._task = asyncio.create_task(work)
        try:
            await asyncio.wait({self._task})
        finally:
            task, self._task = self._task, None
            task.cancel()
        return None if task.cancelled() else task.result()

    def _show(self, fragment: Fragment) -> None:
        if fragment.kind == "reasoning":
            self._reasoning.append(fragment.text)
        elif fragment.kind == "text":
            self._text.append(fragment.text)
        self._ledger.announce(fragment.kind, fragment.text, index=fragment.index, tool=fragment.tool)
        now = time.monotonic()
        if now - self._kept_at >= _INFLIGHT_SECONDS:
            self._kept_at = now
            self._keep_inflight()

    def _keep_inflight(self) -> None:
        """Keep what has streamed, for the case that the program ends before the reply does."""
        reasoning, text = well_formed("".join(self._reasoning)), well_formed("".join(self._text))
        with suppress(StorageError):  # the stream goes on; its end waits for the storage
            self._ledger.journal.keep_inflight(self._ledger.state.run.step, reasoning, text)

    async def _record_reply(self, reply: Reply, latency: float) -> None:
        events: list[AnyEvent] = []
        if reply.reasoning:
            tokens = reply.usage.reasoning_tokens or len(reply.reasoning) // 4
            events.append(ReasoningRecorded(reply.reasoning, round(reply.reasoning_seconds, 3), tokens))
        if reply.text:
            events.append(MessageRecorded(reply.text))
        first = len(self._ledger.state.calls.by_id) + 1
        events += [self._toolbox.propose(f"c{n}", call) for n, call in enumerate(reply.calls, first)]
        events.append(
            StepFinished(
                usage=reply.usage,
                latency=round(latency, 3),
                finish_reason=reply.finish_reason,
                recoveries=reply.recoveries,
                first_token=round(reply.first_token, 3),
            )
        )
        await self._record(*events)

    async def _failed(self, error: ProviderError, attempt: int) -> None:
        """Record the failure; wait, mend what can be mended, or pause for the person."""
        self._reasoning = self._reasoning or [error.reasoning]
        self._text = self._text or [error.text]
        before = self._ledger.state.run.last_failure
        again = attempt > 1 and before is not None and before.kind == error.kind
        last = not error.retryable or attempt > self._retries
        wait = 0.0 if last else _wait(error, attempt)
        message, advice = one_line(error.message, 600), one_line(error.advice, 600)
        await self._record_failure(StepFailed(message, error.kind, attempt, round(wait, 1), advice))
        if error.kind == "overflow" and not again and (compaction := emergency(self._ledger.state)):
            await self._ledger.persist(compaction)
        elif last:
            await self._ledger.persist(RunPaused("engine", f"{message.rstrip('.')}. {advice}".strip()))
        elif error.kind == "empty" and again and self._ledger.state.context.messages[-1].content != GO_ON:
            await self._ledger.persist(SteerReceived(GO_ON, by="engine"))
        if wait:
            self._ledger.announce("state", f"trying again in {wait:.0f} s: {message}")
            await self._interruptible(_sleep(wait))

    async def _record_failure(self, failure: StepFailed) -> None:
        await self._record(
            StepFailed(
                failure.error,
                failure.kind,
                failure.attempt,
                failure.wait,
                failure.advice,
                "".join(self._reasoning),
                "".join(self._text),
            )
        )

    async def _record(self, *events: AnyEvent) -> None:
        """Record how the step ended, and forget what had streamed of it."""
        await self._ledger.persist(*events)
        with suppress(StorageError):  # what stays behind belongs to a step that has ended, and is not looked at
            self._ledger.journal.clear_inflight()


def _wait(error: ProviderError, attempt: int) -> float:
    """Seconds until the next try: the server's wish, else doubling from half a second with jitter."""
    if error.retry_after is not None:
        return min(max(error.retry_after, 0.1), _LONGEST_WAIT)
    return min(0.5 * 2.0 ** (attempt - 1), _LONGEST_WAIT) * random.uniform(0.75, 1.25)


async def _sleep(seconds: float) -> None:
    await asyncio.sleep(seconds)

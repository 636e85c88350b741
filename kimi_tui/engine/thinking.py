"""One step: the intent is committed, the model is asked, its whole reply is recorded or its failure is.

A reply reaches the journal in one transaction, calls included; a failed try leaves what had streamed in
`StepFailed` and nothing in the context, and is tried again under the same number.
"""

import asyncio
import time
from contextlib import suppress

from msgspec.structs import replace

from kimi_tui.config import SessionSettings
from kimi_tui.engine.endpoint import endpoint_of
from kimi_tui.engine.interruptible import Interruptible
from kimi_tui.engine.ledger import Ledger
from kimi_tui.engine.refitting import MAX_REFITS, counted_prompt, fits_now, window_advice
from kimi_tui.engine.retrying import Outage, backoff, until_back, wish_beyond
from kimi_tui.engine.rooms import reply_room, rooms_of
from kimi_tui.engine.steady import emergency
from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.engine.unanswered import GO_ON, answer_from_reasoning, is_flood
from kimi_tui.events import (
    AnyEvent,
    MessageRecorded,
    ReasoningRecorded,
    RunPaused,
    SteerReceived,
    StepFailed,
    StepFinished,
    StepStarted,
    Usage,
)
from kimi_tui.providers.base import ModelReply, ModelRequest, Provider, ProviderError, ReplyFragment
from kimi_tui.providers.capabilities import find_capability
from kimi_tui.session import StorageError
from kimi_tui.text import one_line, replace_surrogates

ENOUGH = "That is enough reasoning: call a tool now, or submit the memo."
"""What the model is told when its thinking was ended by the cap or by the person."""
_INFLIGHT_SECONDS = 1.0


class Thinker:
    """Asks the model, one step at a time."""

    def __init__(
        self,
        ledger: Ledger,
        provider: Provider,
        toolbox: Toolbox,
        settings: SessionSettings,
        *,
        retries: int,
        return_seconds: float,
    ) -> None:
        """`retries` is how often a failed try is repeated before the run pauses.

        A server that went away is waited for `return_seconds` at the most.
        """
        self.waiting = False
        """Whether the next try is waited for."""
        self._ledger = ledger
        self._provider = provider
        self._toolbox = toolbox
        self._settings = settings
        self._retries = retries
        self._return_seconds = return_seconds
        self._outage = Outage(return_seconds)
        self._tries = 0
        self._refits = 0
        self._sent: int | None = None
        self._work = Interruptible()
        self._enough = asyncio.Event()
        self._reasoning: list[str] = []
        self._text: list[str] = []
        self._acting = False
        self._kept_at = 0.0

    @property
    def reasoning(self) -> bool:
        """Whether the model thinks, and neither answers nor calls yet."""
        return self._work.under_way and bool(self._reasoning) and not self._acting and not self._enough.is_set()

    def interrupt(self) -> None:
        """End the generation, or the wait before the next try, at once."""
        self._work.interrupt()

    def try_now(self) -> None:
        """End the wait before the next try."""
        if self.waiting:
            self.interrupt()

    def act_now(self) -> None:
        """End the thinking: the model is to act on what it has."""
        self._enough.set()

    async def step(self) -> None:
        """Ask for the next step, or again for the one that failed."""
        run, context = self._ledger.state.run, self._ledger.state.context
        n = run.step if run.step_open else run.step + 1
        attempt = run.attempt + 1
        self._ledger.record(StepStarted(n, context.digest, context.tokens), step=n)
        self._reasoning, self._text, self._acting = [], [], False
        self._enough = asyncio.Event()
        self._ledger.announce("state", "waiting for the model")
        started = time.monotonic()
        try:
            reply = await self._work.result(self._provider.generate(self._request(), self._show, self._enough))
        except ProviderError as error:
            asked_again = context.messages[-1].content == GO_ON
            if not asked_again or (reply := answer_from_reasoning(error)) is None:
                await self._failed(error, attempt)
                return
        except asyncio.CancelledError:
            self._keep_inflight()
            raise
        if reply is None:
            usage = context.count.partial_usage(context.tokens, "".join(self._reasoning), "".join(self._text))
            await self._record_failure(StepFailed("interrupted by the person", "interrupted", attempt, usage=usage))
            return
        await self._record_reply(reply, time.monotonic() - started)

    def _request(self) -> ModelRequest:
        state = self._ledger.state
        self._sent = reply_room(state)
        return ModelRequest(
            model=self._settings.model,
            messages=state.context.messages,
            tools=self._toolbox.schemas,
            max_tokens=self._sent,
            temperature=self._settings.temperature,
            reasoning_cap=rooms_of(state).reasoning,
            thinking=state.run.stopped_thinking < 2 or not self._has_switch,
            endpoint=endpoint_of(state.health.probe),
        )

    def _show(self, fragment: ReplyFragment) -> None:
        if fragment.kind == "reasoning":
            self._reasoning.append(fragment.text)
        else:
            self._acting = True
            self._text += [fragment.text] if fragment.kind == "text" else []
        self._ledger.announce(
            fragment.kind, fragment.text, index=fragment.index, tool=fragment.tool, tokens=fragment.tokens
        )
        now = time.monotonic()
        if now - self._kept_at >= _INFLIGHT_SECONDS:
            self._kept_at = now
            self._keep_inflight()

    def _keep_inflight(self) -> None:
        """Keep what has streamed, for the case that the program ends before the reply does."""
        reasoning, text = replace_surrogates("".join(self._reasoning)), replace_surrogates("".join(self._text))
        with suppress(StorageError):  # the stream goes on; its end waits for the storage
            self._ledger.journal.save_inflight(self._ledger.state.run.step, reasoning, text)

    async def _record_reply(self, reply: ModelReply, latency: float) -> None:
        events: list[AnyEvent] = []
        if reply.reasoning:
            tokens = reply.counted_usage.reasoning_tokens or len(reply.reasoning) // 4
            events.append(ReasoningRecorded(reply.reasoning, round(reply.reasoning_seconds, 3), tokens))
        if reply.text:
            events.append(MessageRecorded(reply.text))
        first = len(self._ledger.state.calls.by_id) + 1
        events += [self._toolbox.propose(f"c{n}", call) for n, call in enumerate(reply.calls, first)]
        events.append(
            StepFinished(
                usage=reply.counted_usage,
                latency=round(latency, 3),
                finish_reason=reply.finish_reason,
                recoveries=reply.recoveries,
                first_token=round(reply.first_token, 3),
            )
        )
        await self._ledger.persist(*events)  # what had streamed is left: nobody looks at that of a step that has ended

    async def _failed(self, error: ProviderError, attempt: int) -> None:
        """Record the failure; mend what can be mended, wait, or pause for the person."""
        self._reasoning = self._reasoning or [error.reasoning]
        self._text = self._text or [error.text]
        if error.limits.window:
            await self._refit(error, attempt)
            return
        mending = self._mending(error, attempt)
        away, spent = self._spent(error, attempt)
        too_long = wish_beyond(error, self._return_seconds)
        last = mending is None and (not error.retryable or spent or bool(too_long) or is_flood(error))
        message, advice = one_line(error.message, 600), too_long or one_line(error.advice, 600)
        failure = StepFailed(message, error.kind, attempt, advice=advice, usage=error.usage or Usage())
        pause = self._outage.pause(error) if away else backoff(error, self._tries)
        if mending is None and not last:
            awaited = away and error.retry_after is None
            wait = max(self._outage.left, 0.1) if awaited else pause
            failure = replace(failure, wait=round(wait, 1), awaited=awaited)
        await self._record_failure(failure)
        if mending is not None:
            await self._ledger.persist(*mending)
        elif last:
            over = away and spent and self._outage.tries > 1
            gone = f"The server did not come back within {self._outage.waited}. " if over else ""
            await self._pause(gone + message, advice)
        else:
            await self._wait(failure, pause)

    async def _refit(self, error: ProviderError, attempt: int) -> None:
        """Learn the window that a refusal told; ask again with what fits, let more leave, or pause."""
        self._refits = 1 if attempt == 1 else self._refits + 1
        message, prompt = one_line(error.message, 600), counted_prompt(error.limits, self._sent)
        usage = error.usage or Usage()
        await self._record_failure(
            StepFailed(message, error.kind, attempt, usage=usage, window=error.limits.window, prompt_tokens=prompt)
        )
        state = self._ledger.state
        if self._refits <= MAX_REFITS and fits_now(state, self._sent):
            self._ledger.announce("state", f"asking again with what fits: {message}")
        elif event := emergency(state):
            await self._ledger.persist(event)
        else:
            await self._pause(message, window_advice(state))

    def _spent(self, error: ProviderError, attempt: int) -> tuple[bool, bool]:
        """Whether the server is away, which is limited by time, and whether enough was tried or waited."""
        if attempt == 1:
            self._tries, self._outage.tries = 0, 0
        away = self._outage.note(error)
        self._tries += not away
        if away:
            return True, not self._retries or not self._outage.left
        return False, self._tries > self._retries

    def _mending(self, error: ProviderError, attempt: int) -> list[AnyEvent] | None:
        """What has to be recorded so that the next try, which follows at once, asks differently; None if it cannot."""
        run, context = self._ledger.state.run, self._ledger.state.context
        event: AnyEvent | None = None
        if error.kind == "overflow":
            event = emergency(self._ledger.state)
        elif error.kind == "capped" and run.stopped_thinking == 0:
            event = SteerReceived(ENOUGH, by="engine")
        elif error.kind == "capped" and (self._enough.is_set() or (run.stopped_thinking == 1 and self._has_switch)):
            return []  # the person may say so again; a model that can is asked to do without thinking
        elif error.kind == "empty" and context.messages[-1].content != GO_ON:
            event = SteerReceived(GO_ON, by="engine")
        return [event] if event else None

    @property
    def _has_switch(self) -> bool:
        """Whether the model can do without thinking."""
        return bool(find_capability(self._settings.model).switch)

    async def _pause(self, message: str, advice: str) -> None:
        await self._ledger.persist(RunPaused("engine", f"{message.rstrip('.')}. {advice}".strip()))

    async def _wait(self, failure: StepFailed, pause: float) -> None:
        """Let the time before the next try pass; pause the run if the server stays away."""
        self.waiting = True
        try:
            if failure.awaited:
                self._ledger.announce("state", f"waiting for the server to come back: {failure.error}")
                back = await self._work.result(until_back(self._provider, pause, failure.wait))
            else:
                self._ledger.announce("state", f"waiting to try again: {failure.error}")
                back = await self._work.result(asyncio.sleep(pause, True))
        finally:
            self.waiting = False
        if back is False:
            await self._pause(f"The server did not come back within {self._outage.waited}", failure.advice)

    async def _record_failure(self, failure: StepFailed) -> None:
        streamed = {"partial_reasoning": "".join(self._reasoning), "partial_text": "".join(self._text)}
        await self._ledger.persist(replace(failure, **streamed))
        with suppress(StorageError):  # the next try of the step overwrites it
            self._ledger.journal.clear_inflight()

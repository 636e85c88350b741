"""Run one step: commit the intent, ask the model, record its whole reply or the failure.

A reply reaches the journal in one transaction, calls included; a failed try leaves what had streamed in
`StepFailed` and nothing in the context, and is tried again under the same number.
"""

import asyncio
import time
from contextlib import suppress

from msgspec.structs import replace

from kimi_tui.config import SessionSettings
from kimi_tui.engine.context.policy import plan_compaction, plan_emergency
from kimi_tui.engine.context.window import max_reply_tokens, window_budget
from kimi_tui.engine.interruptible import Interruptible
from kimi_tui.engine.ledger import Ledger
from kimi_tui.engine.retry import (
    CONTINUE_PROMPT,
    Outage,
    answer_from_reasoning,
    backoff_seconds,
    is_repetition,
    long_wait_advice,
    wait_until_back,
)
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
    Usage,
)
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.providers.base import (
    ModelReply,
    ModelRequest,
    Provider,
    ProviderError,
    ReplyFragment,
    endpoint_from_probe,
)
from kimi_tui.providers.capabilities import find_capability
from kimi_tui.providers.refusal_limits import TokenLimits
from kimi_tui.session import StorageError
from kimi_tui.text import one_line, replace_surrogates

MAX_REFITS = 3
"""Times that a step is asked again because of what a refusal said."""

STOP_THINKING_PROMPT = "That is enough reasoning: call a tool now, or submit the memo."
"""The message to the model after its thinking was ended by the cap or by the person."""
_SAVE_INFLIGHT_SECONDS = 1.0


class StepRunner:
    """Ask the model, one step at a time."""

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
        """True when the next try is waited for."""
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
    def is_reasoning(self) -> bool:
        """Return whether the model thinks, and neither answers nor calls yet."""
        return self._work.is_running and bool(self._reasoning) and not self._acting and not self._enough.is_set()

    def interrupt(self) -> None:
        """End the generation, or the wait before the next try, at once."""
        self._work.interrupt()

    def retry_now(self) -> None:
        """End the wait before the next try."""
        if self.waiting:
            self.interrupt()

    def stop_thinking_now(self) -> None:
        """End the thinking, so that the model acts."""
        self._enough.set()

    async def run_step(self) -> None:
        """Ask for the next step, or again for the one that failed."""
        run, context = self._ledger.state.run, self._ledger.state.context
        n = run.step if run.step_open else run.step + 1
        attempt = run.attempt + 1
        self._ledger.record(StepStarted(n, context.digest, context.tokens), step=n)
        self._reasoning, self._text, self._acting = [], [], False
        self._enough = asyncio.Event()
        self._ledger.stream("state", "waiting for the model")
        started = time.monotonic()
        try:
            reply = await self._work.run(
                self._provider.generate(self._build_request(), self._stream_fragment, self._enough)
            )
        except ProviderError as error:
            asked_again = context.messages[-1].content == CONTINUE_PROMPT
            if not asked_again or (reply := answer_from_reasoning(error)) is None:
                await self._handle_failure(error, attempt)
                return
        except asyncio.CancelledError:
            self._save_inflight()
            raise
        if reply is None:
            usage = context.count.partial_usage(context.tokens, "".join(self._reasoning), "".join(self._text))
            await self._record_failure(StepFailed("interrupted by the person", "interrupted", attempt, usage=usage))
            return
        await self._record_reply(reply, time.monotonic() - started)

    def _build_request(self) -> ModelRequest:
        state = self._ledger.state
        self._sent = max_reply_tokens(state)
        return ModelRequest(
            model=self._settings.model,
            messages=state.context.messages,
            tools=self._toolbox.schemas,
            max_tokens=self._sent,
            temperature=self._settings.temperature,
            reasoning_cap=window_budget(state).reasoning,
            thinking=state.run.stopped_thinking < 2 or not self._can_disable_thinking,
            endpoint=endpoint_from_probe(state.health.probe),
        )

    def _stream_fragment(self, fragment: ReplyFragment) -> None:
        if fragment.kind == "reasoning":
            self._reasoning.append(fragment.text)
        else:
            self._acting = True
            self._text += [fragment.text] if fragment.kind == "text" else []
        self._ledger.stream(
            fragment.kind, fragment.text, index=fragment.index, tool=fragment.tool, tokens=fragment.tokens
        )
        now = time.monotonic()
        if now - self._kept_at >= _SAVE_INFLIGHT_SECONDS:
            self._kept_at = now
            self._save_inflight()

    def _save_inflight(self) -> None:
        """Save the streamed text, in case the program ends before the reply does."""
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
        await self._ledger.record_patiently(
            *events
        )  # what had streamed is left: nobody looks at that of a step that has ended

    async def _handle_failure(self, error: ProviderError, attempt: int) -> None:
        """Record the failure; fix the cause where possible, wait, or pause for the person."""
        self._reasoning = self._reasoning or [error.reasoning]
        self._text = self._text or [error.text]
        if error.limits.window:
            await self._refit_window(error, attempt)
            return
        fixes = self._fix_for(error, attempt)
        away, spent = self._retry_state(error, attempt)
        too_long = long_wait_advice(error, self._return_seconds)
        last = fixes is None and (not error.retryable or spent or bool(too_long) or is_repetition(error))
        message, advice = one_line(error.message, 600), too_long or one_line(error.advice, 600)
        failure = StepFailed(message, error.kind, attempt, advice=advice, usage=error.usage or Usage())
        pause = self._outage.next_pause(error) if away else backoff_seconds(error, self._tries)
        if fixes is None and not last:
            awaited = away and error.retry_after is None
            wait = max(self._outage.seconds_left, 0.1) if awaited else pause
            failure = replace(failure, wait=round(wait, 1), awaited=awaited)
        await self._record_failure(failure)
        if fixes is not None:
            await self._ledger.record_patiently(*fixes)
        elif last:
            over = away and spent and self._outage.tries > 1
            gone = f"The server did not come back within {self._outage.waited_text}. " if over else ""
            await self._pause_run(gone + message, advice)
        else:
            await self._wait_for_retry(failure, pause)

    async def _refit_window(self, error: ProviderError, attempt: int) -> None:
        """Record the window that a refusal named; ask again with a request that fits, compact more, or pause."""
        self._refits = 1 if attempt == 1 else self._refits + 1
        message, prompt = one_line(error.message, 600), prompt_tokens_counted(error.limits, self._sent)
        usage = error.usage or Usage()
        await self._record_failure(
            StepFailed(message, error.kind, attempt, usage=usage, window=error.limits.window, prompt_tokens=prompt)
        )
        state = self._ledger.state
        if self._refits <= MAX_REFITS and fits_now(state, self._sent):
            self._ledger.stream("state", f"asking again with what fits: {message}")
        elif event := plan_emergency(state):
            await self._ledger.record_patiently(event)
        else:
            await self._pause_run(message, window_advice(state))

    def _retry_state(self, error: ProviderError, attempt: int) -> tuple[bool, bool]:
        """Return whether the server is away, which time limits, and whether the tries or the wait are used up."""
        if attempt == 1:
            self._tries, self._outage.tries = 0, 0
        away = self._outage.note_failure(error)
        self._tries += not away
        if away:
            return True, not self._retries or not self._outage.seconds_left
        return False, self._tries > self._retries

    def _fix_for(self, error: ProviderError, attempt: int) -> list[AnyEvent] | None:
        """Return the events that make the next try ask differently, which follows at once; None without a fix."""
        run, context = self._ledger.state.run, self._ledger.state.context
        event: AnyEvent | None = None
        if error.kind == "overflow":
            event = plan_emergency(self._ledger.state)
        elif error.kind == "capped" and run.stopped_thinking == 0:
            event = SteerReceived(STOP_THINKING_PROMPT, by="engine")
        elif error.kind == "capped" and (
            self._enough.is_set() or (run.stopped_thinking == 1 and self._can_disable_thinking)
        ):
            return []  # the person may say so again; a model that can is asked to do without thinking
        elif error.kind == "empty" and context.messages[-1].content != CONTINUE_PROMPT:
            event = SteerReceived(CONTINUE_PROMPT, by="engine")
        return [event] if event else None

    @property
    def _can_disable_thinking(self) -> bool:
        """Return whether the model can do without thinking."""
        return bool(find_capability(self._settings.model).switch)

    async def _pause_run(self, message: str, advice: str) -> None:
        await self._ledger.record_patiently(RunPaused("engine", f"{message.rstrip('.')}. {advice}".strip()))

    async def _wait_for_retry(self, failure: StepFailed, pause: float) -> None:
        """Wait until the next try; pause the run if the server stays away."""
        self.waiting = True
        try:
            if failure.awaited:
                self._ledger.stream("state", f"waiting for the server to come back: {failure.error}")
                back = await self._work.run(wait_until_back(self._provider, pause, failure.wait))
            else:
                self._ledger.stream("state", f"waiting to try again: {failure.error}")
                back = await self._work.run(asyncio.sleep(pause, True))
        finally:
            self.waiting = False
        if back is False:
            await self._pause_run(f"The server did not come back within {self._outage.waited_text}", failure.advice)

    async def _record_failure(self, failure: StepFailed) -> None:
        streamed = {"partial_reasoning": "".join(self._reasoning), "partial_text": "".join(self._text)}
        await self._ledger.record_patiently(replace(failure, **streamed))
        with suppress(StorageError):  # the next try of the step overwrites it
            self._ledger.journal.clear_inflight()


def prompt_tokens_counted(limits: TokenLimits, sent: int | None) -> int:
    """Return the prompt's tokens as the server counted them; 0 if it did not say. `sent` was asked for the reply."""
    return limits.prompt or max(limits.total - (sent or 0), 0)


def fits_now(state: TrajectoryState, sent: int | None) -> bool:
    """Return whether the next request is smaller than the refused one, which asked for `sent` tokens, and fits."""
    if plan_compaction(state) is not None:
        return True
    room = max_reply_tokens(state)
    return (sent is None or room < sent) and state.context.tokens + room <= window_budget(state).window


def window_advice(state: TrajectoryState) -> str:
    """Return advice for the case that nothing more can leave the prompt."""
    window, prompt = window_budget(state).window, state.context.tokens
    return (
        f"The server has a window of {window:,} tokens, of which what cannot leave the prompt takes about {prompt:,}: "
        "start it with a longer context, or ask a new session a shorter question."
    )

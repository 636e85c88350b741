"""Run the calls that may run, read-only ones side by side, each to exactly one observation."""

import asyncio
from collections.abc import Callable
from functools import partial

from kimi_tui.egress.ledger import describe_outgoing
from kimi_tui.engine.ledger import Ledger
from kimi_tui.engine.observations import record_observation
from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.events import ObservationRecorded, ToolCallStarted
from kimi_tui.projections.calls import Call
from kimi_tui.session import StorageError

MAX_PARALLEL_CALLS = 6
"""Read-only calls that run at once."""


MAX_ATTEMPTS = 2
"""How often a call that only reads runs when its sources cannot be kept."""


class CallRunner:
    """Run calls."""

    def __init__(self, ledger: Ledger, toolbox: Toolbox, is_held: Callable[[Call], bool] = lambda call: False) -> None:
        """A call that `is_held` does not start yet."""
        self._is_held = is_held
        self._ledger = ledger
        self._toolbox = toolbox
        self._running: dict[str, asyncio.Task[ObservationRecorded]] = {}
        self._ended: list[tuple[Call, ObservationRecorded]] = []
        self._unkept: StorageError | None = None

    @property
    def is_busy(self) -> bool:
        """Return whether a tool runs."""
        return bool(self._running)

    def start_ready(self) -> None:
        """Start every call that may start now: read-only ones together, any other alone.

        A call that was started but runs nowhere was left by a crash, or its sources could not be kept: it starts
        again. Raises `StorageError`.
        """
        if self._unkept is not None:
            return  # not before `record_finished` gave the storage time
        starting: list[Call] = []
        for call in self.list_startable():
            if self._may_start(call, starting) and not self._is_held(call):
                starting.append(call)
        if not starting:
            return
        sent = [describe_outgoing(call, self._ledger.state) for call in starting]
        started = [ToolCallStarted(call.id, call.attempts + 1) for call in starting]
        events = [event for event in (*sent, *started) if event is not None]
        self._ledger.record(*events, turn=starting[0].turn, step=starting[0].step)
        for call in starting:
            task = asyncio.create_task(self._toolbox.run(call))
            self._running[call.id] = task
            task.add_done_callback(partial(self._keep_result, call))

    def list_startable(self) -> list[Call]:
        """Return the calls that may run, as far as others that run allow it."""
        calls = self._ledger.state.calls.open.values()
        return [call for call in calls if call.state in ("ready", "running") and call.id not in self._running]

    def _may_start(self, call: Call, starting: list[Call]) -> bool:
        """Return whether the call may start beside those that run."""
        others = [self._ledger.state.calls.by_id[call_id] for call_id in self._running] + starting
        if not call.read_only:
            return not others
        return len(others) < MAX_PARALLEL_CALLS and all(other.read_only for other in others)

    def interrupt(self) -> None:
        """End every running tool; each gets the observation `interrupted`."""
        for task in self._running.values():
            task.cancel()

    async def close(self) -> None:
        """End every running tool without an observation: reopening settles them."""
        tasks, self._running = list(self._running.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def record_finished(self) -> None:
        """Record the results of finished calls; raises `StorageError`, and what could not be recorded is kept.

        Also raises it, once, for calls whose sources could not be kept and that are to run again.
        """
        while self._ended:
            call, observation = self._ended[0]
            if call.observation is None:  # the turn may have been stopped before it gave a result
                record_observation(self._ledger, call, observation)
            self._ended.pop(0)
        if self._unkept is not None:
            error, self._unkept = self._unkept, None
            raise error

    def _keep_result(self, call: Call, task: asyncio.Task[ObservationRecorded]) -> None:
        """Keep the result of a call, unless the engine was closed before."""
        if self._running.pop(call.id, None) is None:
            return
        if task.cancelled():
            text = "Interrupted by the person before it gave a result."
            self._ended.append((call, ObservationRecorded(call.id, "interrupted", text)))
        elif (
            (unkept := self._toolbox.take_storage_problem(call.id)) and call.read_only and call.attempts < MAX_ATTEMPTS
        ):
            self._unkept = unkept
        else:
            self._ended.append((call, task.result()))
        self._ledger.pulse.notify()

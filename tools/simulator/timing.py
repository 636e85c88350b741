"""Provider wrapper that notes when requests are sent and when replies are complete."""

import asyncio
from collections.abc import Callable
from time import perf_counter, process_time

import msgspec

from kimi_tui.providers.base import ModelInfo, ModelReply, ModelRequest, Provider, ReplyFragment, ServerPresence
from kimi_tui.providers.request_dialect import SELF_HOSTED, wire_body
from tools.simulator.lookup_tool import SimulatedLookUp


class StepGap(msgspec.Struct, frozen=True):
    """The time between a reply and the next request, in seconds."""

    wall: float
    """By the clock on the wall, the tools' time left out; the request's body is written in it."""
    busy: float
    """In which this process used a processor, the tools' part left out."""


class TimedProvider:
    """Implements `providers.base.Provider`."""

    def __init__(self, inner: Provider, tool: SimulatedLookUp) -> None:
        self.gaps: list[StepGap] = []
        """One for each request but the first."""
        self._inner = inner
        self._tool = tool
        self._ended: tuple[float, float, float, float] | None = None

    async def models(self) -> tuple[ModelInfo, ...]:
        """As the inner one has it."""
        return await self._inner.models()

    async def presence(self) -> ServerPresence:
        """As the inner one has it."""
        return await self._inner.presence()

    async def generate(
        self, request: ModelRequest, announce: Callable[[ReplyFragment], None], enough: asyncio.Event | None = None
    ) -> ModelReply:
        """As the inner one has it; a second body is written only to measure how long that takes."""
        wire_body(request, SELF_HOSTED)
        wall, busy = perf_counter(), process_time()
        if self._ended is not None:
            wall_then, busy_then, tools_then, tools_busy_then = self._ended
            tools, tools_busy = self._tool.seconds - tools_then, self._tool.busy - tools_busy_then
            self.gaps.append(StepGap(wall - wall_then - tools, busy - busy_then - tools_busy))
        try:
            return await self._inner.generate(request, announce, enough)
        finally:
            self._ended = perf_counter(), process_time(), self._tool.seconds, self._tool.busy

    async def close(self) -> None:
        """As the inner one has it."""
        await self._inner.close()

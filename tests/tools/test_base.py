"""The context of tools: its index, and what it closes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from kimi_tui.events import Effect, Status
from kimi_tui.tools.base import Observation, Tool, ToolContext, ToolError, ToolSettings
from tests.tools.kit import MemoryStore


class Nothing(msgspec.Struct, frozen=True):
    """No parameters."""


class Plain(Tool):
    """A tool that only does what every tool must."""

    name: ClassVar[str] = "plain"
    description: ClassVar[str] = "Nothing."
    parameters: ClassVar[type[msgspec.Struct]] = Nothing
    read_only: ClassVar[bool] = True
    timeout: ClassVar[float] = 1.0

    def effects(self, arguments: Any) -> tuple[Effect, ...]:
        return ()

    def label(self, arguments: Any) -> str:
        return "Plain"

    async def run(self, arguments: Any, context: ToolContext) -> Observation:
        return Observation("done")


class ClosingServer:
    """A rerank server that notes that it was closed."""

    closed = 0

    async def rank(self, question: str, texts: Sequence[str]) -> tuple[list[int], str]:
        return [], ""

    async def close(self) -> None:
        self.closed += 1


async def test_tool_does_nothing_more_than_it_must_by_default() -> None:
    tool, context = Plain(), ToolContext(ToolSettings(), MemoryStore())
    assert (tool.helps_to_answer, tool.prefetches) == (False, False)
    await tool.prefetch("https://a.example", context)
    assert tool.draft({}) is None
    await context.close()


async def test_context_makes_the_index_of_its_desk_and_none_without_one(tmp_path: Path) -> None:
    without = ToolContext(ToolSettings(), MemoryStore())
    assert without.index is None
    await without.close()
    context = ToolContext(ToolSettings(desk=tmp_path), MemoryStore())
    assert context.index is not None
    again = ToolContext(ToolSettings(desk=tmp_path), MemoryStore(), index=context.index)
    assert again.index is context.index
    await again.close()


async def test_context_closes_what_was_started_for_it() -> None:
    server = ClosingServer()
    await ToolContext(ToolSettings(), MemoryStore(), reorderer=server).close()
    assert server.closed == 1


@pytest.mark.parametrize("status", ["error", "not-found"])
def test_tool_error_has_words_and_a_status(status: Status) -> None:
    error = ToolError("no such page", status)
    assert (str(error), error.status) == ("no such page", status)
    assert ToolError("x").status == "error"

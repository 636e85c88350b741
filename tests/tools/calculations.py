"""Calculations in a session of their own."""

from kimi_tui.tools.base import Observation, ToolContext
from kimi_tui.tools.calculation.calculate import Calculate, CalculateParameters
from tests.tools.kit import tool_context


async def run(code: str) -> tuple[Observation, ToolContext]:
    async with tool_context() as context:
        return await Calculate().run(CalculateParameters(code), context), context

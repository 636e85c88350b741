"""Queries of a small ledger, for tests of what is read of a database."""

from pathlib import Path

from kimi_tui.tools.base import Observation, ToolSettings
from kimi_tui.tools.sql.query_database import QueryDatabase, QueryDatabaseParameters
from tests.tools.kit import tool_context


async def total(path: Path, sql: str = "SELECT sum(amount), count(*) FROM ledger") -> Observation:
    """Return the result of a query of the ledger."""
    async with tool_context(ToolSettings(desk=path.parent, offline=True)) as context:
        return await QueryDatabase().run(QueryDatabaseParameters(path.name, sql), context)

"""A desk with a file of each kind, and sessions that work on it or on stored sources."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kimi_tui.sources import Part
from kimi_tui.tools.base import ToolContext, ToolSettings
from tests.tools.desks import write_full_desk
from tests.tools.kit import tool_context


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A desk with a file of each kind, beside a secret."""
    return write_full_desk(tmp_path)


@pytest.fixture
async def context(root: Path) -> AsyncIterator[ToolContext]:
    async with tool_context(ToolSettings(desk=root)) as context:
        yield context


@pytest.fixture
async def stored() -> AsyncIterator[ToolContext]:
    """A session without a desk that has retrieved `S1` with pages, `S2` with sections and `S3` with rows."""
    pages = tuple(Part(f"p.{number}", f"Page {number} opens. " + "Revenue grew. " * 200) for number in range(1, 13))
    sections = (Part("§1", "Growth.", "Outlook"), Part("§2", "The supply of cobalt.", "Risks"))
    rows = [f"row {number}: Q{number} | {number * 100}" for number in range(1, 121)]
    tables = tuple(
        Part(
            f"rows {first}-{min(first + 49, 120)}",
            "\n".join(["header: quarter | revenue", *rows[first - 1 : first + 49]]),
        )
        for first in (1, 51, 101)
    )
    async with tool_context() as context:
        for title, parts in (("Report", pages), ("Notes", sections), ("quarters", tables)):
            data = title.encode()
            context.sources.add(
                kind="document", title=title, address=f"{title}.x", media_type="text/plain", data=data, parts=parts
            )
        yield context

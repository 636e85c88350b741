"""`search_documents`, `read` and `find_in`: every text of the desk can be reached, cited and gone on from."""

import asyncio
from pathlib import Path

import pytest

from kimi_tui.tools.base import ToolContext, ToolError, ToolSettings
from tests.tools.kit import tool_context
from tests.tools.retrieved import read, refusal, search


async def test_a_document_keeps_its_id_however_it_is_reached(context: ToolContext) -> None:
    await search(context, "dividend")
    await search(context, "Q77")
    again = await read(context, "filings/report.pdf")
    assert [ref.id for ref in again.sources] == ["S1"]
    assert [ref.address for ref in context.sources.refs()] == ["filings/report.pdf", "quarters.csv"]


async def test_a_changed_document_becomes_another_source(context: ToolContext, root: Path) -> None:
    await read(context, "notes.md")
    (root / "notes.md").write_text("# Outlook\n\nManagement expects losses.")
    assert "losses" in (await read(context, "notes.md")).text
    assert "growth" in (await read(context, "S1")).text
    assert [ref.id for ref in context.sources.refs()] == ["S1", "S2"]


async def test_searches_and_readings_run_side_by_side(context: ToolContext) -> None:
    found = await asyncio.gather(
        *(search(context, word) for word in ("dividend", "cobalt", "Q77", "growth")), read(context, "notes.md")
    )
    assert all(one.status == "ok" for one in found)
    assert len(context.sources.refs()) == 3


async def test_without_a_desk_the_tools_say_so() -> None:
    async with tool_context() as context:
        with pytest.raises(ToolError, match="no desk"):
            await search(context)
        assert "no desk" in str(await refusal(context, "report.pdf"))


async def test_a_desk_that_went_away_is_one_clear_error(tmp_path: Path) -> None:
    async with tool_context(ToolSettings(desk=tmp_path / "gone")) as context:
        with pytest.raises(ToolError, match=r"The desk's folder cannot be listed: No such file or directory\."):
            await search(context, "x")


async def test_nothing_outside_the_desk_can_be_read(context: ToolContext) -> None:
    for source in (
        "../secret.txt",
        "filings/../../secret.txt",
        "/etc/passwd",
        "link.txt",
        "filings/report.pdf/../../../secret.txt",
        "notes.md\x00.txt",
        "..",
        "~/secret.txt",
        "file:///etc/passwd",
        "..\\secret.txt",
    ):
        assert "secret dividend" not in str(await refusal(context, source))
    assert context.sources.refs() == ()


async def test_an_absolute_path_into_the_desk_is_refused_too(context: ToolContext, root: Path) -> None:
    assert "is no path inside the desk" in str(await refusal(context, str(root / "notes.md")))

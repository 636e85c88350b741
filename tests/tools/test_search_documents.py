"""`search_documents`: the listing, hits with their places, and what an answer says of what it left out."""

import re
from pathlib import Path

from kimi_tui.tools.base import ToolContext
from tests.tools.kit import source_of
from tests.tools.retrieved import search


async def test_an_empty_query_lists_the_desk(context: ToolContext) -> None:
    assert (await search(context)).text.split("\n") == [
        "4 documents on the desk.",
        "- cut.pdf · PDF · unreadable: the PDF is damaged or cut off: Stream has ended unexpectedly",
        "- filings/report.pdf · PDF · 12 pages",
        "- notes.md · Markdown · 2 sections",
        "- quarters.csv · CSV · 120 rows",
        "- finance.sqlite · SQLite database",
        "Not read: link.txt (a link that leads out of the desk, or nowhere).",
    ]


async def test_a_hit_names_part_title_path_and_the_text_around(context: ToolContext, root: Path) -> None:
    found = await search(context, "dividend")
    lines = found.text.split("\n")
    assert lines[0] == '1 result for "dividend" in 4 documents on the desk.'
    assert lines[1] == "[S1 p.7] Annual report 2024 (filings/report.pdf)"
    assert re.fullmatch(r"    ….{250,300}", lines[2])
    assert "The dividend was raised to 0.55 per share." in lines[2]
    assert lines[3].startswith("Unreadable, so not searched: cut.pdf (the PDF is damaged")
    (ref,) = found.sources
    assert (ref.id, ref.kind, ref.address, ref.media_type) == (
        "S1",
        "document",
        "filings/report.pdf",
        "application/pdf",
    )
    source = source_of(context, "S1")
    assert len(source.parts) == 12
    assert (ref.parts, ref.extractor) == (12, "pypdfium2")


async def test_no_result_says_so(context: ToolContext) -> None:
    found = await search(context, "xylophone")
    assert found.status == "not-found"
    assert found.text.startswith('0 results for "xylophone" in 4 documents on the desk.')


async def test_more_results_than_the_limit_are_announced(context: ToolContext) -> None:
    found = await search(context, "revenue", 2)
    assert found.text.startswith("2 results")
    assert "There are more results: pass a limit over 2, or other words." in found.text

"""`search_documents` in one source, the reading of a question, outlines; and a named file read before the desk."""

import re
from pathlib import Path

import pytest

from kimi_tui.sources import Part
from kimi_tui.tools.base import ToolContext, ToolError, ToolSettings
from kimi_tui.tools.desk import desk_index
from kimi_tui.tools.desk.desk_index import DeskIndex
from kimi_tui.tools.desk.index_store import IndexStore
from kimi_tui.tools.desk.search_documents import SearchDocuments
from kimi_tui.tools.desk.search_documents import SearchDocumentsParameters as SearchParameters
from tests.tools.kit import tool_context
from tests.tools.papers import pdf
from tests.tools.retrieved import read, search


async def test_a_search_within_a_source_names_it_alone(context: ToolContext) -> None:
    everywhere = await search(context, "growth cobalt dividend")
    assert len(everywhere.sources) > 1
    for within in ("notes.md", "[S1]"):
        inside = await SearchDocuments().run(SearchParameters("growth cobalt dividend", 12, within), context)
        assert len(inside.sources) == 1
        assert len(re.findall(rf"(?m)^\[{inside.sources[0].id} ", inside.text)) >= 1
        assert f"in [{inside.sources[0].id}]" in inside.text.splitlines()[0]
    with pytest.raises(ToolError, match=r"no nothing\.txt"):
        await SearchDocuments().run(SearchParameters("growth", 12, "nothing.txt"), context)


async def test_a_search_within_a_source_that_is_on_no_desk_ranks_its_parts(context: ToolContext) -> None:
    parts = tuple(Part(f"§{number}", f"Section {number}. " + "Nothing much. " * 50) for number in range(1, 30))
    parts = (*parts, Part("§30", "The nickel mine was sold.", "Disposals"))
    ref = context.sources.add(
        kind="page", title="A page", address="https://a.example/", media_type="text/html", data=b"x", parts=parts
    )
    inside = await SearchDocuments().run(SearchParameters("nickel mine", 12, ref.id), context)
    assert inside.text.splitlines()[1] == f"[{ref.id} §30] A page (https://a.example/)"
    assert inside.sources == (ref,)


async def test_a_search_says_how_it_read_the_question_and_where_the_statements_are(root: Path) -> None:
    figures = " ".join(str(number * 111) for number in range(30))
    pages = ["Growth was good.", f"Consolidated Balance Sheet\nTotal assets\n{figures}"]
    (root / "ACME_2023_10K.pdf").write_bytes(pdf(*pages))
    async with tool_context(ToolSettings(desk=root)) as context:
        lines = (await search(context, "Total assets of ACME in FY2023")).text.splitlines()
    assert lines[1] == "read as: Acme, FY2023, annual"
    assert lines[2].startswith("[S1 p.2] ")
    assert "outline S1: balance sheet p.2" in lines


async def test_a_named_file_is_read_without_the_rest_of_the_desk(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(index: DeskIndex) -> None:
        raise AssertionError("the whole desk was read")

    monkeypatch.setattr(DeskIndex, "refresh", never)
    async with tool_context(ToolSettings(desk=root)) as context:
        assert "cobalt" in (await read(context, "notes.md")).text
        (root / "notes.md").write_text("# Outlook\n\nThe mine was sold.")
        assert "The mine was sold." in (await read(context, "notes.md")).text


async def test_a_search_while_documents_are_read_says_how_many_were(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_index, "MAX_WAIT_SECONDS", 0.05)
    other = IndexStore(root, tmp_path / "cache")
    async with tool_context(ToolSettings(desk=root, cache=tmp_path / "cache")) as context:
        with other.database.hold_builder_lock():  # another process reads
            await read(context, "notes.md")
            answer = await search(context, "cobalt")
    other.close()
    assert "1 result for" in answer.text
    assert re.search(r"still being read, 1 of \d are read and only these were searched", answer.text)
    assert not answer.lasting

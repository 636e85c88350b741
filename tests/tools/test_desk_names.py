"""Names of desk files as they come, and what is said when a desk has more than is looked at."""

import os
import sqlite3
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from kimi_tui.text import path_text, text_path
from kimi_tui.tools.base import Observation, ToolContext, ToolError, ToolSettings
from kimi_tui.tools.desk import files, find_in, read, search_documents
from kimi_tui.tools.sql import query_database
from tests.tools.kit import tool_context


async def read_of(context: ToolContext, source: str, parts: str = "") -> Observation:
    return await read.Read().run(read.ReadToolParameters(source, parts), context)


async def search(context: ToolContext, query: str = "", within: str = "") -> Observation:
    return await search_documents.SearchDocuments().run(
        search_documents.SearchDocumentsParameters(query, within=within), context
    )


async def ask(context: ToolContext, database: str = "", sql: str = "") -> Observation:
    return await query_database.QueryDatabase().run(query_database.QueryDatabaseParameters(database, sql), context)


def settings(root: Path) -> ToolSettings:
    return ToolSettings(desk=root, offline=True)


@pytest.mark.parametrize("name", ["S1", "S1.txt", "S1 p.4.txt", "S7.md", "s1.txt", "S1-annual.txt", "S1§2"])
async def test_a_file_that_is_called_like_a_source_is_read_by_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.md").write_text("# First\n\nalpha alpha\n")
    (tmp_path / (name if "." in name else f"{name}.txt")).write_text("beta beta\n")
    async with tool_context(settings(tmp_path)) as context:
        assert (await read_of(context, "a.md")).sources[0].id == "S1"
        called = name if "." in name else f"{name}.txt"
        observation = await read_of(context, called)
        assert "beta" in observation.text
        assert observation.sources[0].address == called
        assert "alpha" in (await read_of(context, "[S1]")).text
        assert "alpha" in (await read_of(context, "S1 §1")).text
        found = await find_in.FindIn().run(find_in.FindInParameters(called, "beta"), context)
        assert found.sources[0].address == called
        assert (await search(context, "beta", called)).sources[0].address == called


async def test_a_file_without_ending_that_is_called_like_a_source_wins_and_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("alpha\n")
    (tmp_path / "S1").write_text("beta\n")
    (tmp_path / "S2").write_bytes(bytes(range(256)) * 4)
    async with tool_context(settings(tmp_path)) as context:
        await read_of(context, "a.md")
        observation = await read_of(context, "S1")
        assert "beta" in observation.text
        assert "S1 is a file of the desk and was taken; the source is named [S1]." in observation.text
        assert "alpha" in (await read_of(context, "[S1]")).text
        with pytest.raises(ToolError, match="S2 is unreadable"):
            await read_of(context, "S2")


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
@pytest.mark.parametrize("asked", ["NFC", "NFD"])
@pytest.mark.parametrize("folder", ["", "Zürich/"])
async def test_names_are_found_however_their_letters_are_composed(
    tmp_path: Path, stored: str, asked: str, folder: str
) -> None:
    def composed(form: str, text: str) -> str:
        return unicodedata.normalize("NFC" if form == "NFC" else "NFD", text)

    path = tmp_path / composed(stored, f"{folder}Über Österreich.txt")
    path.parent.mkdir(exist_ok=True)
    path.write_text("gamma\n")
    path.with_suffix(".csv").write_text("a,b\n1,2\n")
    async with tool_context(settings(tmp_path)) as context:
        assert "gamma" in (await read_of(context, composed(asked, f"{folder}Über Österreich.txt"))).text
        assert "gamma" in (await read_of(context, composed(asked, "über österreich.TXT"))).text
        assert "\n2" in (await ask(context, composed(asked, f"{folder}Über Österreich.csv"), "SELECT b FROM data")).text


@pytest.fixture
def odd() -> Iterator[Path]:
    """A desk in a folder, with files, whose names are no UTF-8."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, os.fsdecode(b"d\xe9sk"))
        root.mkdir()
        for name, text in ((b"n\xf6te.md", "delta delta\n"), (b"t\xe4ble.csv", "a,b\n1,2\n")):
            (root / os.fsdecode(name)).write_text(text)
        with sqlite3.connect(os.fsencode(root / os.fsdecode(b"l\xe9dger.db"))) as database:
            database.execute("create table t (x)")
        database.close()
        yield root


async def test_names_that_are_no_utf_8_are_shown_and_read(odd: Path) -> None:
    async with tool_context(settings(odd)) as context:
        found = await search(context, "delta")
        assert found.text.startswith("1 result")
        assert "n\\xf6te.md" in found.text
        assert "delta" in (await read_of(context, "n\\xf6te.md")).text
        assert (await ask(context, "t\\xe4ble.csv", "SELECT b FROM data")).text.endswith("\n2")
        assert "table t" in (await ask(context, "l\\xe9dger.db")).text
        assert "n\\xf6te.md" in (await search(context, "")).text


def test_a_path_leads_back_from_its_text(tmp_path: Path, odd: Path) -> None:
    assert text_path(path_text(odd)) == odd
    plain = tmp_path / "a\\xe9b"
    plain.mkdir()
    assert text_path(path_text(plain)) == plain


async def test_files_beyond_those_that_are_looked_at_are_counted_and_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_FILES", 5)
    tmp_path = tmp_path / "desk"
    tmp_path.mkdir()
    for number in range(9):
        (tmp_path / f"n{number}.txt").write_text(f"supplier QX{number}")
    (tmp_path / "z.csv").write_text("a,b\n1,2\n")
    said = "Left out: 5 of 10 files of the desk"
    async with tool_context(settings(tmp_path)) as context:
        for query in ("QX8", "QX1", ""):
            assert said in (await search(context, query)).text
        assert said in (await ask(context)).text
        with pytest.raises(ToolError, match=said):
            await read_of(context, "nothing.txt")
        with pytest.raises(ToolError, match=said):
            await ask(context, "nothing.db", "SELECT 1")
        assert "QX8" in (await read_of(context, "n8.txt")).text
        assert (await ask(context, "z.csv", "SELECT b FROM data")).text.endswith("\n2")
    assert said in files.count_inventory(tmp_path)


async def test_a_csv_over_the_limit_is_said_to_be(tmp_path: Path) -> None:
    with (tmp_path / "large.csv").open("wb") as file:
        file.write(b"a,b\n1,2\n")
        file.truncate(files.MAX_FILE_BYTES + 1)
    async with tool_context(settings(tmp_path)) as context:
        for text in ((await ask(context)).text, (await search(context, "a")).text, (await search(context)).text):
            assert "large.csv (64 MB, over the 64 MB that are read)" in text
        for call in (ask(context, "large.csv", "SELECT 1"), read_of(context, "large.csv")):
            with pytest.raises(ToolError, match="over the 64 MB"):
                await call


async def test_a_document_that_was_cut_is_said_to_be_in_every_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = "x" * 9_000
    (tmp_path / "wide.csv").write_text("a,b,c\n" + f"{wide},{wide},1\n" * 1000 + "1,2,needle\n")
    (tmp_path / "other.md").write_text("needle\n")
    async with tool_context(settings(tmp_path)) as context:
        found = await search(context, "needle")
        assert "Searched only in part: wide.csv (Cut before rows " in found.text
        assert "Cut before rows" in (await search(context)).text
        with pytest.raises(ToolError, match="Cut before rows"):
            await find_in.FindIn().run(find_in.FindInParameters("wide.csv", "needle"), context)
        with pytest.raises(ToolError, match="Cut before rows"):
            await read_of(context, "wide.csv", "rows 1001")
        assert "needle" in (await ask(context, "wide.csv", "SELECT c FROM data WHERE c = 'needle'")).text


async def test_index_replaced_file_of_same_size_and_time_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("net debt was 100")
    async with tool_context(settings(tmp_path)) as context:
        await search(context, "debt")
        before = path.stat()
        path.unlink()
        path.write_text("net debt was 200")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert "200" in (await read_of(context, "a.txt")).text
        assert "200" in (await search(context, "debt")).text

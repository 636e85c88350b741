"""Test `tool` and `desk`: the model's view of a desk, seen from a shell."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.kit import Done, kimi, refused


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A desk with a document, a table, a database, an unreadable document and a file that nothing reads."""
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "note.md").write_text("# Debt\n\nNet debt was 1,234 million euros.\n")
    (folder / "sales.csv").write_text("region,amount\nNorth,5\nSouth,7\n")
    (folder / "broken.pdf").write_bytes(b"no PDF at all")
    (folder / "photo.png").write_bytes(b"\x89PNG")
    with sqlite3.connect(folder / "ledger.db") as database:
        database.execute("create table ledger (amount)")
    database.close()
    return folder


def tool(desk: Path, *words: str) -> Done:
    """`tool` with a data folder of the test's own."""
    return kimi("tool", *words, "--desk", str(desk), KIMI_TUI_HOME=str(desk.parent / "home"), KIMI_TUI_CONFIG="")


def test_tool_with_a_path_prints_what_the_model_reads(desk: Path) -> None:
    done = tool(desk, "read", '{"source": "note.md"}')
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("[S1] Debt · section 1 of 1 (note.md)\n--- [S1 §1] Debt ---\n")
    assert "Net debt was 1,234 million euros." in done.stdout


def test_tool_as_json_gives_text_status_sources_cells_and_notes(desk: Path) -> None:
    answer = json.loads(tool(desk, "read", '{"source": "note.md"}', "--json").stdout)
    assert set(answer) == {"text", "status", "sources", "cells", "notes"}
    assert answer["status"] == "ok"
    assert [source["address"] for source in answer["sources"]] == ["note.md"]
    assert answer["sources"][0]["text_digest"]


def test_tool_as_json_gives_the_cells_of_what_is_shown(desk: Path) -> None:
    rows = "".join(f"<tr><td>Line item number {n} with a long name</td><td>{n},000</td></tr>" for n in range(1, 201))
    page = f"<p>(in millions)</p><table><tr><td></td><td>June 30, 2024</td></tr>{rows}</table>"
    (desk / "report.html").write_text(f"<html><body>{page}</body></html>")
    whole, part = (
        json.loads(tool(desk, "read", json.dumps({"source": "report.html", "parts": parts}), "--json").stdout)
        for parts in ("", "2")
    )
    assert len(whole["cells"]) == whole["sources"][0]["cells"] == 200
    assert {cell["part"] for cell in part["cells"]} == {"§2"}
    first = whole["cells"][0]
    assert (first["row"], first["value"], first["scale"]) == ("Line item number 1 with a long name", "1000", 6)
    assert (first["period_end"], first["origin"]) == ("2024-06-30", "grid")


def test_tool_with_several_calls_shares_their_sources(desk: Path) -> None:
    done = tool(desk, "search_documents", '{"query": "debt"}', "read", '{"source": "S1"}', "--json")
    found, read = map(json.loads, done.stdout.splitlines())
    assert (found["status"], read["status"]) == ("ok", "ok")
    assert found["sources"] == read["sources"]


def test_tool_whose_answer_is_an_error_exits_with_1(desk: Path) -> None:
    for arguments in ('{"source": "nothing.pdf"}', '{"wrong": 1}', "{}"):
        done = tool(desk, "read", arguments, "--json")
        assert done.returncode == 1, done.stderr
        assert json.loads(done.stdout)["status"] in ("error", "not-found")


def test_tool_used_wrongly_exits_with_2(desk: Path) -> None:
    refused(tool(desk, "reed"), 2, "there is no tool 'reed'", "find_in")
    refused(tool(desk, "read", "[1]"), 2, "not a JSON object")
    refused(tool(desk, "read", '{"source":'), 2, "not a JSON object")
    refused(tool(desk, '{"source": "note.md"}'), 2, "arguments without a tool")
    refused(tool(desk / "nowhere", "read"), 2, "no desk folder")


def test_tool_without_a_name_lists_the_tools(desk: Path) -> None:
    listed = [line.partition(":")[0] for line in tool(desk, "--offline").stdout.splitlines()]
    assert "query_database" in listed
    assert "web_search" not in listed


def test_tool_leaves_no_session_behind(desk: Path) -> None:
    tool(desk, "read", '{"source": "note.md"}')
    assert not (desk.parent / "home" / "sessions").exists()


def test_desk_as_json_says_what_is_read_and_what_is_not(desk: Path) -> None:
    done = kimi("desk", str(desk), "--json", KIMI_TUI_HOME=str(desk.parent / "home"), KIMI_TUI_CONFIG="")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    documents = {one["path"]: one for one in found["documents"]}
    assert documents.keys() == {"note.md", "sales.csv", "broken.pdf"}
    assert documents["sales.csv"]["extent"] == "2 rows"
    assert documents["sales.csv"]["encoding"] == "utf-8"
    assert "not a PDF" in documents["broken.pdf"]["error"]
    assert [(one["path"], one["tables"]) for one in found["databases"]] == [("ledger.db", ["ledger"])]
    assert found["skipped"] == [["photo.png", "no reader for this kind of file"]]
    assert found["complete"] is True


def test_desk_in_words_counts_what_is_not_read(desk: Path) -> None:
    done = kimi("desk", str(desk), KIMI_TUI_HOME=str(desk.parent / "home"), KIMI_TUI_CONFIG="")
    head, *lines = done.stdout.splitlines()
    assert head.endswith("3 documents, 1 database, 2 files not read")
    assert any(line.startswith("- broken.pdf · ") and "not read: " in line for line in lines)


def test_desk_without_a_folder_names_what_to_type(tmp_path: Path) -> None:
    refused(kimi("desk", KIMI_TUI_HOME=str(tmp_path), KIMI_TUI_CONFIG="", KIMI_TUI_DESK=""), 2, "kimi-tui desk DIR")


def test_desk_tells_on_stderr_how_far_the_reading_is(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Net debt.")
    (tmp_path / "b.csv").write_bytes(b"")
    done = kimi("desk", str(tmp_path))
    assert "kimi-tui: 2 of 2 documents read, 1 page, 1 without text" in done.stderr

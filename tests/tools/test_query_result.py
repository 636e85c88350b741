"""Rows of a query as a source, as cells and as text."""

from typing import Any

import pytest

from kimi_tui.tools.base import Observation
from kimi_tui.tools.sql.query_result import ROWS_A_PART, SHOWN_CELL, SHOWN_CHARACTERS, result
from tests.tools.kit import source_of, tool_context


async def shown(columns: list[str], rows: list[list[Any]], **more: Any) -> tuple[Observation, list[tuple[str, str]]]:
    """The observation, and label and text of each part of its source."""
    found = {"columns": columns, "rows": rows, "more": False, "notes": [], "digest": "d"} | more
    async with tool_context() as context:
        observation = result("a.db", "select\n1", 100, found, context)
        source = source_of(context, "S1")
        assert source.ref.address == "a.db: select 1"
        by_label = {part.label: part.text for part in source.parts}
        assert all(by_label[cell.part][cell.start : cell.end] == cell.text for cell in context.sources.cells("S1"))
        return observation, [(part.label, part.text) for part in source.parts]


async def test_result_of_no_rows_is_a_source_that_says_so() -> None:
    observation, parts = await shown(["a", "b"], [])
    assert observation.text == "[S1] 0 rows from a.db\na | b"
    assert parts == [("result", "a | b\n(no rows)")]


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "NULL"), (5, "5"), (0.1 + 0.2, "0.3"), (2.0, "2.0"), ("a\nb", "a b"), ("", ""), ("\x1b[31m", "\u241b[31m")],
)
async def test_result_shows_each_value_on_one_line(value: Any, text: str) -> None:
    observation, parts = await shown(["a"], [[value]])
    assert observation.text == f"[S1] 1 row from a.db\na\n{text}"
    assert parts == [("rows 1-1", f"a\nrow 1: {text}")]


@pytest.mark.parametrize(
    ("count", "labels"),
    [
        (ROWS_A_PART, ["rows 1-50"]),
        (ROWS_A_PART + 1, ["rows 1-50", "rows 51-51"]),
        (120, ["rows 1-50", "rows 51-100", "rows 101-120"]),
    ],
)
async def test_result_is_kept_in_blocks_under_the_header(count: int, labels: list[str]) -> None:
    _, parts = await shown(["n"], [[number] for number in range(count)])
    assert [label for label, _ in parts] == labels
    assert all(text.startswith("n\nrow ") for _, text in parts)
    assert sum(text.count("\nrow ") for _, text in parts) == count


async def test_result_is_cut_in_the_text_and_whole_in_the_source() -> None:
    rows: list[list[Any]] = [[number, "x" * 1_000] for number in range(100)]
    observation, parts = await shown(["n", "text"], rows)
    assert len(observation.text) < SHOWN_CHARACTERS + 2_000
    assert "x" * (SHOWN_CELL + 1) not in observation.text
    assert 'Read the others with read(source="S1", parts="rows ' in observation.text
    assert all("x" * 1_000 in text for _, text in parts)


async def test_result_with_more_rows_and_notes_says_so() -> None:
    observation, _ = await shown(["n"], [[1], [2]], more=True, notes=["sum met text"])
    assert "More rows follow; these are the first 2. Go on with LIMIT 2 OFFSET 2" in observation.text
    assert observation.text.endswith("Note: sum met text")
    assert observation.notes == ("sum met text",)
    assert observation.artifact == {"kind": "table", "columns": ["n"], "rows": [[1], [2]]}

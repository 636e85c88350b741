"""Kinds of documents by their names, and the second reader when the first is too slow or crashes."""

from typing import Any

import pytest

from kimi_tui.tools.text.extraction import (
    DOCUMENT_TYPES,
    UnreadableError,
    extract,
    media_type_of,
    read_with_fallback,
)
from kimi_tui.tools.workers.pool import WorkerError, WorkerPool, WorkerProblem


@pytest.mark.parametrize("ending", DOCUMENT_TYPES)
def test_media_type_of_name_by_its_ending_in_any_case(ending: str) -> None:
    assert media_type_of(f"a.b{ending}") == media_type_of(f"A{ending.upper()}") == DOCUMENT_TYPES[ending]


@pytest.mark.parametrize("name", ["", "a", "pdf", "a.", "a.exe", "a.pdf.gz", "folder.pdf/a", "a.pdf "])
def test_media_type_of_other_names_is_empty(name: str) -> None:
    assert media_type_of(name) == ""


class ScriptedPool(WorkerPool):
    """A pool whose calls end as a list says; it keeps the calls."""

    def __init__(self, *ends: Any) -> None:
        super().__init__()
        self.ends = list(ends)
        self.asked: list[tuple[dict[str, Any], dict[str, Any]]] = []

    async def call(self, function: str, arguments: dict[str, Any], **limits: Any) -> Any:
        self.asked.append((arguments, limits))
        end = self.ends.pop(0)
        if isinstance(end, WorkerError):
            raise end
        return end


async def read(*ends: Any) -> tuple[Any, ScriptedPool]:
    pool = ScriptedPool(*ends)
    return await read_with_fallback(pool, "f:g", {"x": 1}, 10.0, (5,)), pool


async def test_read_with_fallback_takes_the_first_reader_that_ends_well() -> None:
    found, pool = await read("text")
    assert found == "text"
    [(arguments, limits)] = pool.asked
    assert arguments == {"x": 1}
    assert (limits["cpu"], limits["timeout"], limits["files"]) == (10.0, 60.0, (5,))


@pytest.mark.parametrize("kind", ["timeout", "crash", "memory"])
async def test_read_with_fallback_asks_the_second_reader_after_a_crash(kind: WorkerProblem) -> None:
    found, pool = await read(WorkerError(kind, "no"), "text")
    assert found == "text"
    assert [arguments for arguments, _ in pool.asked] == [{"x": 1}, {"x": 1, "second": True}]


@pytest.mark.parametrize("kind", ["failed", "too-large"])
async def test_read_with_fallback_of_a_refusal_asks_nobody_else(kind: WorkerProblem) -> None:
    with pytest.raises(UnreadableError, match="it is encrypted"):
        await read(WorkerError(kind, "it is encrypted"))


async def test_read_with_fallback_that_no_reader_can_bear_says_so() -> None:
    with pytest.raises(UnreadableError, match="no reader could bear it: too slow"):
        await read(WorkerError("timeout", "slow"), WorkerError("timeout", "too slow"))


async def test_extract_reads_bytes_in_a_worker() -> None:
    pool = WorkerPool(most=1)
    try:
        found = await extract(pool, b"# Outlook\n\nSales grow.", "text/markdown")
        assert (found.title, [part.text for part in found.parts]) == ("Outlook", ["Sales grow."])
        with pytest.raises(UnreadableError):
            await extract(pool, b"", "application/pdf")
    finally:
        await pool.close()

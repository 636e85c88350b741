"""The memo: what is checked, and what comes back."""

import pytest

from kimi_tui.cells import encode_cells
from kimi_tui.sources import Part
from kimi_tui.tools.base import Observation, ToolContext, ToolError
from kimi_tui.tools.submit_memo import SubmitMemo
from kimi_tui.tools.submit_memo import SubmitMemoParameters as Memo
from tests.evidence.kit import grid
from tests.tools.kit import tool_context


def keep(context: ToolContext) -> None:
    parts = (Part("p.1", "Cover."), Part("p.2", "Revenue was 412 million euros in 2025."))
    context.sources.add(
        kind="document", title="Report", address="report.pdf", media_type="application/pdf", data=b"x", parts=parts
    )


async def submit(memo: str, *, final: bool = False) -> Observation:
    async with tool_context() as context:
        keep(context)
        return await SubmitMemo().run(Memo("Revenue", memo, final), context)


async def refusal(memo: str) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await submit(memo)
    return caught.value


async def test_a_memo_whose_citations_hold_is_accepted() -> None:
    observation = await submit('"Revenue was 412 million euros" [S1 p.2].')
    assert observation.text == "Memo accepted: 1 of 1 supported (1 statement: 1 by quotes)."
    assert [ref.id for ref in observation.sources] == ["S1"]
    assert observation.artifact is not None
    assert observation.artifact["kind"] == "memo"
    assert observation.artifact["title"] == "Revenue"
    assert observation.artifact["citations"][0]["finding"] == "supported"


@pytest.mark.parametrize(
    ("memo", "words"),
    [
        ('"Revenue was 500 million euros" [S1 p.2].', "[S1 p.2]"),
        ("Revenue was 412 million euros [S9 p.2].", "no source S9"),
        ("Revenue was 412 million euros [S1 p.7].", "S1 has no p.7"),
        ("Revenue was 412 million euros in 2025.", "cites no source at all"),
        ("Hello.", "cites no source at all"),
    ],
)
async def test_a_memo_with_a_problem_comes_back_with_what_to_do(memo: str, words: str) -> None:
    error = await refusal(memo)
    assert error.status == "error"
    assert words in str(error)
    assert "final=true" in str(error)


async def test_every_problem_is_listed_up_to_a_number() -> None:
    error = await refusal("\n\n".join(f"It was {n}07.5 euros [S1 p.2]." for n in range(2, 32)))
    assert "not accepted: 30 problems." in str(error)
    assert str(error).count("\n- ") == 21
    assert "and 10 more" in str(error)


async def test_a_final_memo_is_accepted_with_its_problems_marked() -> None:
    observation = await submit(
        "Revenue was 500 million euros [S1 p.2]. Revenue was 412 million euros [S1 p.2].", final=True
    )
    assert observation.text == (
        "Memo accepted: 1 of 2 supported (2 statements: 1 by the same words, 1 not found). 1 problem is marked in it."
    )
    assert observation.artifact is not None
    assert [citation["finding"] for citation in observation.artifact["citations"]] == ["not found", "supported"]


LONG = (
    "Net income of the segments, joint ventures and other holdings, accounted for by the equity method, before taxes "
    "and items of other years"
)
WRONG = {
    '{0} was $5,700 million in 2025 [S1 p.2 "{0}" 2025].': "for 2025 it is 3,219 (",
    '{0} was $51,362 million in 2025 [S1 p.2 "{0}" 2025].': "3,219 (",
    '{0} was $3,219 billion in 2025 [S1 p.2 "{0}" 2025].': "has another scale there: 3,219 (",
    '{0} was $3,219 million in 2021 [S1 p.2 "{0}" 2021].': "it has 3,219 (",
    '{0} was $3,219 million in 2025 [S1 p.2 "Old {0}" 2025].': "the nearest rows are \u201cNet income",
}


@pytest.mark.parametrize("label", ["Net income", LONG])
async def test_refused_memo_names_the_cell_that_is_right_whatever_the_length_of_labels(label: str) -> None:
    rows = (("Revenues", "46,309", "51,362"), (label, "3,219", "5,700"))
    async with tool_context() as context:
        context.sources.add(
            kind="document", title="Acme", address="acme.html", media_type="text/html", data=b"x",
            parts=(Part("p.2", "Income"),), cells=encode_cells(grid("p.2", rows)),
        )  # fmt: skip
        with pytest.raises(ToolError) as caught:
            await SubmitMemo().run(Memo("Income", "\n\n".join(WRONG).format(label)), context)
    lines = [line for line in str(caught.value).split("\n") if line.startswith("- ")]
    assert len(lines) == len(WRONG)
    for line, words in zip(lines, WRONG.values(), strict=True):
        assert words in line
        assert len(line) <= 802

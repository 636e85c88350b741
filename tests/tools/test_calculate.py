"""The sandboxed calculation: what it gives, and that nothing gets out of it or grows without end."""

import pytest

from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.tools.base import ToolError
from kimi_tui.tools.calculation.calculate import Calculate
from kimi_tui.tools.calculation.sandbox import FUNCTIONS
from tests.tools.calculations import run
from tests.tools.kit import source_of


async def problem(code: str) -> str:
    with pytest.raises(ToolError) as caught:
        await run(code)
    return str(caught.value)


async def test_a_result_is_a_source_that_a_memo_can_cite() -> None:
    _, context = await run("(460.0 - 400.0) / 400.0 * 100")
    source = source_of(context, "S1")
    assert (source.ref.kind, [part.label for part in source.parts]) == ("calculation", ["result"])
    assert source.ref.title == "", "its address says it all"
    assert source.parts[0].text == "(460.0 - 400.0) / 400.0 * 100 = 15.0"
    memo = check_memo("Growth", "Revenue grew by 15 % [S1].", context.sources)
    assert [(cite.finding, cite.by) for cite in memo.citations] == [("not found", "calculation")]
    assert "which no cited place states" in memo.citations[0].detail


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("x = 1\ny = x / 0", "ZeroDivisionError: division by zero in line 2: y = x / 0"),
        ("if", "in line 1: if"),
        ("undefined + 1", "NameError"),
        ("import statistics", "There are math, decimal"),
        ("x = 5", "gave no result"),
        ("mean([])", "ValueError: the list of values is empty in line 1: mean([])"),
        ("cagr(-1, 2, 3)", "two positive values"),
        ("irr([1, 2])", "at least one negative"),
    ],
)
async def test_an_error_names_its_line_and_what_to_do(code: str, words: str) -> None:
    assert words in await problem(code)


def test_the_description_names_every_function_that_is_there() -> None:
    assert all(name in Calculate.description for name in FUNCTIONS)

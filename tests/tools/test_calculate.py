"""The sandboxed calculation: what it gives, and that nothing gets out of it or grows without end."""

import math
from pathlib import Path

import pytest

from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.quantities.numbers import format_figure
from kimi_tui.tools.base import Observation, ToolContext, ToolError
from kimi_tui.tools.calculation import functions as _finance
from kimi_tui.tools.calculation.calculate import Calculate, CalculateParameters, interpreter_access, sandbox_path
from kimi_tui.tools.calculation.sandbox import FUNCTIONS
from kimi_tui.tools.workers.pool import WorkerError
from tests.tools.kit import fingerprint, source_of, tool_context


async def run(code: str) -> tuple[Observation, ToolContext]:
    async with tool_context() as context:
        return await Calculate().run(CalculateParameters(code), context), context


async def problem(code: str) -> str:
    with pytest.raises(ToolError) as caught:
        await run(code)
    return str(caught.value)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("1 + 1", "[S1] 2"),
        ("0.1 + 0.2", "[S1] 0.3"),
        ("total = 1200.5 + 300\ntotal / 2", "[S1] 750.25"),
        ("print('sum', 3)\nprint(4)\n5", "sum 3\n4\n[S1] 5"),
        ("print('only printed')", "only printed\n[S1] (printed above)"),
        ("round(npv(0.1, [-100, 60, 60]), 4)", "[S1] 4.1322"),
        ("f'{1234567.891:,.2f}'", "[S1] 1,234,567.89"),
        ("from decimal import Decimal\nDecimal('1.10') + 1", "[S1] 2.10"),
        ("{'a': [1, 2.5]}", "[S1] {'a': [1, 2.5]}"),
        ("import math\nmath.inf", "[S1] inf"),
    ],
)
async def test_the_last_expression_is_the_result(code: str, text: str) -> None:
    assert (await run(code))[0].text == text


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


ESCAPES = [
    "open('/etc/passwd').read()",
    "open('{folder}/out.txt', 'w').write('x')",
    "from pathlib import Path\nPath('/etc/passwd').read_text()",
    "from pathlib import Path\nlist(Path('/').iterdir())",
    "from pathlib import Path\nPath('{folder}/out.txt').write_text('x')",
    "import os\nos.environ",
    "import os\nos.getenv('PATH') or 1 / 0",
    "import os\nos.listdir('/')",
    "import os\nos.system('id')",
    "import os\nos.remove('{folder}/secret.txt')",
    "import subprocess",
    "import socket",
    "import urllib.request",
    "import http.client",
    "import ctypes",
    "import importlib",
    "import sys\nsys.exit(3)",
    "import sys\nsys.modules['os']",
    "import shutil",
    "import pickle",
    "__import__('os').system('id')",
    "().__class__.__base__.__subclasses__()",
    "(lambda: 0).__globals__",
    "npv.__globals__",
    "npv.__code__",
    "[].__class__.__mro__",
    "''.__class__",
    "type('X', (), {})().__class__.__base__",
    "getattr(1, '__class__')",
    "globals()['__builtins__']",
    "eval('open(\"/etc/passwd\").read()')",
    "exec('import socket')",
    "compile('1', '', 'eval').co_consts",
    "input()",
    "breakpoint()",
    "raise SystemExit(0)",
    "raise KeyboardInterrupt",
    "exit()",
    "'{0.__class__}'.format(1)",
    "import asyncio\nasyncio.open_connection('127.0.0.1', 80)",
]


async def test_calculate_sandbox_has_no_access(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.txt").write_text("the canary")
    monkeypatch.setenv("SECRET_CANARY", "the canary")
    before = fingerprint(tmp_path)
    escaped, errors = [], []
    async with tool_context() as context:
        for escape in ESCAPES:
            code = escape.replace("{folder}", str(tmp_path))
            try:
                escaped.append((escape, (await Calculate().run(CalculateParameters(code), context)).text))
            except ToolError as error:
                errors.append(str(error))
    assert escaped == []
    assert len(errors) == len(ESCAPES)
    assert not any("canary" in error or "root:" in error for error in errors)
    assert fingerprint(tmp_path) == before


@pytest.mark.parametrize(
    "bomb",
    [
        "9 ** 9 ** 9",
        "'x' * 10 ** 10",
        "[0] * 10 ** 10",
        "[[i] for i in range(10 ** 9)]",
        "x = []\nfor i in range(10 ** 9): x = [x, x]",
        "d = {}\nfor i in range(10 ** 9): d[i] = 'x' * 1000",
        "'%0999999999d' % 1",
        "def f(n): return f(n + 1)\nf(0)",
        "f'{1:>999999999}'",
        "bytes(10 ** 10)",
        "(" * 100_00 + ")" * 100_00,
        "-" * 19_999 + "1",
        "class A:\n  def __repr__(self): return repr(self)\nrepr(A())",
        "x = []\nx.append(x)\nx * 10 ** 9",
    ],
    ids=lambda code: code[:40],
)
async def test_a_bomb_of_memory_or_depth_is_an_error(bomb: str) -> None:
    async with tool_context() as context:
        with pytest.raises(ToolError):
            await Calculate().run(CalculateParameters(bomb), context)
        assert (await Calculate().run(CalculateParameters("1 + 1"), context)).text == "[S1] 2"


async def test_a_program_without_an_end_is_ended() -> None:
    async with tool_context() as context:
        request = {
            "code": "while True: print('x' * 1000)",
            "seconds": 0.3,
            "memory": 64 << 20,
            "binary": sandbox_path(),
        }
        with pytest.raises(WorkerError, match="time limit"):
            await context.workers.call(
                "kimi_tui.tools.calculation.sandbox:calculate", request, timeout=60, access=interpreter_access()
            )


async def test_sleeping_takes_no_time() -> None:
    assert (await run("import time\ntime.sleep(3600)\n'awake'"))[0].text == "[S1] awake"


async def test_long_results_and_long_output_are_cut() -> None:
    observation, context = await run("print('y' * 3_000_000)\n'x' * 1_000_000")
    assert len(observation.text) < 13_000
    assert "cut: 3,000,001 characters were printed" in observation.text
    assert "cut: 1,000,000 characters" in observation.text
    assert source_of(context, "S1").ref.characters < 13_000


async def test_the_same_program_gives_the_same_result_again() -> None:
    code = "import random\n[random.random() for _ in range(3)]"
    assert (await run(code))[0].text == (await run(code))[0].text


async def test_one_calculation_leaves_nothing_for_the_next() -> None:
    async with tool_context() as context:
        await Calculate().run(CalculateParameters("npv = 5\nleft = 7\nleft"), context)
        with pytest.raises(ToolError, match="NameError"):
            await Calculate().run(CalculateParameters("left"), context)
        assert (await Calculate().run(CalculateParameters("npv(0, [1, 2])"), context)).text == "[S2] 3.0"


def test_the_finance_functions_agree_with_known_values() -> None:
    assert _finance.npv(0.08, [-1000, 300, 400, 500]) == pytest.approx(17.6295, abs=1e-3)
    assert _finance.irr([-1000, 300, 400, 500]) == pytest.approx(0.0889634, abs=1e-6)
    assert _finance.irr([-100, 10]) == pytest.approx(-0.9)
    assert _finance.irr([-1, 500]) == pytest.approx(499)
    assert _finance.npv(_finance.irr([100, -60, -60]), [100, -60, -60]) == pytest.approx(0, abs=1e-6)
    assert _finance.cagr(100, 200, 10) == pytest.approx(0.0717735)
    assert _finance.pct_change(-50, -40) == pytest.approx(0.2)
    assert _finance.pmt(0.05 / 12, 360, 200_000) == pytest.approx(1073.64, abs=0.01)
    assert _finance.pmt(0, 10, 100) == 10
    assert _finance.mean([1, 2, 4]) == pytest.approx(7 / 3)
    assert _finance.weighted_mean([1, 3], [3, 1]) == 1.5
    assert _finance.median([3, 1, 2]) == 2
    assert _finance.median([4, 1, 3, 2]) == 2.5
    assert _finance.quantile([1, 2, 3, 4, 5], 0.9) == pytest.approx(4.6)
    assert _finance.variance([2, 4, 4, 4, 5, 5, 7, 9]) == pytest.approx(32 / 7)
    assert _finance.stdev([1, 2, 3]) == 1
    assert _finance.correlation([1, 2, 3], [2, 4, 6]) == pytest.approx(1)


def test_the_description_names_every_function_that_is_there() -> None:
    assert all(name in Calculate.description for name in FUNCTIONS)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (2.0, "2.0"),
        (-1234567.25, "-1234567.25"),
        (1e22, "1e+22"),
        (1e-7, "1e-07"),
        (math.nan, "nan"),
    ],
)
def test_a_figure_shows_the_digits_that_carry_meaning(value: float, text: str) -> None:
    assert format_figure(value) == text

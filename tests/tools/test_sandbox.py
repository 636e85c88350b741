"""The sandbox of calculations: what runs in it, what it cannot reach, and how it ends."""

from pathlib import Path

import pytest

from kimi_tui.tools.base import ToolError
from kimi_tui.tools.calculation.calculate import Calculate, CalculateParameters, interpreter_access, sandbox_path
from kimi_tui.tools.workers.pool import WorkerError
from tests.tools.calculations import run
from tests.tools.kit import fingerprint, source_of, tool_context


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

"""The plugin fails exactly the test that leaves an exception, a task or a coroutine behind."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCOPE = ("-o", "asyncio_default_fixture_loop_scope=function")
START = """
import asyncio
kept = []
async def boom(): raise ValueError("boom")
async def cleanup():
    try:
        await asyncio.Event().wait()
    finally:
        raise ValueError("boom")
"""
LEAKS = {
    "task": "    asyncio.create_task(boom())\n    await asyncio.sleep(0)",
    "kept_task": "    kept.append(asyncio.create_task(boom()))\n    await asyncio.sleep(0)",
    "future": "    asyncio.get_running_loop().create_future().set_exception(ValueError('boom'))",
    "kept_future": "    kept.append(asyncio.get_running_loop().create_future())\n"
    "    kept[-1].set_exception(ValueError('boom'))",
    "coroutine": "    boom()",
    "coroutine_in_a_cycle": "    cycle = [boom()]\n    cycle.append(cycle)",
    "cleanup": "    task = asyncio.create_task(cleanup())\n    await asyncio.sleep(0)\n    task.cancel()",
}
SOUND = """
async def test_sound_{name}():
    task = asyncio.create_task(boom())
    try:
        await task
    except ValueError:
        pass
"""


def outcomes(folder: Path, program: str) -> dict[str, str]:
    """Return the outcome of each test of a program under the plugin."""
    (folder / "test_it.py").write_text(program)
    options = ("-q", "-rA", "-p", "tests.forgotten", "-p", "no:cacheprovider", "--rootdir", str(folder))
    command = (sys.executable, "-m", "pytest", *options, "-o", "asyncio_mode=auto", *SCOPE, "-W", "error", str(folder))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith(("PASSED", "FAILED", "ERROR"))]
    found: dict[str, str] = {}
    for word, name, *_ in lines:
        short = name.partition("::")[2]
        found[short] = word if found.get(short, "PASSED") == "PASSED" else found[short]
    assert found, done.stdout + done.stderr
    return found


def test_forgotten_of_each_kind_fails_the_test_that_left_it(tmp_path: Path) -> None:
    tests = [f"async def test_leak_{name}():\n{body}\n{SOUND.format(name=name)}" for name, body in LEAKS.items()]
    found = outcomes(tmp_path, START + "\n".join(tests))
    assert {name: found[f"test_leak_{name}"] in ("FAILED", "ERROR") for name in LEAKS} == dict.fromkeys(LEAKS, True)
    assert {name: found[f"test_sound_{name}"] for name in LEAKS} == dict.fromkeys(LEAKS, "PASSED")

"""What importing a module brings in, seen from a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAM = "import importlib, sys; importlib.import_module(sys.argv[1]); print(*sorted(sys.modules), sep='\\n')"

DRAWING = {"textual", "rich"}
HEAVY = {"ddgs", "html_to_markdown", "litellm", "openai", "pydantic_monty", "pypdf", "pypdfium2", "trafilatura"}
"""What no module brings in before it is needed."""
ENGINE = {"aiohttp", "httpx", "sqlite3"} | {
    f"kimi_tui.{part}" for part in ("embedded", "engine", "export", "journal", "policy", "providers", "tools")
}
"""What a front end does without."""


def module_names() -> list[str]:
    """Every module of the product."""
    paths = [path.relative_to(ROOT).with_suffix("") for path in ROOT.glob("kimi_tui/**/*.py")]
    names = [".".join(path.parts).removesuffix(".__init__") for path in paths]
    return sorted(name for name in names if not name.endswith("__main__"))


def is_screen(name: str) -> bool:
    """Whether a module belongs to the screen."""
    return f"{name}.".startswith("kimi_tui.tui.")


MODULES = module_names()
FRONT_ENDS = [name for name in MODULES if is_screen(name) or name == "kimi_tui.headless"]


def brought_in(name: str) -> set[str]:
    """The names in `sys.modules` after a fresh interpreter has imported one module."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM, name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    names = set(done.stdout.split())
    # httpx brings rich in for a command line of its own, whoever imports it.
    return names - {"rich"} if "httpx" in names else names


@pytest.mark.parametrize("name", [name for name in MODULES if not is_screen(name)])
def test_a_headless_module_draws_nothing_and_loads_nothing_heavy(name: str) -> None:
    assert brought_in(name) & (DRAWING | HEAVY) == set()


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_a_front_end_knows_nothing_of_what_is_behind_the_session(name: str) -> None:
    assert brought_in(name) & (HEAVY | ENGINE) == set()


def test_the_process_of_the_app_brings_in_nothing_that_works() -> None:
    working = {"aiohttp", "httpx"} | {
        f"kimi_tui.{part}" for part in ("embedded", "engine", "policy", "providers", "tools", "runner.host")
    }
    assert brought_in("kimi_tui.verbs_app") & (DRAWING | HEAVY | working) == set()


def test_parsing_a_command_line_brings_in_no_verb() -> None:
    assert brought_in("kimi_tui.cli") & (DRAWING | HEAVY | ENGINE | {"asyncio", "kimi_tui.verbs"}) == set()

"""Importing a module, seen from a process of its own: what it brings in."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAM = """
import importlib, json, os, sys, traceback

for name in sys.argv[1:]:
    importlib.import_module(name)
for line in sys.stdin:
    if os.fork() == 0:
        fault = ""
        try:
            importlib.import_module(line.strip())
        except BaseException:
            fault = traceback.format_exc()
        print(json.dumps([fault, *sys.modules]), flush=True)
        os._exit(0)
    os.wait()
"""
"""Imports each module that it is told in a process that nothing else of ours was imported into: a fork of one that
holds what the arguments name, because many modules need that and it takes time."""

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
    """Return whether a module belongs to the screen."""
    return f"{name}.".startswith("kimi_tui.tui.")


MODULES = module_names()
FRONT_ENDS = [name for name in MODULES if is_screen(name) or name == "kimi_tui.headless"]


class Imports:
    """Tells what the import of a module brings in, beside what was there before."""

    def __init__(self, *before: str) -> None:
        command = [sys.executable, "-W", "error", "-c", PROGRAM, *before]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def of(self, name: str) -> set[str]:
        """The names in `sys.modules` after the import of one module."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{name}\n")
        self.process.stdin.flush()
        fault, *names = json.loads(self.process.stdout.readline())
        assert not fault, fault
        # httpx brings rich in for a command line of its own, whoever imports it.
        return set(names) - {"rich"} if "httpx" in names else set(names)


@pytest.fixture(scope="module")
def bare() -> Iterator[Imports]:
    """Imports on top of what every module may bring in."""
    imports = Imports("asyncio", "msgspec")
    with imports.process:
        yield imports


@pytest.fixture(scope="module")
def drawing() -> Iterator[Imports]:
    """Imports on top of what the screen may bring in."""
    imports = Imports("asyncio", "msgspec", "textual.app", "textual.widgets")
    with imports.process:
        yield imports


@pytest.mark.parametrize("name", [name for name in MODULES if not is_screen(name)])
def test_a_headless_module_draws_nothing_and_loads_nothing_heavy(bare: Imports, name: str) -> None:
    assert bare.of(name) & (DRAWING | HEAVY) == set()


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_a_front_end_knows_nothing_of_what_is_behind_the_session(drawing: Imports, name: str) -> None:
    assert drawing.of(name) & (HEAVY | ENGINE) == set()


def test_the_process_of_the_app_brings_in_nothing_that_works(bare: Imports) -> None:
    working = {"aiohttp", "httpx"} | {
        f"kimi_tui.{part}" for part in ("embedded", "engine", "policy", "providers", "tools", "runner.host")
    }
    assert bare.of("kimi_tui.cli.app") & (DRAWING | HEAVY | working) == set()


def test_parsing_a_command_line_brings_in_no_verb() -> None:
    imports = Imports()
    with imports.process:
        assert (
            imports.of("kimi_tui.cli.parser") & (DRAWING | HEAVY | ENGINE | {"asyncio", "kimi_tui.cli.inspect"})
            == set()
        )

"""Measure the code of a package: sizes, silenced checks, names, documentation, types and tests.

`python -m tools.measure_code` prints one line for each measure, with its reach; `--json` prints them as one object,
`--list` the places behind the counts. The same program measures any package: `--package PATH --tests PATH`.
"""

import argparse
import ast
import json
import math
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tools.bounds import SILENCERS, check_cycles

LONG_FUNCTION_LINES = 100
MAX_COMPLEXITY = 15
SMALL_MODULE_LINES = 40
BROAD = ("Exception", "BaseException")


class Measure(NamedTuple):
    """One figure of a package."""

    name: str
    value: float
    reach: float
    """The figure to come to, from above or from below."""
    places: tuple[str, ...] = ()
    """The places that are counted, where it is a count."""
    at_least: bool = False
    """True when a higher figure is better."""

    @property
    def is_reached(self) -> bool:
        """Return whether the figure is as good as its reach."""
        return self.value >= self.reach if self.at_least else self.value <= self.reach


def measure(package: Path, tests: Path) -> list[Measure]:
    """Return every measure of a package and its tests."""
    texts = {path: path.read_text("utf-8") for path in sorted(package.rglob("*.py"))}
    trees = {path: ast.parse(text) for path, text in texts.items()}
    lengths = {path: text.count("\n") for path, text in texts.items()}
    functions = sorted((lines, f"{path}:{node.lineno}") for path, node, lines in _functions(trees))
    long = tuple(place for lines, place in functions if lines > LONG_FUNCTION_LINES)
    p95 = functions[max(math.ceil(0.95 * len(functions)) - 1, 0)][0] if functions else 0
    small = tuple(str(path) for path, lines in lengths.items() if lines < SMALL_MODULE_LINES and _has_body(trees[path]))
    complex_functions = _complex_functions(package)
    silenced = tuple(str(path) for path, text in texts.items() if any(map(SILENCERS.search, _comments(text))))
    broad = tuple(_broad_excepts(trees, texts))
    shared = tuple(_shared_names(trees))
    documented, typed = _documented(trees), _typed(trees)
    tested_lines = sum(path.read_text("utf-8").count("\n") for path in tests.rglob("*.py"))
    untested = tuple(_untested(trees, package, tests))
    cycles = tuple(finding.problem for finding in check_cycles(trees))
    return [
        Measure("lines of the longest file", max(lengths.values(), default=0), 400),
        Measure("95 % of functions have at most so many lines", p95, 20),
        Measure(f"functions over {LONG_FUNCTION_LINES} lines", len(long), 0, long),
        Measure(f"functions of a complexity over {MAX_COMPLEXITY}", len(complex_functions), 0, complex_functions),
        Measure("cycles of imports", len(cycles), 0, cycles),
        Measure("comments that silence a check", len(silenced), 0, silenced),
        Measure("broad excepts that keep the error", len(broad), 4, broad),
        Measure("public class names in more than one module", len(shared), 0, shared),
        Measure(f"modules under {SMALL_MODULE_LINES} lines", len(small), 15, small),
        Measure("methods of a class with its bases of the package", *_methods(trees)),
        Measure("% of public definitions with a docstring", _percent(documented), 99, at_least=True),
        Measure("% of arguments and results with a type", _percent(typed), 100, at_least=True),
        Measure("lines of tests per line", round(tested_lines / max(sum(lengths.values()), 1), 2), 0.9, at_least=True),
        Measure("modules with behaviour without a test module of their name", len(untested), 0, untested),
    ]


def _functions(trees: dict[Path, ast.Module]) -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef, int]]:
    """Every function with its number of lines."""
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node, (node.end_lineno or node.lineno) - node.lineno + 1


def _has_body(tree: ast.Module) -> bool:
    """Return whether a module defines anything; one that only holds a docstring or imports is no small module."""
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in tree.body)


def _has_behaviour(tree: ast.Module) -> bool:
    """Return whether a module has a function that does anything; those of a Protocol only declare."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return any(not all(map(_only_declares, function.body)) for function in functions)


def _only_declares(statement: ast.stmt) -> bool:
    """Return whether a statement is a docstring, `...` or `pass`."""
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _complex_functions(package: Path) -> tuple[str, ...]:
    """Functions over the bound, as ruff measures complexity."""
    chosen = ("--select", "C901", "--config", f"lint.mccabe.max-complexity={MAX_COMPLEXITY}")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", *chosen, "--output-format", "concise", str(package)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode not in (0, 1):
        raise SystemExit(f"ruff could not measure {package}: {ended.stderr.strip()}")
    return tuple(line for line in ended.stdout.splitlines() if " C901 " in line)


def _comments(text: str) -> Iterator[str]:
    yield from re.findall(r"#.*", text)


def _broad_excepts(trees: dict[Path, ast.Module], texts: dict[Path, str]) -> Iterator[str]:
    """Handlers of any error that do not raise it again at their end; with their first line."""
    for path, tree in trees.items():
        lines = texts[path].splitlines()
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.ExceptHandler)
                and _is_broad(node.type)
                and not isinstance(node.body[-1], ast.Raise)
            ):
                yield f"{path}:{node.lineno} {lines[node.lineno - 1].strip()}"


def _is_broad(kind: ast.expr | None) -> bool:
    parts = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(part is None or (isinstance(part, ast.Name) and part.id in BROAD) for part in parts)


def _shared_names(trees: dict[Path, ast.Module]) -> Iterator[str]:
    """Public classes whose names another module gives too."""
    places: dict[str, set[str]] = defaultdict(set)
    for path, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].add(str(path))
    yield from (f"{name}: {', '.join(sorted(found))}" for name, found in places.items() if len(found) > 1)


def _methods(trees: dict[Path, ast.Module]) -> tuple[int, int, tuple[str, ...]]:
    """The most methods of a class with all its bases in the package, the reach, and the class."""
    classes = {node.name: node for tree in trees.values() for node in tree.body if isinstance(node, ast.ClassDef)}

    def names(owner: ast.ClassDef, seen: frozenset[str] = frozenset()) -> set[str]:
        own = {part.name for part in owner.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)}
        bases = {base.id for base in owner.bases if isinstance(base, ast.Name)} & set(classes) - seen - {owner.name}
        return own.union(*(names(classes[base], seen | {owner.name}) for base in bases))

    counts = sorted(((len(names(node)), name) for name, node in classes.items()), reverse=True)
    return (counts[0][0] if counts else 0), 40, tuple(f"{name}: {count}" for count, name in counts[:5])


def _documented(trees: dict[Path, ast.Module]) -> list[bool]:
    """For each module and public definition, whether it has a docstring."""
    return [
        ast.get_docstring(node) is not None
        for tree in trees.values()
        for node in [tree, *_public_definitions(tree.body)]
        if not isinstance(node, ast.Module) or node.body
    ]


def _public_definitions(
    body: Sequence[ast.stmt],
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public_definitions(node.body)


def _typed(trees: dict[Path, ast.Module]) -> list[bool]:
    """For each argument but `self` and each result, whether it has a type."""
    found: list[bool] = []
    for _, node, _ in _functions(trees):
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        named = [one for one in arguments if one.arg not in ("self", "cls")]
        found += [one.annotation is not None for one in named]
        found.append(node.returns is not None)
    return found


def _untested(trees: dict[Path, ast.Module], package: Path, tests: Path) -> Iterator[str]:
    """Modules with behaviour for which no test module of their name exists in the folder of their subpackage.

    `product/desk/files.py` is tested by `tests/desk/test_files.py`, or by one of this name in a folder below
    `tests/desk`; a module of the package itself by one in `tests` itself.
    """
    known = {_place(path.relative_to(tests), path.stem.removeprefix("test_")) for path in tests.rglob("test_*.py")}
    for path, tree in trees.items():
        tested = _place(path.relative_to(package), path.stem) in known
        if not path.stem.startswith("__") and _has_behaviour(tree) and not tested:
            yield str(path)


def _place(path: Path, name: str) -> tuple[str, str]:
    """Return the first folder of a path, empty for none, and a name."""
    return (path.parts[0] if len(path.parts) > 1 else ""), name


def _percent(found: list[bool]) -> float:
    return round(100 * sum(found) / len(found), 1) if found else 100.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the measures; returns 0 whatever they are."""
    parser = argparse.ArgumentParser(description="Measure the code of a package.")
    parser.add_argument("--package", type=Path, default=Path("kimi_tui"))
    parser.add_argument("--tests", type=Path, default=Path("tests"))
    parser.add_argument("--json", action="store_true", help="one object")
    parser.add_argument("--list", action="store_true", help="the places behind the counts, too")
    options = parser.parse_args(arguments)
    found = measure(options.package, options.tests)
    if options.json:
        print(json.dumps({one.name: one.value for one in found}, indent=2))
        return 0
    for one in found:
        reach = f"{'at least' if one.at_least else 'at most'} {one.reach:g}"
        print(f"{one.value:>8g}  {one.name} ({reach}{'' if one.is_reached else ', not reached'})")
        if options.list:
            print(*(f"          {place}" for place in one.places), sep="\n" if one.places else "")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Check the size bounds of the code, and that no comment silences a check.

Looks at the source text alone and imports none of it. Complexity is ruff's to measure; that nobody silences it is
measured here. Tests are held to the length of a file and to the rule against silencing;
the rest of their shape is free.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
MAX_CLASS_METHODS = 40

PRODUCT = "kimi_tui"
FOLDERS = (PRODUCT, "tools", "tests")

SILENCERS = re.compile(r"\b(noqa|type:\s*ignore|pragma:\s*no\s*cover|mypy:|ruff:|isort:)")
"""Comments that tell a check to look away."""

ALLOWED: dict[tuple[str, str], str] = {}
"""`(path, silencer)` to the reason why nothing else would do; every entry has to be argued for."""


class BoundsFinding(NamedTuple):
    """One place that breaks a bound."""

    path: Path
    line: int
    """Counted from 1."""
    problem: str
    """What is wrong, with the figure and the bound."""


def check_length(path: Path, text: str) -> Iterator[BoundsFinding]:
    """Find files that are too long."""
    lines = text.count("\n")
    if lines > MAX_FILE_LINES:
        yield BoundsFinding(path, 1, f"the file has {lines} lines; {MAX_FILE_LINES} are allowed")


def check_silencers(path: Path, text: str, allowed: dict[tuple[str, str], str]) -> Iterator[BoundsFinding]:
    """Comments that silence a check, those in `allowed` apart."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        found = SILENCERS.search(token.string) if token.type == tokenize.COMMENT else None
        if found and (path.as_posix(), found.group(1)) not in allowed:
            yield BoundsFinding(path, token.start[0], f"`{found.group(1)}` silences a check; fix what it found")


def check_shapes(path: Path, tree: ast.Module) -> Iterator[BoundsFinding]:
    """Functions that are too long and classes with too many methods, nested ones included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                yield BoundsFinding(
                    path, node.lineno, f"{node.name} has {lines} lines; {MAX_FUNCTION_LINES} are allowed"
                )
        elif isinstance(node, ast.ClassDef):
            methods = sum(isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) for part in node.body)
            if methods > MAX_CLASS_METHODS:
                yield BoundsFinding(
                    path, node.lineno, f"{node.name} has {methods} methods; {MAX_CLASS_METHODS} are allowed"
                )


def fields(owner: ast.ClassDef) -> Iterator[tuple[str, int, bool]]:
    """The public annotated fields of a class: name, line, and whether a docstring follows."""
    for part, following in zip(owner.body, [*owner.body[1:], None], strict=True):
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            name = part.target.id
            explained = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            if not name.startswith("_") and "ClassVar" not in ast.unparse(part.annotation):
                yield name, part.lineno, explained


def check_fields(trees: dict[Path, ast.Module]) -> Iterator[BoundsFinding]:
    """Public fields that no docstring explains.

    A name means the same everywhere, so one docstring after a field of that name is enough; or the docstring of the
    class or of the module names the field.
    """
    explained: set[str] = set()
    bare: list[tuple[Path, int, str]] = []
    for path, tree in trees.items():
        for owner in ast.walk(tree):
            if isinstance(owner, ast.ClassDef) and not owner.name.startswith("_"):
                named = set(re.findall(r"\w+", f"{ast.get_docstring(owner)} {ast.get_docstring(tree)}"))
                for name, line, has_docstring in fields(owner):
                    if has_docstring:
                        explained.add(name)
                    elif name not in named:
                        bare.append((path, line, name))
    for path, line, name in bare:
        if name not in explained:
            yield BoundsFinding(path, line, f"no docstring explains the field `{name}`")


def module_name(path: Path) -> str:
    """The dotted name of the module in a file whose path begins at the project's folder."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(tree: ast.Module, modules: set[str]) -> set[str]:
    """Those of `modules` that the source imports anywhere, inside functions too."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= members & modules or {node.module}
    return found & modules


def check_cycles(trees: dict[Path, ast.Module]) -> Iterator[BoundsFinding]:
    """The first cycle of imports among these files, if there is one."""
    paths = {module_name(path): path for path in trees}
    graph = {name: imported_modules(trees[path], set(paths)) - {name} for name, path in paths.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        yield BoundsFinding(paths[cycle[0]], 1, f"an import cycle: {' <- '.join(cycle)}")


def check(root: Path, allowed: dict[tuple[str, str], str] = ALLOWED) -> list[BoundsFinding]:
    """Every broken bound of the project in `root`, in the order of the files."""
    found: list[BoundsFinding] = []
    product: dict[Path, ast.Module] = {}
    for file in sorted(file for folder in FOLDERS for file in (root / folder).rglob("*.py")):
        path = file.relative_to(root)
        text = file.read_text(encoding="utf-8")
        found += [*check_length(path, text), *check_silencers(path, text, allowed)]
        if path.parts[0] == "tests":
            continue
        tree = ast.parse(text, str(path))
        found += check_shapes(path, tree)
        if path.parts[0] == PRODUCT:
            product[path] = tree
    return [*found, *check_fields(product), *check_cycles(product)]


def main(root: Path) -> int:
    """Print what breaks a bound; 1 if anything does."""
    found = check(root)
    for finding in found:
        print(f"{finding.path}:{finding.line}: {finding.problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent))

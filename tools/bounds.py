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
"""Of a class and its own bases, so that a slice does not make a class smaller."""
MIN_MODULE_LINES = 40
"""A shorter module needs `MIN_IMPORTERS`, its tests among them, or a reason in `SMALL_MODULES`."""
MIN_IMPORTERS = 2

PRODUCT = "kimi_tui"
FOLDERS = (PRODUCT, "tools", "tests")

SILENCERS = re.compile(r"\b(noqa|type:\s*ignore|pragma:\s*no\s*cover|mypy:|ruff:|isort:)")
"""Comments that tell a check to look away."""

ALLOWED: dict[tuple[str, str], str] = {}
"""`(path, silencer)` to the reason why nothing else would do; every entry has to be argued for."""

SMALL_MODULES: dict[str, str] = {
    "kimi_tui.tui.cancelling": "what ^c does, apart from the app's other duties",
}
"""The module to the reason why it is one of its own; an entry that is not needed any more is refused."""


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


def check_functions(path: Path, tree: ast.Module) -> Iterator[BoundsFinding]:
    """Functions that are too long, nested ones included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                yield BoundsFinding(
                    path, node.lineno, f"{node.name} has {lines} lines; {MAX_FUNCTION_LINES} are allowed"
                )


ClassKey = tuple[str, str]
"""The module and the name of a class."""


def names_of_imports(tree: ast.Module) -> dict[str, ClassKey]:
    """Return the meaning of each name that a module imports from others: the module and the name there."""
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def base_names(owner: ast.ClassDef) -> Iterator[str]:
    """The names of a class's bases, without what they are generic over: `One` of `module.One[int]`."""
    for base in owner.bases:
        bare = base.value if isinstance(base, ast.Subscript) else base
        if isinstance(bare, ast.Name | ast.Attribute):
            yield bare.id if isinstance(bare, ast.Name) else bare.attr


def check_methods(trees: dict[Path, ast.Module]) -> Iterator[BoundsFinding]:
    """Classes that have too many methods together with those of their bases that are in these files."""
    places: dict[ClassKey, tuple[Path, ast.ClassDef]] = {}
    imports = {module_name(path): names_of_imports(tree) for path, tree in trees.items()}
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[module_name(path), node.name] = path, node

    def family(key: ClassKey) -> set[ClassKey]:
        module, name = key
        if key not in places:
            there = imports.get(module, {}).get(name)  # a package that passes on what its modules hold
            return family(there) if there is not None else set()
        bases = [imports[module].get(base, (module, base)) for base in base_names(places[key][1]) if base != name]
        return {key}.union(*map(family, bases))

    for key, (path, node) in places.items():
        methods = sum(
            isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
            for member in family(key)
            for part in places[member][1].body
        )
        if methods > MAX_CLASS_METHODS:
            whose = "with those of its own bases; " if len(family(key)) > 1 else ""
            problem = (
                f"{node.name} has {methods} methods{', ' + whose if whose else '; '}{MAX_CLASS_METHODS} are allowed"
            )
            yield BoundsFinding(path, node.lineno, problem)


def check_small_modules(
    lengths: dict[Path, int], trees: dict[Path, ast.Module], reasons: dict[str, str]
) -> Iterator[BoundsFinding]:
    """Small modules of the product with too few importers; `lengths` are the product's files in lines."""
    paths = {module_name(path): path for path in lengths}
    importers: dict[str, set[Path]] = {name: set() for name in paths}
    for path, tree in trees.items():
        for name in imported_modules(tree, set(paths)) - {module_name(path)}:
            importers[name].add(path)
    for name, path in paths.items():
        is_small = lengths[path] < MIN_MODULE_LINES and not path.stem.startswith("__")
        is_alone = is_small and len(importers[name]) < MIN_IMPORTERS
        if is_alone and name not in reasons:
            problem = (
                f"a module of {lengths[path]} lines with fewer than {MIN_IMPORTERS} importers; "
                "put it into the one that uses it, test it on its own, or give a reason in SMALL_MODULES"
            )
            yield BoundsFinding(path, 1, problem)
        elif name in reasons and not is_alone:
            yield BoundsFinding(path, 1, "SMALL_MODULES gives a reason that is not needed")


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


def check(
    root: Path, allowed: dict[tuple[str, str], str] = ALLOWED, reasons: dict[str, str] = SMALL_MODULES
) -> list[BoundsFinding]:
    """Every broken bound of the project in `root`, in the order of the files."""
    found: list[BoundsFinding] = []
    trees: dict[Path, ast.Module] = {}
    lengths: dict[Path, int] = {}
    for file in sorted(file for folder in FOLDERS for file in (root / folder).rglob("*.py")):
        path = file.relative_to(root)
        text = file.read_text(encoding="utf-8")
        found += [*check_length(path, text), *check_silencers(path, text, allowed)]
        trees[path] = ast.parse(text, str(path))
        if path.parts[0] == PRODUCT:
            lengths[path] = text.count("\n")
        if path.parts[0] != "tests":
            found += check_functions(path, trees[path])
    ours = {path: tree for path, tree in trees.items() if path.parts[0] != "tests"}
    product = {path: tree for path, tree in trees.items() if path in lengths}
    found += [*check_methods(ours), *check_small_modules(lengths, trees, reasons)]
    return [*found, *check_fields(product), *check_cycles(product)]


def main(root: Path) -> int:
    """Print what breaks a bound; 1 if anything does."""
    found = check(root)
    for finding in found:
        print(f"{finding.path}:{finding.line}: {finding.problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent))

"""Private names of Textual that the screen overrides or uses: each must exist, or an upgrade changes us silently."""

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path

import textual
from textual.app import App
from textual.screen import Screen
from textual.widgets import Input, TextArea

import kimi_tui.tui
from tests.test_imports import ROOT

OVERRIDDEN: dict[type, set[str]] = {
    Screen: {"_compositor_refresh"},
    App: {"_handle_exception"},
    TextArea: {"_on_paste"},
    Input: {"_on_paste"},
}
"""By class of Textual, the private methods that we replace. One that is gone would be replaced in vain."""
MADE_BY_TEXTUAL = {"_abc_impl"}
"""What every class gets when it is made."""


def names_given(tree: ast.AST) -> set[str]:
    """Every private name that a module gives to a function, a class or an attribute."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def names_used(tree: ast.AST) -> set[str]:
    """Every private attribute that a module reads of an object, dunders left out."""
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return {name for name in attributes if name.startswith("_") and not name.startswith("__")}


def modules_of(folder: Path) -> list[ast.Module]:
    """The parsed modules of a folder."""
    return [ast.parse(path.read_text("utf-8")) for path in sorted(folder.rglob("*.py"))]


def test_private_name_that_is_not_ours_is_textuals() -> None:
    ours = modules_of(ROOT / "kimi_tui" / "tui")
    foreign = set().union(*map(names_used, ours)) - set().union(*map(names_given, ours))
    assert foreign, "nothing private of Textual is used any more: the pin in pyproject.toml can be loosened"
    theirs = set().union(*map(names_given, modules_of(Path(textual.__file__).parent)))
    assert not foreign - theirs - {"_replace", "_asdict"}


def test_overridden_private_methods_are_there_and_listed() -> None:
    found: dict[type, set[str]] = {}
    for module in pkgutil.walk_packages(kimi_tui.tui.__path__, "kimi_tui.tui."):
        for one in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(one) and one.__module__ == module.name:
                for base, name in overridden(one):
                    found.setdefault(base, set()).add(name)
    assert found == OVERRIDDEN


def overridden(one: type) -> list[tuple[type, str]]:
    """The private functions of a class that replace one of Textual's, with the class that has it."""
    pairs = []
    for name, value in vars(one).items():
        if name.startswith("_") and not name.startswith("__") and name not in MADE_BY_TEXTUAL and callable(value):
            bases = [base for base in one.__mro__[1:] if name in vars(base)]
            pairs += [(base, name) for base in bases[:1] if base.__module__.startswith("textual")]
    return pairs

"""Describe each setting (its name in the file, default, meaning and allowed values) and write a commented file of them.

Everything is taken from the tree of settings itself, so that no description can differ from what is accepted.
"""

import ast
import inspect
import json
import textwrap
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from kimi_tui.config import tree
from kimi_tui.config.declaration import DeclaredSetting, declared_settings
from kimi_tui.config.tree import Settings

COMMENT_WIDTH = 100
"""Characters of a line of comment in the file."""
FILE_HEADING = """\
# Settings of kimi-tui. A line without its `#` holds; the value that it shows here is the default.
# Environment variables and flags win over this file. `kimi-tui config` shows what holds, and why.
"""


class SettingDescription(msgspec.Struct, frozen=True):
    """One setting without its value: name, default, meaning and accepted values."""

    name: str
    """As in the file; `ui.theme` for one in a group."""
    default: Any
    meaning: str
    """Empty where the program was installed without its source."""
    choices: tuple[str, ...]
    """The only values that are accepted; empty when there are too many to list."""
    limits: str
    """The accepted values in words, where they cannot be listed: `a number above 0`; empty for any text."""
    in_readme: bool
    """True when the README's table has it."""


def describe_settings() -> list[SettingDescription]:
    """Return a description of every setting, in the order of the tree."""
    return [_describe(declared) for declared in declared_settings(Settings)]


def commented_defaults(choices: Mapping[str, tuple[str, ...]]) -> str:
    """Return the text of a settings file that has every setting as a comment, with its default.

    `choices` adds the values of settings whose names other layers give, such as themes.
    """
    parts = [FILE_HEADING]
    for setting in describe_settings():
        listed = setting.choices or choices.get(setting.name, ())
        allowed = f"One of {', '.join(listed)}." if listed else ""
        limits = f"{setting.limits[:1].upper()}{setting.limits[1:]}." if setting.limits else ""
        words = " ".join(part for part in (setting.meaning, allowed or limits) if part)
        parts += [f"# {line}" for line in textwrap.wrap(words, COMMENT_WIDTH, break_on_hyphens=False)]
        parts.append(f"#{setting.name} = {_toml_value(setting.default)}".rstrip() + "\n")
    return "\n".join(parts)


def _describe(declared: DeclaredSetting) -> SettingDescription:
    meaning = _meanings(declared.owner.__name__).get(declared.name.rpartition(".")[2], "")
    limits = "" if declared.choices else _limits(declared.setting.number_range, _kind_in_words(declared.kind))
    return SettingDescription(
        declared.name, declared.default, meaning, declared.choices, limits, declared.setting.in_readme
    )


def _limits(numbers: str, kind: str) -> str:
    """Return in words what a setting accepts: its kind, and the range of a number."""
    return numbers.replace("a number", kind) if numbers and kind else kind


def _kind_in_words(kind: Any) -> str:
    """Return what a type accepts in words; empty for text, which says nothing more."""
    if get_origin(kind) in (Union, UnionType):
        return next((words for part in get_args(kind) if (words := _kind_in_words(part))), "")
    if get_origin(kind) is tuple:
        return "a list of texts"
    if get_origin(kind) is dict:
        return "a table of texts"
    return {int: "a whole number", float: "a number"}.get(kind, "")


@cache
def _meanings(group: str) -> dict[str, str]:
    """Return the text under each field of a group in the source of the tree; empty without the source."""
    try:
        module = ast.parse(inspect.getsource(tree))
    except (OSError, SyntaxError):
        return {}
    body = next(node.body for node in module.body if isinstance(node, ast.ClassDef) and node.name == group)
    found = {}
    for field, text in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            found[field.target.id] = " ".join(str(ast.literal_eval(text.value)).split())
    return found


def _toml_value(value: Any) -> str:
    """Return a default as TOML writes it; nothing for None, which TOML does not know."""
    if value is None:
        return ""
    return "{}" if value == {} else json.dumps(value, ensure_ascii=False)  # the same for every other kind used here

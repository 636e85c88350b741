"""Describe each setting (its name in the file, default, meaning and allowed values) and write a commented file of them.

Everything is taken from the tree of settings itself, so that no description can differ from what is accepted.
"""

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from itertools import pairwise
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from kimi_tui.config import tree
from kimi_tui.config.checks import number_range
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


def describe_settings() -> list[SettingDescription]:
    """Return a description of every setting, in the order of the tree."""
    return list(_describe_group(Settings, ""))


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


def _describe_group(group: type[msgspec.Struct], prefix: str) -> Iterator[SettingDescription]:
    hints, meanings = get_type_hints(group), _meanings(group.__name__)
    for field in msgspec.structs.fields(group):
        kind, name = hints[field.name], prefix + field.name
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            yield from _describe_group(kind, f"{name}.")
            continue
        default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
        choices = _choices(kind)
        limits = "" if choices else _limits(name, _kind_in_words(kind))
        yield SettingDescription(name, default, meanings.get(field.name, ""), choices, limits)


def _choices(kind: Any) -> tuple[str, ...]:
    """Return the values that a type lists."""
    if kind is bool:
        return ("true", "false")
    return tuple(str(value) for value in get_args(kind)) if get_origin(kind) is Literal else ()


def _limits(name: str, kind: str) -> str:
    """Return in words what a setting accepts: its kind, and the range of a number."""
    numbers = number_range(name)
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

"""Declare a setting beside its type: its flag, its variable, the values it accepts, and what becomes of it later.

The command line, the checks, the recording, `kimi-tui config`, resuming and the README's table are read from here.
"""

from collections.abc import Iterator
from functools import cache
from inspect import get_annotations
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

Group = TypeVar("Group", bound=msgspec.Struct)
"""A class of settings."""


class Flag(msgspec.Struct, frozen=True):
    """The option of the command line that sets it, named like the setting."""

    meaning: str = ""
    """For the help."""
    metavar: str | None = None
    """The placeholder of the value; None where the values are listed."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """The properties of a setting beside its name, type, default and meaning."""

    flag: Flag | None = None
    """The option that sets it; None without one."""
    variable: str = ""
    """The environment variable that sets it; empty without one."""
    above: float | None = None
    """Numbers must be above this one."""
    at_least: float | None = None
    """Numbers must not be below this one."""
    at_most: float | None = None
    """Numbers must not be above this one."""
    is_address: bool = False
    """True when it is the address of a server; it is recorded, so that it may carry no secret."""
    is_secret: bool = False
    """True when it is never shown or recorded."""
    is_command: bool = False
    """True when it is a program that is run; a path of it is relative to the settings file."""
    is_kept: bool = False
    """True when a session that is resumed keeps what it recorded, unless the flag is typed."""
    sets: tuple[Literal["caps", "reasoning_cap"], ...] = ()
    """Recorded values that follow from it, which a resumed session keeps until one of these flags is typed."""
    in_readme: bool = False
    """True when the README's table has it."""

    @property
    def number_range(self) -> str:
        """Return in words which numbers it accepts; empty for any other kind."""
        if self.at_least is not None and self.at_most is not None:
            return f"a number from {self.at_least:g} to {self.at_most:g}"
        if self.at_least is not None:
            return f"a number {self.at_least:g} or more"
        return f"a number above {self.above:g}" if self.above is not None else ""

    def accepts(self, number: float) -> bool:
        """Return whether a finite number is in its range."""
        return (
            (self.above is None or number > self.above)
            and (self.at_least is None or number >= self.at_least)
            and (self.at_most is None or number <= self.at_most)
        )


class DeclaredSetting(msgspec.Struct, frozen=True):
    """A setting of the tree with everything that is declared of it."""

    name: str
    """As in the file; `ui.theme` for one in a group."""
    kind: Any
    """Its type, without the declaration."""
    default: Any
    """Its value where no layer sets it."""
    setting: Setting
    """The declaration; an empty one where the tree has none."""
    owner: type[msgspec.Struct]
    """The class of the tree whose body declares it."""

    @property
    def choices(self) -> tuple[str, ...]:
        """The only values that are accepted; empty when there are too many to list."""
        if self.kind is bool:
            return ("true", "false")
        return tuple(str(value) for value in get_args(self.kind)) if get_origin(self.kind) is Literal else ()

    def value_in(self, settings: msgspec.Struct) -> Any:
        """Return its value in a tree of settings."""
        value: Any = settings
        for part in self.name.split("."):
            value = getattr(value, part)
        return value


@cache
def declared_settings(group: type[msgspec.Struct], prefix: str = "") -> tuple[DeclaredSetting, ...]:
    """Return every setting of a group and the groups in it: its own first, then those of its bases."""
    return tuple(_walk(group, prefix))


def _walk(group: type[msgspec.Struct], prefix: str) -> Iterator[DeclaredSetting]:
    hints = get_type_hints(group, include_extras=True)
    owners = {name: one for one in reversed(group.__mro__) for name in get_annotations(one)}
    for field in sorted(msgspec.structs.fields(group), key=lambda field: group.__mro__.index(owners[field.name])):
        kind, setting = hints[field.name], Setting()
        if get_origin(kind) is Annotated:
            kind, setting = get_args(kind)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            yield from declared_settings(kind, f"{prefix}{field.name}.")
            continue
        default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
        yield DeclaredSetting(prefix + field.name, kind, default, setting, owners[field.name])


def replace_setting(group: Group, name: str, value: Any) -> Group:
    """Return a group of settings with one value changed, which may be in a group of it: `ui.theme`."""
    first, _, rest = name.partition(".")
    changed = replace_setting(getattr(group, first), rest, value) if rest else value
    return msgspec.structs.replace(group, **{first: changed})

"""Standing rules: the narrow patterns that `always` makes, `TOOL EFFECT TARGET`.

`*` stands for any characters inside the target alone, so a rule never spreads to another tool or effect.
"""

import re
from contextlib import suppress

import msgspec

from kimi_tui.events import Effect

_SHAPE = re.compile(r"(?P<tool>[a-z0-9_]+) (?P<kind>network|query|write|spend) (?P<target>\S.*)")


class StandingRule(msgspec.Struct, frozen=True):
    """One standing rule, parsed."""

    tool: str
    """The only tool it allows."""
    kind: str
    """The only kind of effect it allows beyond reading."""
    target: str
    """May hold `*`."""

    def covers(self, tool: str, effects: tuple[Effect, ...]) -> bool:
        """Return whether the rule allows this call: the tool is the same and it covers every effect beyond reading."""
        beyond = [effect for effect in effects if effect.kind != "read"]
        return tool == self.tool and bool(beyond) and all(self._covers(effect) for effect in beyond)

    def _covers(self, effect: Effect) -> bool:
        return effect.kind == self.kind and matches_wildcard(self.target, effect.target)


def matches_wildcard(wildcard: str, text: str) -> bool:
    """Return whether `text` is what `wildcard` names; case does not count, `*` is any characters."""
    first, *others = wildcard.lower().split("*")
    text = text.lower()
    if not others:
        return text == first
    *middle, last = others
    end = len(text) - len(last)
    if not (text.startswith(first) and text.endswith(last) and len(first) <= end):
        return False
    at = len(first)
    for piece in middle:  # the earliest place leaves most room for the rest
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def parse_rule(text: str) -> StandingRule:
    """Parse a line; raises `ValueError` in words a person can act on."""
    match = _SHAPE.fullmatch(" ".join(text.split()))
    if match is None:
        raise ValueError(
            f"{text!r} is not a standing rule; write TOOL EFFECT TARGET, for example "
            "`open_page network www.example.org`, with EFFECT one of network, query, write, spend"
        )
    if not match.group("target").strip("* ."):
        raise ValueError(f"{text!r} would allow every target; name at least a part of it")
    return StandingRule(match.group("tool"), match.group("kind"), match.group("target"))


def narrowest_rule(tool: str, effects: tuple[Effect, ...]) -> str:
    """Return the narrowest rule that covers a call; empty when none can (no effect, or several targets)."""
    beyond = {(effect.kind, effect.target) for effect in effects if effect.kind != "read"}
    for kind, target in beyond if len(beyond) == 1 else ():
        line = f"{tool} {kind} {target}"
        if "*" not in target and covering_rule((line,), tool, effects):
            return line
    return ""


def covering_rule(lines: tuple[str, ...], tool: str, effects: tuple[Effect, ...]) -> str:
    """Return the first line whose rule allows a call, empty if none does; an invalid line allows nothing."""
    for line in lines:
        with suppress(ValueError):
            if parse_rule(line).covers(tool, effects):
                return line
    return ""

"""Standing rules: narrow, parsed strictly, and never wider than they look."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.events import Effect, EffectKind
from kimi_tui.projections.standing_rules import (
    StandingRule,
    covering_rule,
    matches_wildcard,
    narrowest_rule,
    parse_rule,
)

SIGNS = st.text(st.sampled_from("ab.*[?\n\\"), max_size=12)


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ("open_page network www.example.org", StandingRule("open_page", "network", "www.example.org")),
        ("  open_page\tnetwork  *.example.org ", StandingRule("open_page", "network", "*.example.org")),
        ("t query finance.sqlite", StandingRule("t", "query", "finance.sqlite")),
        ("t write /tmp/a b", StandingRule("t", "write", "/tmp/a b")),
        ("t spend 1", StandingRule("t", "spend", "1")),
    ],
)
def test_a_line_is_tool_effect_and_target(line: str, pattern: StandingRule) -> None:
    assert parse_rule(line) == pattern


@pytest.mark.parametrize(
    "line",
    [
        *("", "t", "t network", "t network ", "t read a", "T network a", "* network a", "t * a", "t network,query a"),
        *("t-x network a", "network a", "t NETWORK a"),
    ],
)
def test_line_that_is_no_rule_is_refused_with_an_example(line: str) -> None:
    with pytest.raises(ValueError, match="is not a standing rule; write TOOL EFFECT TARGET"):
        parse_rule(line)


@pytest.mark.parametrize("target", ["*", "**", "*.*", ". *", "* *", "."])
def test_a_rule_for_every_target_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match="would allow every target"):
        parse_rule(f"t network {target}")


@pytest.mark.parametrize(
    ("wildcard", "text", "fits"),
    [
        ("a.b", "a.b", True),
        ("a.b", "A.B", True),
        ("a.b", "axb", False),
        ("*.b", "a.b", True),
        ("*.b", ".b", True),
        ("*.b", "b", False),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("*a*", "bab", True),
        ("*a*", "b", False),
        ("a*", "a\nb", True),
        ("[a]", "a", False),
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
    ],
)
def test_a_star_is_any_characters_and_nothing_else_is_special(wildcard: str, text: str, fits: bool) -> None:
    assert matches_wildcard(wildcard, text) == fits


@given(SIGNS, SIGNS)
def test_wildcards_mean_what_a_pattern_with_dots_means(wildcard: str, text: str) -> None:
    expected = re.fullmatch(".*".join(map(re.escape, wildcard.split("*"))), text, re.DOTALL)
    assert matches_wildcard(wildcard, text) == bool(expected)


def test_many_stars_take_no_time() -> None:
    """With backtracking this would never end."""
    assert not matches_wildcard("*a" * 50 + "*b", "a" * 20_000)


@pytest.mark.parametrize(
    ("tool", "effects", "covered"),
    [
        ("t", [("network", "www.example.org")], True),
        ("t", [("network", "www.example.org"), ("read", "x")], True),
        ("t", [("network", "www.example.org"), ("network", "a.example.org")], True),
        ("t", [("network", "www.example.org"), ("network", "evil.net")], False),
        ("t", [("network", "www.example.org"), ("spend", "")], False),
        ("t", [("query", "www.example.org")], False),
        ("u", [("network", "www.example.org")], False),
        ("t", [("read", "www.example.org")], False),
        ("t", [], False),
    ],
)
def test_a_rule_spreads_to_no_other_tool_effect_or_target(
    tool: str, effects: list[tuple[EffectKind, str]], covered: bool
) -> None:
    assert StandingRule("t", "network", "*.example.org").covers(tool, tuple(Effect(*e) for e in effects)) == covered


@pytest.mark.parametrize(
    ("effects", "pattern"),
    [
        ([("network", "a.example")], "t network a.example"),
        ([("network", "a.example"), ("read", "x"), ("network", "a.example")], "t network a.example"),
        ([("query", "my base.sqlite")], "t query my base.sqlite"),
        ([], ""),
        ([("read", "x")], ""),
        ([("network", "a"), ("network", "b")], ""),
        ([("network", "a"), ("query", "a")], ""),
        ([("network", "a"), ("spend", "")], ""),
        ([("spend", "")], ""),
        ([("query", "a*b")], ""),
        ([("query", "*")], ""),
        ([("query", "a  b")], ""),
        ([("query", "a\nb")], ""),
    ],
)
def test_the_narrowest_pattern_covers_the_call_or_there_is_none(
    effects: list[tuple[EffectKind, str]], pattern: str
) -> None:
    made = tuple(Effect(*effect) for effect in effects)
    assert narrowest_rule("t", made) == pattern
    assert narrowest_rule("No-Rule", made) == ""


@given(st.text(max_size=10), st.sampled_from(["network", "query", "write", "spend"]), st.text(max_size=10))
def test_a_pattern_that_is_offered_is_taken_and_covers_nothing_but_its_target(
    tool: str, kind: EffectKind, target: str
) -> None:
    effects = (Effect(kind, target),)
    line = narrowest_rule(tool, effects)
    assert covering_rule((line,), tool, effects) == line
    if line:
        assert covering_rule((line,), tool, (Effect(kind, target + "x"),)) == ""
        assert covering_rule((line,), f"{tool}x", effects) == ""

"""Find earlier calls like a waiting one: the last of its tool, and those that a standing rule would have allowed.

Pure questions to the calls of a session, so that a person sees what a decision means before it is made.
"""

from kimi_tui.projections.calls import Call, Calls
from kimi_tui.projections.standing_rules import parse_rule


def last_of_tool(calls: Calls, call: Call) -> Call | None:
    """The latest call of the same tool that was proposed before this one; None for the first."""
    before = None
    for other in calls.by_id.values():
        if other.id == call.id:
            return before
        if other.tool == call.tool:
            before = other
    return before


def covered_calls(calls: Calls, call: Call, pattern: str) -> list[Call]:
    """The calls before this one that the rule would have let run without asking, oldest first.

    Raises `ValueError`, in words for a person, for a line that is no rule or does not cover the call itself.
    """
    rule = parse_rule(pattern)
    if not rule.covers(call.tool, call.effects):
        raise ValueError("this rule does not cover the call itself")
    return [other for other in earlier_calls(calls, call) if rule.covers(other.tool, other.effects)]


def released(calls: Calls, call: Call, pattern: str) -> list[Call]:
    """The other calls that wait now and that the rule covers; none for a line that is no rule or not this call's."""
    try:
        rule = parse_rule(pattern)
    except ValueError:
        return []
    if not rule.covers(call.tool, call.effects):
        return []
    return [other for other in calls.waiting if other.id != call.id and rule.covers(other.tool, other.effects)]


def earlier_calls(calls: Calls, call: Call) -> list[Call]:
    """The calls that were proposed before this one, oldest first."""
    found: list[Call] = []
    for other in calls.by_id.values():
        if other.id == call.id:
            break
        found.append(other)
    return found

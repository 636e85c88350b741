"""A person's decisions on the statements of a memo: how they are kept beside what the check found."""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from kimi_tui.events import StatementDecided
from kimi_tui.text import one_line


class PersonDecision(msgspec.Struct, frozen=True, omit_defaults=True):
    """Holds the words of one person on one statement."""

    verdict: Literal["accept", "reject", "note"]
    person: str
    """The login name."""
    reason: str = ""
    at: str = ""
    """UTC, ISO 8601."""


DECISION_MARKS = {"accept": "\u2611", "reject": "\u2612", "note": "\u270e"}
"""The sign printed behind a statement that a person decided on, before the person's name."""
DECISION_WORDS = {"accept": "accepted", "reject": "rejected", "note": "noted"}
"""The verdicts of a person, in the past tense."""


def last_verdict(decisions: Iterable[PersonDecision]) -> PersonDecision | None:
    """Return the decision that counts: the last one that accepts or rejects; None without any."""
    return next((one for one in reversed(tuple(decisions)) if one.verdict != "note"), None)


def apply_decision(memo: dict[str, Any], event: StatementDecided, at: str) -> dict[str, Any] | None:
    """Return a recorded memo with one more decision; None if it has no such statement."""
    statements = memo.get("statements")
    if not isinstance(statements, list | tuple) or not 0 <= event.statement < len(statements):
        return None
    statement = statements[event.statement]
    if not isinstance(statement, dict):
        return None
    decided: list[Any] = []
    if event.verdict != "clear":
        made = PersonDecision(event.verdict, event.person, event.reason, at)
        decided = [*statement.get("decisions", ()), msgspec.to_builtins(made)]
    changed = list(statements)
    changed[event.statement] = {**statement, "decisions": decided}
    return {**memo, "statements": changed}


def decision_in_words(decision: PersonDecision, limit: int = 300) -> str:
    """`alice accepted it: I have read the note`."""
    reason = one_line(decision.reason, limit)
    what = "noted" if decision.verdict == "note" else f"{DECISION_WORDS[decision.verdict]} it"
    return f"{one_line(decision.person, 60)} {what}{f': {reason}' if reason else ''}"

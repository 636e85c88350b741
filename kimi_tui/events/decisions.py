"""Event of a person's own decision on a statement of a memo."""

from typing import Literal

from kimi_tui.events.vocabulary import Event

StatementVerdict = Literal["accept", "reject", "note", "clear"]
"""`accept` and `reject` say what a person holds of a statement, `note` adds words, `clear` takes all of it back."""


class StatementDecided(Event, frozen=True, tag=True):
    """A person decided on a statement of a finished memo; what the check found of it stays recorded beside."""

    memo: int
    """The entry with which the memo's turn ended."""
    statement: int
    """Its number among the memo's statements, from 0."""
    verdict: StatementVerdict
    person: str
    """The login name of the person."""
    reason: str = ""
    """In the person's words; untrusted text."""
    by: str = "person"

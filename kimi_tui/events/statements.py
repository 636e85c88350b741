"""Events about the statements of a memo: what the judge said of one, and what a person decided."""

from typing import Literal

from kimi_tui.events.vocabulary import Event, Usage

JudgedFinding = Literal["supported", "contradicted", "unchecked"]
StatementVerdict = Literal["accept", "reject", "note", "clear"]
"""`accept` and `reject` say what a person holds of a statement, `note` adds words, `clear` takes all of it back."""


class StatementJudged(Event, frozen=True, tag=True):
    """The model was asked in a fresh context about one statement that nothing mechanical could decide.

    Nobody asks it again for this: the finding is derived from this event and the stored sources.
    """

    statement: str
    """The sentence as the judge read it."""
    material: str
    """SHA-256 over the sentence and the passages, derivable again from the memo and the stored sources."""
    finding: JudgedFinding
    """`unchecked` unless both answers agreed and rest on words of a passage."""
    words: tuple[str, ...] = ()
    """The words of a passage that each of the two answers rests on; none when it is unchecked."""
    reason: str = ""
    """Why it is unchecked."""
    model: str = ""
    """The model that was asked."""
    replies: tuple[str, ...] = ()
    """Its answers, shortened; untrusted. None when it gave none."""
    usage: Usage = Usage()
    """Tokens of all requests together."""
    seconds: float = 0.0
    """How long they took."""


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

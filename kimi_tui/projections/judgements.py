"""The judgements of a session: what its judge was asked, what it said, and what that took."""

from typing import ClassVar

from kimi_tui.events import Entry, QuestionAsked, StatementJudged
from kimi_tui.projections.projection import Handlers, Projection

MAX_FAILURES = 2
"""Statements in a row without an answer after which the judge is asked no more in the turn."""


def spent_cap(asked: int, tokens: int, failures: int, *, max_asked: int, max_tokens: int) -> str:
    """Return why the judge may be asked no more; empty if it may. `tokens` include those of the next judgement."""
    if failures >= MAX_FAILURES:
        return f"the model gave no answer about {MAX_FAILURES} statements in a row"
    if asked >= max_asked:
        return f"the cap of {max_asked} judged statements is reached"
    if tokens > max_tokens:
        return f"the cap of {max_tokens:,} tokens for judging is reached"
    return ""


class Judgements(Projection):
    """The judgements of a session."""

    def __init__(self) -> None:
        self.by_material: dict[str, StatementJudged] = {}
        """The last judgement on each sentence with its passages."""
        self.asked = 0
        """Statements of this turn."""
        self.tokens = 0
        """Tokens of this turn."""
        self.failures = 0
        """The last statements of this turn, in a row, for which the server gave no answer."""

    def _begin_turn(self, entry: Entry, event: QuestionAsked) -> None:
        self.asked = self.tokens = self.failures = 0
        self.by_material = {key: one for key, one in self.by_material.items() if one.replies}

    def _add_judgement(self, entry: Entry, event: StatementJudged) -> None:
        self.by_material[event.material] = event
        self.asked += 1
        self.tokens += event.usage.prompt_tokens + event.usage.completion_tokens
        self.failures = 0 if event.replies else self.failures + 1

    _HANDLERS: ClassVar[Handlers] = {
        QuestionAsked: _begin_turn,
        StatementJudged: _add_judgement,
    }

"""Commands that a person can send to a running session.

A command is a wish, not a fact: the engine answers each with a `Receipt` and, when it takes it, records an
event. The first answer to a waiting call wins; a later one is refused with the reason.
"""

from typing import Any

import msgspec

from kimi_tui.events import BudgetKind, PlanStep, StatementVerdict


class Command(msgspec.Struct, frozen=True, tag_field="command"):
    """The base of every command."""


class AskQuestion(Command, frozen=True, tag=True):
    """Begin a turn; refused while one runs."""

    text: str


class Steer(Command, frozen=True, tag=True):
    """Give the model an instruction before its next step; refused when no turn runs."""

    text: str


class Pause(Command, frozen=True, tag=True):
    """Hold at the next safe point."""


class Resume(Command, frozen=True, tag=True):
    """Go on after a pause, or try a failed model call again without waiting longer."""


class Interrupt(Command, frozen=True, tag=True):
    """Pause, and end the running generation or tool at once."""


class Act(Command, frozen=True, tag=True):
    """End the thinking of the running step, so that the model acts on it; refused when it does not think."""


class Stop(Command, frozen=True, tag=True):
    """End the turn; open calls are recorded as interrupted."""


class Approve(Command, frozen=True, tag=True):
    """Run a waiting call, with other arguments if given (they are validated first)."""

    call_id: str
    arguments: dict[str, Any] | None = None


class ApproveAlways(Command, frozen=True, tag=True):
    """Run a waiting call and let later calls that match the pattern run without asking."""

    call_id: str
    pattern: str
    """`TOOL EFFECT TARGET`; `*` is allowed in the target. It must match the call itself."""


class Veto(Command, frozen=True, tag=True):
    """Refuse a waiting call; the model reads the note."""

    call_id: str
    note: str = ""


class Withdraw(Command, frozen=True, tag=True):
    """Take an observation back out of the context; the model reads the note in its place."""

    call_id: str
    note: str = ""


class Unhide(Command, frozen=True, tag=True):
    """Bring a hidden observation back: the model reads it in full again, at the end of its context."""

    call_id: str


class Compact(Command, frozen=True, tag=True):
    """Let pending observations leave the context, except those of some calls; refused when nothing is pending."""

    keep: tuple[str, ...] = ()


class EditPlan(Command, frozen=True, tag=True):
    """Change the plan; the model reads it before its next step. Refused when no turn runs."""

    steps: tuple[PlanStep, ...]


class RevokeRule(Command, frozen=True, tag=True):
    """Remove a standing rule that `always` made."""

    pattern: str


class RaiseBudget(Command, frozen=True, tag=True):
    """Set a higher cap."""

    kind: BudgetKind
    cap: float


class DecideStatement(Command, frozen=True, tag=True):
    """Say what a person holds of a statement of the finished memo; the engine adds the login name."""

    memo: int
    """The entry with which the memo's turn ended."""
    statement: int
    """The statement's number, from 0."""
    verdict: StatementVerdict
    reason: str = ""


AnyCommand = (
    AskQuestion
    | Steer
    | Pause
    | Resume
    | Interrupt
    | Act
    | Stop
    | Approve
    | ApproveAlways
    | Veto
    | Withdraw
    | Unhide
    | Compact
    | EditPlan
    | RevokeRule
    | RaiseBudget
    | DecideStatement
)


class Receipt(msgspec.Struct, frozen=True):
    """The engine's answer to a command."""

    accepted: bool
    """True when it was taken and recorded."""
    reason: str = ""
    """Why it was refused, for people; empty when accepted."""

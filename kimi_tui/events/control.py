"""Events of supervision: flags, loops, pauses and budgets."""

from kimi_tui.events.vocabulary import BudgetKind, Event


class ContentFlagged(Event, frozen=True, tag=True):
    """A detector found something suspicious in untrusted content."""

    call_id: str
    detector: str
    span: tuple[int, int]
    """Start and end in the observation's text."""
    action: str
    """What was done: `marked`."""


class LoopSuspected(Event, frozen=True, tag=True):
    """The same calls repeat with the same outcomes."""

    period: int
    """How many calls one round has."""
    calls: tuple[str, ...]
    """The call ids of the last round."""
    action: str
    """`warned`, `refused` or `paused`."""


class StallSuspected(Event, frozen=True, tag=True):
    """Many steps brought nothing new: no source, no result, no memo."""

    steps: int
    """How many, in a row."""
    action: str
    """`told` the model, or `paused`."""


class DriftNoticed(Event, frozen=True, tag=True):
    """The last steps have left the question and the plan; the model is asked how they serve it."""

    distance: float
    """How far off they are, from 0 to 1; see `projections.drift`."""
    usual: float
    """How far off this turn's steps usually were."""
    steps: int
    """How many steps in a row stood out."""


class RunPaused(Event, frozen=True, tag=True):
    """The run holds at the next safe point until it is resumed."""

    by: str
    """`person` or `engine`."""
    why: str = ""


class RunResumed(Event, frozen=True, tag=True):
    """The run goes on."""

    by: str = "person"


class BudgetRaised(Event, frozen=True, tag=True):
    """A person raised a cap."""

    kind: BudgetKind
    cap: float
    """The new cap."""
    by: str = "person"


class BudgetWarned(Event, frozen=True, tag=True):
    """A large share of a cap is spent."""

    kind: BudgetKind
    share: float
    """The mark that was passed: 0.8 or 0.95."""
    spent: float
    cap: float


class BudgetExhausted(Event, frozen=True, tag=True):
    """A cap is reached: one closing step may follow, then the turn ends."""

    kind: BudgetKind
    spent: float
    cap: float

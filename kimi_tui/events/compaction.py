"""Events of the context: what is to leave it, what left it, and what a person restored."""

from typing import Any, Literal

from kimi_tui.events.vocabulary import Event, Usage

CompactionKind = Literal["hide", "fold"]


class CompactionProposed(Event, frozen=True, tag=True):
    """Something is to leave the context; it leaves with `ContextCompacted`, and is still there now."""

    kind: CompactionKind
    """`hide` leaves a stub for each observation, `fold` one checkpoint for whole steps."""
    hidden: tuple[str, ...]
    """The calls whose observations become stubs."""
    through: int = 0
    """The last step that is folded away; 0 for none."""
    before: int = 0
    """Prompt tokens now, as expected."""
    after: int = 0
    """Prompt tokens then, estimated."""
    ask: bool = False
    """True when it waits for a person; when not, it is under way."""
    keep: tuple[str, ...] = ()
    """Calls whose observations a person wants kept in full."""
    by: str = "engine"
    """`person` once a person let it go ahead."""
    order: str = ""
    """The user message, word for word, that asks the model for a checkpoint behind the present context; empty when the
    model is not asked."""
    context_digest: str = ""
    """With an order: SHA-256 over the messages before it, as in `StepStarted`."""
    usage: Usage = Usage()
    """Tokens that asking the model took before somebody interrupted it; none while nobody did."""


class ContextCompacted(Event, frozen=True, tag=True):
    """Old observations or steps left the context; nothing left the journal."""

    kind: CompactionKind
    hidden: tuple[str, ...]
    """The calls whose observations are now stubs."""
    summary: str = ""
    """For `fold`: the checkpoint that the model reads in place of the steps, word for word."""
    before: int = 0
    """Prompt tokens before, as expected."""
    after: int = 0
    """Prompt tokens after, estimated."""
    stubs: tuple[str, ...] = ()
    """What the model reads in place of each hidden observation; empty for the words of the first journals."""
    through: int = 0
    """For `fold`: the last step that the checkpoint stands for."""
    checkpoint: dict[str, Any] | None = None
    """For `fold`: its findings, dead ends, gaps and next step; see `engine.context.checkpoint`."""
    author: str = ""
    """For `fold`: `model`, or `journal` when it was made from recorded facts alone."""
    problem: str = ""
    """Why the model did not write it; empty when it did."""
    usage: Usage = Usage()
    """Tokens that asking the model took."""
    by: str = "engine"
    """`person` when a person let it go ahead."""


class ObservationRestored(Event, frozen=True, tag=True):
    """A person restored a hidden observation; it is added at the end of the context, so the prefix is unchanged."""

    call_id: str
    by: str = "person"

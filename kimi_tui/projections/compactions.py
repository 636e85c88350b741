"""Compactions of a session: what left the context, what waits for a person, and the last checkpoint."""

from typing import Any, ClassVar

from kimi_tui.events import (
    CompactionProposed,
    ContextCompacted,
    Entry,
    ObservationRestored,
    SteerReceived,
    TurnFinished,
)
from kimi_tui.projections.projection import Handlers, Projection
from kimi_tui.text import count_noun

MAX_FAILURES = 2
"""Failures in a row after which one checkpoint is made without the model; twice as many after each further one."""


class Compactions(Projection):
    """The compactions of a session."""

    def __init__(self) -> None:
        self.pending: CompactionProposed | None = None
        """What is to leave and has not left yet."""
        self.hidings = 0
        """Compactions that left stubs."""
        self.foldings = 0
        """Compactions that left a checkpoint."""
        self.through = 0
        """The last step that was folded away; 0 for none."""
        self.last: ContextCompacted | None = None
        """The latest of either kind."""
        self.checkpoint: dict[str, Any] | None = None
        """The last checkpoint as recorded: its findings go on into the next."""
        self.failed = 0
        """Checkpoints in a row that the model was asked for and did not give."""
        self.spared = 0
        """Checkpoints since the last of them that it was not asked for."""
        self.orders: list[str] = []
        """What the person said to the model in mid-turn, oldest first: every checkpoint says it again."""

    @property
    def skips_model(self) -> bool:
        """Return whether the next checkpoint is made without the model: it failed at two in a row, or at more since."""
        return self.failed >= MAX_FAILURES and self.spared < 2 ** (self.failed - MAX_FAILURES)

    @property
    def waiting(self) -> CompactionProposed | None:
        """The compaction that waits for a person."""
        return self.pending if self.pending is not None and self.pending.ask else None

    def _note_proposal(self, entry: Entry, event: CompactionProposed) -> None:
        self.pending = event

    def _count_compaction(self, entry: Entry, event: ContextCompacted) -> None:
        if event.kind == "hide":
            self.hidings += 1
        else:
            self._note_author(event)
            self.foldings += 1
            self.through = max(self.through, event.through)
            self.checkpoint = event.checkpoint
        self.pending, self.last = None, event

    def _keep_order(self, entry: Entry, event: SteerReceived) -> None:
        if event.by == "person":
            self.orders.append(event.text)

    def _end_turn(self, entry: Entry, event: TurnFinished) -> None:
        self.pending = None

    def _note_author(self, event: ContextCompacted) -> None:
        """Count the model's failures; an emergency fold of the engine is no answer of the person."""
        if event.author == "model":
            self.failed = self.spared = 0
        elif self.pending is not None and self.pending.order:
            self.failed, self.spared = self.failed + 1, 0
        elif event.problem:
            self.spared += 1

    _HANDLERS: ClassVar[Handlers] = {
        CompactionProposed: _note_proposal,
        ContextCompacted: _count_compaction,
        SteerReceived: _keep_order,
        TurnFinished: _end_turn,
    }


def compaction_line(event: CompactionProposed | ContextCompacted | ObservationRestored) -> str:
    """Return a change of the context in one line for people."""
    match event:
        case ObservationRestored():
            return f"{event.call_id} brought back into the context by {event.by}"
        case CompactionProposed(ask=True):
            return f"The context is nearly full: {_subject(event)} to leave it, and you are asked first"
        case CompactionProposed(order="") if event.usage.prompt_tokens:
            return "The writing of the checkpoint was interrupted"
        case CompactionProposed(order=""):
            return f"The compaction may go ahead, says the {event.by}"
        case CompactionProposed():
            return f"A checkpoint of the steps up to {event.through} is being written"
        case ContextCompacted(kind="hide"):
            return f"{count_noun(len(event.hidden), 'observation')} hidden from the context"
        case ContextCompacted():
            written = "by the model" if event.author == "model" else "from the journal"
            return f"Steps up to {event.through} folded into a checkpoint, written {written}"


def compaction_detail(event: CompactionProposed | ContextCompacted) -> str:
    """Return the figures, and the text that the model reads instead."""
    figures = f"about {event.before:,} tokens before, {event.after:,} after" if event.before else ""
    if isinstance(event, CompactionProposed):
        return f"{figures}; the panel of the context shows what, and takes your answer" if event.ask else figures
    why = f"the model did not write it: {event.problem}" if event.problem else ""
    return "\n\n".join(text for text in (figures, why, event.summary) if text)


def _subject(event: CompactionProposed) -> str:
    observations = count_noun(len(event.hidden), "observation") if event.hidden else ""
    steps = f"the steps up to {event.through}" if event.through else ""
    named = " and ".join(one for one in (steps, observations) if one)
    return f"{named} {'is' if named == '1 observation' else 'are'}"

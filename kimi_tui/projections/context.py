"""The context: what the model reads, derived from the journal alone.

It is an append-only prefix: messages are added at the end and never edited, except when a person withdraws an
observation or a compaction hides or folds old ones. Its digest is recorded with each step before the request leaves,
so that what was sent can be proved from the journal up to that line.
"""

import hashlib
from collections.abc import Collection
from typing import Literal

import msgspec

from kimi_tui.events import (
    ApprovalResolved,
    ContextCompacted,
    Entry,
    MessageRecorded,
    ObservationRecorded,
    ObservationRestored,
    ObservationWithdrawn,
    PlanEdited,
    QuestionAsked,
    ReasoningRecorded,
    SessionOpened,
    SteerReceived,
    StepFailed,
    StepFinished,
    StepStarted,
    ToolCallProposed,
    Usage,
)
from kimi_tui.projections.counting import CHARACTERS_PER_TOKEN, TokenCount
from kimi_tui.projections.evidence import plan_told
from kimi_tui.projections.messages import Message, SentCall, Slot, canonical, renumbered, sent_call

__all__ = ["CHARACTERS_PER_TOKEN", "Context", "Message", "SentCall", "StepShare"]


class StepShare(msgspec.Struct, frozen=True):
    """One step as far as it still stands in the context."""

    step: int
    characters: int
    """Of its assistant message, its observations and what was said to the model behind it."""


class _Draft(msgspec.Struct):
    """An assistant message while its step is under way."""

    reasoning: str | None = None
    text: str = ""
    calls: list[ToolCallProposed] = []


class _Place(msgspec.Struct, frozen=True):
    """What a message belongs to, so that folding knows what leaves."""

    step: int
    """The last step when it was added, 0 before the first."""
    kind: Literal["fixed", "checkpoint", "step"] = "step"
    """What is fixed stays for ever: the instructions and the questions."""


class Context:
    """The messages of the next model call."""

    HEARS = (
        StepStarted,
        ReasoningRecorded,
        MessageRecorded,
        ToolCallProposed,
        StepFinished,
        StepFailed,
        ObservationRecorded,
        ApprovalResolved,
        ObservationWithdrawn,
        ObservationRestored,
        ContextCompacted,
        SessionOpened,
        QuestionAsked,
        SteerReceived,
        PlanEdited,
    )
    """The events that change it."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._places: list[_Place] = []
        self._slots: dict[str, Slot] = {}
        self._visible: dict[str, int] = {}
        self._empty_slots: set[str] = set()
        self._draft: _Draft | None = None
        self._waiting: list[tuple[str, str]] = []
        self._step = 0
        self._sent_calls = 0
        self._tools_digest = ""
        self._hashed = 0
        self._hash = hashlib.sha256()
        self._characters = 0
        self._fixed_characters = 0
        self.count = TokenCount()
        """What the server's counts taught."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages in order; valid to send when no call is open."""
        return tuple(self._messages)

    @property
    def last(self) -> Message | None:
        """The last message; None before the first."""
        return self._messages[-1] if self._messages else None

    @property
    def digest(self) -> str:
        """SHA-256 over the tool schemas' digest and every message in canonical JSON, one a line."""
        for message in self._messages[self._hashed :]:
            self._hash.update(msgspec.json.encode(message, order="deterministic") + b"\n")
        self._hashed = len(self._messages)
        whole = self._hash.copy()
        whole.update(self._tools_digest.encode())
        return whole.hexdigest()

    @property
    def tokens(self) -> int:
        """Expected prompt tokens: the server's last count plus an estimate of what was added since."""
        return self.count.estimate(self._characters)

    @property
    def fixed_tokens(self) -> int:
        """Expected tokens of what no compaction takes out: tool declarations, instructions and questions."""
        fixed = self._fixed_characters
        return max(self.count.estimate(fixed), int(fixed / self.count.ratio))

    def visible_results(self) -> list[tuple[str, int]]:
        """Calls whose observation the model still reads in full, oldest first, with its length in characters."""
        return list(self._visible.items())

    def step_of(self, call_id: str) -> int:
        """The step in whose place a call's observation stands: its own, or the one behind which it was brought back."""
        slot = self._slots[call_id]
        return self._places[slot.again if slot.again >= 0 else slot.index].step

    def shares(self) -> list[StepShare]:
        """The steps that still stand in the context, oldest first."""
        sizes: dict[int, int] = {}
        for message, place in zip(self._messages, self._places, strict=True):
            if place.kind == "step":
                sizes[place.step] = sizes.get(place.step, 0) + message.characters
        return [StepShare(step, size) for step, size in sizes.items()]

    def calls_shown(self) -> dict[int, str]:
        """By place among the messages, the call whose observation stands there, in full or as a stub."""
        found = {slot.index: call_id for call_id, slot in self._slots.items() if slot.index >= 0}
        return found | {slot.again: call_id for call_id, slot in self._slots.items() if slot.again >= 0}

    def leaving(self, hidden: Collection[str], through: int) -> set[int]:
        """The places of the messages that a compaction would take out or make stubs."""
        calls = {index for index, call_id in self.calls_shown().items() if call_id in hidden}
        folded = {n for n, place in enumerate(self._places) if place.kind != "fixed" and place.step <= through}
        return calls | folded

    def hidden_calls(self) -> list[str]:
        """Calls whose observation was read once, is not read in full now and is not about to be, oldest first."""
        coming = {call_id for _, call_id in self._waiting}
        return [
            call_id
            for call_id, slot in self._slots.items()
            if slot.observation is not None
            and slot.withdrawn is None
            and call_id not in self._visible
            and call_id not in coming
        ]

    def apply(self, entry: Entry) -> None:
        """Fold one entry in."""
        match entry.event:
            case (
                StepStarted()
                | ReasoningRecorded()
                | MessageRecorded()
                | ToolCallProposed()
                | StepFinished()
                | StepFailed()
            ):
                self._advance(entry)
            case ObservationRecorded() | ApprovalResolved() | ObservationWithdrawn() as event:
                self._settle(event)
            case SessionOpened() as event:
                self._open(event)
            case QuestionAsked() as event:
                self._append(Message("user", event.text), "fixed")
            case SteerReceived() as event:
                self._say(event.text)
            case PlanEdited() as event:
                self._say(plan_told(event))
            case ObservationRestored() as event:
                self._restore(event)
            case ContextCompacted() as event:
                self._compact(event)
            case _:
                self._advance(entry)

    def _open(self, event: SessionOpened) -> None:
        self._tools_digest = event.tools_digest
        if not self._messages:
            self._append(Message("system", event.instructions), "fixed")

    def _advance(self, entry: Entry) -> None:
        """The events of one model call; only a finished one reaches the context."""
        event = entry.event
        if isinstance(event, StepStarted):
            self._draft = _Draft(calls=[])
            self._step = event.n
            self.count.start(self._characters)
        elif isinstance(event, StepFailed):
            if event.kind == "overflow" or event.window:
                self.count.refuse(self.tokens, event.window, event.prompt_tokens)
            self._draft = None
            self._flush()
        elif self._draft is None:
            return
        elif isinstance(event, ReasoningRecorded):
            self._draft.reasoning = event.text
        elif isinstance(event, MessageRecorded):
            self._draft.text = event.text
        elif isinstance(event, ToolCallProposed):
            self._draft.calls.append(event)
        elif isinstance(event, StepFinished):
            self._finish(self._draft, event.usage)

    def _finish(self, draft: _Draft, usage: Usage) -> None:
        """Add the assistant message and a place for each observation, in the order of the calls."""
        self._draft = None
        self.count.finish(usage)
        sent = tuple(sent_call(call, number) for number, call in enumerate(draft.calls, self._sent_calls))
        self._sent_calls += len(sent)
        self._append(Message("assistant", draft.text, reasoning=draft.reasoning, calls=sent))
        for call, as_sent in zip(draft.calls, sent, strict=True):
            self._slots[call.call_id] = Slot(self._step, len(self._messages), as_sent)
            self._empty_slots.add(call.call_id)
            self._append(Message("tool", "", call_id=as_sent.id, name=as_sent.name))
        self._flush()

    def _settle(self, event: ObservationRecorded | ApprovalResolved | ObservationWithdrawn) -> None:
        slot = self._slots.get(event.call_id)
        if slot is None:
            return
        if isinstance(event, ObservationRecorded):
            slot.observation = event
            self._empty_slots.discard(event.call_id)
        elif isinstance(event, ObservationWithdrawn):
            slot.withdrawn = event.note
            if slot.index < 0:
                self._say(f"[{event.call_id}, whose step was folded away] {slot.text} Nor what was concluded from it.")
        elif event.edited is not None:
            slot.edited = canonical(event.edited)
        self._render(event.call_id, slot)
        self._flush()

    def _restore(self, event: ObservationRestored) -> None:
        """Bring an observation back at the end, so that everything before it stays the prefix that it was."""
        slot = self._slots.get(event.call_id)
        if slot is None or slot.observation is None or slot.withdrawn is not None or slot.visible:
            return
        slot.hidden_again = False
        self._say(slot.text_again, event.call_id)

    def _compact(self, event: ContextCompacted) -> None:
        stubs = event.stubs or ("",) * len(event.hidden)
        if event.kind == "fold":
            self._fold(event.through, event.summary)
        for call_id, stub in zip(event.hidden, stubs, strict=False):
            slot = self._slots.get(call_id)
            if slot is not None:
                slot.hidden, slot.stub = True, stub
                slot.hidden_again = slot.again >= 0
                self._render(call_id, slot)

    def _fold(self, through: int, summary: str) -> None:
        """Let the checkpoint stand for every step up to `through`; what stays is counted anew."""
        before = [n for n, place in enumerate(self._places) if place.kind == "fixed" and place.step <= through]
        after = [n for n, place in enumerate(self._places) if place.step > through]
        moved = {old: new for new, old in enumerate([*before, -2, *after])}
        standing = [self._messages[n] for n in before], [self._messages[n] for n in after]
        self._messages, self._sent_calls = renumbered([*standing[0], Message("user", summary), *standing[1]])
        checkpoint = _Place(through, "checkpoint")
        self._places = [*(self._places[n] for n in before), checkpoint, *(self._places[n] for n in after)]
        for call_id, slot in self._slots.items():
            slot.index, slot.again = moved.get(slot.index, -1), moved.get(slot.again, -1)
            self._note_visible(call_id, slot)
        self._empty_slots = {call_id for call_id in self._empty_slots if self._slots[call_id].index >= 0}
        self._characters = sum(message.characters for message in self._messages)
        self.count.changed()
        self._hashed, self._hash = 0, hashlib.sha256()

    def _render(self, call_id: str, slot: Slot) -> None:
        """Write a slot's messages anew."""
        if slot.observation is None:
            return
        for index, text in ((slot.index, slot.text), (slot.again, slot.text_again)):
            if index < 0 or self._messages[index].content == text:
                continue
            old = self._messages[index]
            self._messages[index] = msgspec.structs.replace(old, content=text)
            self._characters += len(text) - len(old.content)
            if old.content:
                self.count.changed()
            if index < self._hashed:
                self._hashed, self._hash = 0, hashlib.sha256()
        self._note_visible(call_id, slot)

    def _note_visible(self, call_id: str, slot: Slot) -> None:
        if slot.visible:
            self._visible[call_id] = slot.visible
        else:
            self._visible.pop(call_id, None)

    def _say(self, text: str, call_id: str = "") -> None:
        """Add a user message, which may bring a call's observation back; it waits until no call stands unanswered."""
        self._waiting.append((text, call_id))
        self._flush()

    def _flush(self) -> None:
        """What was said enters after the observations of the step it arrived in."""
        if self._draft is not None or self._empty_slots:
            return
        for text, call_id in self._waiting:
            slot = self._slots.get(call_id)
            if slot is not None:
                slot.again = len(self._messages)
                self._note_visible(call_id, slot)
            self._append(Message("user", text))
        self._waiting.clear()

    def _append(self, message: Message, kind: Literal["fixed", "step"] = "step") -> None:
        self._messages.append(message)
        self._places.append(_Place(self._step, kind))
        self._characters += message.characters
        if kind == "fixed":
            self._fixed_characters += message.characters

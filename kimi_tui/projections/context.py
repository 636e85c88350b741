"""The context: what the model reads, derived from the journal alone.

It is an append-only prefix: messages are added at the end and never edited, except when a person withdraws an
observation or a compaction hides old ones. Its digest is recorded with each step before the request leaves, so
that what was sent can be proved from the journal up to that line.
"""

import hashlib
import json
import re
from typing import Literal

import msgspec

from kimi_tui.events import (
    ApprovalResolved,
    ContextCompacted,
    Entry,
    MessageRecorded,
    ObservationRecorded,
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
from kimi_tui.projections.evidence import plan_told

CHARACTERS_PER_TOKEN = 4
"""For estimates of what was added since the server's last count; budgets use the server's figures."""


class SentCall(msgspec.Struct, frozen=True):
    """A tool call in an assistant message, as it goes back to the model."""

    id: str
    """`functions.{name}:{n}`, n counted over the messages actually sent."""
    name: str
    arguments: str
    """Valid JSON of an object, always."""


class Message(msgspec.Struct, frozen=True):
    """One message in neutral form; a provider turns it into its server's dialect."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    """Its text; empty in an assistant message that only calls."""
    reasoning: str | None = None
    """The thinking that goes back inside a tool loop; None outside assistant messages."""
    calls: tuple[SentCall, ...] = ()
    call_id: str = ""
    """For a tool message: the `SentCall.id` it answers."""
    name: str = ""
    """For a tool message: the tool's name."""

    @property
    def characters(self) -> int:
        """Length of everything in it that the model reads."""
        return len(self.content) + len(self.reasoning or "") + sum(len(c.arguments) + len(c.name) for c in self.calls)


class _Draft(msgspec.Struct):
    """An assistant message while its step is under way."""

    reasoning: str | None = None
    text: str = ""
    calls: list[ToolCallProposed] = []


class _Slot(msgspec.Struct):
    """The place kept for one call's observation."""

    index: int
    sent: SentCall
    observation: ObservationRecorded | None = None
    edited: str = ""
    """The arguments that ran instead, as JSON; empty when they are those proposed."""
    withdrawn: str | None = None
    """The note of a withdrawal; None when it stands."""
    hidden: bool = False


class Context:
    """The messages of the next model call."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._slots: dict[str, _Slot] = {}
        self._empty_slots: set[str] = set()
        self._draft: _Draft | None = None
        self._steers: list[Message] = []
        self._sent_calls = 0
        self._tools_digest = ""
        self._hashed = 0
        self._hash = hashlib.sha256()
        self._characters = 0
        self._counted = 0
        self._counted_characters = 0

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages in order; valid to send when no call is open."""
        return tuple(self._messages)

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
        return max(self._counted + (self._characters - self._counted_characters) // CHARACTERS_PER_TOKEN, 0)

    def visible_results(self) -> list[tuple[str, int]]:
        """Calls whose observation the model still reads in full, oldest first, with its length in characters."""
        return [
            (call_id, len(slot.observation.text))
            for call_id, slot in self._slots.items()
            if slot.observation is not None and not slot.hidden and slot.withdrawn is None
        ]

    def apply(self, entry: Entry) -> None:
        """Fold one entry in."""
        match entry.event:
            case SessionOpened() as event:
                self._open(event)
            case QuestionAsked() as event:
                self._append(Message("user", event.text))
            case SteerReceived() as event:
                self._steers.append(Message("user", event.text))
                self._flush_steers()
            case PlanEdited() as event:
                self._steers.append(Message("user", plan_told(event)))
                self._flush_steers()
            case ObservationRecorded() | ApprovalResolved() | ObservationWithdrawn() as event:
                self._settle(event)
            case ContextCompacted() as event:
                self._hide(event)
            case _:
                self._step(entry)

    def _open(self, event: SessionOpened) -> None:
        self._tools_digest = event.tools_digest
        if not self._messages:
            self._append(Message("system", event.instructions))

    def _step(self, entry: Entry) -> None:
        """The events of one model call; only a finished one reaches the context."""
        event = entry.event
        if isinstance(event, StepStarted):
            self._draft = _Draft(calls=[])
        elif isinstance(event, StepFailed):
            self._draft = None
            self._flush_steers()
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
        if usage.prompt_tokens and not usage.estimated:
            self._counted, self._counted_characters = usage.prompt_tokens, self._characters
        sent = tuple(self._send(call) for call in draft.calls)
        self._append(Message("assistant", draft.text, reasoning=draft.reasoning, calls=sent))
        for call, as_sent in zip(draft.calls, sent, strict=True):
            self._slots[call.call_id] = _Slot(len(self._messages), as_sent)
            self._empty_slots.add(call.call_id)
            self._append(Message("tool", "", call_id=as_sent.id, name=as_sent.name))
        self._flush_steers()

    def _send(self, call: ToolCallProposed) -> SentCall:
        name = re.sub(r"[^A-Za-z0-9_]+", "_", call.tool)[:64] or "unnamed"
        sent = SentCall(f"functions.{name}:{self._sent_calls}", name, _canonical(call.arguments))
        self._sent_calls += 1
        return sent

    def _settle(self, event: ObservationRecorded | ApprovalResolved | ObservationWithdrawn) -> None:
        slot = self._slots.get(event.call_id)
        if slot is None:
            return
        if isinstance(event, ObservationRecorded):
            slot.observation = event
            self._empty_slots.discard(event.call_id)
        elif isinstance(event, ObservationWithdrawn):
            slot.withdrawn = event.note
        elif event.edited is not None:
            slot.edited = _canonical(event.edited)
        self._render(event.call_id, slot)
        self._flush_steers()

    def _hide(self, event: ContextCompacted) -> None:
        for call_id in event.hidden:
            if call_id in self._slots:
                self._slots[call_id].hidden = True
                self._render(call_id, self._slots[call_id])

    def _render(self, call_id: str, slot: _Slot) -> None:
        """Write a slot's tool message anew."""
        if slot.observation is None:
            return
        content = _shown(call_id, slot)
        old = self._messages[slot.index]
        self._messages[slot.index] = msgspec.structs.replace(old, content=content)
        self._characters += len(content) - len(old.content)
        if slot.index < self._hashed:
            self._hashed, self._hash = 0, hashlib.sha256()

    def _flush_steers(self) -> None:
        """A steer enters after the observations of the step it arrived in, so that no call stands unanswered."""
        if self._draft is None and not self._empty_slots:
            for message in self._steers:
                self._append(message)
            self._steers.clear()

    def _append(self, message: Message) -> None:
        self._messages.append(message)
        self._characters += message.characters


def _canonical(arguments: dict[str, object]) -> str:
    return json.dumps(arguments, ensure_ascii=False, sort_keys=True, separators=(", ", ": "))


def _shown(call_id: str, slot: _Slot) -> str:
    """What the model reads for one call."""
    observation = slot.observation
    if observation is None:
        return ""
    if slot.withdrawn is not None:
        note = f": {slot.withdrawn}" if slot.withdrawn else ""
        return f"[The person withdrew this result{note}. Do not use it.]"
    if slot.hidden:
        ids = ", ".join(ref.id for ref in observation.sources)
        again = f" Its sources are still there: {ids}; read them again with read." if ids else ""
        return (
            f"[Result {call_id} of {slot.sent.name}, {len(observation.text)} characters, hidden to save room.{again}]"
        )
    if slot.edited:
        return f"[The person changed the arguments; what ran: {slot.edited}]\n{observation.text}"
    return observation.text

"""The context: the messages that the model reads, derived from the journal alone.

It is an append-only prefix: messages are added at the end and never edited, except when a person withdraws an
observation or a compaction hides or folds old ones. Its digest is recorded with each step before the request leaves,
so that what was sent can be proved from the journal up to that line.
"""

import hashlib
from collections.abc import Collection
from typing import ClassVar, Literal

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
)
from kimi_tui.messages import Message, ObservationSlot, canonical_arguments, renumber_calls, to_sent_call
from kimi_tui.projections.projection import Handlers, Projection
from kimi_tui.projections.research_state import plan_message
from kimi_tui.projections.token_count import ASSUMED_CHARS_PER_TOKEN, TokenCount

__all__ = ["ASSUMED_CHARS_PER_TOKEN", "Context", "StepShare"]


class StepShare(msgspec.Struct, frozen=True):
    """The part of one step that is still in the context."""

    step: int
    characters: int
    """Of its assistant message, its observations and what was said to the model behind it."""


class _StepDraft(msgspec.Struct):
    """An assistant message while its step is under way."""

    reasoning: str | None = None
    text: str = ""
    calls: list[ToolCallProposed] = []


class _MessageOrigin(msgspec.Struct, frozen=True):
    """The step and kind of a message, by which folding finds what leaves."""

    step: int
    """The last step when it was added, 0 before the first."""
    kind: Literal["fixed", "checkpoint", "step"] = "step"
    """What is fixed stays for ever: the instructions and the questions."""


class Context(Projection):
    """The messages of the next model call."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._places: list[_MessageOrigin] = []
        self._slots: dict[str, ObservationSlot] = {}
        self._visible: dict[str, int] = {}
        self._empty_slots: set[str] = set()
        self._draft: _StepDraft | None = None
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
        """Return the step that shows a call's observation: its own, or the one after which it was restored."""
        slot = self._slots[call_id]
        return self._places[slot.restored_index if slot.restored_index >= 0 else slot.index].step

    def step_shares(self) -> list[StepShare]:
        """Return the steps that are still in the context, oldest first."""
        sizes: dict[int, int] = {}
        for message, place in zip(self._messages, self._places, strict=True):
            if place.kind == "step":
                sizes[place.step] = sizes.get(place.step, 0) + message.characters
        return [StepShare(step, size) for step, size in sizes.items()]

    def shown_calls(self) -> dict[int, str]:
        """Return by message index the call whose observation is shown there, in full or as a stub."""
        found = {slot.index: call_id for call_id, slot in self._slots.items() if slot.index >= 0}
        return found | {
            slot.restored_index: call_id for call_id, slot in self._slots.items() if slot.restored_index >= 0
        }

    def leaving_messages(self, hidden: Collection[str], through: int) -> set[int]:
        """Return the indexes of the messages that a compaction would remove or turn into stubs."""
        calls = {index for index, call_id in self.shown_calls().items() if call_id in hidden}
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

    def _apply_opening(self, entry: Entry, event: SessionOpened) -> None:
        self._tools_digest = event.tools_digest
        if not self._messages:
            self._append_message(Message("system", event.instructions), "fixed")

    def _add_question(self, entry: Entry, event: QuestionAsked) -> None:
        self._append_message(Message("user", event.text), "fixed")

    def _add_steer(self, entry: Entry, event: SteerReceived) -> None:
        self._add_user_message(event.text)

    def _add_plan(self, entry: Entry, event: PlanEdited) -> None:
        self._add_user_message(plan_message(event))

    def _start_step(self, entry: Entry, event: StepStarted) -> None:
        """Open a draft: of a model call, only a finished one reaches the context."""
        self._draft = _StepDraft(calls=[])
        self._step = event.n
        self.count.note_sent(self._characters)

    def _keep_reasoning(self, entry: Entry, event: ReasoningRecorded) -> None:
        if self._draft is not None:
            self._draft.reasoning = event.text

    def _keep_text(self, entry: Entry, event: MessageRecorded) -> None:
        if self._draft is not None:
            self._draft.text = event.text

    def _keep_call(self, entry: Entry, event: ToolCallProposed) -> None:
        if self._draft is not None:
            self._draft.calls.append(event)

    def _drop_step(self, entry: Entry, event: StepFailed) -> None:
        if event.kind == "overflow" or event.window:
            self.count.note_refusal(self.tokens, event.window, event.prompt_tokens)
        self._draft = None
        self._add_waiting_messages()

    def _finish_step(self, entry: Entry, event: StepFinished) -> None:
        """Add the assistant message and a place for each observation, in the order of the calls."""
        draft = self._draft
        if draft is None:
            return
        self._draft = None
        self.count.note_usage(event.usage)
        sent = tuple(to_sent_call(call, number) for number, call in enumerate(draft.calls, self._sent_calls))
        self._sent_calls += len(sent)
        self._append_message(Message("assistant", draft.text, reasoning=draft.reasoning, calls=sent))
        for call, as_sent in zip(draft.calls, sent, strict=True):
            self._slots[call.call_id] = ObservationSlot(self._step, len(self._messages), as_sent)
            self._empty_slots.add(call.call_id)
            self._append_message(Message("tool", "", call_id=as_sent.id, name=as_sent.name))
        self._add_waiting_messages()

    def _set_observation(
        self, entry: Entry, event: ObservationRecorded | ApprovalResolved | ObservationWithdrawn
    ) -> None:
        slot = self._slots.get(event.call_id)
        if slot is None:
            return
        if isinstance(event, ObservationRecorded):
            slot.observation = event
            self._empty_slots.discard(event.call_id)
        elif isinstance(event, ObservationWithdrawn):
            slot.withdrawn = event.note
            if slot.index < 0:
                self._add_user_message(
                    f"[{event.call_id}, whose step was folded away] {slot.text} Nor what was concluded from it."
                )
        elif event.edited is not None:
            slot.edited = canonical_arguments(event.edited)
        self._render_slot(event.call_id, slot)
        self._add_waiting_messages()

    def _restore_observation(self, entry: Entry, event: ObservationRestored) -> None:
        """Bring an observation back at the end, so that everything before it stays the prefix that it was."""
        slot = self._slots.get(event.call_id)
        if slot is None or slot.observation is None or slot.withdrawn is not None or slot.visible_characters:
            return
        slot.restored_hidden = False
        self._add_user_message(slot.restored_text, event.call_id)

    def _apply_compaction(self, entry: Entry, event: ContextCompacted) -> None:
        stubs = event.stubs or ("",) * len(event.hidden)
        if event.kind == "fold":
            self._apply_fold(event.through, event.summary)
        for call_id, stub in zip(event.hidden, stubs, strict=False):
            slot = self._slots.get(call_id)
            if slot is not None:
                slot.hidden, slot.stub = True, stub
                slot.restored_hidden = slot.restored_index >= 0
                self._render_slot(call_id, slot)

    def _apply_fold(self, through: int, summary: str) -> None:
        """Replace every step up to `through` by the checkpoint; the remaining messages are counted anew."""
        before = [n for n, place in enumerate(self._places) if place.kind == "fixed" and place.step <= through]
        after = [n for n, place in enumerate(self._places) if place.step > through]
        moved = {old: new for new, old in enumerate([*before, -2, *after])}
        standing = [self._messages[n] for n in before], [self._messages[n] for n in after]
        self._messages, self._sent_calls = renumber_calls([*standing[0], Message("user", summary), *standing[1]])
        checkpoint = _MessageOrigin(through, "checkpoint")
        self._places = [*(self._places[n] for n in before), checkpoint, *(self._places[n] for n in after)]
        for call_id, slot in self._slots.items():
            slot.index, slot.restored_index = moved.get(slot.index, -1), moved.get(slot.restored_index, -1)
            self._note_visible(call_id, slot)
        self._empty_slots = {call_id for call_id in self._empty_slots if self._slots[call_id].index >= 0}
        self._characters = sum(message.characters for message in self._messages)
        self.count.note_changed()
        self._hashed, self._hash = 0, hashlib.sha256()

    def _render_slot(self, call_id: str, slot: ObservationSlot) -> None:
        """Write a slot's messages anew."""
        if slot.observation is None:
            return
        for index, text in ((slot.index, slot.text), (slot.restored_index, slot.restored_text)):
            if index < 0 or self._messages[index].content == text:
                continue
            old = self._messages[index]
            self._messages[index] = msgspec.structs.replace(old, content=text)
            self._characters += len(text) - len(old.content)
            if old.content:
                self.count.note_changed()
            if index < self._hashed:
                self._hashed, self._hash = 0, hashlib.sha256()
        self._note_visible(call_id, slot)

    def _note_visible(self, call_id: str, slot: ObservationSlot) -> None:
        if slot.visible_characters:
            self._visible[call_id] = slot.visible_characters
        else:
            self._visible.pop(call_id, None)

    def _add_user_message(self, text: str, call_id: str = "") -> None:
        """Add a user message, which may restore a call's observation; it waits until every call has an answer."""
        self._waiting.append((text, call_id))
        self._add_waiting_messages()

    def _add_waiting_messages(self) -> None:
        """Add waiting messages after the observations of the step in which they arrived."""
        if self._draft is not None or self._empty_slots:
            return
        for text, call_id in self._waiting:
            slot = self._slots.get(call_id)
            if slot is not None:
                slot.restored_index = len(self._messages)
                self._note_visible(call_id, slot)
            self._append_message(Message("user", text))
        self._waiting.clear()

    def _append_message(self, message: Message, kind: Literal["fixed", "step"] = "step") -> None:
        self._messages.append(message)
        self._places.append(_MessageOrigin(self._step, kind))
        self._characters += message.characters
        if kind == "fixed":
            self._fixed_characters += message.characters

    _HANDLERS: ClassVar[Handlers] = {
        StepStarted: _start_step,
        ReasoningRecorded: _keep_reasoning,
        MessageRecorded: _keep_text,
        ToolCallProposed: _keep_call,
        StepFinished: _finish_step,
        StepFailed: _drop_step,
        ObservationRecorded: _set_observation,
        ApprovalResolved: _set_observation,
        ObservationWithdrawn: _set_observation,
        ObservationRestored: _restore_observation,
        ContextCompacted: _apply_compaction,
        SessionOpened: _apply_opening,
        QuestionAsked: _add_question,
        SteerReceived: _add_steer,
        PlanEdited: _add_plan,
    }

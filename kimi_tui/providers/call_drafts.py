"""Assemble the calls of a streaming reply, whatever a server does to their indexes and ids."""

from collections.abc import Iterable

import msgspec

from kimi_tui.providers.arguments import is_complete_object
from kimi_tui.providers.chunks import CallDelta
from kimi_tui.providers.written_calls import WrittenCall, call_name


class CallDraft(msgspec.Struct):
    """One call that is being written."""

    name: str
    position: int
    """Which call of the reply it is, from 0."""
    id: str = ""
    """The server's, only to tell one call from the next."""
    index: int | None = None
    parts: list[str] = msgspec.field(default_factory=list)
    recovered: bool = False
    announced: bool = False
    """True when its name was announced."""

    @property
    def raw(self) -> str:
        """Return the argument text so far."""
        return "".join(self.parts)


class CallDrafts:
    """The calls of one reply."""

    def __init__(self) -> None:
        self.all: list[CallDraft] = []
        """In the order in which they began."""
        self.split = False
        """True when two calls came as if they were one."""

    def draft_for(self, delta: CallDelta, name: str, has_arguments: bool) -> CallDraft:
        """Return the draft that a fragment belongs to; a new index, or another name at the same index, starts one."""
        same = [draft for draft in self.all if delta.index is None or draft.index in (None, delta.index)]
        draft = same[-1] if same else None
        if draft is not None and not _starts_new_call(draft, delta, name, has_arguments):
            draft.name = draft.name or name
            return draft
        self.split |= draft is not None
        return self._start_draft(CallDraft(name, len(self.all), id=delta.id or "", index=delta.index))

    def add_written_calls(self, written: Iterable[WrittenCall]) -> list[CallDraft]:
        """Add the calls found in text, except those that the server also sent as calls."""
        known = {(call_name(draft.name), draft.raw.strip()) for draft in self.all}
        found = []
        for call in written:
            if (call.name, call.raw) not in known:
                known.add((call.name, call.raw))
                found.append(self._start_draft(CallDraft(call.name, len(self.all), parts=[call.raw], recovered=True)))
        return found

    def drop_empty(self) -> None:
        """Forget those without a name and without arguments."""
        self.all = [draft for draft in self.all if draft.name or draft.raw.strip()]

    def _start_draft(self, draft: CallDraft) -> CallDraft:
        self.all.append(draft)
        return draft


def _starts_new_call(draft: CallDraft, delta: CallDelta, name: str, has_arguments: bool) -> bool:
    """Return whether a fragment at a draft's index starts another call; only one with a name can.

    Some servers repeat the name or change the id in every fragment, so neither is enough by itself.
    """
    if not name or not draft.name:
        return False
    if name != draft.name or (delta.id and draft.id and delta.id != draft.id):
        return True
    return (
        has_arguments and bool(draft.parts) and draft.parts[-1].rstrip().endswith("}") and is_complete_object(draft.raw)
    )

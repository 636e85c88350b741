"""Write a session as messages in the format of the OpenAI interface, for other programs."""

import msgspec

from kimi_tui.events import CompactionProposed, ContextCompacted, ObservationRestored
from kimi_tui.export.recording import Recording
from kimi_tui.projections.context import Context
from kimi_tui.providers.request_dialect import MANAGED, wire_messages

_COMPACTION = (CompactionProposed, ContextCompacted, ObservationRestored)


def format_openai_messages(recording: Recording) -> bytes:
    """Return `{"model", "messages"}` as indented JSON in UTF-8, with the reasoning as `reasoning_content`.

    Every finished step and every observation is there in full, also those that left the model's context later; results
    that a person withdrew are replaced by their notice, as the model read it.
    """
    context = Context()
    for entry in recording.entries:
        if type(entry.event) in context.HANDLES and not isinstance(entry.event, _COMPACTION):
            context.apply(entry)
    opened = recording.state.run.opened
    body = {"model": opened.model if opened else "", "messages": wire_messages(context.messages, MANAGED)}
    return msgspec.json.format(msgspec.json.encode(body), indent=2) + b"\n"

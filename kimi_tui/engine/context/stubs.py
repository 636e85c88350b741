"""Write the one line that replaces a hidden observation: its call, length, digest, and how to read it again."""

import hashlib

from kimi_tui.projections.calls import Call
from kimi_tui.text import one_line

STUB_CHARACTERS = 240
"""About how long a stub is."""
_MAX_SOURCES = 6


def stub_for(call: Call) -> str:
    """Return the stub of an observed call; its words are recorded, so they may change without harm to old journals."""
    observation = call.observation
    if observation is None:
        return ""
    digest = hashlib.sha256(observation.text.encode("utf-8", "replace")).hexdigest()[:12]
    return (
        f"[Result {call.id} of {one_line(call.tool, 40)}: {one_line(call.label, 80)}. "
        f"{len(observation.text):,} characters, sha256 {digest}, hidden to save room. {_how_to_reread(call)}]"
    )


def _how_to_reread(call: Call) -> str:
    """Say how the model reads the observation again."""
    ids = [ref.id for ref in call.observation.sources] if call.observation else []
    if not ids:
        return f"For it, call {one_line(call.tool, 40)} again with the same arguments."
    named = ", ".join(ids[:_MAX_SOURCES]) + (f" and {len(ids) - _MAX_SOURCES} more" if ids[_MAX_SOURCES:] else "")
    return f'Its sources are still there: {named}; read them again, like read(source="{ids[0]}").'

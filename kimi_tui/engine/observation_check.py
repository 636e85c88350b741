"""Check that an observation can be recorded, read back and applied before the engine takes it."""

from typing import Any

from kimi_tui.events import Entry, ObservationRecorded
from kimi_tui.journal.chain import check_stored_form
from kimi_tui.projections.research_state import PlanState

MAX_ARTIFACT_DEPTH = 64
"""How deep an artifact may be nested: every reader of the journal has to follow it."""


def check_recordable(event: ObservationRecorded) -> ObservationRecorded:
    """Return the observation as it will be read back; raises `ValueError`, `TypeError` or an encoder's error."""
    if _is_deeper(event.artifact, MAX_ARTIFACT_DEPTH):
        raise ValueError(f"its artifact is nested deeper than {MAX_ARTIFACT_DEPTH} levels")
    stored, _ = check_stored_form(event)
    assert isinstance(stored, ObservationRecorded)
    PlanState().apply(Entry("", 1, "", "", 1, 1, stored, ""))  # the one artifact whose parts are read while folding
    return stored


def _is_deeper(value: Any, levels: int) -> bool:
    """Return whether a value has more than so many levels of lists and objects."""
    if isinstance(value, dict):
        return levels == 0 or any(_is_deeper(inner, levels - 1) for inner in value.values())
    if isinstance(value, list | tuple):
        return levels == 0 or any(_is_deeper(inner, levels - 1) for inner in value)
    return False

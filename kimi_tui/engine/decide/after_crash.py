"""Settle calls that the end of the program left open."""

from kimi_tui.engine.decide.call_view import CallView, Settlement
from kimi_tui.engine.decide.pipeline import deny
from kimi_tui.events import ApprovalRequested, ApprovalResolved, ObservationRecorded

OUTCOME_UNKNOWN = "outcome-unknown"
"""The rule by which a call with effects that a crash ended waits for a person."""
_UNKNOWN_OUTCOME = (
    "It was started before the program ended, whether it took effect is not known, and nobody is there to ask: "
    "find that out before you do it again."
)


def settle_waiting(view: CallView) -> Settlement:
    """Settle a waiting call by the rules, when no person is there to ask."""
    call, ruling = view.call, view.ruling
    if call.rule == OUTCOME_UNKNOWN:
        return Settlement(observation=ObservationRecorded(call.id, "interrupted", _UNKNOWN_OUTCOME))
    if ruling.verdict == "deny":
        return deny(call, ruling)
    return Settlement((ApprovalResolved(call.id, "approve", by="rules", note=ruling.reason),))


def settle_started(view: CallView) -> Settlement:
    """Settle a call that may have taken effect: a person decides; without one it is not run again."""
    call = view.call
    if not view.person:
        return Settlement(observation=ObservationRecorded(call.id, "interrupted", _UNKNOWN_OUTCOME))
    why = "it was started before the program ended, and whether it took effect is not known; run it again?"
    return Settlement((ApprovalRequested(call.id, OUTCOME_UNKNOWN, why, schema=view.toolbox.parameters_of(call.tool)),))

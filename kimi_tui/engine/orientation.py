"""Keeping a run on its way: a model that gets nowhere, or leaves its question, is told once, in the engine's name.

Both are asked of projections, so a reopened session knows what was told. What the model makes of it is its own; only
a run that still brings nothing new afterwards is paused for its person.
"""

from kimi_tui.config import SessionSettings
from kimi_tui.events import AnyEvent, DriftNoticed, StallSuspected, SteerReceived
from kimi_tui.projections.drift import MIN_DRIFT_STEPS
from kimi_tui.projections.state import SessionState

STALLED = (
    "Nothing new has come of your last {steps} steps: no source and no result. Say what is missing, "
    "change your way with update_plan, or call submit_memo with what you have and name what could not be found."
)
"""What the model is told after many steps without anything new."""
CHECKPOINT = (
    "Your last steps seem far from the question and your plan. Say in a few words how they serve the question; then "
    "call update_plan with the plan and the open questions as they are now, and go on with what serves it best."
)
"""What the model is told when its steps have left the question."""


def due(state: SessionState, settings: SessionSettings) -> tuple[AnyEvent, ...]:
    """What to record and tell the model before its next step; nothing if it is on its way."""
    progress, drift, most = state.progress, state.drift, settings.stall_steps
    if most and progress.idle_steps >= most and not progress.warned:
        order = STALLED.format(steps=progress.idle_steps)
        return StallSuspected(progress.idle_steps, "told"), SteerReceived(order, by="engine")
    if drift.standing_out >= MIN_DRIFT_STEPS and not drift.noticed:
        noticed = DriftNoticed(drift.trend[-1], round(drift.usual, 3), drift.standing_out)
        return noticed, SteerReceived(CHECKPOINT, by="engine")
    return ()


def stalled(state: SessionState, settings: SessionSettings) -> StallSuspected | None:
    """The stall of a model that was told and still brings nothing new."""
    progress, most = state.progress, settings.stall_steps
    if most and progress.warned and progress.idle_steps >= most + max(most // 2, 2):
        return StallSuspected(progress.idle_steps, "paused")
    return None

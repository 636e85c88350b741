"""Guide a model that stalls or leaves its question: one message in the engine's name.

Both are asked of projections, so a reopened session knows what was told. What the model makes of it is its own; only
a run that still brings nothing new afterwards is paused for its person.
"""

from kimi_tui.config import SessionSettings
from kimi_tui.events import AnyEvent, DriftNoticed, StallSuspected, SteerReceived
from kimi_tui.projections.drift import MIN_DRIFT_STEPS
from kimi_tui.projections.trajectory import TrajectoryState

STALL_PROMPT = (
    "Nothing new has come of your last {steps} steps: no source and no result. Say what is missing, "
    "change your way with update_plan, or call submit_memo with what you have and name what could not be found."
)
"""The message to the model after many steps without anything new."""
DRIFT_PROMPT = (
    "Your last steps seem far from the question and your plan. Say in a few words how they serve the question; then "
    "call update_plan with the plan and the open questions as they are now, and go on with what serves it best."
)
"""The message to the model when its steps have left the question."""


def guidance(state: TrajectoryState, settings: SessionSettings) -> tuple[AnyEvent, ...]:
    """Return the events to record before the next step; none for a run that makes progress."""
    progress, drift, most = state.progress, state.drift, settings.stall_steps
    if most and progress.idle_steps >= most and not progress.warned:
        order = STALL_PROMPT.format(steps=progress.idle_steps)
        return StallSuspected(progress.idle_steps, "told"), SteerReceived(order, by="engine")
    if drift.standing_out >= MIN_DRIFT_STEPS and not drift.noticed:
        noticed = DriftNoticed(drift.trend[-1], round(drift.usual, 3), drift.standing_out)
        return noticed, SteerReceived(DRIFT_PROMPT, by="engine")
    return ()


def lasting_stall(state: TrajectoryState, settings: SessionSettings) -> StallSuspected | None:
    """Return the stall of a model that was warned and still brings nothing new."""
    progress, most = state.progress, settings.stall_steps
    if most and progress.warned and progress.idle_steps >= most + max(most // 2, 2):
        return StallSuspected(progress.idle_steps, "paused")
    return None

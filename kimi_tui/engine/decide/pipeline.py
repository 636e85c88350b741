"""The steps of a decision, in order: the first that answers settles the call.

A step sees a `CallView` and returns a `Settlement` or nothing. It reads no file, waits for nothing and records
nothing, so that a decision is made on one state of the session. Calls that the end of the program left open are settled
here as well: `settle_waiting` and `settle_started`.
"""

from collections.abc import Callable

from kimi_tui.engine.decide.call_view import CallView, Settlement
from kimi_tui.engine.decide.loop_guard import loop_refusal
from kimi_tui.engine.decide.result_cache import answer_from_cache, share_duplicate
from kimi_tui.events import ApprovalRequested, ApprovalResolved, LoopSuspected, ObservationRecorded, PolicyDecided
from kimi_tui.policy.rules import Ruling
from kimi_tui.projections.calls import LOOP_RULE, Call

Step = Callable[[CallView], Settlement | None]

OUTCOME_UNKNOWN = "outcome-unknown"
"""The rule by which a call with effects that a crash ended waits for a person."""
_UNKNOWN_OUTCOME = (
    "It was started before the program ended, whether it took effect is not known, and nobody is there to ask: "
    "find that out before you do it again."
)


def refuse_loop(view: CallView) -> Settlement | None:
    """Refuse a call that would begin another round of a loop."""
    why, repeated = loop_refusal(view.calls, view.call)
    if not why:
        return None
    loop = LoopSuspected(len(repeated), tuple(one.id for one in repeated), "refused")
    denial = deny(view.call, Ruling("deny", LOOP_RULE, why))
    return Settlement((loop, *denial.events), denial.observation)


def answer_invalid(view: CallView) -> Settlement | None:
    """Answer a call that cannot run as it was written: its tool or its arguments are wrong."""
    call = view.call
    return Settlement(observation=ObservationRecorded(call.id, "error", call.problem)) if call.problem else None


def refuse_beyond_budget(view: CallView) -> Settlement | None:
    """Refuse a call when a budget is spent, unless its tool helps to write the answer."""
    if not view.exhausted or view.toolbox.is_closing_tool(view.call.tool):
        return None
    return deny(view.call, Ruling("deny", "budget", "the budget is spent; submit the memo with what you have"))


def refuse_forbidden(view: CallView) -> Settlement | None:
    """Refuse a call that the policy denies."""
    return deny(view.call, view.ruling) if view.ruling.verdict == "deny" else None


def allow_or_ask(view: CallView) -> Settlement | None:
    """Let a call run, or ask a person, as the policy says."""
    call, ruling = view.call, view.ruling
    decided = PolicyDecided(call.id, ruling.verdict, ruling.rule, ruling.reason)
    if ruling.verdict != "ask":
        return Settlement((decided,))
    schema = view.toolbox.parameters_of(call.tool)
    return Settlement((decided, ApprovalRequested(call.id, ruling.rule, ruling.reason, ruling.pattern, schema)))


STEPS: tuple[Step, ...] = (
    share_duplicate,
    refuse_loop,
    answer_invalid,
    refuse_beyond_budget,
    refuse_forbidden,
    answer_from_cache,
    allow_or_ask,
)
"""The possible outcomes of a proposed call, in the order in which they are tried."""


def settle(view: CallView, steps: tuple[Step, ...] = STEPS) -> Settlement:
    """Return the first step's answer; without one the call stays open."""
    answers = (step(view) for step in steps)
    return next((answer for answer in answers if answer is not None), Settlement())


def deny(call: Call, ruling: Ruling) -> Settlement:
    """Return a denial; the model reads why."""
    decided = PolicyDecided(call.id, "deny", ruling.rule, ruling.reason)
    text = f"Denied ({ruling.rule}): {ruling.reason}."
    return Settlement((decided,), ObservationRecorded(call.id, "denied", text))


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

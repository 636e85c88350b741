"""Answer a call from the session's own journal when the same call was made before and its target has not changed.

Such a result is marked with its age and the call it comes from. It touches nothing, so nobody is asked a second time
for what was agreed to once; but what the rules forbid stays forbidden, and what ran by a rule that is revoked since
is asked for anew.
"""

from itertools import takewhile

import msgspec

from kimi_tui.engine.decide.call_view import CallView, Settlement
from kimi_tui.engine.observations import strip_notices
from kimi_tui.events import ObservationRecorded, PolicyDecided
from kimi_tui.projections.budget import seconds_between
from kimi_tui.projections.calls import DUPLICATE_RULE, Call
from kimi_tui.tools.freshness import NETWORK

KEPT_RESULT_RULE = "kept-result"
"""The rule by which a call is answered from an earlier one."""


def share_duplicate(view: CallView) -> Settlement | None:
    """Answer a call with the identical one of its step, once that has a result; until then it waits for it."""
    call, duplicate = view.call, _duplicate_in_step(view)
    if duplicate is None:
        return None
    if duplicate.observation is None:
        return Settlement()
    reason = f"the same as {duplicate.id} in this step"
    observation = _copy_observation(call, duplicate.observation, f"[This call is {reason}; it was made once.]")
    return Settlement((PolicyDecided(call.id, "allow", DUPLICATE_RULE, reason),), observation)


def answer_from_cache(view: CallView) -> Settlement | None:
    """Answer a call with an earlier result that still holds.

    Where the rules ask a person, only what a person let run answers, and not by a standing rule.
    """
    call, earlier = view.call, view.calls.reusable.get(view.call.asks)
    if earlier is None or earlier.observation is None or earlier.withdrawn or not _is_same_call(view, earlier):
        return None
    if view.ruling.verdict == "ask" and earlier.decision not in ("approve", "edit"):
        return None
    age = seconds_between(earlier.finished_at, view.now)
    if not _still_holds(view, earlier.observation, age):
        return None
    again = " Pass fresh=true to ask again." if view.toolbox.can_want_fresh_result(call) else ""
    mark = f"[This is the result of {earlier.id}, kept from {_age_text(age)} ago; nothing was asked.{again}]"
    reason = f"answered from {earlier.id}; nothing is touched"
    observation = _copy_observation(call, earlier.observation, mark)
    return Settlement((PolicyDecided(call.id, "allow", KEPT_RESULT_RULE, reason),), observation)


def _duplicate_in_step(view: CallView) -> Call | None:
    """Return the first identical call of the same step, None if there is none."""
    call = view.call
    earlier = takewhile(lambda other: other.id != call.id, view.calls.recent)
    same = (other for other in earlier if (other.turn, other.step, other.asks) == (call.turn, call.step, call.asks))
    return next((other for other in same if _is_same_call(view, other)), None)


def _still_holds(view: CallView, known: ObservationRecorded, age: float) -> bool:
    """Return whether a result of this age in seconds may answer again: neither the call nor its target disagrees."""
    if view.toolbox.wants_fresh_result(view.call) or (NETWORK in known.stamp and age > view.fresh_seconds):
        return False
    return view.stamp == known.stamp


def _is_same_call(view: CallView, other: Call) -> bool:
    return view.call.read_only and view.toolbox.is_identical(view.call, other)


def _copy_observation(call: Call, known: ObservationRecorded, mark: str) -> ObservationRecorded:
    text = f"{strip_notices(known.text)}\n{mark}"
    origin = known.cached_from or known.call_id
    return msgspec.structs.replace(
        known, call_id=call.id, text=text, cached=True, cached_from=origin, duration=0.0, fetched=0
    )


def _age_text(seconds: float) -> str:
    """Return an age in its largest unit."""
    if seconds < 60:
        return f"{max(seconds, 0):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"

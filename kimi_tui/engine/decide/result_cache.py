"""Answer a call from the session's own journal when the same call was made before and its target has not changed.

Such a result is marked with its age and the call it comes from. It touches nothing, so nobody is asked a second time
for what was agreed to once; but what the rules forbid stays forbidden, and what ran by a rule that is revoked since
is asked for anew.
"""

import msgspec

from kimi_tui.config import SessionSettings
from kimi_tui.engine.ledger import Ledger
from kimi_tui.engine.observations import strip_notices
from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.events import ObservationRecorded, PolicyDecided
from kimi_tui.journal.writer import now_text
from kimi_tui.projections.budget import seconds_between
from kimi_tui.projections.calls import DUPLICATE_RULE, Call
from kimi_tui.tools.freshness import NETWORK

KEPT_RESULT_RULE = "kept-result"
"""The rule by which a call is answered from an earlier one."""


class ResultCache:
    """Find earlier results that answer a call."""

    def __init__(self, ledger: Ledger, toolbox: Toolbox, settings: SessionSettings) -> None:
        self._ledger = ledger
        self._toolbox = toolbox
        self._settings = settings

    def duplicate_in_step(self, call: Call) -> Call | None:
        """Return the first identical call of the same step, None if there is none."""
        for other in self._ledger.state.calls.recent:
            if other.id == call.id:
                break
            if (other.turn, other.step, other.asks) == (call.turn, call.step, call.asks) and self._is_same_call(
                call, other
            ):
                return other
        return None

    def share(self, call: Call, duplicate: Call) -> tuple[ObservationRecorded, PolicyDecided]:
        """Return the observation of an identical call for this one, and the decision."""
        assert duplicate.observation is not None
        reason = f"the same as {duplicate.id} in this step"
        mark = f"[This call is {reason}; it was made once.]"
        return _copy_observation(call, duplicate.observation, mark), PolicyDecided(
            call.id, "allow", DUPLICATE_RULE, reason
        )

    async def lookup(self, call: Call, *, asking: bool) -> tuple[ObservationRecorded, PolicyDecided] | None:
        """Return an earlier observation that answers this call, and the decision; None when it has to run.

        When the rules are `asking` a person, only what a person let run answers, and not by a standing rule.
        """
        earlier = self._ledger.state.calls.reusable.get(call.asks)
        if earlier is None or earlier.observation is None or earlier.withdrawn or not self._is_same_call(call, earlier):
            return None
        if asking and earlier.decision not in ("approve", "edit"):
            return None
        age = seconds_between(earlier.finished_at, now_text())
        stamp = earlier.observation.stamp
        if self._toolbox.wants_fresh_result(call) or (NETWORK in stamp and age > self._settings.fresh_minutes * 60):
            return None
        if await self._toolbox.freshness_stamp(call) != stamp:
            return None
        again = " Pass fresh=true to ask again." if self._toolbox.can_want_fresh_result(call) else ""
        mark = f"[This is the result of {earlier.id}, kept from {_age_text(age)} ago; nothing was asked.{again}]"
        reason = f"answered from {earlier.id}; nothing is touched"
        return _copy_observation(call, earlier.observation, mark), PolicyDecided(
            call.id, "allow", KEPT_RESULT_RULE, reason
        )

    def _is_same_call(self, call: Call, other: Call) -> bool:
        return call.read_only and self._toolbox.is_identical(call, other)


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

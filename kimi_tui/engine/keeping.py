"""Answering a call from the session's own journal: the same call was made before, and nothing it touches has changed.

Such a result is marked with its age and the call it comes from. It touches nothing, so nobody is asked a second time
for what was agreed to once; but what the rules forbid stays forbidden, and what ran by a rule that is revoked since
is asked for anew.
"""

import msgspec

from kimi_tui.config import SessionSettings
from kimi_tui.engine.ledger import Ledger
from kimi_tui.engine.observing import unmarked
from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.events import ObservationRecorded, PolicyDecided
from kimi_tui.journal.writer import now_text
from kimi_tui.projections.budget import seconds_between
from kimi_tui.projections.calls import DUPLICATE_RULE, Call
from kimi_tui.tools.freshness import NETWORK

KEPT = "kept-result"
"""The rule by which a call is answered from an earlier one."""


class Kept:
    """Finds results that answer a call."""

    def __init__(self, ledger: Ledger, toolbox: Toolbox, settings: SessionSettings) -> None:
        self._ledger = ledger
        self._toolbox = toolbox
        self._settings = settings

    def twin(self, call: Call) -> Call | None:
        """The first call of the same step that is the same to the letter, None if there is none."""
        for other in self._ledger.state.calls.recent:
            if other.id == call.id:
                break
            if (other.turn, other.step, other.asks) == (call.turn, call.step, call.asks) and self._same(call, other):
                return other
        return None

    def shared(self, call: Call, twin: Call) -> tuple[ObservationRecorded, PolicyDecided]:
        """What a call gives whose twin was observed, and why."""
        assert twin.observation is not None
        reason = f"the same as {twin.id} in this step"
        mark = f"[This call is {reason}; it was made once.]"
        return _copy(call, twin.observation, mark), PolicyDecided(call.id, "allow", DUPLICATE_RULE, reason)

    async def answer(self, call: Call, *, asking: bool) -> tuple[ObservationRecorded, PolicyDecided] | None:
        """What an earlier call gave that answers this one, and why; None when it has to run.

        When the rules are `asking` a person, only what a person let run answers, and not by a standing rule.
        """
        earlier = self._ledger.state.calls.reusable.get(call.asks)
        if earlier is None or earlier.observation is None or earlier.withdrawn or not self._same(call, earlier):
            return None
        if asking and earlier.decision not in ("approve", "edit"):
            return None
        age = seconds_between(earlier.finished_at, now_text())
        stamp = earlier.observation.stamp
        if self._toolbox.asks_afresh(call) or (NETWORK in stamp and age > self._settings.fresh_minutes * 60):
            return None
        if await self._toolbox.stamp(call) != stamp:
            return None
        again = " Pass fresh=true to ask again." if self._toolbox.may_ask_afresh(call) else ""
        mark = f"[This is the result of {earlier.id}, kept from {_in_words(age)} ago; nothing was asked.{again}]"
        reason = f"answered from {earlier.id}; nothing is touched"
        return _copy(call, earlier.observation, mark), PolicyDecided(call.id, "allow", KEPT, reason)

    def _same(self, call: Call, other: Call) -> bool:
        return call.read_only and self._toolbox.identical(call, other)


def _copy(call: Call, known: ObservationRecorded, mark: str) -> ObservationRecorded:
    text = f"{unmarked(known.text)}\n{mark}"
    origin = known.cached_from or known.call_id
    return msgspec.structs.replace(
        known, call_id=call.id, text=text, cached=True, cached_from=origin, duration=0.0, fetched=0
    )


def _in_words(seconds: float) -> str:
    """An age in its largest unit."""
    if seconds < 60:
        return f"{max(seconds, 0):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"

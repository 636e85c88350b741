"""Keeping the context inside its window: what leaves it before the next step, by the session's policy.

Between two compactions the prompt only grows at its end. What leaves goes in one batch, oldest first, and the last
steps stay word for word; when hiding observations is not enough, whole steps are folded into a checkpoint. Nothing
leaves the journal.
"""

from collections.abc import Callable

import msgspec

from kimi_tui.config import ContextPolicy
from kimi_tui.engine.checkpoint import Checkpoint, carried_on, from_journal, rendered
from kimi_tui.engine.rooms import FOLD_MARK, LOW_MARK, Rooms, rooms_of
from kimi_tui.engine.stubs import STUB_CHARACTERS, stub_of
from kimi_tui.events import CompactionKind, ContextCompacted
from kimi_tui.projections.context import Context
from kimi_tui.projections.state import SessionState

KEPT = 5
"""Steps that stay word for word as long as they fit, and observations that `keep-5` leaves."""


class Plan(msgspec.Struct, frozen=True):
    """What is to leave."""

    kind: CompactionKind
    hidden: tuple[str, ...]
    """Calls whose observations become stubs."""
    after: int
    """Expected prompt tokens then."""
    through: int = 0
    """The last step that is folded away; 0 for none."""


class View:
    """What a policy decides on: the context and the rooms it must fit in."""

    def __init__(self, context: Context, rooms: Rooms) -> None:
        self.context = context
        self.rooms = rooms
        self.tokens = context.tokens
        self.ratio = context.count.ratio

    @property
    def full(self) -> bool:
        """Whether something must leave before the next step."""
        return self.tokens > self.rooms.high

    @property
    def low(self) -> int:
        """How far hiding goes."""
        return self._filled(LOW_MARK)

    @property
    def enough(self) -> int:
        """How much may be left after hiding."""
        return self._filled(FOLD_MARK)

    def hide(self, calls: list[tuple[str, int]], goal: float = 0) -> Plan | None:
        """Hide calls in this order until so many tokens are left; None when there is nothing to hide."""
        chosen, tokens = [], float(self.tokens)
        for call_id, characters in calls:
            if tokens <= goal:
                break
            chosen.append(call_id)
            tokens -= max(characters - STUB_CHARACTERS, 0) / self.ratio
        return Plan("hide", tuple(chosen), int(tokens)) if chosen else None

    def older(self, steps: int) -> list[tuple[str, int]]:
        """Observations read in full that stand before the last `steps` steps, oldest first."""
        standing = [share.step for share in self.context.step_shares()]
        if len(standing) <= steps:
            return []
        return [one for one in self.context.visible_results() if self.context.step_of(one[0]) < standing[-steps]]

    def _filled(self, share: float) -> int:
        """Tokens of a prompt that has this share of what can be freed at all."""
        fixed = self.context.fixed_tokens
        return int(fixed + max(self.rooms.high - fixed, 0) * share)


def _watermarks(view: View) -> Plan | None:
    """At the high mark, hide old observations down to the low one; fold when that is not enough."""
    if not view.full:
        return None
    plan = view.hide(view.older(KEPT), view.low)
    return plan if plan is not None and plan.after <= view.enough else _fold(view)


def _hide_all(view: View) -> Plan | None:
    """When the window is full, hide every observation that the model has read: the published protocol."""
    if not view.full:
        return None
    plan = view.hide(view.older(1))
    return plan if plan is not None and plan.after <= view.rooms.high else _fold(view)


def _keep_5(view: View) -> Plan | None:
    """Hide every observation but the last five, step by step."""
    if view.full:
        return _fold(view)
    return view.hide(view.context.visible_results()[:-KEPT])


POLICIES: dict[ContextPolicy, Callable[[View], Plan | None]] = {
    "watermarks": _watermarks,
    "hide-all": _hide_all,
    "keep-5": _keep_5,
}
"""Each says what leaves before the next step; none may let a session die while something can still leave."""


def compaction(state: SessionState) -> Plan | None:
    """What leaves before the next step by the session's policy, None if nothing."""
    policy: ContextPolicy = state.run.settings.get("context", "watermarks")
    return POLICIES[policy](View(state.context, rooms_of(state)))


def _fold(view: View) -> Plan | None:
    """Fold all but the last steps; fewer than usual stay when they would fill the window again at once."""
    shares = view.context.step_shares()
    fixed = view.context.fixed_tokens + view.rooms.checkpoint
    room = ((view.enough + view.rooms.high) / 2 - fixed) * view.ratio
    kept, characters = 0, 0
    for share in reversed(shares):
        if kept == KEPT or (kept and characters + share.characters > room):
            break
        kept, characters = kept + 1, characters + share.characters
    if kept == len(shares):
        return view.hide(view.context.visible_results(), view.rooms.high)
    through = shares[-kept - 1].step
    hidden: list[str] = []
    for call_id, length in view.context.visible_results():
        if characters > room and view.context.step_of(call_id) > through:
            hidden.append(call_id)
            characters -= max(length - STUB_CHARACTERS, 0)
    return Plan("fold", tuple(hidden), int(fixed + characters / view.ratio), through)


def emergency(state: SessionState) -> ContextCompacted | None:
    """What leaves at once after the server refused the prompt as too long: all observations but the last, or steps."""
    view = View(state.context, rooms_of(state))
    plan = view.hide(view.context.visible_results()[:-1])
    if plan is not None:
        return hiding(state, plan)
    shares = view.context.step_shares()
    if len(shares) < 2:
        return None
    through, fixed = shares[-2].step, view.context.fixed_tokens + view.rooms.checkpoint
    plan = Plan("fold", (), int(fixed + shares[-1].characters / view.ratio), through)
    return folding(state, plan)


def hiding(state: SessionState, plan: Plan, by: str = "engine") -> ContextCompacted:
    """The event of a plan that hides."""
    stubs = tuple(stub_of(state.calls.by_id[call_id]) for call_id in plan.hidden)
    return ContextCompacted("hide", plan.hidden, "", state.context.tokens, plan.after, stubs, by=by)


def folding(state: SessionState, plan: Plan, written: Checkpoint | None = None) -> ContextCompacted:
    """The event of a plan that folds, with the model's checkpoint or else with one made from recorded facts alone."""
    room = int(rooms_of(state).checkpoint * state.context.count.ratio)
    checkpoint = from_journal(state) if written is None else carried_on(state.compactions.checkpoint, written)
    return ContextCompacted(
        kind="fold",
        hidden=plan.hidden,
        summary=rendered(state, checkpoint, plan.through, room, whole=written is not None),
        before=state.context.tokens,
        after=plan.after,
        stubs=tuple(stub_of(state.calls.by_id[call_id]) for call_id in plan.hidden),
        through=plan.through,
        checkpoint=msgspec.to_builtins(checkpoint),
        author="journal" if written is None else "model",
    )

"""Decide what leaves the context before the next step, by the session's policy.

Between two compactions the prompt only grows at its end. What leaves goes in one batch, oldest first, and the last
steps stay word for word; when hiding observations is not enough, whole steps are folded into a checkpoint. Nothing
leaves the journal.
"""

import hashlib
from collections.abc import Callable

import msgspec

from kimi_tui.config import ContextPolicy
from kimi_tui.engine.context.checkpoint import Checkpoint, checkpoint_from_journal, merge_findings, render_checkpoint
from kimi_tui.engine.context.window import FOLD_MARK, LOW_MARK, WindowBudget, window_budget
from kimi_tui.events import CompactionKind, ContextCompacted
from kimi_tui.projections.calls import Call
from kimi_tui.projections.context import Context
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.text import one_line

STUB_CHARACTERS = 240
"""About how long a stub is."""
_MAX_SOURCES = 6

KEPT_STEPS = 5
"""Steps that stay word for word as long as they fit, and observations that `keep-5` leaves."""


class CompactionPlan(msgspec.Struct, frozen=True):
    """A compaction to be carried out."""

    kind: CompactionKind
    hidden: tuple[str, ...]
    """Calls whose observations become stubs."""
    after: int
    """Expected prompt tokens then."""
    through: int = 0
    """The last step that is folded away; 0 for none."""


class ContextView:
    """The context and its window, as a policy sees them."""

    def __init__(self, context: Context, rooms: WindowBudget) -> None:
        self.context = context
        self.rooms = rooms
        self.tokens = context.tokens
        self.ratio = context.count.ratio

    @property
    def is_full(self) -> bool:
        """Return whether something must leave before the next step."""
        return self.tokens > self.rooms.max_prompt_tokens

    @property
    def hide_target(self) -> int:
        """Tokens that hiding goes down to."""
        return self._tokens_at(LOW_MARK)

    @property
    def fold_above(self) -> int:
        """Tokens above which hiding is not sufficient and steps are folded."""
        return self._tokens_at(FOLD_MARK)

    def plan_hiding(self, calls: list[tuple[str, int]], goal: float = 0) -> CompactionPlan | None:
        """Plan to hide calls in this order until so many tokens are left; None when there is nothing to hide."""
        chosen, tokens = [], float(self.tokens)
        for call_id, characters in calls:
            if tokens <= goal:
                break
            chosen.append(call_id)
            tokens -= max(characters - STUB_CHARACTERS, 0) / self.ratio
        return CompactionPlan("hide", tuple(chosen), int(tokens)) if chosen else None

    def visible_before(self, steps: int) -> list[tuple[str, int]]:
        """Return observations read in full from before the last `steps` steps, oldest first."""
        standing = [share.step for share in self.context.step_shares()]
        if len(standing) <= steps:
            return []
        return [one for one in self.context.visible_results() if self.context.step_of(one[0]) < standing[-steps]]

    def _tokens_at(self, share: float) -> int:
        """Return the tokens of a prompt that has this share of all that can be freed."""
        fixed = self.context.fixed_tokens
        return int(fixed + max(self.rooms.max_prompt_tokens - fixed, 0) * share)


def _watermarks(view: ContextView) -> CompactionPlan | None:
    """Hide old observations at the high mark, down to the low one; fold when that is not sufficient."""
    if not view.is_full:
        return None
    plan = view.plan_hiding(view.visible_before(KEPT_STEPS), view.hide_target)
    return plan if plan is not None and plan.after <= view.fold_above else _plan_fold(view)


def _hide_all(view: ContextView) -> CompactionPlan | None:
    """Hide every observation that the model has read, when the window is full: the published protocol."""
    if not view.is_full:
        return None
    plan = view.plan_hiding(view.visible_before(1))
    return plan if plan is not None and plan.after <= view.rooms.max_prompt_tokens else _plan_fold(view)


def _keep_5(view: ContextView) -> CompactionPlan | None:
    """Hide every observation but the last five, step by step."""
    if view.is_full:
        return _plan_fold(view)
    return view.plan_hiding(view.context.visible_results()[:-KEPT_STEPS])


POLICIES: dict[ContextPolicy, Callable[[ContextView], CompactionPlan | None]] = {
    "watermarks": _watermarks,
    "hide-all": _hide_all,
    "keep-5": _keep_5,
}
"""Each says what leaves before the next step; none may let a session die while something can still leave."""


def plan_compaction(state: TrajectoryState) -> CompactionPlan | None:
    """Plan what leaves before the next step by the session's policy, None if nothing."""
    policy: ContextPolicy = state.run.settings.get("context", "watermarks")
    return POLICIES[policy](ContextView(state.context, window_budget(state)))


def _plan_fold(view: ContextView) -> CompactionPlan | None:
    """Plan to fold all but the last steps; fewer than usual stay when they would fill the window again at once."""
    shares = view.context.step_shares()
    fixed = view.context.fixed_tokens + view.rooms.checkpoint
    room = ((view.fold_above + view.rooms.max_prompt_tokens) / 2 - fixed) * view.ratio
    kept, characters = 0, 0
    for share in reversed(shares):
        if kept == KEPT_STEPS or (kept and characters + share.characters > room):
            break
        kept, characters = kept + 1, characters + share.characters
    if kept == len(shares):
        return view.plan_hiding(view.context.visible_results(), view.rooms.max_prompt_tokens)
    through = shares[-kept - 1].step
    hidden: list[str] = []
    for call_id, length in view.context.visible_results():
        if characters > room and view.context.step_of(call_id) > through:
            hidden.append(call_id)
            characters -= max(length - STUB_CHARACTERS, 0)
    return CompactionPlan("fold", tuple(hidden), int(fixed + characters / view.ratio), through)


def plan_emergency(state: TrajectoryState) -> ContextCompacted | None:
    """Plan what leaves after the server refused the prompt as too long: all observations but the last, or steps."""
    view = ContextView(state.context, window_budget(state))
    plan = view.plan_hiding(view.context.visible_results()[:-1])
    if plan is not None:
        return hiding_event(state, plan)
    shares = view.context.step_shares()
    if len(shares) < 2:
        return None
    through, fixed = shares[-2].step, view.context.fixed_tokens + view.rooms.checkpoint
    plan = CompactionPlan("fold", (), int(fixed + shares[-1].characters / view.ratio), through)
    return folding_event(state, plan)


def hiding_event(state: TrajectoryState, plan: CompactionPlan, by: str = "engine") -> ContextCompacted:
    """Return the event of a plan that hides."""
    stubs = tuple(stub_for(state.calls.by_id[call_id]) for call_id in plan.hidden)
    return ContextCompacted("hide", plan.hidden, "", state.context.tokens, plan.after, stubs, by=by)


def folding_event(state: TrajectoryState, plan: CompactionPlan, written: Checkpoint | None = None) -> ContextCompacted:
    """Return the event of a plan that folds, with the model's checkpoint or one made from recorded facts."""
    room = int(window_budget(state).checkpoint * state.context.count.ratio)
    checkpoint = (
        checkpoint_from_journal(state) if written is None else merge_findings(state.compactions.checkpoint, written)
    )
    return ContextCompacted(
        kind="fold",
        hidden=plan.hidden,
        summary=render_checkpoint(state, checkpoint, plan.through, room, whole=written is not None),
        before=state.context.tokens,
        after=plan.after,
        stubs=tuple(stub_for(state.calls.by_id[call_id]) for call_id in plan.hidden),
        through=plan.through,
        checkpoint=msgspec.to_builtins(checkpoint),
        author="journal" if written is None else "model",
    )


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

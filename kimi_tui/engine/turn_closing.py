"""End a turn inside its budget: the last step that a cap affords is kept for the answer.

Before each step every cap is held against what that step is expected to spend, which is what recent ones did.

When that does not give a memo either, what is known is written down mechanically and labelled as partial: never a
guess, an empty text or a silent end. A model that hands no memo in has answered with the plain text of its last step,
which is checked like a memo.
"""

from typing import Any

import msgspec

from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.events import BudgetExhausted, BudgetWarned
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.journal.sources import SourceStore
from kimi_tui.projections.budget import PER_STEP_KINDS, BudgetMeter
from kimi_tui.projections.trajectory import TrajectoryState

CLOSING_PROMPT = (
    "The budget of {kind} is nearly spent ({spent:g} of {cap:g}). This is your last step: call submit_memo now, with "
    'final set to true, with what you have; say what is missing under the heading "What could not be found".'
)
"""The message to the model before its last step."""
WARNING_SHARES = (0.95, 0.8)
"""Shares of a cap at which the person is warned, the highest first."""


def closing_budget(state: TrajectoryState, now: str) -> BudgetExhausted | None:
    """Return the event for a cap that affords at most one more step; None while all afford two."""
    for meter in _capped_meters(state, now):
        if _steps_left(meter, state) < 2:
            return BudgetExhausted(meter.kind, round(meter.spent, 4), meter.cap or 0.0)
    return None


def is_step_affordable(state: TrajectoryState, now: str) -> bool:
    """Return whether every cap affords one more step."""
    return all(_steps_left(meter, state) >= 1 for meter in _capped_meters(state, now))


def is_retry_unaffordable(state: TrajectoryState, now: str) -> bool:
    """Return whether a failed step may not be asked again because its tries have spent a cap."""
    failed = state.run.step_open and state.run.attempt > 0
    return failed and any(meter.share >= 1 for meter in _capped_meters(state, now) if meter.kind != "steps")


def affords_judgement(state: TrajectoryState, tokens: int, now: str) -> bool:
    """Return whether every cap of the turn affords a judgement of so many tokens; steps are none of its spending."""
    for meter in _capped_meters(state, now):
        if meter.kind == "tokens" and meter.spent + tokens > (meter.cap or 0.0):
            return False
        if meter.kind != "steps" and meter.share >= WARNING_SHARES[0]:
            return False
    return True


def new_warnings(state: TrajectoryState, now: str) -> list[BudgetWarned]:
    """Return the marks that were passed since the last warning, one a budget."""
    found = []
    for meter in _capped_meters(state, now):
        passed = next((mark for mark in WARNING_SHARES if meter.share >= mark), 0.0)
        if passed > state.budget.warned.get(meter.kind, 0.0):
            found.append(BudgetWarned(meter.kind, passed, round(meter.spent, 4), meter.cap or 0.0))
    return found


def _capped_meters(state: TrajectoryState, now: str) -> list[BudgetMeter]:
    """The budgets that a turn can spend."""
    return [meter for meter in state.budget.meters(now) if meter.cap is not None and meter.kind not in PER_STEP_KINDS]


def _steps_left(meter: BudgetMeter, state: TrajectoryState) -> float:
    """How many more steps like the recent ones a cap affords."""
    if meter.kind in ("minutes", "working") and meter.share >= WARNING_SHARES[0]:
        return 0 if meter.share >= 1 else 1  # one step may take longer than all before it
    each = state.budget.expected_step(meter.kind, state.context.tokens)
    left = (meter.cap or 0.0) - meter.spent
    return left / each if each else 2.0 if left > 0 else 0.0


async def partial_memo(state: TrajectoryState, why: str, toolbox: Toolbox, sources: SourceStore) -> dict[str, Any]:
    """Return the best that is known as a checked memo, under a title that says it is partial."""
    title, text = _last_draft(state, toolbox) or _inventory(state)
    checked = await sources.read_in_thread(lambda stored: check_memo(title, text, stored))
    memo = msgspec.structs.replace(checked, title=f"Partial: {title} ({why})")
    plain: dict[str, Any] = msgspec.to_builtins(memo)
    return {"kind": "memo"} | plain


def _last_draft(state: TrajectoryState, toolbox: Toolbox) -> tuple[str, str] | None:
    """The turn's last memo, accepted or not."""
    run, memo = state.run, state.memo
    if memo.memo is not None and memo.turn == run.turn:
        return str(memo.memo.get("title", "")), str(memo.memo.get("text", ""))
    for call in reversed(state.calls.by_id.values()):
        draft = toolbox.draft_of(call) if call.turn == run.turn else None
        if draft is not None:
            return draft.title or run.questions[-1], draft.text
    return None


def _inventory(state: TrajectoryState) -> tuple[str, str]:
    """List what was planned and retrieved, for a turn without a draft."""
    question = " ".join(state.run.questions[-1].split())[:120]
    lines = ["## What could not be found", "", "No memo was written before the end. Nothing here is a finding."]
    if state.plan.steps:
        lines += ["", "Plan as it stood:", ""]
        lines += [f"- {'done' if step.state == 'done' else 'open'}: {step.text}" for step in state.plan.steps]
    if state.sources.by_id:
        lines += ["", "Sources that were retrieved:", ""]
        lines += [f"- {ref.kind} [{ref.id}]" for ref in list(state.sources.by_id.values())[:60]]
    return question, "\n".join(lines)


class PlainMemo:
    """The checked form of one text; checking takes longer than anything else may wait for, so a thread does it."""

    def __init__(self) -> None:
        self._checked: tuple[int, str] | None = None
        self._memo: dict[str, Any] = {}

    def is_checked(self, step: int, text: str) -> bool:
        """Return whether this text of this step is the one that was checked last."""
        return self._checked == (step, text)

    async def check(self, step: int, text: str, sources: SourceStore) -> None:
        """Check a step's text against the sources stored by now; raises `SessionError`."""
        memo = await sources.read_in_thread(lambda stored: check_memo("", text, stored))
        plain: dict[str, Any] = msgspec.to_builtins(memo)
        self._checked, self._memo = (step, text), {"kind": "memo"} | plain

    @property
    def memo(self) -> dict[str, Any]:
        """The checked text as a memo in plain form, the same object until another text is checked."""
        return self._memo

    @property
    def has_citations(self) -> bool:
        """Return whether it cites anything."""
        return bool(self._memo.get("citations"))

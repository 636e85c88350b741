"""The library's line for one session, folded from its journal."""

from kimi_tui.projections.state import SessionState
from kimi_tui.session import SessionSummary


def summary_of(state: SessionState) -> SessionSummary:
    """The line for a session; `attached` is left to whoever can see processes."""
    run, budget = state.run, state.budget
    return SessionSummary(
        id=run.session,
        question=run.questions[0] if run.questions else "",
        state=state.name,
        steps=budget.total_steps,
        tokens=budget.total_tokens,
        cost=round(budget.total_cost, 6),
        opened=run.first_at,
        updated=run.last_at,
        model=run.opened.model if run.opened else "",
        desk=str(run.settings.get("desk", "")),
        calls=len(state.calls.by_id),
    )

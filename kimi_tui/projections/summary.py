"""Make the library's line and the preview of a session from its journal."""

import msgspec

from kimi_tui.evidence.memo import read_memo, recorded_findings
from kimi_tui.evidence.memo_printing import render_memo
from kimi_tui.projections.timeline import TimelineBlock
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.session import SessionPreview, SessionSummary
from kimi_tui.text import one_line

MAX_LAST_EVENTS = 8
"""What happened last, in so many lines."""
MAX_MEMO_CHARS = 3_000
"""Characters of a memo that are shown at a glance."""


def make_summary(state: TrajectoryState) -> SessionSummary:
    """Return the line for a session; the caller, who sees processes, sets `attached`."""
    run, budget = state.run, state.budget
    return SessionSummary(
        id=run.session,
        question=run.questions[0] if run.questions else "",
        state=state.name,
        steps=budget.total_steps,
        tokens=budget.total_tokens,
        cost=round(budget.total_cost_at(run.last_at), 6),
        opened=run.first_at,
        updated=run.last_at,
        model=run.opened.model if run.opened else "",
        desk=str(run.settings.get("desk", "")),
        calls=len(state.calls.by_id),
        server=state.health.verdict,
        findings=recorded_findings(state.memo.memo),
    )


def make_preview(state: TrajectoryState) -> SessionPreview:
    """Return a preview of a session."""
    memo = state.memo.memo or {}
    lines = [line for block in state.timeline.blocks[-2 * MAX_LAST_EVENTS :] if (line := _block_line(block, state))]
    return SessionPreview(
        session=state.run.session,
        questions=tuple(state.run.questions),
        plan=tuple(state.plan.steps),
        waiting=tuple(call.label or call.tool for call in state.calls.waiting),
        last=tuple(lines[-MAX_LAST_EVENTS:]),
        memo_title=str(memo.get("title", "")),
        memo=_printed_memo(state)[:MAX_MEMO_CHARS],
        findings=recorded_findings(state.memo.memo),
    )


def _printed_memo(state: TrajectoryState) -> str:
    """Return the memo without its title as readers see it, with marks; unchanged if it is malformed."""
    recorded = state.memo.memo or {}
    memo = read_memo(recorded or None)
    if memo is None:
        return str(recorded.get("text", ""))
    untitled = msgspec.structs.replace(memo, title="")
    return render_memo(untitled, state.sources.by_id, state.sources.flagged, list_sources=False)


def _block_line(block: TimelineBlock, state: TrajectoryState) -> str:
    """A block of the timeline in one line; empty for a question and a memo, which are shown anyhow."""
    if block.kind == "call":
        call = state.calls.by_id.get(block.call_id)
        if call is None:
            return ""
        where = call.observation.status if call.observation else call.state
        return f"{one_line(call.label or call.tool, 160)} ({where})"
    if block.kind in ("question", "memo"):
        return ""
    return one_line(block.text[:400], 160)

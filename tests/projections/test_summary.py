"""The library's line and preview of a session."""

from pathlib import Path

import pytest

from kimi_tui.events import AnyEvent, Entry, MessageRecorded, PlanStep, QuestionAsked, ToolCallProposed, TurnFinished
from kimi_tui.journal.reader import JournalReader
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.summary import MAX_LAST_EVENTS, MAX_MEMO_CHARS, make_preview, make_summary
from kimi_tui.projections.trajectory import TrajectoryState
from tests.story import SESSION, folded, write_story

AT = "2026-11-03T09:00:00.000Z"


@pytest.fixture
def story(tmp_path: Path) -> TrajectoryState:
    """The state of a session with every event in it."""
    journal = write_story(tmp_path)
    journal.close()
    reader = JournalReader(journal.path)
    try:
        return folded(list(reader.entries()))
    finally:
        reader.close()


def state_of(*events: AnyEvent) -> TrajectoryState:
    """The state after these events of one step."""
    made = [Entry(SESSION, number, AT, "main", 1, 1, one, "") for number, one in enumerate(events, 1)]
    return folded(made)


def test_summary_of_a_session_is_what_its_entries_say(story: TrajectoryState) -> None:
    summary = make_summary(story)
    assert (summary.id, summary.question) == (SESSION, "What was revenue?")
    assert (summary.state, summary.model) == ("finished", "kimi-k2")
    assert (summary.steps, summary.tokens, summary.calls) == (
        story.budget.total_steps,
        story.budget.total_tokens,
        len(story.calls.by_id),
    )
    assert summary.opened <= summary.updated
    assert summary.findings


def test_summary_of_an_empty_session_has_no_question() -> None:
    summary = make_summary(SessionState().main)
    assert (summary.question, summary.model, summary.steps, summary.findings) == ("", "", 0, {})


def test_preview_of_a_session_shows_its_memo_and_last_events(story: TrajectoryState) -> None:
    preview = make_preview(story)
    assert preview.session == SESSION
    assert preview.questions == ("What was revenue?",)
    assert all(isinstance(step, PlanStep) for step in preview.plan)
    assert story.memo.memo is not None
    assert preview.memo.startswith(story.memo.memo["text"].removesuffix("].\n").removesuffix("]."))
    assert "[S1 p.2 ✓]" in preview.memo
    assert preview.findings == make_summary(story).findings
    assert 0 < len(preview.last) <= MAX_LAST_EVENTS
    assert not any("What was revenue?" in line for line in preview.last)


def test_preview_names_each_call_with_its_outcome_and_those_that_wait() -> None:
    state = state_of(
        QuestionAsked("q"),
        ToolCallProposed("c1", "read", {"source": "S1"}, "{}", label="Read S1"),
        ToolCallProposed("c2", "web_search", {}, "{}"),
        MessageRecorded("one\n\tline\x1b[31m"),
    )
    preview = make_preview(state)
    assert preview.last == ("Read S1 (proposed)", "web_search (proposed)", "one line\u241b[31m")
    assert preview.waiting == tuple(call.label or call.tool for call in state.calls.waiting)


def test_preview_is_bounded_however_much_happened() -> None:
    memo = {"kind": "memo", "title": "T", "text": "x" * (MAX_MEMO_CHARS + 1)}
    state = state_of(
        QuestionAsked("q"), *(MessageRecorded(f"{number} " + "y" * 1_000) for number in range(50)),
        TurnFinished("answered", memo, ""),
    )  # fmt: skip
    preview = make_preview(state)
    assert len(preview.memo) == MAX_MEMO_CHARS
    assert preview.memo_title == "T"
    assert [line.partition(" ")[0] for line in preview.last] == [str(number) for number in range(42, 50)]
    assert all(len(line) <= 160 for line in preview.last)

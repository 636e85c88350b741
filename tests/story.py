"""A session with every event in it, for tests of what is recorded, folded and printed."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from kimi_tui.cells import Cell, encode_cells
from kimi_tui.events import (
    AnyEvent,
    ApprovalRequested,
    ApprovalResolved,
    BudgetExhausted,
    BudgetRaised,
    BudgetWarned,
    CompactionProposed,
    ContentFlagged,
    ContextCompacted,
    DriftNoticed,
    Effect,
    Entry,
    HookAnswered,
    LoopSuspected,
    MessageRecorded,
    ObservationRecorded,
    ObservationRestored,
    ObservationWithdrawn,
    OutgoingDataRecorded,
    PlanEdited,
    PlanStep,
    PolicyDecided,
    PrefetchFinished,
    PrefetchStarted,
    QuestionAsked,
    ReasoningRecorded,
    RuleRevoked,
    RunPaused,
    RunResumed,
    ServerFinding,
    ServerProbed,
    SessionOpened,
    StallSuspected,
    StatementDecided,
    StatementJudged,
    SteerReceived,
    StepFailed,
    StepFinished,
    StepStarted,
    ToolCallProposed,
    ToolCallStarted,
    TurnFinished,
    Usage,
)
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.sources import Part, SourceRef

SESSION = "20261103-abcde"
PAGE = b"%PDF-1.7 the annual report"
PARTS = (
    Part("p.1", "Tharnholm makes heat pumps.", "Profile"),
    Part("p.2", "Revenue rose by 5.2% to EUR 512.7 million in 2024.\nThe backlog is EUR 1,026.2 million."),
)
MEMO = 'Revenue was EUR 512.7 million: "Revenue rose by 5.2% to EUR 512.7 million" [S1 p.2].'


class Clock:
    """A clock that goes on by a second each time it is looked at."""

    def __init__(self) -> None:
        self._seconds = count()

    def __call__(self) -> str:
        seconds = next(self._seconds)
        return f"2026-11-03T10:{seconds // 60 % 60:02}:{seconds % 60:02}.000Z"


def settings(**caps: float) -> dict[str, Any]:
    """Return the settings that a session records, as far as projections read them."""
    return {"caps": caps, "prices": {"input": 1.0, "cached": 0.5, "output": 4.0}, "desk": "/desk"}


def add_source(journal: JournalWriter) -> SourceRef:
    """The one document that the story cites."""
    return journal.sources.add(
        kind="document",
        title="Annual report 2024",
        address="filings/annual-report-2024.pdf",
        media_type="application/pdf",
        data=PAGE,
        parts=PARTS,
        extractor="pypdf",
    )


def keep_cells(journal: JournalWriter) -> SourceRef:
    """One more document, with one cell."""
    return journal.sources.add(
        kind="document",
        title="",
        address="filings/net-debt.html",
        media_type="text/html",
        data=b"net debt",
        parts=(Part("§1", "Net debt | 1,234"),),
        cells=encode_cells([Cell("§1", 11, 16, "1,234", "1234", "grid", scale=6, unit="EUR", row="Net debt")]),
    )


def write_story(folder: Path) -> JournalWriter:
    """A journal with every event in it, always the same bytes in every entry; the caller closes it."""
    journal = JournalWriter(folder, SESSION, Clock())
    folded = SessionState()
    state = folded.main
    ref = add_source(journal)

    def record(*events: AnyEvent, turn: int = 1, step: int = 0) -> None:
        for entry in journal.append(events, turn=turn, step=step):
            folded.apply(entry)

    record(SessionOpened("1.0", "kimi-k2", "embedded", settings(steps=9, tokens=9000), "You research."), turn=0)
    record(QuestionAsked("What was revenue?"))
    for step, calls in enumerate(_calls(ref), 1):
        record(StepStarted(step, state.context.digest, state.context.tokens), step=step)
        if step == 2:
            record(StepFailed("reset", "network", 1, 0.5, "Wait.", "thinking", "so far"), step=step)
            record(StepStarted(step, state.context.digest, state.context.tokens), step=step)
        record(
            ReasoningRecorded("I look it up.", 2.0, 4),
            MessageRecorded("Looking."),
            *(call[0] for call in calls),
            StepFinished(Usage(100 * step, 20, 4, 50), 2.5, "tool_calls", ("salvaged",), 0.5),
            step=step,
        )
        for call in calls:
            for event in call[1:]:
                record(event, step=step)
    record(*_controls(), step=3)
    judged = StatementJudged(
        "It rose.", "0" * 64, "supported", ("Revenue rose by", "rose by 5.2%"), "", "kimi-k2", ("{}",)
    )
    record(judged, step=3)
    memo = {"kind": "memo"} | msgspec.to_builtins(check_memo("Revenue", MEMO, journal.sources))
    record(TurnFinished("answered", memo, "done"), step=3)
    record(StatementDecided(state.run.seq, 0, "accept", "alice", "I read page 2."), step=3)
    return journal


def _calls(ref: SourceRef) -> Iterator[tuple[tuple[AnyEvent, ...], ...]]:
    """The calls of each step, each with everything that happens to it after it was proposed."""
    query = (Effect("query", "finance.sqlite"),)
    yield (
        (
            ToolCallProposed("c1", "read", {"source": "a.pdf"}, '{"source":"a.pdf"}', "Read a.pdf"),
            PolicyDecided("c1", "allow", "reads-only"),
            ToolCallStarted("c1"),
            ObservationRecorded("c1", "ok", "[S1 p.2] Revenue rose by 5.2%", (ref,), None, False, 0.25),
        ),
        (
            ToolCallProposed("c2", "query_database", {"sql": "select 1"}, "{}", "Query", query, True),
            HookAnswered("c2", "guard", "ask", "queries are looked at", "", "", 0.02),
            PolicyDecided("c2", "ask", "new-database", "nobody allowed it"),
            ApprovalRequested("c2", "new-database", "nobody allowed it", "query_database query finance.sqlite"),
            SteerReceived("Hurry."),
            ApprovalResolved("c2", "edit", note="", edited={"sql": "select 2"}),
            ToolCallStarted("c2"),
            ObservationRecorded("c2", "ok", "[S2] 1 row", (), {"kind": "table", "rows": [[2]]}),
            ContentFlagged("c2", "chat-markup", (0, 3), "marked"),
        ),
    )
    plan = {"kind": "plan", "steps": [{"text": "Read", "state": "done"}], "note": "so"}
    yield (
        (
            ToolCallProposed("c3", "query_database", {"sql": "select 3"}, "{}", "Query", query),
            PolicyDecided("c3", "ask", "new-database"),
            ApprovalRequested("c3", "new-database", "nobody allowed it", "query_database query finance.sqlite"),
            ApprovalResolved("c3", "always", pattern="query_database query finance.sqlite"),
            OutgoingDataRecorded("c3", ("finance.sqlite",), "person", 8, "0" * 64),
            ToolCallStarted("c3"),
            ObservationRecorded("c3", "error", "no such table"),
            ObservationWithdrawn("c3", note="useless"),
            RuleRevoked("query_database query finance.sqlite"),
        ),
        (
            ToolCallProposed("c4", "update_plan", {}, "{}", "Plan"),
            PolicyDecided("c4", "allow", "reads-only"),
            ToolCallStarted("c4"),
            ObservationRecorded("c4", "ok", "Plan noted.", (), plan),
        ),
    )
    yield (
        (
            ToolCallProposed("c5", "open_page", {}, "{}", "Open", (Effect("network", "a.example"),)),
            PolicyDecided("c5", "ask", "leaves-the-building"),
            ApprovalRequested("c5", "leaves-the-building", "it sends data"),
            ApprovalResolved("c5", "veto", note="no"),
            ObservationRecorded("c5", "vetoed", "The person vetoed this call: no."),
        ),
    )


def _controls() -> tuple[AnyEvent, ...]:
    return (
        PrefetchStarted("https://a.example/1", "a.example", "allowed-target"),
        PrefetchFinished("https://a.example/1", 2_048),
        LoopSuspected(1, ("c5",), "warned"),
        StallSuspected(25, "told"),
        DriftNoticed(0.75, 0.25, 4),
        RunPaused("person", "lunch"),
        RunResumed("person"),
        PlanEdited((PlanStep("Read", "done"), PlanStep("Compare", "doing"))),
        BudgetRaised("steps", 20),
        BudgetWarned("tokens", 0.95, 8600, 9000),
        BudgetExhausted("tokens", 8990, 9000),
        ServerProbed(
            "vLLM", "0.22.0", "kimi-k2", 262_144, ("reasoning",), findings=(ServerFinding("usage", "green", "told"),)
        ),
        ContextCompacted("hide", ("c1",), "", 900, 500, ("[c1 was hidden.]",)),
        ObservationRestored("c1"),
        CompactionProposed("fold", (), 1, 900, 300),
        ContextCompacted("fold", ("c2",), "[Checkpoint of step 1.]", 900, 300, (), 1, {"findings": []}, "journal"),
    )


def folded(entries: "list[Entry] | tuple[Entry, ...]") -> TrajectoryState:
    """The state of some entries."""
    folded = SessionState()
    state = folded.main
    for entry in entries:
        folded.apply(entry)
    return state

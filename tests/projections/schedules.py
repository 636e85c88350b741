"""Random sessions: sequences of events that an engine could have recorded, for properties that must always hold."""

from collections.abc import Iterator
from typing import get_args

from hypothesis import strategies as st

from kimi_tui.events import (
    AnyEvent,
    ApprovalRequested,
    ApprovalResolved,
    BudgetExhausted,
    BudgetRaised,
    CompactionKind,
    CompactionProposed,
    ContextCompacted,
    Decision,
    Effect,
    Entry,
    MessageRecorded,
    ObservationRecorded,
    ObservationRestored,
    ObservationWithdrawn,
    PolicyDecided,
    QuestionAsked,
    Reason,
    ReasoningRecorded,
    RunPaused,
    RunResumed,
    ServerProbed,
    SessionOpened,
    Status,
    SteerReceived,
    StepFailed,
    StepFinished,
    StepStarted,
    ToolCallProposed,
    ToolCallStarted,
    TurnFinished,
    Usage,
    Verdict,
)
from kimi_tui.projections.state import SessionState
from tests.story import settings

TEXT = st.text(max_size=12)
TOOLS = st.sampled_from(["read", "query_database", "web_search", "a.b-c:d", "", "ü", "x" * 80])
ARGUMENTS = st.dictionaries(TEXT, st.integers() | TEXT, max_size=2)
USAGE = st.builds(
    Usage, st.integers(0, 5000), st.integers(0, 500), st.integers(0, 300), st.integers(0, 900), st.booleans()
)


class Session:
    """Draws events one after another and folds each, as a live session does."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.folded = SessionState()
        self.state = self.folded.main
        self.entries: list[Entry] = []

    def record(self, event: AnyEvent) -> None:
        """Number an event and fold it in."""
        seq = len(self.entries) + 1
        run = self.state.run
        turn = run.turn + isinstance(event, QuestionAsked)
        step = event.n if isinstance(event, StepStarted) else run.step
        at = f"2026-11-03T{10 + seq // 3600:02}:{seq // 60 % 60:02}:{seq % 60:02}.000Z"
        entry = Entry("s", seq, at, "main", turn, step, event, f"{seq:064}")
        self.entries.append(entry)
        self.folded.apply(entry)

    def turn(self) -> None:
        """A question, some steps, and the end of the turn."""
        self.record(QuestionAsked(self.draw(TEXT)))
        for _ in range(self.draw(st.integers(0, 4))):
            self._step()
            self._meanwhile()
        reason = self.draw(st.sampled_from(get_args(Reason)))
        memo = {"kind": "memo", "title": "t", "text": self.draw(TEXT)} if reason == "answered" else None
        self.record(TurnFinished(reason, memo))

    def _step(self) -> None:
        run, context = self.state.run, self.state.context
        n = run.step if run.step_open else run.step + 1
        self.record(StepStarted(n, context.digest, context.tokens))
        self._meanwhile()
        if self.draw(st.integers(0, 4)) == 0:
            self.record(
                StepFailed(
                    "reset",
                    self.draw(st.sampled_from(["network", "overflow"])),
                    run.attempt + 1,
                    0.0,
                    "",
                    self.draw(TEXT),
                )
            )
            return
        if self.draw(st.booleans()):
            self.record(ReasoningRecorded(self.draw(TEXT), 1.0, self.draw(st.integers(0, 99))))
        if self.draw(st.booleans()):
            self.record(MessageRecorded(self.draw(TEXT)))
        first = len(self.state.calls.by_id) + 1
        calls = [f"c{first + index}" for index in range(self.draw(st.integers(0, 3)))]
        for call_id in calls:
            effects = (Effect("query", "a"),)
            self.record(ToolCallProposed(call_id, self.draw(TOOLS), self.draw(ARGUMENTS), "", effects=effects))
        self.record(StepFinished(self.draw(USAGE), 1.0, "stop"))
        lives = [self._life(call_id) for call_id in calls]
        while lives:
            life = self.draw(st.sampled_from(lives))
            event = next(life, None)
            if event is None:
                lives.remove(life)
            else:
                self.record(event)
                self._meanwhile()

    def _life(self, call_id: str) -> Iterator[AnyEvent]:
        """Everything that happens to one call, up to its observation."""
        verdict = self.draw(st.sampled_from(get_args(Verdict)))
        yield PolicyDecided(call_id, verdict, "rule", "why")
        decision: Decision = "approve"
        if verdict == "ask":
            yield ApprovalRequested(call_id, "rule", "why", "t query a")
            decision = self.draw(st.sampled_from(get_args(Decision)))
            edited = self.draw(ARGUMENTS) if decision == "edit" else None
            yield ApprovalResolved(call_id, decision, edited=edited, pattern="t query a")
        if verdict == "deny" or decision == "veto":
            yield ObservationRecorded(call_id, "denied", "no")
            return
        for attempt in range(1, self.draw(st.integers(2, 3))):
            yield ToolCallStarted(call_id, attempt)
        status = self.draw(st.sampled_from(get_args(Status)))
        yield ObservationRecorded(call_id, status, self.draw(TEXT))

    def _meanwhile(self) -> None:
        """Return the events that may happen at any moment."""
        observed = [call.id for call in self.state.calls.by_id.values() if call.observation]
        match self.draw(st.integers(0, 14)):
            case 0:
                self.record(SteerReceived(self.draw(TEXT)))
            case 1:
                self.record(RunPaused("person"))
            case 2:
                self.record(RunResumed())
            case 3 if observed:
                self.record(ObservationWithdrawn(self.draw(st.sampled_from(observed)), note=self.draw(TEXT)))
            case 4 if observed and not self.state.calls.open and not self.state.run.thinking:
                hidden = self.draw(st.lists(st.sampled_from(observed), unique=True))
                stubs = self.draw(st.sampled_from([(), tuple(f"[stub {call_id}]" for call_id in hidden)]))
                through = self.draw(st.integers(0, self.state.run.step))
                kind = self.draw(st.sampled_from(get_args(CompactionKind)))
                self.record(CompactionProposed(kind, tuple(hidden), through, ask=self.draw(st.booleans())))
                folded = (f"checkpoint {through}", 0, 0, stubs, through) if kind == "fold" else ("", 0, 0, stubs)
                self.record(ContextCompacted(kind, tuple(hidden), *folded))
            case 8 if observed:
                self.record(ObservationRestored(self.draw(st.sampled_from(observed))))
            case 5:
                self.record(BudgetRaised("steps", self.draw(st.integers(1, 99))))
            case 6:
                self.record(BudgetExhausted("tokens", 1, 2))
            case 7:
                self.record(ServerProbed(self.draw(TEXT), window=self.draw(st.integers(0, 99))))


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    """A session of a few turns, with the state folded while it was drawn."""
    session = Session(draw)
    session.record(SessionOpened("1", "m", "embedded", settings(steps=5), "Research.", tools_digest="d"))
    for _ in range(draw(st.integers(1, 3))):
        session.turn()
        if draw(st.booleans()):
            session.record(SessionOpened("1", "m", "embedded", settings(steps=7), "Other.", tools_digest="d"))
    return session

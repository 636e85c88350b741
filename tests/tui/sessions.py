"""A small session and library held in memory: honest implementations of the Protocols, for tests of the screen."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from kimi_tui import commands, events
from kimi_tui.commands import AnyCommand, Receipt
from kimi_tui.events import AnyEvent, Delta, Effect, Entry, Usage
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.summary import make_preview
from kimi_tui.session import (
    DamagedSession,
    ExportFormat,
    NotInTrash,
    SearchHit,
    SearchQuery,
    Session,
    SessionError,
    SessionPreview,
    SessionSummary,
    StorageTrouble,
)
from kimi_tui.sources import Part, Source, SourceRef
from tests.tui.desks import ReportedDesk
from tests.tui.drawn_pages import DrawnPages
from tests.tui.verified_sessions import VerifiedSessions

START = datetime(2026, 11, 20, 9, 0, 0, tzinfo=UTC)
"""When every session of the tests begins."""


def opened(**settings: Any) -> events.SessionOpened:
    """An opening with the given settings."""
    base: dict[str, Any] = {"caps": {"steps": 100.0, "tokens": 500_000.0}, "context_window": 262_144}
    return events.SessionOpened("0.1", "kimi-k2-thinking", "http://127.0.0.1:8000/v1", base | settings, "You research.")


def proposed(call_id: str, tool: str = "open_page", label: str = "", **arguments: Any) -> events.ToolCallProposed:
    """A call as an engine records it."""
    return events.ToolCallProposed(
        call_id,
        tool,
        arguments,
        "{}",
        label=label or f"Open {arguments.get('url', 'a page')}",
        effects=(Effect("network", "example.org"),),
    )


def asked(call_id: str, pattern: str = "open_page network example.org") -> events.ApprovalRequested:
    """A request for approval."""
    return events.ApprovalRequested(call_id, "new-host", "No rule allows this host yet.", pattern)


def source(number: int, title: str, *parts: Part) -> Source:
    """A stored source."""
    parts = parts or tuple(
        Part(f"p.{n}", f"The text of {title}, {nth} page.") for n, nth in ((1, "first"), (2, "second"))
    )
    length = sum(len(part.text) for part in parts)
    ref = SourceRef(
        f"S{number}",
        f"{number:064x}",
        title,
        f"filings/{number}.pdf",
        "application/pdf",
        "document",
        "2026-11-20T09:00:00.000Z",
        parts=len(parts),
        characters=length,
    )
    return Source(ref, parts)


class MemorySession:
    """A session whose journal is a list."""

    def __init__(self, session_id: str = "s1", *, live: bool = True, sources: tuple[Source, ...] = ()) -> None:
        self.id = session_id
        self.live = live
        self.entries: list[Entry] = []
        self.folded = SessionState()
        self.state = self.folded.main
        self.commands: list[AnyCommand] = []
        self.refusal = ""
        self.closed = False
        self.engine_failure = ""
        self.problem = ""
        self.damage = ""
        self.storage_trouble: StorageTrouble | None = None
        self._sources = {item.ref.id: item for item in sources}
        self._grown = asyncio.Condition()
        self._deltas: asyncio.Queue[Delta | None] = asyncio.Queue()

    def record(self, *recorded: AnyEvent, seconds: float = 1.0) -> None:
        """Append events; each happens `seconds` after the one before."""
        for event in recorded:
            run = self.state.run
            step = event.n if isinstance(event, events.StepStarted) else run.step
            turn = run.turn + 1 if isinstance(event, events.QuestionAsked) else run.turn
            at = START + timedelta(seconds=seconds * len(self.entries))
            stamp = at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"
            entry = Entry(self.id, len(self.entries) + 1, stamp, "main", turn, step, event, "")
            self.entries.append(entry)
            self.folded.apply(entry)

    async def tell(self, *recorded: AnyEvent) -> None:
        """Append events and wake all that tail."""
        self.record(*recorded)
        async with self._grown:
            self._grown.notify_all()

    async def tail(self, after: int = 0) -> AsyncIterator[Entry]:
        """Every entry, then each new one."""
        while True:
            if self.problem:
                raise SessionError(self.problem)
            while after < len(self.entries):
                after += 1
                yield self.entries[after - 1]
            async with self._grown:
                if after >= len(self.entries):
                    await self._grown.wait()

    async def deltas(self) -> AsyncIterator[Delta]:
        """Fragments as the test streams them."""
        while (delta := await self._deltas.get()) is not None:
            yield delta

    def stream(self, *fragments: Delta | None) -> None:
        """Stream fragments; None ends the stream, as when an engine goes."""
        for fragment in fragments:
            self._deltas.put_nowait(fragment)

    async def send(self, command: AnyCommand) -> Receipt:
        """Record what an engine would."""
        self.commands.append(command)
        if self.refusal:
            return Receipt(False, self.refusal)
        refusal, recorded = self._answer(command)
        await self.tell(*recorded)
        return Receipt(not refusal, refusal)

    def _answer(self, command: AnyCommand) -> tuple[str, list[AnyEvent]]:
        running = self.state.run.turn_open
        match command:
            case commands.AskQuestion(text):
                return ("a turn runs already", []) if running else ("", [events.QuestionAsked(text)])
            case commands.Approve() | commands.ApproveAlways() | commands.Veto():
                return self._decide(command)
            case commands.RevokeRule(pattern):
                return "", [events.RuleRevoked(pattern)]
            case commands.Withdraw(call_id, note):
                return "", [events.ObservationWithdrawn(call_id, note=note)]
            case commands.Unhide(call_id):
                return "", [events.ObservationRestored(call_id)]
            case commands.Compact(keep):
                return "", [events.CompactionProposed("hide", ("c2",), keep=keep, by="person")]
            case commands.DecideStatement(memo, statement, verdict, reason):
                return "", [events.StatementDecided(memo, statement, verdict, "alice", reason)]
            case commands.RaiseBudget(kind, cap):
                return "", [events.BudgetRaised(kind, cap)]
        if not running:
            return "no turn runs", []
        match command:
            case commands.Steer(text):
                return "", [events.SteerReceived(text)]
            case commands.EditPlan(steps):
                return "", [events.PlanEdited(steps)]
            case commands.Pause() | commands.Interrupt():
                return "", [events.RunPaused("person")]
            case commands.Resume():
                return "", [events.RunResumed()]
            case commands.Act():
                return "", []
            case commands.Stop():
                return "", [events.TurnFinished("stopped")]

    def _decide(self, command: commands.Approve | commands.ApproveAlways | commands.Veto) -> tuple[str, list[AnyEvent]]:
        if command.call_id not in [call.id for call in self.state.calls.waiting]:
            return "the call does not wait any more", []
        call_id, started = command.call_id, events.ToolCallStarted(command.call_id)
        match command:
            case commands.Approve(_, None):
                return "", [events.ApprovalResolved(call_id, "approve"), started]
            case commands.Approve(_, arguments):
                return "", [events.ApprovalResolved(call_id, "edit", edited=arguments), started]
            case commands.ApproveAlways(_, pattern):
                return "", [events.ApprovalResolved(call_id, "always", pattern=pattern), started]
            case commands.Veto(_, note):
                vetoed = events.ObservationRecorded(call_id, "vetoed", f"The person vetoed this call: {note}")
                return "", [events.ApprovalResolved(call_id, "veto", note=note), vetoed]

    def keep(self, kept: Source) -> None:
        """Store a source, or another text for one."""
        self._sources[kept.ref.id] = kept

    async def source(self, source_id: str) -> Source | None:
        """A stored source."""
        return self._sources.get(source_id)

    async def close(self) -> None:
        """Remember that it was let go."""
        self.closed = True

    def summary(self, **changes: Any) -> SessionSummary:
        """Its line in the library."""
        state = self.state
        line = SessionSummary(
            self.id,
            state.run.questions[0] if state.run.questions else "",
            state.name,
            state.budget.total_steps,
            state.budget.total_tokens,
            state.budget.total_cost_at(state.run.last_at),
            state.run.first_at,
            state.run.last_at,
            model=state.run.opened.model if state.run.opened else "",
            calls=len(state.calls.by_id),
            attached=state.run.turn_open,
        )
        return msgspec.structs.replace(line, **changes)


class MemoryLibrary(ReportedDesk, DrawnPages, VerifiedSessions):
    """Sessions in a dictionary."""

    def __init__(self, *held: MemorySession) -> None:
        self.held: dict[str, MemorySession] = {session.id: session for session in held}
        self.lines: dict[str, SessionSummary] = {}
        self.hits: list[SearchHit] = []
        self.searched: list[tuple[str, str]] = []
        self.holds: asyncio.Event | None = None
        self.problem, self.on_sample = "", False
        self.unreadable: dict[str, str] = {}
        self.exported: list[tuple[str, ExportFormat, Path | None]] = []
        self.replayed: list[str] = []
        self.trash: dict[str, tuple[MemorySession | None, SessionSummary | None]] = {}
        self.labels: dict[str, tuple[str, bool]] = {}

    async def sessions(self) -> list[SessionSummary]:
        """Every session, with the lines that a test put in place of its own."""
        lines = {one.id: one.summary() for one in self.held.values()} | self.lines
        for name in self.labels.keys() & lines.keys():
            lines[name] = msgspec.structs.replace(lines[name], name=self.labels[name][0], pinned=self.labels[name][1])
        return sorted(lines.values(), key=lambda line: line.updated, reverse=True)

    async def running_ids(self) -> list[str]:
        """Those whose turn is open."""
        return [session.id for session in self.held.values() if session.state.run.turn_open]

    def _refuse(self) -> None:
        if self.problem:
            raise SessionError(self.problem)

    async def start(self, question: str, *, sample: bool = False) -> Session:
        """A new session with its first question."""
        self._refuse()
        self.on_sample = sample
        session = MemorySession(f"n{len(self.held) + 1}")
        session.record(opened(), events.QuestionAsked(question))
        self.held[session.id] = session
        return session

    async def open(self, session_id: str) -> Session:
        """A session that is there."""
        self._refuse()
        if session_id in self.unreadable:
            raise DamagedSession(session_id, self.unreadable[session_id])
        return self.held[session_id]

    async def replay(self, session_id: str) -> Session:
        """The recording of a session."""
        self._refuse()
        self.replayed.append(session_id)
        recording = MemorySession(session_id, live=False)
        recording.record(*(entry.event for entry in self.held[session_id].entries))
        return recording

    async def salvage(self, session_id: str) -> str:
        """Make a session sound again."""
        self._refuse()
        self.unreadable.pop(session_id, None)
        self.held[session_id].damage = ""
        self.held[session_id].live = True
        return "Saved 2 entries."

    async def delete(self, session_id: str) -> None:
        """Put a session into the trash."""
        self._refuse()
        self.trash[session_id] = (self.held.pop(session_id, None), self.lines.pop(session_id, None))

    async def restore(self, session_id: str) -> None:
        """Take a session out of the trash."""
        self._refuse()
        if session_id not in self.trash:
            raise NotInTrash(f"{session_id} is gone")
        session, line = self.trash.pop(session_id)
        self.held |= {session_id: session} if session else {}
        self.lines |= {session_id: line} if line else {}

    async def relabel(self, session_id: str, name: str, pinned: bool) -> None:
        """Call a session by a name, and pin it or not."""
        self._refuse()
        self.labels[session_id] = (name, pinned)

    async def preview(self, session_id: str) -> SessionPreview:
        """Return the session's preview."""
        self._refuse()
        if session_id not in self.held:
            raise SessionError("its journal is not here")
        return make_preview(self.held[session_id].state)

    async def export(self, session_id: str, format: ExportFormat, target: Path | None = None) -> Path:
        """Remember what was asked for."""
        self._refuse()
        self.exported.append((session_id, format, target))
        return target or Path(f"{session_id}.{format}")

    async def search(self, text: str, session_id: str = "", limit: int = 200) -> list[SearchHit]:
        """Return the hits that a test put here, where the words are in them."""
        self._refuse()
        self.searched.append((text, session_id))
        if self.holds is not None:
            await self.holds.wait()
        query = SearchQuery.parse(text)
        return [
            hit
            for hit in self.hits
            if query.words.lower() in hit.snippet.lower()
            and hit.session == (session_id or hit.session)
            and bool(hit.source) >= query.sources
        ][:limit]


def running_session(session_id: str = "s1") -> MemorySession:
    """A session in mid-turn: a plan, a search, a page that was read."""
    filing = source(1, "Tharnholm annual report 2024")
    session = MemorySession(session_id, sources=(filing,))
    plan = [
        {"text": "Find the reported margins by segment", "state": "done"},
        {"text": "Compare with the restated figures", "state": "doing"},
        {"text": "Write the memo", "state": "open"},
    ]
    session.record(
        opened(),
        events.QuestionAsked("Why did Tharnholm's operating margin fall in 2024, and was it restated?"),
        events.StepStarted(1, "", 900),
        events.ReasoningRecorded("I should plan first, then search the desk for the margins.", 2.0, 14),
        proposed("c1", "update_plan", "Plan: 3 steps", steps=plan),
        events.StepFinished(Usage(900, 60, 14), 2.4, "tool_calls"),
        events.PolicyDecided("c1", "allow", "no-effect"),
        events.ToolCallStarted("c1"),
        events.ObservationRecorded("c1", "ok", "Plan noted: 1 of 3 done.", artifact={"kind": "plan", "steps": plan}),
        events.StepStarted(2, "", 1_020),
        events.ReasoningRecorded("The annual report of 2024 should have the segment margins. I will read it.", 3.0, 18),
        proposed("c2", "read", "Read the annual report 2024, pages 4-6", source="S1", parts="4-6"),
        events.StepFinished(Usage(1_020, 48, 18), 3.2, "tool_calls"),
        events.PolicyDecided("c2", "allow", "desk"),
        events.ToolCallStarted("c2"),
        events.ObservationRecorded("c2", "ok", "[S1] The operating margin fell to 9.1 %.", (filing.ref,), duration=0.4),
    )
    return session


def waiting_session(session_id: str = "s1", calls: int = 1) -> MemorySession:
    """A session in which calls wait for a person."""
    session = running_session(session_id)
    session.record(
        events.StepStarted(3, "", 2_400),
        events.ReasoningRecorded("The restatement was announced on the web. I need to open that page.", 2.0, 15),
    )
    numbers = range(3, 3 + calls)
    for number in numbers:
        session.record(proposed(f"c{number}", url=f"https://example.org/notice-{number}", reason="the restatement"))
    session.record(events.StepFinished(Usage(2_400, 90, 15), 2.8, "tool_calls"))
    for number in numbers:
        session.record(events.PolicyDecided(f"c{number}", "ask", "new-host", "No rule allows this host yet."))
        session.record(asked(f"c{number}"))
    return session


def finished_session(session_id: str = "s2") -> MemorySession:
    """A session with its memo."""
    session = running_session(session_id)
    memo = {
        "kind": "memo",
        "title": "Tharnholm's margin in 2024",
        "text": "The operating margin fell to 9.1 % [S1 p.4].\n\n- Input costs rose.\n- Prices did not.",
        "citations": [],
        "sources": ["S1"],
        "uncited": [],
    }
    session.record(events.TurnFinished("answered", memo))
    return session

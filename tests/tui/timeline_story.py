"""Hand-made sessions for the timeline's tests: entries in order, folded into a state as the journal's would be."""

from typing import Any

import msgspec

from kimi_tui.events import (
    AnyEvent,
    ApprovalRequested,
    ApprovalResolved,
    Effect,
    Entry,
    MessageRecorded,
    ObservationRecorded,
    ObservationWithdrawn,
    PolicyDecided,
    QuestionAsked,
    ReasoningRecorded,
    SteerReceived,
    StepStarted,
    ToolCallProposed,
    ToolCallStarted,
    TurnFinished,
)
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.projections.state import SessionState
from kimi_tui.sources import Part, Source, SourceRef


def source(number: int, title: str = "Annual report 2025", address: str = "reports/annual-2025.pdf") -> SourceRef:
    """A source by its number."""
    return SourceRef(f"S{number}", "ab" * 32, title, address, "application/pdf", "document", "2026-11-03T10:00:00Z", 32)


class Story:
    """Writes entries one after another; `changed` collects the blocks that each touched."""

    def __init__(self) -> None:
        self.folded = SessionState()
        self.state = self.folded.main
        self.entries: list[Entry] = []
        self.changed: list[int] = []
        self.step_number = 0
        self.calls = 0

    def add(self, event: AnyEvent) -> int | None:
        """One entry; returns the block it made or changed."""
        number = len(self.entries) + 1
        entry = Entry("s", number, "2026-11-03T10:00:00.000Z", "main", 1, self.step_number, event, "")
        self.entries.append(entry)
        index = self.folded.apply(entry)
        if index is not None:
            self.changed.append(index)
        return index

    def ask(self, text: str) -> None:
        self.add(QuestionAsked(text))

    def steer(self, text: str, by: str = "person") -> None:
        self.add(SteerReceived(text, by))

    def step(self) -> None:
        self.step_number += 1
        self.add(StepStarted(self.step_number, "", 1_000))

    def reason(self, text: str, seconds: float = 12.0, tokens: int = 1_840) -> None:
        self.add(ReasoningRecorded(text, seconds, tokens))

    def say(self, text: str) -> None:
        self.add(MessageRecorded(text))

    def propose(self, label: str, tool: str = "read", target: str = "", **arguments: Any) -> str:
        """A call that the model proposes; returns its id."""
        self.calls += 1
        call_id = f"c{self.calls}"
        effects = (Effect("read", target),) if target else ()
        self.add(ToolCallProposed(call_id, tool, arguments, "", label, effects))
        return call_id

    def start(self, call_id: str, rule: str = "desk-read") -> None:
        self.add(PolicyDecided(call_id, "allow", rule))
        self.add(ToolCallStarted(call_id))

    def wait(self, call_id: str, why: str = "a host that is new to this session") -> None:
        self.add(PolicyDecided(call_id, "ask", "new-host", why))
        self.add(ApprovalRequested(call_id, "new-host", why, "open_page network example.org"))

    def resolve(self, call_id: str, decision: Any, note: str = "", edited: dict[str, Any] | None = None) -> None:
        self.add(ApprovalResolved(call_id, decision, "person", note, edited))

    def observe(self, call_id: str, text: str, status: Any = "ok", sources: tuple[int, ...] = (), **more: Any) -> None:
        refs = tuple(source(number) for number in sources)
        self.add(ObservationRecorded(call_id, status, text, refs, **more))

    def call(self, label: str, text: str, status: Any = "ok", sources: tuple[int, ...] = (), **more: Any) -> str:
        """A whole call, allowed, run and answered."""
        call_id = self.propose(label, source="S3", parts="4-6")
        self.start(call_id)
        self.observe(call_id, text, status, sources, duration=0.4, **more)
        return call_id

    def withdraw(self, call_id: str, note: str) -> None:
        self.add(ObservationWithdrawn(call_id, "person", note))

    def finish(self, memo: str, title: str = "Gross margin at Kestrel, 2022 to 2025") -> None:
        part = Part("p.4", "Gross margin was 41.2 % in 2025, after 38.9 % in 2024. It rose because of the mix.")
        known = Source(source(3), (part,))
        checked = check_memo(title, memo, InMemorySources({"S3": known}))
        body: dict[str, Any] = msgspec.to_builtins(checked)
        self.add(TurnFinished("answered", body))


def long_story(blocks: int, text: str = "The filing gives the figure on page four. ") -> Story:
    """A session of at least so many blocks: reasoning, a call and now and then a message."""
    story = Story()
    story.ask("How did the margin develop?")
    while len(story.state.timeline.blocks) < blocks:
        story.step()
        story.reason(f"Step {story.step_number}. {text * 5}")
        story.call(
            f"Read S3, page {story.step_number}", f"--- [S3 p.{story.step_number}] ---\n{text * 20}", sources=(3,)
        )
        if story.step_number % 5 == 0:
            story.say(f"## After {story.step_number} steps\n\n{text * 12}\n\n- one\n- two\n- three\n")
    return story

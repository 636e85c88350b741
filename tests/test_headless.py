"""The front end without a screen: what it tells of each entry, and how it judges the end of a turn."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from kimi_tui import events
from kimi_tui.commands import Stop
from kimi_tui.embedded.reply_chunks import Fault
from kimi_tui.embedded.script import ScriptStep
from kimi_tui.events import AnyEvent, Entry, Usage
from kimi_tui.headless import BUDGET, DONE, FAILED, INTERRUPTED, entry_line, entry_text, follow
from tests.engine.kit import ANSWER, LOOK, Held, call, scene
from tests.evidence.kit import checked


def entry(event: AnyEvent) -> Entry:
    """An entry of step 3 around an event."""
    return Entry("20260101-abcde", 7, "2026-01-01T00:00:00.000Z", "main", 1, 3, event, "0" * 64)


MEMO = msgspec.to_builtins(checked("Net income was $3,219 million in 2025 [S1 p.2]. It was fine [S1 p.1]. It is.")) | {
    "kind": "memo"
}
FOUND = "3 statements: 1 supported, 2 unchecked; 1 without a source"
REPORTED: list[tuple[AnyEvent, str]] = [
    (events.SessionOpened("0", "k2", "embedded", {}, "x"), "session 20260101-abcde with k2 at embedded"),
    (events.QuestionAsked("What\nis it?"), "question: What is it?"),
    (events.SteerReceived("Look there."), "person steers: Look there."),
    (events.StepStarted(3, "0", 5), ""),
    (events.ReasoningRecorded("So.", tokens=1200), "step 3: reasoning, 1,200 tokens: So."),
    (events.MessageRecorded("Hello."), "step 3: Hello."),
    (events.StepFinished(Usage(), 1.0, "stop"), ""),
    (events.StepFailed("cut off", "truncated", 1, 2.0), "step 3 failed: cut off; trying again in 2 s"),
    (events.StepFailed("refused", "unauthorized", 1), "step 3 failed: refused"),
    (events.StepFailed("No key.", "quota", 1, advice="Get one."), "step 3 failed: No key. Get one."),
    (events.StepFailed("busy", "rate-limited", 1, 1152.0), "step 3 failed: busy; trying again in 1,152 s"),
    (events.ToolCallProposed("c1", "read", {}, "{}", label="Read S1"), "step 3: c1 Read S1"),
    (events.ToolCallProposed("c1", "nonsense", {}, "{}"), "step 3: c1 nonsense"),
    (events.PolicyDecided("c1", "allow", "reads-only"), ""),
    (events.PolicyDecided("c1", "deny", "offline", "no network"), "c1 deny (offline): no network"),
    (events.ApprovalRequested("c1", "new-database", "it is new"), "c1 waits for approval: it is new"),
    (events.ObservationRecorded("c1", "ok", "text"), "c1 ok, 4 characters: text"),
    (events.ObservationRecorded("c1", "ok", "text", artifact=MEMO), f"c1 memo accepted: {FOUND}"),
    (events.TurnFinished("answered", MEMO), f"turn finished: answered. {FOUND}"),
    (events.RunPaused("engine", "why"), "paused by engine: why"),
    (events.BudgetExhausted("steps", 9, 10), "budget of steps nearly spent: 9 of 10"),
    (events.ContentFlagged("c1", "chat-markup", (0, 1), "marked"), "c1 holds suspicious content (chat-markup), marked"),
    (events.LoopSuspected(2, ("c1", "c2"), "warned"), "The same 2 calls repeat: the model is warned"),
    (events.StallSuspected(25, "told"), "25 steps brought nothing new: the model is warned"),
    (
        events.TurnFinished("budget", None, "why", events.Effort("search", 1, 2, 1)),
        "turn finished: budget. 1 step by the protocol search, 2 asked again, 1 discarded. why",
    ),
    (events.ContextCompacted("hide", ("c1", "c2")), "2 observations hidden from the context"),
    (events.ServerProbed("vLLM", "0.32.0", window=9_000), "Server: vLLM 0.32.0, 9,000 tokens of context"),
    (events.TurnFinished("answered"), "turn finished: answered"),
    (events.TurnFinished("stopped", note="by hand"), "turn finished: stopped. by hand"),
]


@pytest.mark.parametrize(("event", "line"), REPORTED, ids=[type(event).__name__ for event, _ in REPORTED])
def test_entry_is_printed_in_one_line(event: AnyEvent, line: str) -> None:
    assert entry_line(entry(event)) == line


def test_no_printed_line_holds_an_escape() -> None:
    hostile = "\x1b]0;owned\x07 \x1b[2J \u202e \r\n second"
    for event in (
        events.ReasoningRecorded(hostile),
        events.ObservationRecorded("c1", "ok", hostile),
        events.ToolCallProposed("c1", "x", {}, "{}", label=hostile),
        events.StepFailed(hostile, "malformed", 1),
    ):
        for reported in (entry_line(entry(event)), entry_text(entry(event))):
            assert not {"\x1b", "\x07", "\r", "\u202e"} & set(reported)
        assert "\n" not in entry_line(entry(event))


def test_a_whole_session_is_reported_with_its_long_texts() -> None:
    text = "word " * 200
    assert text.strip() in entry_text(entry(events.ReasoningRecorded(text)))
    assert text.strip() in entry_text(entry(events.ObservationRecorded("c1", "ok", text)))
    assert len(entry_line(entry(events.ReasoningRecorded(text)))) <= 200


async def test_each_end_of_a_turn_has_its_code(tmp_path: Path) -> None:
    refused = ScriptStep(fault=Fault("status", status=401))
    ends: list[tuple[str, tuple[ScriptStep, ...], dict[str, Any], int]] = [
        ("answered", (LOOK, ANSWER), {}, DONE),
        ("budget", (LOOK, LOOK), {"max_steps": 2}, BUDGET),
        ("paused", (refused,), {}, FAILED),
    ]
    for name, steps, settings, code in ends:
        async with scene(tmp_path / name, steps, **settings) as stage:
            seen: list[Entry] = []
            outcome = await follow(stage.session, seen.append)
            assert outcome.code == code, outcome
            assert seen == stage.entries()[: len(seen)]
            assert bool(outcome.note) == (code != DONE)


async def test_a_stopped_turn_is_an_interruption(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (ScriptStep(calls=(call("held"),)),), tools=(held,)) as stage:
        await stage.until(lambda: held.begun)
        await stage.send(Stop())
        assert (await follow(stage.session, lambda one: None)).code == INTERRUPTED


async def test_an_engine_that_ends_first_is_a_failure(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (ScriptStep(calls=(call("held"),)),), tools=(held,)) as stage:
        await stage.until(lambda: held.begun)
        stage.work.cancel()
        assert (await follow(stage.session, lambda one: None)).code == FAILED

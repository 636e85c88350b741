"""Outside text is drawn unchanged, wherever it appears: no markup, escape or action in it takes effect."""

import re
from typing import Any

import pytest
from textual.app import App

from kimi_tui import events
from kimi_tui.events import Effect, Usage
from kimi_tui.session import SearchHit, SessionSummary
from kimi_tui.sources import Part
from kimi_tui.tui.screens.dialog import Dialog
from tests.tui.sessions import START, MemoryLibrary, MemorySession, opened, source
from tests.tui.stage import Stage, staged

PAYLOADS = (
    "[@click=app.leave]Continue[/]",
    "[/]",
    "[b]bold[/b] [link=http://x]y[/link] $text-error {escape}",
    "\x1b[2J\x1b]52;c;ZXZpbA==\x07red\x1b[31m \x9b31m\x90q\x1b\\ \x7f \x00 \u202egnp.exe\u2066 \u200bhidden",
)
"""Texts that would do something if they were not literal."""

FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
"""What must never reach the terminal."""


def schema_of(payload: str) -> dict[str, Any]:
    """A schema whose every word is the payload."""
    return {"properties": {payload: {"enum": [payload, payload + "2"], "type": "string"}}, "required": [payload]}


def hostile_session(payload: str) -> MemorySession:
    """A session in which everything that can come from outside is the payload."""
    filing = source(1, payload, Part(payload, f"{payload} text", payload))
    session = MemorySession("s1", sources=(filing,))
    plan = [{"text": payload, "state": "doing"}]
    session.record(
        opened(),
        events.QuestionAsked(payload),
        events.StepStarted(1, "", 900),
        events.ReasoningRecorded(payload, 2.0, 14),
        events.MessageRecorded(payload),
        events.ToolCallProposed("c1", payload, {payload: payload}, payload, payload, (Effect("network", payload),)),
        events.ToolCallProposed("c2", payload, {payload: payload}, payload, payload, (Effect("network", payload),)),
        events.StepFinished(Usage(900, 60, 14), 2.4, "tool_calls"),
        events.PolicyDecided("c1", "allow", payload, payload),
        events.ToolCallStarted("c1"),
        events.ObservationRecorded(
            "c1", "ok", payload, (filing.ref,), {"kind": "plan", "steps": plan, "note": payload}, duration=0.2
        ),
        events.RuleRevoked(payload),
        events.StepFailed(payload, payload, 1, advice=payload),
        events.PolicyDecided("c2", "ask", payload, payload),
        events.ApprovalRequested("c2", payload, payload, payload, schema_of(payload)),
    )
    return session


def screen_text(app: App[Any]) -> str:
    """Every character that is drawn."""
    width, height = app.size
    lines = app.screen._compositor.render_strips() if width and height else []
    return "\n".join(strip.text for strip in lines)


def assert_harmless(stage: Stage) -> None:
    """No control character is drawn and no part of the screen runs an action that the data named."""
    drawn = screen_text(stage.app)
    assert not FORBIDDEN.search(drawn.replace("\n", ""))
    for strip in stage.app.screen._compositor.render_strips():
        for segment in strip:
            assert "app.leave" not in str(segment.style.meta if segment.style else "")
            assert segment.style is None or segment.style.link is None


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
async def test_a_hostile_session_is_drawn_as_plain_text_on_every_screen(payload):
    async with staged(MemoryLibrary(hostile_session(payload)), session_id="s1") as stage:
        assert_harmless(stage)
        await stage.press("escape", "Z")
        assert_harmless(stage)
        for key in "smgcbr":
            await stage.press(key, "enter")
            await stage.pilot.pause()
            assert_harmless(stage)
            while stage.app.screen is not stage.screen:
                await stage.press("escape")
        for way in "eanY":
            await stage.press("escape")
            await stage.calm()
            await stage.press(way)
            assert_harmless(stage)
        assert stage.app.is_running


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
async def test_hostile_text_in_the_library_is_drawn_as_plain_text(payload):
    at = START.isoformat()
    library = MemoryLibrary()
    library.lines["h1"] = SessionSummary("h1", payload, "finished", 1, 10, 0.1, at, at, model=payload, desk=payload)
    library.lines["h2"] = SessionSummary("h2", payload, "damaged", 0, 0, 0, at, at, problem=payload)
    library.hits = [SearchHit("h1", 3, payload, f"{payload} found", payload)]
    async with staged(library, suggestions=(payload,), model_line=payload, desk=payload) as stage:
        assert_harmless(stage)
        await stage.press("escape", "s")
        assert_harmless(stage)
        await stage.press("enter")
        assert_harmless(stage)
        await stage.press("escape", "slash", *"found")
        await stage.until(lambda: "hit 0" in stage.row_ids())
        assert_harmless(stage)
        await stage.press("escape", "space", "g", "g")
        await stage.until(lambda: "1 step" in screen_text(stage.app))
        assert_harmless(stage)
        await stage.press("f2")
        await stage.until(lambda: isinstance(stage.app.screen, Dialog))
        await stage.until(lambda: "Name this session" in screen_text(stage.app))
        assert_harmless(stage)
        await stage.press("escape", "d")
        await stage.until(lambda: stage.app._notifications)
        assert_harmless(stage)


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
async def test_hostile_text_in_a_replay_and_in_a_look_is_drawn_as_plain_text(payload):
    session = hostile_session(payload)
    async with staged(MemoryLibrary(session), session_id="s1", replay_speed=0.0) as stage:
        for key in ("left_square_bracket", "full_stop", "right_square_bracket"):
            await stage.press(key)
            await stage.pilot.pause(0.05)
            assert_harmless(stage)
    async with staged(MemoryLibrary(session), size=(140, 40)) as stage:
        await stage.press("escape", "space")
        await stage.until(lambda: "Waits for you" in screen_text(stage.app))
        assert_harmless(stage)


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
async def test_notification_hostile_error_is_plain_text(payload):
    library = MemoryLibrary(hostile_session(payload))
    async with staged(library, session_id="s1") as stage:
        stage.session.refusal = payload
        await stage.press(*"go", "enter")
        await stage.calm()
        await stage.press("escape", "y", "p")
        assert_harmless(stage)
        stage.app.notify(payload, title=payload, severity="error", markup=True)
        await stage.pilot.pause()
        assert_harmless(stage)
        assert len(stage.app._notifications) >= 2


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
async def test_a_hostile_paste_is_made_printable(payload):
    from textual.events import Paste

    async with staged(MemoryLibrary()) as stage:
        stage.app.post_message(Paste(payload))
        await stage.pilot.pause()
        assert_harmless(stage)
        await stage.press("enter")
        await stage.until(lambda: stage.library.held)
        question = stage.session.state.run.questions[0]
        assert not FORBIDDEN.search(question)


async def test_a_click_on_hostile_text_runs_no_action():
    async with staged(MemoryLibrary(hostile_session(PAYLOADS[0])), session_id="s1") as stage:
        for row in range(0, 38, 4):
            for column in (4, 12, 100):
                await stage.pilot.click(offset=(column, row))
            while stage.app.screen is not stage.screen:
                await stage.press("escape")
        assert stage.app.is_running
        assert not stage.session.commands

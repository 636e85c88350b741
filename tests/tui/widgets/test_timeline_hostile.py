"""Hostile text in every place of the timeline: shown as text, nothing of it takes effect."""

import re
from typing import Any

import pytest
from rich.cells import cell_len

from kimi_tui.events import Delta, ObservationRecorded, StepFailed, ToolCallProposed, TurnFinished
from kimi_tui.sources import SourceRef
from kimi_tui.tui.timeline.view import TimelineView
from tests.tui.timeline_app import TimelineApp, settled
from tests.tui.timeline_story import Story

FOREIGN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]")

PAYLOADS = {
    "clear screen": "\x1b[2J\x1b[H",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "cursor report": "\x1b[6n\x1bP+q\x1b\\",
    "8-bit controls": "\x9b31m\x9d0;title\x9c",
    "leave the screen": "\x1b[?1049l\x1bc",
    "backspaces": "safe\b\b\b\bevil\x7f\x0b\x0c\r",
    "action link": "[@click=app.approve]Continue[/]",
    "closing tag": "[/] [/bold] [[/]]",
    "open tag": "[bold red on blue] [link=https://evil.example]x",
    "emoji code": ":warning: :pile_of_poo:",
    "bidi override": "user\u202egnp.exe\u2066\u2069",
    "zero width": "pay\u200bpal\u200d\ufeff\U000e0041",
    "combining bomb": "Z" + "\u0300\u0315\u031b" * 500,
    "long line": "x" * 10_000,
    "wide line": "日" * 5_000,
    "many lines": "\n" * 3_000,
    "tabs": "\t" * 300,
    "entities": "&#27;[2J &#x9b; &#x202e;",
    "surrogate": "\ud800\udfff",
    "fence": "```\n" * 50,
    "nested quotes": ">" * 500 + "- " * 500,
    "brackets": "[" * 2_000 + "](" * 500,
    "table": "|" * 500 + "\n" + "|-" * 500 + "\n" + "|x" * 500,
}


def story_of(payload: str) -> Story:
    """A session with the payload in every place that an outsider can write to."""
    story = Story()
    story.ask(payload)
    story.step()
    story.reason(payload)
    story.say(payload)
    story.steer(payload, payload)
    call = story.propose(payload, payload, payload, query=payload, more={payload: [payload]})
    story.wait(call, payload)
    story.resolve(call, "edit", payload, {payload: payload})
    ref = SourceRef(payload, "", payload, payload, payload, "page", payload)
    table: dict[str, Any] = {"kind": "table", "columns": [payload, "b"], "rows": [[payload, payload]]}
    story.add(ObservationRecorded(call, "ok", payload, (ref,), table, False, 1.0))
    other = story.call("Read", payload, "error")
    story.withdraw(other, payload)
    story.add(ToolCallProposed("c99", payload, {}, payload, problem=payload))
    story.add(StepFailed(payload, payload, 1, 0.0, payload, payload, payload))
    story.add(TurnFinished("answered", {"title": payload, "text": payload, "citations": [], "sources": []}, payload))
    return story


@pytest.mark.parametrize("name", PAYLOADS)
async def test_hostile_text_is_only_shown(name: str) -> None:
    payload = PAYLOADS[name]
    app = TimelineApp(story_of(payload).state)
    async with app.run_test(size=(60, 30)) as pilot:
        view = await settled(pilot)
        view.show_delta(Delta("main", 9, "reasoning", payload))
        view.show_delta(Delta("main", 9, "text", payload))
        view.show_delta(Delta("main", 9, "call", payload, tool=payload))
        view.show_delta(Delta("two", 9, "state", payload))
        view.selection.collapse_all(False)
        for index in range(len(view.timeline.blocks)):
            view.selection.set_level(index, 2)
        await settled(pilot)
        view.matches.search(payload[:40])
        view.focus()
        await pilot.press("home")
        for _ in range(12):
            for y in range(view.viewport.size.height):
                strip = view.render_line(y)
                assert not FOREIGN.search(strip.text)
                assert cell_len(strip.text) == view.viewport.size.width
                assert not any("@click" in (segment.style.meta if segment.style else {}) for segment in strip)
            await pilot.press("pagedown")
        for y in range(0, view.viewport.size.height, 3):
            await pilot.click(TimelineView, offset=(8, y))
        assert app.actions_run == 0


async def test_an_escape_split_over_two_fragments_is_shown() -> None:
    app = TimelineApp(Story().state)
    async with app.run_test(size=(60, 10)) as pilot:
        view = await settled(pilot)
        for fragment in ("\x1b", "[2", "J", "\x1b]52;c", ";AAAA", "\x07", "&#2", "7;[6n"):
            view.show_delta(Delta("main", 1, "text", fragment))
            view.show_delta(Delta("two", 1, "reasoning", fragment))
            await pilot.pause()
            for y in range(view.viewport.size.height):
                assert not FOREIGN.search(view.render_line(y).text)


async def test_a_copied_selection_carries_no_controls() -> None:
    story = Story()
    story.say("safe\x1b]52;c;AAAA\x07 words")
    app = TimelineApp(story.state)
    async with app.run_test(size=(60, 10)) as pilot:
        view = await settled(pilot)
        view.text_select_all()
        await settled(pilot)
        text = view.screen.get_selected_text()
        assert text is not None
        assert "words" in text
        assert not FOREIGN.search(text)

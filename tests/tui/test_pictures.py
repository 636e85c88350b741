"""The main screens look as they did when somebody last looked at them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec
import pytest

from kimi_tui.config import UiSettings
from kimi_tui.session import SearchHit, State
from tests.tui.asking import asking_session
from tests.tui.pictures import assert_picture
from tests.tui.sessions import START, MemoryLibrary, finished_session, waiting_session
from tests.tui.stage import Stage, staged

SIZES = ((80, 24), (120, 40))
"""Columns and lines."""

Play = Callable[[Stage], Awaitable[None]]
"""Brings the app into the state of a picture."""


def library() -> MemoryLibrary:
    """Sessions in every state."""
    held = MemoryLibrary(waiting_session("s1", 3), finished_session("s2"), asking_session("s3"))
    states: tuple[tuple[State, str], ...] = (
        ("running", "How much of the backlog is service revenue, and since when?"),
        ("paused", "Which auditor signed the statements of 2023?"),
        ("budget", "Compare the net finance cost of the three companies, in EUR million and by year of the calendar"),
        ("stopped", "What does the [b]interview[/b] say about \x1b[31mmargins?"),
        ("failed", "売上高はなぜ減少したのですか"),
        ("empty", ""),
        ("damaged", ""),
    )
    for number, (state, question) in enumerate(states, 1):
        at = (START - timedelta(hours=7 * number)).isoformat()
        line = held.held["s2"].summary(id=f"t{number}", question=question, state=state, updated=at)
        problem = "the chain breaks at entry 112" if state == "damaged" else ""
        held.lines[line.id] = msgspec.structs.replace(
            line,
            steps=11 * number,
            calls=30 * number,
            tokens=9_000 * 7**number,
            cost=0.004 * 9**number,
            problem=problem,
        )
    title = "Tharnholm annual report 2024"
    held.hits = [
        SearchHit("s2", 0, "source", "The operating margin fell to 9.1 %, after 11.0 % in 2023.", "S1", "p.4", title),
        SearchHit("s2", 0, "source", "…\x1b[31mof the [b]margin[/b] by segment\u202e…", "S1", "p.5", title),
        SearchHit("s2", 16, "observation", "[S1] The operating margin fell to 9.1 %.", call_id="c2"),
        SearchHit("s1", 2, "question", "Why did Tharnholm's operating margin fall in 2024, and was it restated?"),
    ]
    return held


def keys(*pressed: str, calm: bool = False) -> Play:
    """Leave the line, wait if a decision is to count, press keys."""

    async def play(stage: Stage) -> None:
        await stage.press("escape")
        if calm:
            await stage.calm()
        await stage.press(*pressed)
        await stage.pilot.pause(0.2)
        if calm:
            await stage.calm()
            await stage.until(lambda: not stage.screen.card.has_class("-wait"))
            await stage.pilot.pause()

    return play


async def untouched(stage: Stage) -> None:
    """The first sight."""
    await stage.pilot.pause()


SCREENS: dict[str, tuple[str, Play]] = {
    "library": ("", untouched),
    "library-search": ("", keys("slash", *"margin")),
    "library-look": ("", keys("down", "space")),
    "library-look-memo": ("", keys("down", "down", "space")),
    "library-name": ("", keys("f2")),
    "library-deleted": ("", keys("down", "d")),
    "session": ("s2", untouched),
    "session-search": ("s2", keys("slash", *"margin")),
    "session-search-all": ("s2", keys("slash", *"margin", "f4", "tab", "down")),
    "approval": ("s1", keys(calm=True)),
    "approval-leaving": ("s3", keys(calm=True)),
    "approval-edit": ("s3", keys("e", "tab", "backspace", "9", "9", calm=True)),
    "approval-always": ("s3", keys("a", calm=True)),
    "approval-veto": ("s3", keys("n", calm=True)),
    "approval-all": ("s1", keys("Y", calm=True)),
    "map": ("s1", keys("g")),
    "memo": ("s2", keys("m")),
    "sources": ("s2", keys("s", "enter")),
    "context": ("s1", keys("c")),
    "budgets": ("s1", keys("b", "enter")),
    "help": ("s1", keys("f1")),
}
"""For each picture the session that is open and what happens first."""


WIDE = ("library-look", "session", "approval-leaving", "budgets", "context")
"""Pictures that are also taken at 200x60."""


def _named(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


@pytest.mark.parametrize("size", SIZES, ids=_named)
@pytest.mark.parametrize("name", SCREENS)
async def test_the_screen_looks_as_it_did(name, size):
    session_id, play = SCREENS[name]
    ui = UiSettings(reduced_motion=True)
    async with staged(library(), session_id=session_id, size=size, ui=ui) as stage:
        await play(stage)
        await assert_picture(stage, f"{name}-{_named(size)}")


@pytest.mark.parametrize("size", [*SIZES, (200, 60)], ids=_named)
async def test_the_first_screen_looks_as_it_did(size):
    ui = UiSettings(reduced_motion=True)
    async with staged(MemoryLibrary(), size=size, model_line="extractive-researcher", ui=ui) as stage:
        await stage.pilot.pause()
        await assert_picture(stage, f"first-{_named(size)}")


@pytest.mark.parametrize("name", WIDE)
async def test_the_screen_looks_as_it_did_on_a_big_terminal(name):
    session_id, play = SCREENS[name]
    ui = UiSettings(reduced_motion=True)
    async with staged(library(), session_id=session_id, size=(200, 60), ui=ui) as stage:
        await play(stage)
        await assert_picture(stage, f"{name}-200x60")


@pytest.mark.parametrize("name", ["library", "budgets", "context", "approval-leaving"])
async def test_the_screen_looks_as_it_did_without_colour(name):
    session_id, play = SCREENS[name]
    ui = UiSettings(theme="kimi-plain", reduced_motion=True)
    async with staged(library(), session_id=session_id, size=(120, 40), ui=ui) as stage:
        await play(stage)
        await assert_picture(stage, f"{name}-plain")


@pytest.mark.parametrize("size", SIZES, ids=_named)
async def test_a_replay_looks_as_it_did(size):
    ui = UiSettings(reduced_motion=True)
    async with staged(library(), session_id="s2", size=size, ui=ui, replay_speed=0.0) as stage:
        await stage.press("left_square_bracket")
        await stage.until(lambda: stage.screen.state.name == "running")
        await stage.pilot.pause(0.1)
        await assert_picture(stage, f"replay-{_named(size)}")


@pytest.mark.parametrize("size", [(300, 80), (200, 60), (100, 30), (80, 24), (40, 10)], ids=_named)
@pytest.mark.parametrize("name", ["library-look", "approval-leaving", "budgets"])
async def test_nothing_is_drawn_outside_a_screen_of_any_size(name, size):
    session_id, play = SCREENS[name]
    async with staged(library(), session_id=session_id, size=size) as stage:
        await play(stage)
        for strip in stage.app.screen._compositor.render_strips():
            assert strip.cell_length == size[0]


@pytest.mark.parametrize("theme", ["kimi-light", "kimi-contrast", "kimi-plain"])
async def test_the_other_themes_look_as_they_did(theme):
    ui = UiSettings(theme=theme, reduced_motion=True)
    async with staged(library(), session_id="s1", size=(120, 40), ui=ui) as stage:
        await keys(calm=True)(stage)
        await assert_picture(stage, f"approval-{theme}")


async def test_ascii_draws_nothing_but_ascii():
    ui = UiSettings(ascii=True, reduced_motion=True)
    async with staged(library(), session_id="s1", size=(80, 24), ui=ui) as stage:
        await keys(calm=True)(stage)
        await assert_picture(stage, "approval-ascii")
        drawn = "".join(strip.text for strip in stage.app.screen._compositor.render_strips())
        assert {character for character in drawn if ord(character) > 126} == set()


async def test_no_color_in_the_environment_takes_every_colour_away(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with staged(library(), session_id="s1", size=(80, 24)) as stage:
        await keys(calm=True)(stage)
        for strip in stage.app.screen._compositor.render_strips():
            for segment in strip.apply_filter(stage.app._filters[-1], stage.app.screen.background_colors[1]):
                assert segment.style is None or segment.style.color is None or segment.style.color.is_default
                assert segment.style is None or segment.style.bgcolor is None or segment.style.bgcolor.is_default

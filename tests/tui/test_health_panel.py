"""The server's health on the screen: in its panel, at the side, and as charts."""

import pytest

from kimi_tui import events
from kimi_tui.config import UiSettings
from kimi_tui.events import ServerFinding, Usage
from kimi_tui.tui.panels.health import HealthPanel
from kimi_tui.tui.rendering.sparklines import sparkline
from kimi_tui.tui.widgets.side_panel import SidePanel
from tests.tui.pictures import assert_picture
from tests.tui.sessions import MemoryLibrary, MemorySession, opened
from tests.tui.stage import Stage, staged

FINDINGS = (
    ServerFinding("server", "green", "vLLM 0.32.0"),
    ServerFinding("reasoning in", "green", "read under both names"),
    ServerFinding(
        "cached tokens", "amber", "the server does not report them", "start vLLM with --enable-prompt-tokens-details"
    ),
    ServerFinding("[b]calls[/b]", "red", "none came \x1b[31m", "start vLLM with --enable-auto-tool-choice"),
)


def served_session() -> MemorySession:
    """A session of twelve steps, with a failure, two recoveries and a call that could not be run."""
    session = MemorySession("s1")
    session.record(
        opened(),
        events.ServerProbed("vLLM", "0.32.0", "kimi-k2-thinking", 262_144, ("reasoning",), findings=FINDINGS),
        events.QuestionAsked("Why did the margin fall?"),
    )
    for n in range(1, 13):
        session.record(events.StepStarted(n, "", 900))
        if n == 4:
            session.record(events.StepFailed("cut off", "truncated", 1, 0.5), events.StepStarted(4, "", 900))
        problem = "there is no tool `reed`" if n == 7 else ""
        call = events.ToolCallProposed(f"c{n}", "read", {}, "{}", label=f"Read S{n}", problem=problem)
        usage = Usage(900 + 600 * n, 120 + 30 * (n % 5), 40, 900 + 600 * (n - 1) if n > 1 else 0)
        recoveries = ("think-tags",) if n in (2, 9) else ()
        session.record(call, events.StepFinished(usage, 4.0 + n % 3, "tool_calls", recoveries, 0.4 + n % 4 / 10))
        session.record(events.ObservationRecorded(f"c{n}", "ok", "text"))
    return session


def rows(stage: Stage) -> dict[str, str]:
    """Return the cells of each row of the panel."""
    from kimi_tui.tui.widgets.row_list import RowList

    listed = stage.app.screen.query_one("#health", RowList).rows
    return {row.id: " ".join(cell.text for cell in row.cells if cell.text) for row in listed}


async def test_health_panel_shows_measurements_counts_and_findings() -> None:
    async with staged(MemoryLibrary(served_session()), session_id="s1") as stage:
        await stage.press("escape", "h")
        await stage.until(lambda: isinstance(stage.app.screen, HealthPanel))
        reported = rows(stage)
    assert "2 recoveries (think-tags 2), 1 retry, 1 failure (truncated 1)" in reported["verdict"]
    assert reported["valid calls"] == "valid calls 92% 11 of 12"
    assert reported["failures"] == "failures 1 truncated 1"
    assert reported["retries"] == "retries 1"
    assert reported["cached prompt"].endswith("of all")
    assert reported["found reasoning in"] == "green reasoning in: read under both names"


async def test_the_panel_follows_a_session_at_work() -> None:
    session = MemorySession("s1")
    session.record(opened(), events.QuestionAsked("Why?"), events.StepStarted(1, "", 900))
    async with staged(MemoryLibrary(session), session_id="s1") as stage:
        await stage.press("escape", "h")
        await stage.until(lambda: isinstance(stage.app.screen, HealthPanel))
        assert rows(stage) == {}
        await stage.session.tell(events.StepFinished(Usage(900, 100), 3.0, "stop", (), 1.0))
        await stage.until(lambda: "tokens a second" in rows(stage))
        assert rows(stage)["tokens a second"].startswith("tokens a second 50 50")
        assert rows(stage)["verdict"] == "clean: 1 step"


async def test_a_finding_is_read_whole_with_what_to_do() -> None:
    async with staged(MemoryLibrary(served_session()), session_id="s1") as stage:
        await stage.press("escape", "h")
        await stage.until(lambda: isinstance(stage.app.screen, HealthPanel))
        await stage.press("end", "up", "enter")
        assert stage.app.screen.has_class("-reading")
        await stage.until(lambda: "--enable-prompt-tokens-details" in drawn(stage))
        await stage.press("escape", "home", "enter")
        await stage.until(lambda: "How clean the server was" in drawn(stage))
        await stage.press("escape", "escape")
        assert not isinstance(stage.app.screen, HealthPanel)


def drawn(stage: Stage) -> str:
    """The screen as text."""
    from tests.tui.pictures import picture

    return picture(stage.app)


async def test_health_panel_server_text_is_plain() -> None:
    async with staged(MemoryLibrary(served_session()), session_id="s1") as stage:
        await stage.press("escape", "h")
        await stage.until(lambda: isinstance(stage.app.screen, HealthPanel))
        await stage.press("end", "enter")
        assert "[b]calls[/b]" in drawn(stage)
        assert "\x1b" not in drawn(stage)


@pytest.mark.parametrize("lines", [40, 14])
async def test_side_panel_with_room_shows_server_health(lines: int) -> None:
    async with staged(MemoryLibrary(served_session()), session_id="s1", size=(120, lines)) as stage:
        side = stage.screen.query_one(SidePanel)
        await stage.until(lambda: side.size.height > 0)
        assert ("tokens/s" in drawn(stage)) == (lines == 40)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_panel_looks_as_it_did(size: tuple[int, int]) -> None:
    async with staged(MemoryLibrary(served_session()), session_id="s1", size=size) as stage:
        await stage.press("escape", "h")
        await stage.until(lambda: isinstance(stage.app.screen, HealthPanel))
        await stage.pilot.pause(0.2)
        await assert_picture(stage, f"health-{size[0]}x{size[1]}")


async def test_an_ascii_terminal_gets_charts_that_it_can_draw() -> None:
    ui = UiSettings(ascii=True)
    async with staged(MemoryLibrary(served_session()), ui=ui, session_id="s1") as stage:
        await stage.press("escape", "h")
        await stage.until(lambda: isinstance(stage.app.screen, HealthPanel))
        assert all(ord(letter) < 128 for text in rows(stage).values() for letter in text)


@pytest.mark.parametrize(
    ("values", "width", "top", "bars"),
    [
        ((), 5, 0.0, ""),
        ((0, 0), 5, 0.0, "▁▁"),
        ((0, 4, 8), 5, 0.0, "▁▅█"),
        ((1, 2, 3, 8), 2, 0.0, "▄█"),
        ((0.5, 1.0, 2.0), 5, 1.0, "▅██"),
        ((-3, 8), 5, 0.0, "▁█"),
        ((1, 2), 0, 0.0, ""),
    ],
)
def test_a_spark_has_a_bar_for_each_of_the_last_values(
    values: tuple[float, ...], width: int, top: float, bars: str
) -> None:
    assert sparkline(values, width, top=top) == bars

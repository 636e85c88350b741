"""Widgets beside and over the timeline are painted again only when they say something else."""

from datetime import timedelta

import pytest
from textual.app import App, ComposeResult, RenderResult
from textual.widgets import Static

from kimi_tui.tui.widgets.session_header import SessionHeader, format_entry_time
from kimi_tui.tui.widgets.side_panel import SidePanel
from tests.tui.sessions import START, MemorySession, finished_session, waiting_session


class CountedHead(SessionHeader):
    """Counts its paints."""

    paints = 0

    def render(self) -> RenderResult:
        self.paints += 1
        return super().render()


class CountedText(Static):
    """Counts its paints."""

    paints = 0

    def render(self) -> RenderResult:
        self.paints += 1
        return super().render()


class CountedSide(SidePanel):
    """Its text counts its paints."""

    def compose(self) -> ComposeResult:
        yield CountedText(id="side-text", markup=False)


class BesideApp(App[None]):
    """The first line and the side of one session."""

    CSS = "SessionHeader { height: 1; } SidePanel { height: 1fr; } #side-text { height: auto; }"

    def __init__(self, session: MemorySession, *, live: bool) -> None:
        super().__init__()
        self._session = session
        self._live = live

    def compose(self) -> ComposeResult:
        yield CountedHead(self._session.state, live=self._live, ascii=False)
        yield CountedSide(self._session.state, ascii=False)


@pytest.mark.parametrize(
    ("session", "seconds", "paints"),
    [
        (finished_session(), [1.0, 2.0, 3.0], (0, 0)),
        (waiting_session(), [0.2, 0.4, 0.6], (0, 0)),
        (waiting_session(), [1.0, 2.0, 3.0], (3, 0)),
        (waiting_session(), [1.0, 31.0, 61.0], (3, 1)),
    ],
    ids=["at rest", "within a second", "within a minute", "from one minute to the next"],
)
async def test_widget_unchanged_content_is_not_repainted(
    session: MemorySession, seconds: list[float], paints: tuple[int, int]
) -> None:
    app = BesideApp(session, live=True)
    async with app.run_test(size=(120, 40)) as pilot:
        head, side, text = app.query_one(CountedHead), app.query_one(CountedSide), app.query_one(CountedText)
        start = START + timedelta(minutes=4, seconds=5)
        for second in [0.0, *seconds]:
            now = start + timedelta(seconds=second)
            head.show(now)
            side.show(format_entry_time(now) if session.state.run.turn_open else session.state.run.last_at)
            await pilot.pause()
            if not second:
                head.paints = text.paints = 0
        assert (head.paints, text.paints) == paints


async def test_a_change_is_painted() -> None:
    session = waiting_session()
    app = BesideApp(session, live=False)
    async with app.run_test(size=(120, 40)) as pilot:
        head, side, text = app.query_one(CountedHead), app.query_one(CountedSide), app.query_one(CountedText)
        painted = []
        for shown in (session, finished_session()):
            head.set_state(shown.state)
            side.set_state(shown.state)
            head.show(START)
            side.show(shown.state.run.last_at)
            await pilot.pause()
            painted.append((head.paints, text.paints))
        assert all(later > before for before, later in zip(*painted, strict=True))
        assert "finished" in str(head.render())
        assert "Sources" in str(text.render())

"""The first line of a session: what a long question takes from the figures."""

import msgspec
import pytest
from textual.app import App, ComposeResult

from kimi_tui.tui.widgets.session_header import SessionHeader
from tests.tui.sessions import waiting_session


class HeaderApp(App[None]):
    """Nothing but the first line of a session that waits."""

    CSS = "SessionHeader { height: 1; }"

    def compose(self) -> ComposeResult:
        yield SessionHeader(waiting_session("s1", 3).state, live=True, ascii=False)


@pytest.mark.parametrize("width", [60, 80, 100, 120])
async def test_session_header_long_question_gets_a_third_of_the_line(width: int) -> None:
    async with HeaderApp().run_test(size=(width, 4)) as pilot:
        await pilot.pause()
        header = pilot.app.query_one(SessionHeader)
        header._state.run.questions.append("How did the operating margin develop, and why? " * 9)
        text = str(header.render())
        question = text[text.index("How did") :].partition("\u2026")[0]
        assert len(question) >= width // 3
        assert "step" in text
        assert len(text) <= width


@pytest.mark.parametrize("width", [80, 100, 120, 200])
async def test_session_header_of_a_long_question_names_the_model(width: int) -> None:
    async with HeaderApp().run_test(size=(width, 4)) as pilot:
        await pilot.pause()
        header = pilot.app.query_one(SessionHeader)
        run = header._state.run
        assert run.opened is not None
        run.opened = msgspec.structs.replace(run.opened, model="moonshotai/kimi-k2-thinking-turbo-preview-0905")
        run.questions.append("How did the operating margin develop, and why? " * 9)
        text = str(header.render())
        assert " moonsho" in text
        assert "step 3/100" in text
        assert ("tok" in text) == (width >= 100)


async def test_session_header_says_how_much_of_a_budget_is_spent_where_there_is_room_for_one_figure() -> None:
    async with HeaderApp().run_test(size=(84, 4)) as pilot:
        await pilot.pause()
        header = pilot.app.query_one(SessionHeader)
        header._state.run.questions.append("How did the operating margin develop, and why? " * 9)
        assert "3% spent" in str(header.render())


async def test_session_header_short_question_leaves_every_figure() -> None:
    async with HeaderApp().run_test(size=(120, 4)) as pilot:
        await pilot.pause()
        header = pilot.app.query_one(SessionHeader)
        header._state.run.questions.append("Why?")
        text = str(header.render())
        assert text.endswith(" tok")
        assert "kimi-k2-thinking" in text

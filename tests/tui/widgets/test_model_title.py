"""The end of the title: the model, or what takes long."""

from textual.app import App, ComposeResult

from kimi_tui.tui.screens.library_facts import ModelTitle
from kimi_tui.tui.wait_notice import WaitNotice


class TitleApp(App[None]):
    """A title and nothing else."""

    def compose(self) -> ComposeResult:
        yield ModelTitle("kimi-k2-thinking answers.")


async def test_model_title_shows_a_wait_and_then_the_model_again() -> None:
    app = TitleApp()
    async with app.run_test():
        title = app.query_one(ModelTitle)
        assert str(title.content) == "kimi-k2-thinking answers."
        title.show_wait(WaitNotice("Starting [b]the session", at_once=True))
        assert str(title.content) == "Starting [b]the session"
        title.show_wait(None)
        assert str(title.content) == "kimi-k2-thinking answers."


async def test_model_title_keeps_the_model_until_a_wait_has_words() -> None:
    moment = [0.0]
    app = TitleApp()
    async with app.run_test():
        title = app.query_one(ModelTitle)
        title.show_wait(WaitNotice("Opening the session", at_once=False, clock=lambda: moment[0]))
        assert str(title.content) == "kimi-k2-thinking answers."
        moment[0] = 5.0
        title.show_wait(WaitNotice("Opening the session", at_once=True, clock=lambda: moment[0]))
        assert str(title.content) == "Opening the session"

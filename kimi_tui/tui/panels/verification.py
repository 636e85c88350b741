"""Verify a session inside the app: each check with its result, as `kimi-tui verify` prints them."""

from textual import work
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from kimi_tui.session import SessionError, VerificationCheck
from kimi_tui.text import count_noun, one_line
from kimi_tui.tui.panels.panel import Panel
from kimi_tui.tui.widgets.text_view import TextPassage, TextView

MAX_DETAIL_CHARS = 600


class VerificationPanel(Panel):
    """The checks of the session; they are computed once, when the panel opens."""

    TITLE = "Verification"
    IS_SPARSE = True

    def content_widgets(self) -> list[Widget]:
        """Return the result and the checks."""
        return [Static(id="setup-status", markup=False), TextView(id="checks")]

    def on_mount(self) -> None:
        """Begin."""
        super().on_mount()
        self.set_figures("all of it computed again from what is stored")
        self.query_one(TextView).focus()
        self._verify()

    @work(exclusive=True)
    async def _verify(self) -> None:
        library = self.ui_context.library
        if library is None:
            self._say("There is no library to verify with.", is_problem=True)
            return
        self._say("Checking ...", is_problem=False)
        try:
            checks = await library.verify(self.bridge.session.id)
        except SessionError as error:
            self._say(one_line(str(error), MAX_DETAIL_CHARS), is_problem=True)
            return
        failed = [check for check in checks if not check.passed]
        self._say(
            f"{count_noun(len(failed), 'check')} of {len(checks)} failed." if failed else "Everything holds.",
            is_problem=bool(failed),
        )
        self.query_one(TextView).show([_passage(check) for check in (*failed, *(one for one in checks if one.passed))])

    def _say(self, words: str, *, is_problem: bool) -> None:
        status = self.query_one("#setup-status", Static)
        status.set_class(is_problem, "-problem")
        status.update(Content(words))


def _passage(check: VerificationCheck) -> TextPassage:
    """Return a check as text."""
    result = "ok" if check.passed else "FAILED"
    return TextPassage(f"{one_line(check.name)}: {result}", one_line(check.detail, MAX_DETAIL_CHARS))

"""Decide what happens to running turns when the app quits: ask, remember the answer, or follow the setting.

A setting wins over what is remembered; what is remembered is never written into the settings.
"""

from typing import Literal

from kimi_tui.config import UiSettings
from kimi_tui.config.remembered_answers import QuitChoice, RememberedAnswers
from kimi_tui.session import Library, SessionError

QuitMode = Literal["ask", "background", "pause"]


class QuitPolicy:
    """The rule for running turns on quitting."""

    def __init__(self, ui: UiSettings, answers: RememberedAnswers | None) -> None:
        """With `answers` None nothing is remembered."""
        self._wanted = ui.leave
        self._answers = answers

    @property
    def mode(self) -> QuitMode:
        """Return what to do with running turns, or `ask`."""
        if self._wanted != "once":
            return self._wanted
        return self.remembered_answer or "ask"

    @property
    def remembered_answer(self) -> QuitChoice | None:
        """Return the answer that the person asked to remember, if any."""
        return self._answers.on_quit if self._answers and self._wanted == "once" else None

    @property
    def can_remember(self) -> bool:
        """Return whether the dialog may offer to remember the answer."""
        return self._wanted == "once" and self._answers is not None

    def remember(self, choice: str) -> None:
        """Store an answer for the next time (staying is not stored); raises `OSError` when it cannot be written."""
        if self._answers is not None and choice in ("background", "pause"):
            self._answers.remember_on_quit("pause" if choice == "pause" else "background")

    def forget(self) -> None:
        """Delete the stored answer, so that the app asks again; raises `OSError`."""
        if self._answers is not None:
            self._answers.forget()


async def running_sessions(library: Library) -> list[str]:
    """Return the ids of the sessions with a running turn; none when they cannot be read."""
    try:
        found = await library.sessions()
    except SessionError:
        return []
    return [summary.id for summary in found if summary.attached and summary.state == "running"]

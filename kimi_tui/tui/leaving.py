"""What becomes of running turns when the app is left: asked once, remembered, and asked again when a person says so.

A setting wins over what is remembered; what is remembered is never written into the settings.
"""

from typing import Literal

from kimi_tui.config import UiSettings
from kimi_tui.config.remembered_answers import QuitChoice, RememberedAnswers
from kimi_tui.session import Library, SessionError

Way = Literal["ask", "background", "pause"]


class LeaveRule:
    """How the app is left."""

    def __init__(self, ui: UiSettings, answers: RememberedAnswers | None) -> None:
        """With `answers` None nothing is remembered."""
        self._wanted = ui.leave
        self._answers = answers

    @property
    def way(self) -> Way:
        """What to do with running turns, or that a person is to be asked."""
        if self._wanted != "once":
            return self._wanted
        return self.remembered or "ask"

    @property
    def remembered(self) -> QuitChoice | None:
        """The answer that holds because a person gave it once."""
        return self._answers.on_quit if self._answers and self._wanted == "once" else None

    @property
    def can_remember(self) -> bool:
        """Whether to offer that the answer is remembered."""
        return self._wanted == "once" and self._answers is not None

    def remember(self, choice: str) -> None:
        """Keep an answer for the next time; staying is none. Raises `OSError` when it cannot be kept."""
        if self._answers is not None and choice in ("background", "pause"):
            self._answers.remember_on_quit("pause" if choice == "pause" else "background")

    def forget(self) -> None:
        """Ask the next time; raises `OSError`."""
        if self._answers is not None:
            self._answers.forget()


async def running(library: Library) -> list[str]:
    """The ids of sessions whose turn runs now; none when they cannot be read."""
    try:
        found = await library.sessions()
    except SessionError:
        return []
    return [summary.id for summary in found if summary.attached and summary.state == "running"]

"""Walk through what was sent before, with the unsent text kept at the end of the walk."""

from kimi_tui.config.question_history import QuestionHistory


class HistoryBrowser:
    """The place in the history that a line shows."""

    def __init__(self, history: QuestionHistory) -> None:
        """Nothing is read yet."""
        self._history = history
        self._texts: list[str] = []
        self._place: int | None = None
        self._draft = ""

    @property
    def is_browsing(self) -> bool:
        """Return whether an earlier text is shown."""
        return self._place is not None

    def go_back(self, current: str) -> str | None:
        """Return the text before the one shown, `current`; None at the first."""
        if self._place is None:
            self._texts, self._draft = self._history.texts(), current
        place = len(self._texts) if self._place is None else self._place
        if place == 0:
            return None
        self._place = place - 1
        return self._texts[self._place]

    def go_on(self) -> str | None:
        """Return the text after the one shown, at last the unsent one; None when none is shown."""
        if self._place is None:
            return None
        self._place += 1
        if self._place < len(self._texts):
            return self._texts[self._place]
        self._place = None
        return self._draft

    def add(self, text: str) -> None:
        """Keep a text that was sent, and end the walk."""
        self._place = None
        self._history.add(text)

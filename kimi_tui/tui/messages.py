"""Messages that screens send to the app, which alone holds the library."""

from textual.message import Message

from kimi_tui.session import SearchHit


class StartRequested(Message):
    """Start a session with a question."""

    def __init__(self, question: str, *, sample: bool = False) -> None:
        super().__init__()
        self.question = question
        """The whole question."""
        self.sample = sample
        """True when it goes to the sample desk."""


class OpenRequested(Message):
    """Open a session."""

    def __init__(
        self,
        session_id: str,
        *,
        hit: SearchHit | None = None,
        words: str = "",
        replay: bool = False,
        panel: str = "",
    ) -> None:
        super().__init__()
        self.session_id = session_id
        self.hit = hit
        """The place to show; None for none."""
        self.words = words
        """The search that found it."""
        self.replay = replay
        """True when to open the recording with nothing behind it."""
        self.panel = panel
        """The panel to show first, `memo:3` at the source of the memo's fourth citation; empty for none."""


class SalvageRequested(Message):
    """Replace a damaged session by what can be recovered of it, and open it."""

    def __init__(self, session_id: str) -> None:
        super().__init__()
        self.session_id = session_id


class ExportRequested(Message):
    """Write a session to a file, after asking how."""

    def __init__(self, session_id: str) -> None:
        super().__init__()
        self.session_id = session_id

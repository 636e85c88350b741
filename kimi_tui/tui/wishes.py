"""What screens ask of the app, which alone holds the library."""

from textual.message import Message

from kimi_tui.session import SearchHit


class StartWanted(Message):
    """Start a session with a question."""

    def __init__(self, question: str, *, sample: bool = False) -> None:
        super().__init__()
        self.question = question
        """The whole question."""
        self.sample = sample
        """Whether it goes to the sample desk."""


class OpenWanted(Message):
    """Open a session."""

    def __init__(self, session_id: str, *, hit: SearchHit | None = None, words: str = "", replay: bool = False) -> None:
        super().__init__()
        self.session_id = session_id
        self.hit = hit
        """The place to show; None for none."""
        self.words = words
        """The search that found it."""
        self.replay = replay
        """Whether to open the recording with nothing behind it."""


class SalvageWanted(Message):
    """Put what is sound of a damaged session in its place, and open it."""

    def __init__(self, session_id: str) -> None:
        super().__init__()
        self.session_id = session_id


class ExportWanted(Message):
    """Write a session to a file, after asking how."""

    def __init__(self, session_id: str) -> None:
        super().__init__()
        self.session_id = session_id
